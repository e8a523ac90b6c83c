"""The second pass: saved latents through the VAE's decoder, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from assetgen.models.skeleton import pixels_of
from assetgen.pack.images import U8

BATCH = 4
"""Pictures decoded at once, if they are no larger than …"""
BATCH_PIXELS = 4 * 512 * 512
"""… this many pixels together."""


def batch_of(height: int, width: int) -> int:
    """How many pictures of this size (pixels) are decoded at once."""
    return max(1, min(BATCH, BATCH_PIXELS // (height * width)))


def decode(
    vae: Any,
    latents: Tensor,
    progress: Callable[[], object] = lambda: None,
    device: torch.device | None = None,
    side: int = 0,
) -> list[U8]:
    """Pictures uint8 `[H, W, 3]` of latents `[n, C, h, w]` in the denoiser's scale.

    `device` is where the decoder runs, if it is moved there only for the call. Pictures larger than
    `side` are averaged down to it; 0 keeps them as they are.
    """
    shift, spread = _statistics(vae)
    device = device or vae.device
    # Half precision overflows in some decoders, as their config says; there and back loses nothing.
    upcast = vae.dtype == torch.float16 and getattr(vae.config, "force_upcast", False)
    upcast = upcast and not hasattr(vae, "_hf_hook")
    if upcast:
        vae.to(dtype=torch.float32)
    pictures: list[U8] = []
    scale = pixels_of(vae)
    with torch.no_grad():
        for batch in torch.split(
            latents, batch_of(scale * latents.shape[-2], scale * latents.shape[-1])
        ):
            scaled = batch / vae.config.scaling_factor * spread + shift
            decoded = vae.decode(scaled.to(device, vae.dtype), return_dict=False)[0]
            pictures += to_bytes(_fit((decoded.float() / 2 + 0.5).clamp(0, 1), side))
            for _ in batch:
                progress()
    if upcast:
        vae.to(dtype=torch.float16)
    return pictures


def _statistics(vae: Any) -> tuple[Tensor | float, Tensor | float]:
    """What a pipeline adds to the latents and multiplies them by: one number, or one a channel `[1, C, 1, 1]`."""
    mean, std = (getattr(vae.config, f"latents_{name}", None) for name in ("mean", "std"))
    if mean is None or std is None:
        return getattr(vae.config, "shift_factor", None) or 0.0, 1.0
    return torch.tensor(mean).view(1, -1, 1, 1), torch.tensor(std).view(1, -1, 1, 1)


def _fit(pictures: Tensor, side: int) -> Tensor:
    height, width = pictures.shape[-2:]
    if not side or max(height, width) <= side:
        return pictures
    share = side / max(height, width)
    return adaptive_avg_pool2d(pictures, (round(height * share), round(width * share)))


def to_bytes(pictures: Tensor) -> list[U8]:
    """`[n, 3, H, W]` in 0..1 → uint8 `[H, W, 3]` each, rounded as diffusers does."""
    array = pictures.cpu().permute(0, 2, 3, 1).float().numpy()
    return list((array * 255).round().astype(np.uint8))
