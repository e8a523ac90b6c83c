"""What can be refused before a model is fetched or loaded: by its configurations and by this machine."""

from __future__ import annotations

from collections.abc import Iterable

from assetgen.capture.solvers import SOLVERS
from assetgen.errors import InputError
from assetgen.generate import check_size, grain_of
from assetgen.memory import Need, check_memory, need_of
from assetgen.models.files import components, read_index
from assetgen.models.load import check_pipeline
from assetgen.models.names import SCHEDULERS
from assetgen.models.registry import ModelEntry
from assetgen.models.runtime import Runtime, scheduler_class
from assetgen.models.skeleton import load_skeleton


def precheck(
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
