"""`assetgen batch JOBS.yaml`: many runs, safe to interrupt: started again it does what is left."""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from assetgen.commands.cache import add_folder
from assetgen.commands.generate import default_out
from assetgen.errors import InputError
from assetgen.models.names import DTYPES, OFFLOADS

if TYPE_CHECKING:
    from assetgen.jobs.key import Where
    from assetgen.jobs.ledger import Ledger
    from assetgen.jobs.spec import JobSpec
    from assetgen.jobs.work import Executor
    from assetgen.models.registry import ModelEntry


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("batch", help="record many runs", description=__doc__)
    parser.add_argument("jobs", type=Path, help="a file in the form of config/prompts.yaml")
    parser.add_argument("--status", action="store_true", help="say what is done and what is not")
    parser.add_argument("--out", type=Path, help="assets folder to write to")
    parser.add_argument("--model", help="instead of the models that the file names")
    parser.add_argument("--executor", choices=("local", "ray"), default="local")
    parser.add_argument("--workers", type=int, default=1, help="jobs at a time (default: 1)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads a worker (default: 1)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 or mps (default: cpu)")
    parser.add_argument("--dtype", choices=("auto", *DTYPES), default="auto")
    parser.add_argument("--offload", choices=OFFLOADS, default="none")
    parser.add_argument(
        "--gpus",
        type=float,
        help="graphics cards a worker, for ray (default: 1 with --device cuda)",
    )
    parser.add_argument(
        "--address", help="a running Ray cluster; auto finds the one of this machine"
    )
    parser.add_argument("--shard", metavar="I/N", help="only part I of N, from 0: Slurm arrays")
    parser.add_argument("--retry", action="store_true", help="try quarantined jobs again")
    parser.add_argument("--force", action="store_true", help="replace runs of other settings")
    add_folder(parser)
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Do what is left of the jobs; 1 if some are quarantined or in the way of others."""
    from assetgen.jobs.batch import run_batch
    from assetgen.jobs.key import Where
    from assetgen.jobs.ledger import Ledger
    from assetgen.jobs.spec import read_jobs
    from assetgen.jobs.work import BakeWork

    _check(options)
    jobs = read_jobs(options.jobs, options.model)
    out = (options.out or default_out()).absolute()
    with ExitStack() as stack:
        models = _models(options, jobs, stack)
        where = Where(options.threads, options.device, options.dtype, options.offload)
        jobs = _shard(_with_keys(jobs, models, where), options.shard)
        ledger = Ledger(out, {name: model.id for name, model in models.items()})
        if options.status:
            return _print_status(jobs, ledger)
        if options.retry:
            for job in jobs:
                ledger.forgive(job)
        _foretell(options, jobs, ledger, models, where, out)
        counts = run_batch(
            jobs,
            ledger,
            _executor(options),
            partial(BakeWork, models, out, where, options.force),
            force=options.force,
            say=partial(print, flush=True),
        )
    return _summary(counts, len(jobs), out / "failed")


def _foretell(
    options: argparse.Namespace,
    jobs: Iterable[JobSpec],
    ledger: Ledger,
    models: Mapping[str, ModelEntry],
    where: Where,
    out: Path,
) -> None:
    """Print what the jobs that are left will take; InputError if disk or memory cannot hold it."""
    wanted = ("waiting", "other") if options.force else ("waiting",)
    left = [job for job in jobs if ledger.state(job) in wanted]
    if not left:
        return
    from assetgen.checks import check_space
    from assetgen.jobs.cost import cost_of
    from assetgen.memory import check_memory
    from assetgen.models.runtime import Runtime

    workers = min(options.workers, len(left))
    if options.executor == "ray" and where.device != "cpu":
        # the machine that hands out the jobs need not have what the workers have
        where = replace(where, device="cpu", offload="none")
    total, needs, unknown = cost_of(left, models, where)
    if options.executor == "local":
        runtime = Runtime(where.device, where.dtype, where.offload)
        for name, need in needs.items():
            check_memory(name, need, runtime, workers)
    check_space(out, total.bytes)
    for name in unknown:
        print(f"note: what the jobs of {name} take is known only when it is loaded")
    print(
        f"{len(left)} {'job' if len(left) == 1 else 'jobs'} to do: about {total.bytes / 1e6:.1f} MB "
        f"and {total.seconds / workers:.0f} s"
        + (f" with {workers} workers" if workers > 1 else "")
        + (" like this machine's processor" if where.device != options.device else ""),
        flush=True,
    )


def _check(options: argparse.Namespace) -> None:
    for name in ("workers", "threads"):
        if getattr(options, name) < 1:
            raise InputError(f"--{name} {getattr(options, name)}", "pass 1 or more")
    if options.device == "auto":
        raise InputError(
            "--device auto", "name it: the results of a batch come from one kind of device"
        )
    if options.executor == "local" and (options.gpus or options.address):
        raise InputError("--gpus and --address are for Ray", "pass --executor ray")
    if options.executor == "ray" and importlib.util.find_spec("ray") is None:
        raise InputError("ray is not installed", "pip install 'diffusion-explorer[ray]'")
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise InputError(f"{options.out} is a file", "pass a folder as --out")


def _models(
    options: argparse.Namespace, jobs: Iterable[JobSpec], stack: ExitStack
) -> dict[str, ModelEntry]:
    """Every model that a job names, fetched first where it is on the hub; `--status` fetches nothing."""
    from assetgen.models.registry import find_model
    from assetgen.models.source import open_model

    models: dict[str, ModelEntry] = {}
    for name in dict.fromkeys(job.entry.model for job in jobs):
        if options.status:
            entry = find_model(name, options.cache_dir)
        else:
            entry = stack.enter_context(
                open_model(name, cache_dir=options.cache_dir, check=partial(_check_model, options))
            )
        other = next((n for n, m in models.items() if m.id == entry.id), None)
        if other is not None and models[other].folder != entry.folder:
            raise InputError(
                f"models {other} and {name} would both file their runs under {entry.id!r}",
                "rename one folder, or use two jobs files with two --out",
            )
        models[name] = replace(entry, folder=entry.folder.absolute())
    return models


def _check_model(options: argparse.Namespace, model: ModelEntry) -> None:
    """Refuse a model that this machine cannot hold before it is fetched; Ray's workers may hold more."""
    if options.executor == "local":
        from assetgen.memory import check_memory, need_of
        from assetgen.models.runtime import Runtime
        from assetgen.models.skeleton import load_skeleton

        runtime = Runtime(options.device, options.dtype, options.offload)
        check_memory(model.name, need_of(load_skeleton(model.folder), runtime), runtime)


def _with_keys(
    jobs: Iterable[JobSpec], models: Mapping[str, ModelEntry], where: Where
) -> list[JobSpec]:
    from assetgen.jobs.key import job_key, model_digest

    digests = {name: model_digest(model) for name, model in models.items()}

    def key(job: JobSpec) -> str:
        return job_key(job, models[job.entry.model], digests[job.entry.model], where)

    return [msgspec.structs.replace(job, key=key(job)) for job in jobs]


def _shard(jobs: list[JobSpec], shard: str | None) -> list[JobSpec]:
    if shard is None:
        return jobs
    match = re.fullmatch(r"(\d+)/(\d+)", shard)
    if not match or not int(match[1]) < int(match[2]):
        raise InputError(f"--shard {shard!r}", "pass I/N with I from 0 to N - 1, such as 0/4")
    return jobs[int(match[1]) :: int(match[2])]


def _executor(options: argparse.Namespace) -> Executor:
    if options.executor == "local":
        from assetgen.jobs.local import Local

        return Local(options.workers)
    from assetgen.jobs.ray_cluster import Ray

    gpus = float(options.device.startswith("cuda")) if options.gpus is None else options.gpus
    return Ray(options.workers, options.threads, gpus, options.address)


def _print_status(jobs: Iterable[JobSpec], ledger: Ledger) -> int:
    counts: Counter[str] = Counter()
    for job in jobs:
        state = ledger.state(job)
        counts[state] += 1
        failures = len(ledger.logs(job))
        more = f"  failed {failures}×: {ledger.last_line(job)}" if failures else ""
        print(f"{_STATES[state]:<14}{ledger.ids[job.entry.model]}/{job.id}{more}")
    print(", ".join(f"{number} {_STATES[state]}" for state, number in counts.items()))
    return 0


_STATES = {
    "done": "done",
    "waiting": "waiting",
    "other": "other settings",
    "quarantined": "quarantined",
}


def _summary(counts: Counter[str], total: int, failed: Path) -> int:
    print(f"{counts['done']} of {total} jobs are done")
    if number := counts["quarantined"]:
        print(
            f"{number} {'is' if number == 1 else 'are'} quarantined: read the logs in {failed}, "
            "then pass --retry",
            file=sys.stderr,
        )
    if number := counts["other"]:
        print(
            f"{number} {'has' if number == 1 else 'have'} a run of other settings in place: "
            "--force replaces it",
            file=sys.stderr,
        )
    return 0 if counts["done"] == total else 1
