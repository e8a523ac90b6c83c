"""How a pipeline that is not known runs with and without the prompt: read off what its guidance made of the answers.

With guidance g a pipeline hands its sampler u + g·(c - u), c being the answer with the prompt and u the one
without. Of the two ways to take a denoiser's two answers for c and u, one gives that sum. They may be the
halves of one batch, or two calls.
"""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from assetgen.capture.call import Settings, plain

Part = Literal["first", "last"]


@dataclass(frozen=True)
class Layout:
    """Which of the two answers is the prompt's; `turns`: they are two calls, not the halves of one."""

    prompt: Part
    turns: bool


class _Enough(Exception):
    """Ends a pipeline call that need not go on."""


def layout_of(pipe: Any, denoiser: nn.Module, settings: Settings) -> Layout | None:
    """The layout, from the first step of a call; None if there is one answer, or guidance is another sum."""
    if settings.guidance <= 1:
        return None
    answers: list[Tensor] = []
    guided: list[Tensor] = []
    scheduler = pipe.scheduler
    signature = inspect.signature(scheduler.step)

    def keep(_: nn.Module, __: Any, output: Any) -> None:
        answers.append(output[0] if isinstance(output, tuple) else output.sample)

    # pipelines look at the signature to decide what to pass
    @functools.wraps(scheduler.step)
    def step(*args: Any, **kwargs: Any) -> None:
        guided.append(signature.bind(*args, **kwargs).arguments["model_output"])
        raise _Enough

    handle = denoiser.register_forward_hook(keep)
    scheduler.step = step
    try:
        plain(pipe, settings)
    except _Enough:
        pass
    finally:
        handle.remove()
        scheduler.__dict__.pop("step", None)
    return told_apart(answers, guided[0], settings.guidance) if guided else None


def told_apart(answers: list[Tensor], guided: Tensor, scale: float) -> Layout | None:
    """The layout of `answers` that gives `guided` at guidance `scale`; None if none does, or both do."""
    turns = len(answers) == 2
    both = torch.cat([answer.float() for answer in answers]) if answers else guided[:0].float()
    if both.ndim == 4:
        both = both[:, : guided.shape[1]]  # some predict a variance, too
    if len(answers) > 2 or both.shape != (2 * len(guided), *guided.shape[1:]):
        return None
    first, last = both.chunk(2)
    ways: dict[Part, Tensor] = {
        "last": first + scale * (last - first),
        "first": last + scale * (first - last),
    }
    off = {part: float((way - guided.float()).abs().max()) for part, way in ways.items()}
    best, other = sorted(off, key=lambda part: off[part])
    close = 8 * torch.finfo(guided.dtype).eps * max(1.0, scale) * float(both.abs().max())
    return Layout(best, turns) if off[best] <= close < off[other] else None
