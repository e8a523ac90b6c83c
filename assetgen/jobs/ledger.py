"""What has been done: read from the packs themselves, so that no kill can make it wrong.

A job is done when its pack is in place and names the job's key. Failures leave one log each in
`<out>/failed/<model>/<run>-<key>/`; the third quarantines the job.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from assetgen.jobs.spec import JobSpec
from assetgen.pack.writer import sweep

MOST_FAILURES = 3
State = Literal["done", "waiting", "other", "quarantined"]


class _Made(msgspec.Struct):
    """The only field of metadata.json that is read here."""

    job: str | None = None


@dataclass(frozen=True)
class Ledger:
    """The output folder, and under which name each model files its runs (`ids`: model as typed -> id)."""

    out: Path
    ids: dict[str, str]

    def target(self, job: JobSpec) -> Path:
        """The folder of the job's pack."""
        return self.out / "runs" / self.ids[job.entry.model] / job.id

    def state(self, job: JobSpec) -> State:
        """`done`: not to be done again; `other`: a pack of other settings has its place."""
        target = self.target(job)
        if target.is_dir():
            try:
                data = (target / "metadata.json").read_bytes()
                made = msgspec.json.decode(data, type=_Made).job
            except (OSError, msgspec.DecodeError):
                made = None
            return "done" if made == job.key else "other"
        return "quarantined" if len(self.logs(job)) >= MOST_FAILURES else "waiting"

    def logs(self, job: JobSpec) -> list[Path]:
        """The logs of its failures, oldest first."""
        return sorted(self._failed(job).glob("failure-*.log"))

    def last_line(self, job: JobSpec) -> str:
        """The last line of its last log."""
        logs = self.logs(job)
        lines = logs[-1].read_text(encoding="utf-8").strip().splitlines() if logs else []
        return lines[-1] if lines else ""

    def record_failure(self, job: JobSpec, log: str) -> int:
        """Keep the log of a failure; returns how often the job has failed."""
        folder = self._failed(job)
        folder.mkdir(parents=True, exist_ok=True)
        number = len(self.logs(job)) + 1
        text = f"job {job.id}, failure {number}, key {job.key}\n{log.rstrip()}\n"
        (folder / f"failure-{number}.log").write_text(text, encoding="utf-8")
        return number

    def forgive(self, job: JobSpec) -> None:
        """Forget the job's failures."""
        shutil.rmtree(self._failed(job), ignore_errors=True)
        for folder in (self._failed(job).parent, self.out / "failed"):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def sweep(self, jobs: Iterable[JobSpec]) -> None:
        """Remove what killed writers of these jobs left: folders that nobody has seen."""
        names: dict[Path, set[str]] = {}
        for job in jobs:
            target = self.target(job)
            names.setdefault(target.parent, set()).add(target.name)
        for folder, known in names.items():
            for path in folder.glob(".*.*"):
                parts = path.name[1:].split(".")
                starts = (".".join(parts[:i]) for i in range(1, len(parts)))
                if name := next((start for start in starts if start in known), None):
                    sweep(folder / name)

    def _failed(self, job: JobSpec) -> Path:
        name = f"{job.id}-{job.key[:12]}"
        return self.out / "failed" / self.ids[job.entry.model] / name
