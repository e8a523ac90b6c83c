"""`assetgen study`: bake the small studies of config/studies.yaml about the flagship runs."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from assetgen.commands.generate import check_threads, default_out, size_of
from assetgen.errors import InputError
from assetgen.pack.schema import StudyKind

if TYPE_CHECKING:
    from assetgen.generate import Baker, Job
    from assetgen.study import Plan

KINDS: tuple[StudyKind, ...] = get_args(StudyKind)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "study", help="bake light runs that vary one thing", description=__doc__
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="KIND", help=" | ".join(KINDS)
    )
    parser.add_argument("--list", action="store_true", help="list what would be baked")
    parser.add_argument("--plan", type=Path, help="instead of config/studies.yaml")
    parser.add_argument("--model", default="miniature", help="a name or a pipeline folder")
    parser.add_argument("--file-as", metavar="ID", help="the model id its runs are filed under")
    parser.add_argument("--out", type=Path, help="assets folder that holds the base runs")
    parser.add_argument(
        "--checkpoints", type=Path, metavar="FOLDER", help="training folder, for how it learned"
    )
    parser.add_argument("--force", action="store_true", help="bake also what is there already")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Bake what is missing or was recorded with another model; what is done is skipped."""
    check_threads(options)
    for kind in options.only:
        if kind not in KINDS:
            raise InputError(f"no study called {kind!r}", f"there are {', '.join(KINDS)}")
    import torch

    from assetgen.checks import check_space
    from assetgen.generate import Baker
    from assetgen.models.registry import find_model
    from assetgen.study import check_job, is_done, load_plan, plan_jobs

    if options.threads:
        torch.set_num_threads(options.threads)
    plan = load_plan(options.plan)
    if options.checkpoints is None and "learned" in options.only:
        raise InputError(
            "how it learned needs the weights kept during training",
            "pass --checkpoints the folder that `assetgen train --work` was given",
        )
    baker = Baker(find_model(options.model), options.out or default_out(), file_as=options.file_as)
    jobs = list(plan_jobs(plan, baker, options.only, options.checkpoints))
    for job in jobs:
        check_job(job, baker)
    _say_what_is_left_out(plan, jobs, options)
    if options.list:
        for job in jobs:
            print(f"{'done' if is_done(job, baker) else 'to do':6} {job.id:60} {job.title}")
        return 0
    missing = jobs if options.force else [job for job in jobs if not is_done(job, baker)]
    size, seconds = _cost(missing, baker)
    check_space(baker.folder, size)
    print(
        f"{len(jobs)} studies of {baker.id}, {len(jobs) - len(missing)} of them done; "
        f"the rest: about {size / 1e6:.1f} MB and {seconds:.0f} s"
    )
    for job in missing:
        path = baker.bake(job, force=True)
        print(f"{path}  {size_of(path) / 1e6:.3f} MB", flush=True)
    return 0


def _cost(jobs: Sequence[Job], baker: Baker) -> tuple[int, float]:
    """Bytes and seconds, from one timed call: all studies cost the same a step."""
    if not jobs:
        return 0, 0.0
    one = baker.estimate(jobs[0])
    share = sum(job.settings.steps for job in jobs) / jobs[0].settings.steps
    return int(one.bytes * share), one.seconds * share


def _say_what_is_left_out(plan: Plan, jobs: Sequence[Job], options: argparse.Namespace) -> None:
    if "learned" not in plan.studies or (options.only and "learned" not in options.only):
        return
    if options.checkpoints is None:
        print("how it learned is left out: it needs --checkpoints FOLDER, the training folder")
        return
    kept = Counter(job.study.value for job in jobs if job.study and job.study.kind == "learned")
    later = [f"{value:,}" for value in plan.studies["learned"].values if value not in kept]
    if later:
        print(f"not reached in training yet, hence left out: {', '.join(later)} samples")
