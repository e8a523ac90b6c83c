"""The executor on a Ray cluster: one actor a worker, on whichever machines have room.

The folders of models, cache and output have to be the same on all of them.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assetgen.jobs.spec import JobSpec
from assetgen.jobs.work import Ended, Event, MakeWork, Started, Work, attempt

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
_STORE = 100 * 2**20
"""Bytes of Ray's object store on a cluster started here: jobs and their ends are small."""


def _search_path() -> str:
    """A worker starts in its own folder: it finds assetgen where this process found it."""
    here = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH", "")]))


class _Worker:
    """Runs in the actor's process."""

    def __init__(self, make: MakeWork) -> None:
        self.work: Work = make()

    def pid(self) -> int:
        return os.getpid()

    def attempt(self, job: JobSpec) -> Ended:
        return attempt(self.work, job)


@dataclass(frozen=True)
class Ray:
    """`workers` actors with `cpus` cores and `gpus` graphics cards each; see `work.Executor`.

    `address` is a running cluster's (`auto`: the one this machine belongs to); None starts one here.
    """

    workers: int = 1
    cpus: int = 1
    gpus: float = 0
    address: str | None = None

    def __call__(self, queue: deque[JobSpec], make: MakeWork) -> Generator[Event]:
        import ray

        room: dict[str, Any] = {}
        if self.address is None:
            room = {"num_cpus": self.workers * self.cpus, "object_store_memory": _STORE}
        ray.init(
            address=self.address or "local", include_dashboard=None if self.address else False,
            log_to_driver=False, logging_level="ERROR",
            runtime_env={"env_vars": {"PYTHONPATH": _search_path()}}, **room,
        )  # fmt: skip
        try:
            yield from self._run(queue, make, ray)
        finally:
            ray.shutdown()

    def _run(self, queue: deque[JobSpec], make: MakeWork, ray: Any) -> Iterator[Event]:
        remote = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_restarts=0)(_Worker)
        idle: list[tuple[Any, int]] = []
        busy: dict[Any, tuple[Any, int, JobSpec]] = {}
        while queue or busy:
            while queue and (idle or len(busy) < self.workers):
                if idle:
                    actor, pid = idle.pop()
                else:
                    actor = remote.remote(make)
                    pid = ray.get(actor.pid.remote())
                job = queue.popleft()
                busy[actor.attempt.remote(job)] = (actor, pid, job)
                yield Started(job, pid)
            (ended, *_), _ = ray.wait(list(busy), num_returns=1)
            actor, pid, job = busy.pop(ended)
            try:
                result: Ended = ray.get(ended)
            except ray.exceptions.RayActorError as error:
                yield Ended(job, log=f"the worker died: {' '.join(str(error).split())}")
            else:
                idle.append((actor, pid))
                yield result
