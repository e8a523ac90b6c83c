"""The executor that needs nothing: worker processes of this machine, each with its own model.

A worker that dies takes one job with it, never the batch; workers die with the batch.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, cast

from tqdm import tqdm

from assetgen.jobs.spec import JobSpec
from assetgen.jobs.work import Ended, Event, MakeWork, Started, attempt

_PATIENCE = 20.0
"""Seconds that an idle worker has to end by itself."""


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection[JobSpec | None, Ended]
    job: JobSpec | None = None


@dataclass(frozen=True)
class Local:
    """`workers` processes; see `assetgen.jobs.work.Executor`. `start` is multiprocessing's way to start them."""

    workers: int = 1
    start: str = "spawn"

    def __call__(self, queue: deque[JobSpec], make: MakeWork) -> Generator[Event]:
        context = multiprocessing.get_context(self.start)
        pool: list[_Worker] = []
        try:
            while queue or any(worker.job for worker in pool):
                yield from self._hand_out(queue, pool, context, make)
                yield from _collect(pool)
        finally:
            for worker in pool:
                if worker.job:
                    worker.process.kill()
                else:
                    with contextlib.suppress(OSError):
                        worker.pipe.send(None)
            for worker in pool:
                worker.process.join(_PATIENCE)
                worker.process.kill()
                worker.process.join()
                worker.pipe.close()

    def _hand_out(
        self, queue: deque[JobSpec], pool: list[_Worker], context: BaseContext, make: MakeWork
    ) -> Iterator[Event]:
        while queue:
            idle = next((worker for worker in pool if worker.job is None), None)
            if idle is None and len(pool) < self.workers:
                idle = _hire(context, make)
                pool.append(idle)
            if idle is None:
                return
            idle.job = queue.popleft()
            with contextlib.suppress(OSError):  # it died while idle: seen as dead below
                idle.pipe.send(idle.job)
            yield Started(idle.job, idle.process.pid or 0)


def _hire(context: BaseContext, make: MakeWork) -> _Worker:
    ours, theirs = context.Pipe()
    # BaseContext leaves Process to its subclasses
    process: BaseProcess = cast(Any, context).Process(
        target=_serve, args=(theirs, make), daemon=True
    )
    process.start()
    theirs.close()
    return _Worker(process, cast("Connection[JobSpec | None, Ended]", ours))


def _collect(pool: list[_Worker]) -> Iterator[Event]:
    """Wait until a worker answers or dies; an answer in the pipe counts even if it died after it."""
    busy = [worker for worker in pool if worker.job]
    ready = wait([thing for w in busy for thing in (w.pipe, w.process.sentinel)])
    for worker in busy:
        if worker.pipe not in ready and worker.process.sentinel not in ready:
            continue
        job, worker.job = worker.job, None
        assert job is not None
        try:
            ended = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            pool.remove(worker)
            worker.pipe.close()
            yield Ended(job, log=f"the worker died: {_cause(worker.process.exitcode)}")
        else:
            yield ended


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; the system kills what takes too much memory" if name == "SIGKILL" else ""
        return f"killed by {name}{hint}"
    return f"exit code {code}"


def _serve(pipe: Connection[Ended, JobSpec | None], make: MakeWork) -> None:
    """A worker's life: get a job, do it, answer; None is the end of its day."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the batch ends its workers itself
    threading.Thread(target=_die_with_parent, daemon=True).start()
    # tqdm's own lock is one for many processes: it would be left behind by a worker that is killed
    tqdm.set_lock(threading.RLock())
    work = make()
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        if job is None:
            return
        pipe.send(attempt(work, job))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
