"""The visit log: one JSON line an event, one file a day. No text, no picture, no address, minutes only.

`{"at": "2026-11-24T10:05", "session": 3, "event": "exhibit", "exhibit": "unit:…", "seconds": 12}`
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

NAME = "visits-{day}.jsonl"
EVENTS = ("begin", "end", "exhibit", "run", "tour", "answer", "access")


class Visits:
    """Writes the log. A full disk loses lines and nothing else."""

    def __init__(
        self, folder: Path, *, days: int = 90, megabytes: float = 20, keep: bool = True
    ) -> None:
        self.folder, self.days, self.limit = folder, days, megabytes * 2**20
        self.keep = keep
        self.lost = 0
        """Lines that could not be written."""
        self._day: date | None = None
        self._session = 0
        self._begun: datetime | None = None

    def begin(self, now: datetime) -> None:
        """A visitor came; sessions are counted from 1 each day."""
        if self._day != now.date():
            self._day, self._session = now.date(), self._sessions(now)
        self.tidy(now)
        self._session += 1
        self._begun = now
        self.note(now, "begin")

    def end(self, now: datetime, how: str) -> None:
        """The visitor left: `idle`, or `done` when they said so."""
        if self._begun is not None:
            seconds = (now - self._begun).total_seconds()
            self.note(now, "end", how, seconds)
        self._begun = None

    def note(
        self, now: datetime, event: str, exhibit: str | None = None, seconds: float | None = None,
        *, right: bool | None = None,
    ) -> None:  # fmt: skip
        """Write one event of the visit under way; without a visit nothing is written."""
        if not self.keep or self._begun is None or event not in EVENTS:
            return
        line: dict[str, Any] = {
            "at": now.strftime("%Y-%m-%dT%H:%M"), "session": self._session, "event": event,
        }  # fmt: skip
        if exhibit is not None:
            line["exhibit"] = exhibit
        if seconds is not None:
            line["seconds"] = round(seconds)
        if right is not None:
            line["right"] = right
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._file(now.date()).open("a", encoding="utf-8") as out:
                out.write(json.dumps(line) + "\n")
        except OSError:
            self.lost += 1

    def tidy(self, now: datetime) -> None:
        """Remove days that are too old, then the oldest until the rest fits."""
        oldest = now.date() - timedelta(days=self.days)
        files = []
        for day, file in log_files(self.folder):
            if day < oldest:
                _remove(file)
            else:
                files.append(file)
        size = sum(_size(f) for f in files)
        while files and size > self.limit:
            size -= _size(files[0])
            _remove(files.pop(0))

    def _sessions(self, now: datetime) -> int:
        """Sessions already written today, before a restart."""
        return max((int(e.get("session", 0)) for e in read(self._file(now.date()))), default=0)

    def _file(self, day: date) -> Path:
        return self.folder / NAME.format(day=day.isoformat())


def log_files(folder: Path) -> list[tuple[date, Path]]:
    """The days that are there, oldest first."""
    found = []
    for file in folder.glob(NAME.format(day="*")):
        try:
            found.append((date.fromisoformat(file.stem.removeprefix("visits-")), file))
        except ValueError:
            continue
    return sorted(found)


def read(file: Path) -> Iterator[dict[str, Any]]:
    """Events of a day; a line that was cut off is skipped."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return
    for line in text.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
