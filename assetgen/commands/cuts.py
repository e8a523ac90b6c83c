"""`assetgen generate RUN --cut ID`: a recorded run once more, with a part of the network silenced."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from assetgen.errors import InputError

if TYPE_CHECKING:
    from assetgen.generate import Baker, Job
    from assetgen.pack.schema import CutMode

DECIDED = ("steps", "seed", "guidance", "negative", "title", "size", "scheduler")
"""Options that the run which is cut decides."""


def add_cut(parser: argparse.ArgumentParser) -> None:
    """Register the options."""
    parser.add_argument(
        "--cut", action="append", default=[], metavar="ID",
        help="cut unit:…, skip:…->… or layer:… out of a run that is there; may be repeated",
    )  # fmt: skip
    parser.add_argument("--mode", choices=("zero", "mean"), help="what a cut part adds instead")


def check_cut(options: argparse.Namespace) -> None:
    """Raise InputError for a cut that is about no run, or that would change more than the cut."""
    if not options.cut:
        if options.mode:
            raise InputError("--mode without --cut", "pass --cut unit:…, skip:…->… or layer:…")
        return
    if not options.names and options.prompt is None:
        raise InputError(
            "--cut without a run", "name the run to cut: assetgen generate RUN --cut …"
        )
    for given in DECIDED:
        if getattr(options, given) is not None:
            raise InputError(f"--cut with --{given}", "the run that is cut decides it")


def cut_jobs(options: argparse.Namespace, baker: Baker) -> list[Job]:
    """One ablation of each run that is named; everything else about it is as in that run."""
    from assetgen.pack.names import slug
    from assetgen.study import base_run, check_job, job_of

    names = options.names or [options.name or slug(options.prompt)]
    mode: CutMode = options.mode or "zero"
    cuts = " ".join(options.cut)
    label = f"without {', '.join(options.cut)}"
    jobs = []
    for name in names:
        job = job_of(base_run(baker, name), "ablation", cuts, label, mode)
        check_job(job, baker)
        jobs.append(replace(job, profile=options.profile or job.profile))
    return jobs
