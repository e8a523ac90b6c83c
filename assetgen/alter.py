"""Running a pipeline otherwise than it was saved: another sampler, other weights, something cut out; and back again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from assetgen.capture.cut import cutting
from assetgen.capture.run import denoiser_of
from assetgen.errors import InputError
from assetgen.models.runtime import other_scheduler
from assetgen.pack.schema import Architecture, Study
from assetgen.pack.validate_study import cuts_of

_PARTS = {"text": "text_encoder", "unet": "unet"}
"""Keys of a milestone's file and the pipeline's part that each belongs to."""


@contextmanager
def altered(
    pipe: Any, architecture: Architecture, study: Study | None, weights: Path | None = None
) -> Iterator[None]:
    """`pipe` with what `study` changes about the model: sampler, cut, or the `weights` of a milestone.

    Raises InputError if that cannot be done; the pipeline is as before afterwards.
    """
    with ExitStack() as stack:
        if study is not None and study.kind == "sampler":
            stack.callback(setattr, pipe, "scheduler", pipe.scheduler)
            pipe.scheduler = other_scheduler(pipe.scheduler, str(study.value))
        if study is not None and study.mode is not None:
            stack.enter_context(
                cutting(denoiser_of(pipe), architecture, cuts_of(study), study.mode)
            )
        if weights is not None:
            stack.enter_context(_milestone(pipe, weights))
        yield


@contextmanager
def _milestone(pipe: Any, file: Path) -> Iterator[None]:
    """The text encoder and the U-Net as they were kept during training."""
    parts = {key: getattr(pipe, name) for key, name in _PARTS.items()}
    before = {key: _copied(part.state_dict()) for key, part in parts.items()}
    try:
        try:
            stored = torch.load(file, map_location="cpu", weights_only=True)
            for key, part in parts.items():
                part.load_state_dict(stored[key])
        except (OSError, KeyError, RuntimeError, EOFError, UnpicklingError) as error:
            line = " ".join(str(error).split())[:200]
            raise InputError(
                f"{file} holds no weights of this model: {line}", "pass its own training folder"
            ) from None
        yield
    finally:
        for key, part in parts.items():
            part.load_state_dict(before[key])


def _copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in state.items()}
