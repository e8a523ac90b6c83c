"""The data the U-Net learns from: latents and captions of composed scenes, encoded once.

Shards are written one by one and complete or not at all; a later run may ask for more of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from tqdm import tqdm

from assetgen.train.checkpoints import load_state, save_atomic
from assetgen.train.scenes import Composer
from assetgen.train.vae import to_tensor

SHARD = 2000
"""Scenes a shard."""
BATCH = 50


@dataclass(frozen=True)
class LatentSet:
    """Encoded scenes: unit-variance latents [n, c, h, w] in float16, captions, objects a scene."""

    latents: Tensor
    captions: list[str]
    objects: Tensor


def load_latents(scenes: int, composer: Composer, vae: AutoencoderKL, folder: Path) -> LatentSet:
    """The first `scenes` training scenes, in whole shards; encodes those that do not exist yet."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:04d}.pt" for number in range(scenes // SHARD)]
    for number, file in enumerate(tqdm(files, desc="latents", unit="shard")):
        if not file.exists():
            numbers = range(number * SHARD, (number + 1) * SHARD)
            save_atomic(_encode(composer, vae, numbers), file)
    shards = [load_state(file) for file in files]
    return LatentSet(
        torch.cat([shard["latents"] for shard in shards]),
        [caption for shard in shards for caption in shard["captions"]],
        torch.cat([shard["objects"] for shard in shards]),
    )


@torch.no_grad()
def _encode(composer: Composer, vae: AutoencoderKL, numbers: range) -> dict[str, Any]:
    pictures = [composer.picture(number) for number in numbers]
    latents = []
    for start in range(0, len(pictures), BATCH):
        pixels = np.stack([picture.pixels for picture in pictures[start : start + BATCH]])
        with torch.autocast("cpu", torch.bfloat16):
            mode = vae.encode(to_tensor(pixels)).latent_dist.mode()
        latents.append((mode.float() * vae.config.scaling_factor).half())
    return {
        "latents": torch.cat(latents),
        "captions": [picture.caption for picture in pictures],
        "objects": torch.tensor([len(picture.scene.objects) for picture in pictures]),
    }
