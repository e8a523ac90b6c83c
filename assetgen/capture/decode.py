"""The second pass: saved latents through the VAE's decoder, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assetgen.pack.images import U8

BATCH = 4


def decode(vae: Any, latents: Tensor, progress: Callable[[], object] = lambda: None) -> list[U8]:
    """Pictures uint8 `[H, W, 3]` of latents `[n, C, h, w]` in the denoiser's scale."""
    shift = getattr(vae.config, "shift_factor", None) or 0.0
    pictures: list[U8] = []
    with torch.no_grad():
        for batch in torch.split(latents, BATCH):
            scaled = (batch / vae.config.scaling_factor + shift).to(vae.device, vae.dtype)
            decoded = vae.decode(scaled, return_dict=False)[0]
            pictures += to_bytes((decoded.float() / 2 + 0.5).clamp(0, 1))
            for _ in batch:
                progress()
    return pictures


def to_bytes(pictures: Tensor) -> list[U8]:
    """`[n, 3, H, W]` in 0..1 → uint8 `[H, W, 3]` each, rounded as diffusers does."""
    array = pictures.cpu().permute(0, 2, 3, 1).float().numpy()
    return list((array * 255).round().astype(np.uint8))
