"""How large and how long a run will be, and what it needs, said before it starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import torch

from assetgen.capture.call import Settings, guided
from assetgen.capture.inputs import denoiser_inputs, has_inputs
from assetgen.capture.run import READS_TEXT, denoiser_of
from assetgen.pack.schema import Architecture, Profile
from assetgen.profiles import (
    LATENT_ORDER,
    PROFILES,
    Contents,
    FeaturePlan,
    maps_kept,
    plan_features,
)

_COMPRESSED = {"png": 1.6, "jpeg": 0.4, "attention": 0.7, "features": 0.92}
"""Bytes a pixel of the stored pictures, measured on a network with random weights: real ones take less."""
_OVERHEAD = 1.15
"""Recording costs less than this on top of the plain call."""
_TIMED = 2e12
"""A denoiser call of more FLOPs is not tried out; its time follows from the speed of a product."""
_DECODER = 6.15e8
"""FLOPs of AutoencoderKL's decoder for a pixel of the latent (2.52 TFLOP at 64 × 64)."""


@dataclass(frozen=True)
class Estimate:
    """Bytes on disk and seconds of wall time."""

    bytes: int
    seconds: float

    def __str__(self) -> str:
        return f"about {self.bytes / 1e6:.1f} MB and {self.seconds:.0f} s"


def estimate(
    pipe: Any, architecture: Architecture, profile: Profile, settings: Settings, lanes: int
) -> Estimate:
    """Size from the shapes; time from one call of the denoiser and one of the decoder, or their FLOPs."""
    passes = 2 if guided(pipe, settings) else 1
    size = settings.size or architecture.image
    seconds = settings.steps * (
        _denoise_seconds(pipe, architecture, size, passes) * _OVERHEAD
        + _decode_seconds(pipe, architecture, size) * len(PROFILES[profile].pictures)
    )
    return Estimate(
        settings.steps * step_bytes(architecture, profile, size, lanes, passes), seconds
    )


def step_bytes(
    architecture: Architecture, profile: Profile, size: tuple[int, int], lanes: int, passes: int = 2
) -> int:
    """Bytes a step of a run of `size` (height, width) takes on disk, thumbnails included."""
    contents = PROFILES[profile]
    scale = (size[0] / architecture.image[0], size[1] / architecture.image[1])
    total = sum(_picture_bytes(contents, name, size) for name in contents.pictures)
    if contents.light:
        return int(total + lanes * 24 * 24 * _COMPRESSED["attention"])
    channels, height, width = architecture.traced_at.sample[-3:]
    numbers = round(channels * height * width * scale[0] * scale[1])
    latents = contents.latents_kept(LATENT_ORDER[: 3 + passes], numbers, size[0] * size[1])
    total += 2 * numbers * len(latents)
    plan = plan_features(architecture, contents)
    for unit in architecture.units:
        tile = min(plan.side, unit.output[-1]) * min(plan.side, unit.output[-2])
        total += plan.counts[unit.id] * tile * _COMPRESSED["features"]
    shapes = list(text_maps(architecture, scale).values())
    side, kept = maps_kept(shapes, lanes, contents)
    area = sum(min(shapes[i][0], side) * min(shapes[i][1], side) for i in kept)
    return int(1.1 * (total + lanes * area * _COMPRESSED["attention"]))


def plan_run(
    architecture: Architecture, contents: Contents, size: tuple[int, int], lanes: int
) -> FeaturePlan:
    """What a run of `size` (height, width) in pixels with so many lanes of attention keeps while it goes on."""
    scale = (size[0] / architecture.image[0], size[1] / architecture.image[1])
    maps = text_maps(architecture, scale)
    side, kept = maps_kept(list(maps.values()), lanes, contents)
    others = frozenset(maps) - {list(maps)[i] for i in kept}
    return replace(plan_features(architecture, contents), map_side=side, without_maps=others)


def text_maps(architecture: Architecture, scale: tuple[float, float]) -> dict[str, tuple[int, int]]:
    """Layer that reads the text → height and width of its map, for a picture `scale` as large."""
    return {
        layer.id: (round(unit.output[-2] * scale[0]), round(unit.output[-1] * scale[1]))
        for unit in architecture.units
        for layer in unit.layers
        if layer.kind in READS_TEXT and len(unit.output) == 3
    }


def _picture_bytes(contents: Contents, name: str, size: tuple[int, int]) -> float:
    side = contents.side(name)
    share = min(1.0, side / max(size)) if side else 1.0
    height, width = (round(length * share) for length in size)
    kind = "jpeg" if contents.is_lossy(name, height, width) else "png"
    return height * width * _COMPRESSED[kind]


def _denoise_seconds(
    pipe: Any, architecture: Architecture, size: tuple[int, int], passes: int
) -> float:
    share = size[0] * size[1] / (architecture.image[0] * architecture.image[1])
    denoiser = denoiser_of(pipe)
    if architecture.flops > _TIMED or not has_inputs(denoiser) or _without_data(denoiser):
        return passes * architecture.flops * share / speed(pipe)
    inputs = denoiser_inputs(
        denoiser, architecture.traced_at.sample, architecture.traced_at.tokens, batch=passes,
        device=pipe.device, dtype=pipe.dtype,
    )  # fmt: skip
    started = perf_counter()
    with torch.no_grad():
        float(denoiser(**inputs, return_dict=False)[0].sum())
    return (perf_counter() - started) * share


def _decode_seconds(pipe: Any, architecture: Architecture, size: tuple[int, int]) -> float:
    shape = architecture.traced_at.sample
    share = size[0] * size[1] / (architecture.image[0] * architecture.image[1])
    if shape[-1] * shape[-2] > 4096 or _without_data(pipe.vae):
        return shape[-1] * shape[-2] * share * _DECODER / speed(pipe)
    latent = torch.zeros(shape, device=pipe.device, dtype=pipe.vae.dtype)
    started = perf_counter()
    with torch.no_grad():
        float(pipe.vae.decode(latent, return_dict=False)[0].sum())
    return (perf_counter() - started) * share


def _without_data(part: Any) -> bool:
    """Whether a module's weights are elsewhere: offloaded, or on the meta device."""
    return hasattr(part, "_hf_hook") or next(part.parameters()).is_meta


def speed(pipe: Any) -> float:
    """FLOP/s of a large product on the pipeline's device in its precision, halved: nothing else is as fast."""
    device = getattr(pipe, "_execution_device", None) or pipe.device
    a = torch.ones(1024, 1024, device=device, dtype=pipe.dtype)
    best = min(_product_seconds(a) for _ in range(3))
    return 2 * 1024**3 / best / 2


def _product_seconds(a: torch.Tensor) -> float:
    started = perf_counter()
    float((a @ a)[0, 0])
    return perf_counter() - started
