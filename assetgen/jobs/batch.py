"""The loop over jobs: what is done is left alone, what fails comes back last, the third failure is the last."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing

from assetgen.errors import DiskFullError
from assetgen.jobs.ledger import MOST_FAILURES, Ledger
from assetgen.jobs.spec import JobSpec
from assetgen.jobs.work import Ended, Executor, MakeWork, Started


def run_batch(
    jobs: Sequence[JobSpec],
    ledger: Ledger,
    execute: Executor,
    make: MakeWork,
    *,
    force: bool = False,
    say: Callable[[str], object] = lambda _: None,
    started: Callable[[Started], object] = lambda _: None,
) -> Counter[str]:
    """Do every job that is not done; returns how many are `done`, `quarantined` and so on afterwards.

    Jobs of one model follow each other, so that it is loaded once a worker. With `force` packs of other
    settings are replaced, else they are left. Raises DiskFullError as soon as the disk is full.
    """
    ledger.sweep(jobs)
    states = {job.id: ledger.state(job) for job in jobs}
    wanted = ("waiting", "other") if force else ("waiting",)
    queue = deque(by_model(job for job in jobs if states[job.id] in wanted))
    ready = sum(state == "done" for state in states.values())
    with ExitStack() as stack:
        stack.callback(ledger.sweep, jobs)
        if queue:  # else no worker and no cluster is started
            events = stack.enter_context(closing(execute(queue, make)))
            for event in events:
                if isinstance(event, Started):
                    started(event)
                else:
                    ready += event.log is None
                    _settle(event, queue, ledger, f"[{ready}/{len(jobs)}]", say)
    return Counter(ledger.state(job) for job in jobs)


def _settle(
    event: Ended,
    queue: deque[JobSpec],
    ledger: Ledger,
    progress: str,
    say: Callable[[str], object],
) -> None:
    """Forget the failures of a job that is done; put one that failed at the end, or aside."""
    job = event.job
    if event.log is None:
        ledger.forgive(job)
        say(f"{progress} {job.id}  {event.seconds:.1f} s")
        for note in event.notes:
            say(f"note: {note}")
    elif event.stop:
        raise DiskFullError(event.log)
    elif (failures := ledger.record_failure(job, event.log)) < MOST_FAILURES:
        say(f"{job.id} failed, {failures} of {MOST_FAILURES}: {_last(event.log)}")
        queue.append(job)
    else:
        say(f"{job.id} is quarantined, log in {ledger.logs(job)[-1]}: {_last(event.log)}")


def by_model(jobs: Iterable[JobSpec]) -> list[JobSpec]:
    """Jobs of one model and scheduler together, else in their order."""
    groups: dict[tuple[str, str | None], list[JobSpec]] = {}
    for job in jobs:
        groups.setdefault((job.entry.model, job.entry.scheduler), []).append(job)
    return [job for group in groups.values() for job in group]


def _last(log: str) -> str:
    return log.strip().splitlines()[-1]
