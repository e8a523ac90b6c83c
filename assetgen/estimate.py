"""How large and how long a run will be, said before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch

from assetgen.capture.activation import tiles_of
from assetgen.capture.inputs import denoiser_inputs
from assetgen.capture.run import Settings
from assetgen.pack.recording import PICTURES
from assetgen.pack.schema import Architecture, Profile

_COMPRESSED = {"png": 1.4, "jpeg": 0.5, "attention": 0.3, "features": 0.92}
"""Bytes a pixel of the stored pictures, measured on the miniature."""
_OVERHEAD = 1.15
"""Recording costs less than this on top of the plain call."""


@dataclass(frozen=True)
class Contents:
    """What a profile stores: decoded pictures (some as JPEG), feature maps per unit, the latents and
    every layer's attention unless it is `light`."""

    pictures: tuple[str, ...]
    lossy: tuple[str, ...]
    tiles: int
    light: bool = False


PROFILES: dict[Profile, Contents] = {
    "light": Contents(("predicted",), ("predicted",), 0, light=True),
    "viewer": Contents(PICTURES, ("steps", "noise"), 18),
    "research": Contents(PICTURES, (), 64),
}


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
    """Size from the shapes, time from one call of the denoiser and one of the decoder."""
    contents = PROFILES[profile]
    height, width = settings.size or architecture.image
    latent = torch.zeros(architecture.traced_at.sample)
    batch = 2 if settings.guidance > 1 else 1
    picture = height * width
    lossy = set(contents.pictures) & set(contents.lossy)
    per_step = picture * (
        _COMPRESSED["jpeg"] * len(lossy)
        + _COMPRESSED["png"] * (len(contents.pictures) - len(lossy))
    )
    if not contents.light:
        per_step += 5 * latent.numel() * 2
    for unit in architecture.units:
        tile = min(32, unit.output[-1]) * min(32, unit.output[-2])
        channels = min(tiles_of(contents.tiles, unit.output[-2]), unit.output[0])
        per_step += channels * tile * _COMPRESSED["features"]
        for layer in unit.layers:
            if layer.kind == "cross_attention":
                per_step += lanes * layer.output[-1] * layer.output[-2] * _COMPRESSED["attention"]
    seconds = settings.steps * (
        _denoise_seconds(pipe, tuple(latent.shape), batch) * _OVERHEAD
        + _decode_seconds(pipe, latent) * len(contents.pictures)
    )
    return Estimate(int(per_step * settings.steps * 1.1), seconds)


def _denoise_seconds(pipe: Any, sample: tuple[int, ...], batch: int) -> float:
    tokens = pipe.tokenizer.model_max_length
    inputs = denoiser_inputs(pipe.unet, sample, tokens, batch=batch, device="cpu")
    started = perf_counter()
    with torch.no_grad():
        pipe.unet(**inputs)
    return perf_counter() - started


def _decode_seconds(pipe: Any, latent: torch.Tensor) -> float:
    started = perf_counter()
    with torch.no_grad():
        pipe.vae.decode(latent)
    return perf_counter() - started
