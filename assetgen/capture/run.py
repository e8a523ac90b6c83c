"""One pipeline call with every tap attached. The picture is the one the plain call would have given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assetgen.capture.activation import ActivationTap
from assetgen.capture.attention import (
    AttentionTap,
    CrossAttention,
    SelfAttention,
    check_complete,
    use_fused_attention,
)
from assetgen.capture.scheduler import SchedulerTap, StepRecord
from assetgen.errors import CaptureError
from assetgen.pack.images import U8, compand
from assetgen.pack.schema import Architecture


@dataclass(frozen=True)
class Settings:
    """What the pipeline is asked for."""

    prompt: str
    negative: str = ""
    steps: int = 40
    seed: int = 0
    guidance: float = 4.0
    size: tuple[int, int] | None = None
    """(height, width) in pixels, or the model's own."""


@dataclass
class Captured:
    """What one call left behind; maps, entropies and outputs are per denoiser call."""

    picture: Tensor
    steps: list[StepRecord]
    attention: dict[str, list[U8]] = field(default_factory=dict)
    mass: dict[str, list[NDArray[np.floating]]] = field(default_factory=dict)
    entropy: dict[str, list[float]] = field(default_factory=dict)
    units: ActivationTap | None = None
    outputs: list[tuple[Tensor, Tensor | None]] = field(default_factory=list)
    timesteps: list[float] = field(default_factory=list)
    prompt_embeds: Tensor | None = None
    call_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0


def plain(pipe: Any, settings: Settings) -> Tensor:
    """The pipeline's picture `[1, 3, H, W]`, 0..1, without any tap."""
    generator = torch.Generator("cpu").manual_seed(settings.seed)
    size = {} if settings.size is None else dict(
        zip(("height", "width"), settings.size, strict=True)
    )  # fmt: skip
    with torch.no_grad():
        out = pipe(
            prompt=settings.prompt,
            negative_prompt=settings.negative,
            num_inference_steps=settings.steps,
            guidance_scale=settings.guidance,
            generator=generator,
            output_type="pt",
            **size,
        )
    picture: Tensor = out.images
    return picture.float().cpu()


def capture(
    pipe: Any,
    settings: Settings,
    architecture: Architecture,
    lanes: tuple[int | None, ...],
    *,
    tiles: int,
    progress: Callable[[], object] = lambda: None,
) -> Captured:
    """Run `pipe` once and record it. `lanes` are the tokens to keep, None for the summed padding.

    `tiles` is the number of feature maps per unit (0 for none). Raises CaptureError if anything that
    should have been recorded is missing.
    """
    denoiser: nn.Module = pipe.unet
    found = Captured(picture=torch.empty(0), steps=[])
    use_fused_attention(denoiser)
    with ExitStack() as stack:
        scheduler = SchedulerTap(pipe.scheduler)
        stack.callback(scheduler.close)
        units = ActivationTap(_last, max(tiles, 1))
        stack.callback(units.close)
        units.attach({unit.id: denoiser.get_submodule(unit.id) for unit in architecture.units})
        for handle in _watch(denoiser, found, progress):
            stack.callback(handle.remove)
        stack.enter_context(AttentionTap(denoiser, _sink(found, lanes), _last))
        started = perf_counter()
        found.picture = plain(pipe, settings)
        found.seconds = perf_counter() - started
    found.steps, found.units = scheduler.steps, units
    _check(found, architecture)
    return found


def _last(batch: int) -> int:
    """The conditional half comes last; without guidance it is the only one."""
    return batch - 1


def _watch(denoiser: nn.Module, found: Captured, progress: Callable[[], object]) -> list[Any]:
    started: list[float] = []

    def before(_: nn.Module, args: Any, kwargs: Any) -> None:
        if found.prompt_embeds is None:
            text = kwargs["encoder_hidden_states"] if len(args) < 3 else args[2]
            found.prompt_embeds = text[-1].detach().float().cpu()
        timestep = args[1] if len(args) > 1 else kwargs["timestep"]
        found.timesteps.append(float(timestep))
        started.append(perf_counter())

    def after(_: nn.Module, __: Any, output: Any) -> None:
        found.call_seconds.append(perf_counter() - started.pop())
        out = (output[0] if isinstance(output, tuple) else output.sample).detach().float().cpu()
        if out.shape[0] > 2:
            raise CaptureError(f"a batch of {out.shape[0]} was run; one picture at a time is known")
        found.outputs.append((out[-1], out[0] if out.shape[0] == 2 else None))
        progress()

    return [
        denoiser.register_forward_pre_hook(before, with_kwargs=True),
        denoiser.register_forward_hook(after),
    ]


def _sink(
    found: Captured, lanes: tuple[int | None, ...]
) -> Callable[[CrossAttention | SelfAttention], None]:
    kept = [lane for lane in lanes if lane is not None]
    padding: list[int] | None = None

    def sink(event: CrossAttention | SelfAttention) -> None:
        if isinstance(event, SelfAttention):
            found.entropy.setdefault(event.layer, []).append(event.entropy)
            return
        nonlocal padding
        maps = event.maps.cpu().numpy()
        rows = maps[kept]
        if len(kept) < len(lanes):
            padding = padding or sorted(set(range(len(maps))) - set(kept))
            rows = np.concatenate([rows, maps[padding].sum(axis=0, keepdims=True)])
        found.attention.setdefault(event.layer, []).append(compand(rows))
        found.mass.setdefault(event.layer, []).append(maps.mean(axis=(1, 2)))

    return sink


def _check(found: Captured, architecture: Architecture) -> None:
    """Everything the architecture promises was seen once per call."""
    calls = len(found.outputs)
    if not found.steps or not calls:
        raise CaptureError("the pipeline took no step: nothing was recorded")
    if sum(len(step.calls) for step in found.steps) != calls:
        raise CaptureError(f"{calls} denoiser calls do not fit {len(found.steps)} scheduler steps")
    cross = [
        layer.id
        for unit in architecture.units
        for layer in unit.layers
        if layer.kind == "cross_attention"
    ]
    check_complete((id for id, maps in found.attention.items() if len(maps) == calls), cross)
    assert found.units is not None
    for id, seen in found.units.calls.items():
        if len(seen) != calls:
            raise CaptureError(f"unit {id} was seen {len(seen)} times in {calls} calls")
