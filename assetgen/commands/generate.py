"""`assetgen generate`: bake the curated prompts, some of them, or one of your own."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from assetgen.commands.cache import act_on_cache, add_options
from assetgen.commands.cuts import add_cut, check_cut, cut_jobs
from assetgen.errors import InputError
from assetgen.models.names import DTYPES, OFFLOADS, SCHEDULERS
from assetgen.pack.names import is_name
from assetgen.pack.resources import data_dir, in_checkout

if TYPE_CHECKING:
    from assetgen.generate import Job
    from assetgen.models.registry import ModelEntry
    from assetgen.models.runtime import Runtime


_WORTH_SAYING = 10**9
"""Bytes of memory from which a model's need is printed before it is loaded."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("generate", help="record runs of a model", description=__doc__)
    parser.add_argument("names", nargs="*", help="curated prompts (default: all)")
    parser.add_argument("--list", action="store_true", help="list the curated prompts")
    parser.add_argument("--prompt", help="a prompt of your own")
    parser.add_argument("--name", help="name of its run (default: made of the prompt)")
    parser.add_argument("--title", help="its title (default: the prompt)")
    parser.add_argument("--negative", help="what the picture should not show")
    parser.add_argument("--steps", type=int, help="denoising steps")
    parser.add_argument("--seed", type=int, help="of the first noise")
    parser.add_argument(
        "--num-images", type=int, default=1, metavar="N", help="N runs, with this seed and the next"
    )
    parser.add_argument("--size", metavar="WIDTHxHEIGHT", help="in pixels (default: the model's)")
    parser.add_argument("--scheduler", help=f"another sampler: {', '.join(SCHEDULERS)}")
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, mps (default: auto)")
    parser.add_argument(
        "--dtype",
        choices=("auto", *DTYPES),
        default="auto",
        help="precision (auto: float32 on the CPU, bfloat16 on CUDA)",
    )
    parser.add_argument(
        "--offload",
        choices=OFFLOADS,
        default="none",
        help="keep parts in main memory until they are used",
    )
    parser.add_argument("--guidance", type=float, help="1 or less: no guidance")
    add_cut(parser)
    parser.add_argument("--model", help="a name, a pipeline folder, or owner/name on the hub")
    parser.add_argument("--file-as", metavar="ID", help="file the runs under this model id")
    parser.add_argument("--out", type=Path, help="assets folder to write to")
    parser.add_argument("--profile", choices=("light", "viewer", "research"))
    parser.add_argument("--verify", action="store_true", help="compare with the plain pipeline")
    parser.add_argument("--force", action="store_true", help="replace runs that exist")
    parser.add_argument("--threads", type=int, help="CPU threads")
    add_options(parser)
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Check every job, say what it will cost, then bake them one by one."""
    curated = load_curated()
    if options.list:
        for name, spec in curated["prompts"].items():
            print(f"{name:24} {spec['prompt']}")
        return 0
    _check_cheap(options, curated)
    if act_on_cache(options) and options.prompt is None and not options.names:
        return 0
    import torch

    from assetgen.checks import check_settings
    from assetgen.models.runtime import Runtime
    from assetgen.models.source import open_model

    if options.threads:
        torch.set_num_threads(options.threads)
    jobs = [] if options.cut else make_jobs(options, curated)
    for job in jobs:
        check_settings(job.settings)
    name = options.model or curated["defaults"]["model"]
    runtime = Runtime(options.device, options.dtype, options.offload, options.scheduler)
    with open_model(
        name,
        cache_dir=options.cache_dir,
        keep=not options.no_cache,
        check=partial(_check_model, runtime, {job.settings.size for job in jobs}),
    ) as model:
        return _bake(options, jobs, model, runtime)


def _check_model(runtime: Runtime, sizes: set[tuple[int, int] | None], model: ModelEntry) -> None:
    """Refuse what cannot work before the model is fetched, and say what it takes in memory."""
    from assetgen.checks import check_model

    need = check_model(model, runtime, sizes)
    if need.total > _WORTH_SAYING:
        print(f"{model.name}: {need}", flush=True)


def _bake(options: argparse.Namespace, jobs: list[Job], model: ModelEntry, runtime: Runtime) -> int:
    """Check every job against the model, then bake what is not there yet."""
    from assetgen.checks import check_space
    from assetgen.generate import Baker
    from assetgen.study import is_done

    out = options.out or default_out()
    baker = Baker(model, out, file_as=options.file_as, runtime=runtime)
    if options.cut:
        jobs = cut_jobs(options, baker)
    there = [] if options.force else [job for job in jobs if is_done(job, baker)]
    for job in there:
        print(f"{baker.target(job)} is there already; --force records it anew")
    jobs = [job for job in jobs if job not in there]
    if not jobs:
        return 0
    for job in jobs:
        baker.check(job, force=options.force)
    said = _say(baker.notes)
    estimates = [baker.estimate(job) for job in jobs]
    size, seconds = sum(e.bytes for e in estimates), sum(e.seconds for e in estimates)
    check_space(out, size)
    print(
        f"{len(jobs)} {'run' if len(jobs) == 1 else 'runs'} of {baker.id}: "
        f"about {size / 1e6:.1f} MB and {seconds:.0f} s"
    )
    for job in jobs:
        path = baker.bake(job, verify=options.verify, force=options.force)
        print(f"{path}  {size_of(path) / 1e6:.2f} MB" + ("  verified" if options.verify else ""))
        said = _say(baker.notes, said)
    return 0


def _say(notes: list[str], said: int = 0) -> int:
    """Print what has not been said yet."""
    for note in notes[said:]:
        print(f"note: {note}")
    return len(notes)


def load_curated(path: Path | None = None) -> dict[str, Any]:
    """`config/prompts.yaml`: defaults and prompts."""
    text = (path or data_dir("config") / "prompts.yaml").read_text(encoding="utf-8")
    curated: dict[str, Any] = yaml.safe_load(text)
    return curated


def default_out() -> Path:
    """The checkout's assets folder; an installed program writes to ./assets."""
    return data_dir("assets") if in_checkout() else Path.cwd() / "assets"


def make_jobs(options: argparse.Namespace, curated: dict[str, Any]) -> list[Job]:
    """One job for `--prompt`, or one for each chosen curated prompt; options override both."""
    from assetgen.capture.call import Settings
    from assetgen.generate import Job
    from assetgen.pack.names import slug

    if options.prompt is not None:
        chosen = {options.name or slug(options.prompt): {"prompt": options.prompt}}
    else:
        chosen = {n: curated["prompts"][n] for n in options.names or curated["prompts"]}
    jobs = []
    for name, own in chosen.items():
        spec = {**curated["defaults"], "seed": 0, **own}
        for key in ("steps", "seed", "guidance", "negative", "profile", "title"):
            if getattr(options, key) is not None:
                spec[key] = getattr(options, key)
        title = spec.get("title") or spec["prompt"][:1].upper() + spec["prompt"][1:]
        for seed in range(spec["seed"], spec["seed"] + options.num_images):
            settings = Settings(
                prompt=spec["prompt"],
                negative=spec["negative"],
                steps=spec["steps"],
                seed=seed,
                guidance=float(spec["guidance"]),
                size=parse_size(options.size) if options.size else None,
            )
            own_name = name if seed == spec["seed"] else f"{name}-seed-{seed}"
            jobs.append(Job(own_name, title, settings, spec["profile"], spec.get("pair")))
    return jobs


def parse_size(text: str) -> tuple[int, int]:
    """(height, width) in pixels of `640x512`, width first, or of one number for a square. Raises InputError."""
    width, _, height = text.lower().partition("x")
    height = height or width
    if not (width.isdigit() and height.isdigit()):
        raise InputError(f"--size {text!r}", "expected WIDTHxHEIGHT in pixels, like 768x512")
    return int(height), int(width)


def check_names(options: argparse.Namespace) -> None:
    """Raise InputError for a `--name` or `--file-as` that is no folder name."""
    for option in ("name", "file_as"):
        name = getattr(options, option)
        if name is not None and not is_name(name):
            flag = f"--{option.replace('_', '-')}"
            raise InputError(f"{flag} {name!r} is no folder name", "use letters and hyphens")


def check_threads(options: argparse.Namespace) -> None:
    """Raise InputError unless `--threads` is a number of threads, or not given."""
    if options.threads is not None and options.threads < 1:
        raise InputError(f"--threads {options.threads}", "pass 1 or more")


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _check_cheap(options: argparse.Namespace, curated: dict[str, Any]) -> None:
    """What can be said before anything heavy is imported."""
    if options.names and options.prompt is not None:
        raise InputError("both curated names and --prompt", "pass one of them")
    if options.name and options.prompt is None:
        raise InputError("--name without --prompt", "curated prompts have names")
    check_names(options)
    check_threads(options)
    if not 1 <= options.num_images <= 1000:
        raise InputError(f"--num-images {options.num_images}", "expected 1 to 1000")
    check_cut(options)
    for name in [] if options.cut else options.names:
        if name not in curated["prompts"]:
            known = ", ".join(curated["prompts"])
            raise InputError(f"no curated prompt {name!r}", f"there are {known}")
    if options.out is not None:
        there = next(path for path in (options.out, *options.out.parents) if path.exists())
        if not there.is_dir():
            raise InputError(f"{there} is a file", "pass a folder as --out")
        if not os.access(there, os.W_OK):
            raise InputError(f"nothing can be written to {there}", "pass another --out")
