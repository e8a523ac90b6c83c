"""Doing one job: the same function in every executor. A worker keeps the model of its last job loaded."""

from __future__ import annotations

import os
import traceback
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from assetgen.errors import CaptureError, DiskFullError, InputError
from assetgen.jobs.key import Where
from assetgen.jobs.ledger import Ledger
from assetgen.jobs.spec import Entry, JobSpec
from assetgen.models.registry import ModelEntry
from assetgen.pack.errors import PackError

if TYPE_CHECKING:
    from assetgen.capture.call import Settings
    from assetgen.generate import Baker

Work = Callable[[JobSpec], Sequence[str]]
"""Does a job or raises; returns what a person should know about it, one line each."""
MakeWork = Callable[[], Work]
"""Called once in each worker; has to be picklable."""


@dataclass(frozen=True)
class Started:
    """A worker took the job."""

    job: JobSpec
    pid: int


@dataclass(frozen=True)
class Ended:
    """How a job ended: `log` is None if it is done. `stop`: no other job can work either.

    `notes` is what a person should know about a job that is done.
    """

    job: JobSpec
    seconds: float = 0.0
    log: str | None = None
    stop: bool = False
    notes: tuple[str, ...] = ()


Event = Started | Ended


class Executor(Protocol):
    """Takes jobs from the left of `queue` until it is empty and no worker is busy.

    The caller may append to the queue between two events: that is how a failed job comes back.
    """

    def __call__(self, queue: deque[JobSpec], make: MakeWork) -> Generator[Event]: ...


def attempt(work: Work, job: JobSpec) -> Ended:
    """Do one job and say how it ended; never raises for what the job does."""
    started = perf_counter()
    try:
        notes = tuple(work(job))
    except DiskFullError as error:
        return Ended(job, perf_counter() - started, str(error), stop=True)
    except (InputError, CaptureError, PackError) as error:
        return Ended(job, perf_counter() - started, str(error))
    except Exception:
        return Ended(job, perf_counter() - started, traceback.format_exc())
    return Ended(job, perf_counter() - started, notes=notes)


@dataclass
class BakeWork:
    """Bakes jobs. `models` maps the model as typed to where it lies; `force` replaces other packs."""

    models: dict[str, ModelEntry]
    out: Path
    where: Where = Where()
    force: bool = False
    _loaded: dict[tuple[str, str | None], Baker] = field(default_factory=dict)

    def __call__(self, job: JobSpec) -> list[str]:
        ledger = Ledger(self.out, {name: model.id for name, model in self.models.items()})
        if ledger.state(job) == "done":  # by another batch in the same folder
            return []
        self._use_threads()
        from assetgen.generate import Job

        entry = job.entry
        settings = settings_of(entry)
        baked = Job(job.id, job.title, settings, entry.profile, entry.pair, key=job.key)
        baker = self._baker(entry)
        baker.check(baked, force=self.force)
        baker.bake(baked, force=self.force, quiet=True)
        notes = list(baker.notes)
        baker.notes.clear()
        return notes

    def _baker(self, entry: Entry) -> Baker:
        """The model of the last job if it is the same one; else it is let go and this one loaded."""
        from assetgen.generate import Baker
        from assetgen.models.runtime import Runtime

        wanted = (entry.model, entry.scheduler)
        if wanted not in self._loaded:
            self._loaded.clear()
            where = self.where
            runtime = Runtime(where.device, where.dtype, where.offload, entry.scheduler)
            model = self.models[entry.model]
            self._loaded[wanted] = Baker(model, self.out, runtime=runtime)
        return self._loaded[wanted]

    def _use_threads(self) -> None:
        """The number of threads decides the order of sums, hence the last bits: it is part of the key."""
        os.environ["OMP_NUM_THREADS"] = str(self.where.threads)
        import torch

        torch.set_num_threads(self.where.threads)


def settings_of(entry: Entry) -> Settings:
    """What a job asks of the pipeline. Raises InputError for a size that is none."""
    from assetgen.capture.call import Settings
    from assetgen.commands.generate import parse_size

    return Settings(
        prompt=entry.prompt,
        negative=entry.negative,
        steps=int(_one(entry.steps)),
        seed=int(_one(entry.seed)),
        guidance=float(_one(entry.guidance)),
        size=parse_size(str(entry.size)) if entry.size else None,
    )


def _one(value: float | list[int] | list[float]) -> float:
    assert not isinstance(value, list)
    return value
