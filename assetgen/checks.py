"""What can be refused before time is spent on it: settings, sizes, memory, disk; by configurations, not weights."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from math import lcm
from pathlib import Path

from assetgen.capture.call import Settings
from assetgen.capture.solvers import SOLVERS
from assetgen.errors import InputError
from assetgen.memory import Need, check_memory, need_of
from assetgen.models.files import components, read_index
from assetgen.models.load import check_pipeline
from assetgen.models.names import SCHEDULERS
from assetgen.models.registry import ModelEntry
from assetgen.models.runtime import Runtime, scheduler_class
from assetgen.models.skeleton import Skeleton, load_skeleton

MOST_STEPS = 256
"""A run's steps are the layers of one texture array."""


def check_settings(settings: Settings) -> None:
    """Raise InputError for values no model can work with."""
    if not settings.prompt.strip():
        raise InputError("the prompt is empty", 'pass --prompt "a fox on grass"')
    if not 1 <= settings.steps <= MOST_STEPS:
        raise InputError(f"{settings.steps} steps", f"--steps takes 1 to {MOST_STEPS}")
    if not 0 <= settings.guidance <= 100:
        raise InputError(f"guidance {settings.guidance}", "--guidance takes 0 to 100")
    if not 0 <= settings.seed < 2**63:
        raise InputError(f"seed {settings.seed}", "--seed takes a whole number from 0")


def check_model(
    model: ModelEntry, runtime: Runtime, sizes: Iterable[tuple[int, int] | None] = ()
) -> Need:
    """Bytes that `model` takes in memory; its folder needs to hold configurations only.

    `sizes` are (height, width) in pixels. Raises InputError for a pipeline, a scheduler or a size that
    cannot work, and if this machine cannot hold the model.
    """
    check_pipeline(model.folder)
    check_scheduler(model, runtime)
    skeleton = load_skeleton(model.folder)
    for size in sizes:
        check_size(size, grain_of(skeleton))
    need = need_of(skeleton, runtime)
    check_memory(model.name, need, runtime)
    return need


def check_scheduler(model: ModelEntry, runtime: Runtime) -> None:
    """Raise InputError unless the model's own scheduler, or the one asked for, is one that is understood."""
    own = components(read_index(model.folder)).get("scheduler")
    if own is None:
        return
    if runtime.scheduler is not None:
        scheduler_class(own, runtime.scheduler)
    elif own not in SOLVERS:
        raise InputError(
            f"{model.name} comes with {own}, whose steps are not understood",
            f"pass --scheduler with one of {', '.join(SCHEDULERS)}",
        )


def grain_of(skeleton: Skeleton) -> int:
    """Pixels that the sides of a picture must be multiples of: a latent, or a patch of latents."""
    grain = skeleton.image[0] // skeleton.sample[-2]
    if skeleton.grid is not None:
        grain *= skeleton.sample[-2] // skeleton.grid[0]
    return lcm(grain, 8)  # which every pipeline of diffusers asks for


def check_size(size: tuple[int, int] | None, grain: int) -> None:
    """Raise InputError for a size the model cannot paint."""
    if size is not None and any(side < grain or side % grain for side in size):
        raise InputError(
            f"size {size[1]}x{size[0]}", f"--size takes width and height in multiples of {grain}"
        )


def check_space(folder: Path, needed: int) -> None:
    """Raise InputError if the disk under `folder` has less than `needed` bytes and some to spare."""
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < needed * 1.2 + 2**20:
        raise InputError(
            f"{existing} has {free / 1e6:.0f} MB free, {needed / 1e6:.0f} MB are needed",
            "free some space or pass another --out",
        )
