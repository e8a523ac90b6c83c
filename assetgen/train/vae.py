"""The autoencoder: 128 x 128 pictures to 16 x 16 latents of 16 channels and back.

It is trained once, then the encoder is frozen for good: the U-Net depends on its latents. The
decoder may be trained further at any time, beside the U-Net or after it: that sharpens pictures
and changes no latent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from assetgen.train.checkpoints import Ema
from assetgen.train.optimiser import MuonAdam
from assetgen.train.scenes import Composer
from assetgen.train.sheets import save_sheet, to_pixels


def build_vae(config: Mapping[str, Any]) -> AutoencoderKL:
    """An untrained autoencoder, without attention: so it may be trained on crops."""
    spec = config["vae"]
    levels = len(spec["channels"])
    return AutoencoderKL(
        sample_size=config["scene"]["size"],
        latent_channels=spec["latent_channels"],
        block_out_channels=tuple(spec["channels"]),
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        layers_per_block=1,
        norm_num_groups=spec["groups"],
        mid_block_add_attention=False,
        force_upcast=False,
    )


def to_tensor(pixels: np.ndarray) -> Tensor:
    """Pictures [n, h, w, RGB] in bytes as [n, RGB, h, w] in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def psnr(truth: Tensor, guess: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pictures in -1..1, over the whole batch."""
    return 10 * math.log10(4 / F.mse_loss(guess.clamp(-1, 1), truth).item())


class VaeTask:
    """Trains the autoencoder on random crops, later on whole pictures.

    Given a `frozen` autoencoder it trains that one's decoder only.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        composer: Composer,
        work: Path,
        frozen: AutoencoderKL | None = None,
    ) -> None:
        self._spec = config["vae"]
        self._decoder_only = frozen is not None
        self.name = "decoder" if frozen else "vae"
        self._rng = np.random.default_rng()
        self._pool = scene_pool(composer, self._spec["pool"], work / "pool.npy")
        self._held = np.stack([composer.picture(i, held_out=True).pixels for i in range(64)])
        self.vae = (frozen or build_vae(config)).requires_grad_(True)
        if frozen:
            self.vae.encoder.requires_grad_(False)
            self.vae.quant_conv.requires_grad_(False)
        self._optimiser = MuonAdam([self.vae], self._spec["rate"], self._spec["matrix_rate"])
        self.ema = Ema([self.vae], self._spec["ema"])
        self.samples = 0

    def step(self, progress: float) -> float:
        whole = progress > self._spec["whole_from"]
        images = self._batch(whole)
        warm = min(1.0, (self.ema.updates + 1) / 100)
        rate = warm * (0.02 + 0.98 * math.cos(progress * math.pi / 2) ** 2)
        with torch.autocast("cpu", torch.bfloat16):
            posterior = self.vae.encode(images).latent_dist
            latents, target = posterior.sample(), images
            # Latents that still decode after shrinking are smooth, and smooth latents are
            # learned faster by a diffusion model (Kouzelis et al. 2025, "EQ-VAE").
            if not self._decoder_only and self._rng.random() < self._spec["shrunken"]:
                latents, target = F.avg_pool2d(latents, 2), F.avg_pool2d(images, 2)
            guess = self.vae.decode(latents).sample.float()
        loss = _reconstruction(guess, target)
        if not self._decoder_only:
            loss = loss + self._spec["kl"] * _kl(posterior.mean.float(), posterior.logvar.float())
        loss.backward()
        self._optimiser.step(rate)
        self.ema.update()
        self.samples += len(images)
        return loss.item()

    @torch.no_grad()
    def evaluate(self) -> tuple[float, Tensor, Tensor]:
        """PSNR in dB on 64 held-out scenes; the scenes; their reconstruction by the average."""
        truth = to_tensor(self._held)
        with self.ema, torch.autocast("cpu", torch.bfloat16):
            latents = self.vae.encode(truth).latent_dist.mode()
            guess = self.vae.decode(latents).sample.float()
        return psnr(truth, guess), truth, guess

    def sheet(self, file: Path) -> None:
        value, truth, guess = self.evaluate()
        rows = [pixels for i in (0, 8) for pixels in (truth[i : i + 8], guess[i : i + 8])]
        captions = [f"{value:.2f} dB"]
        save_sheet([to_pixels(row.numpy()) for row in rows], file, captions)

    def state_dict(self) -> dict[str, Any]:
        parts = {"vae": self.vae, "optimiser": self._optimiser, "ema": self.ema}
        return {name: part.state_dict() for name, part in parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.vae.load_state_dict(state["vae"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.ema.load_state_dict(state["ema"])

    def _batch(self, whole: bool) -> Tensor:
        size, pool = self._pool.shape[1], self._pool
        crop = size if whole else self._spec["crop"]
        count = self._spec["batch"] // (4 if whole else 1)
        picks = self._rng.integers(len(pool), size=count)
        corners = self._rng.integers(size - crop + 1, size=(count, 2))
        crops = [
            pool[i, y : y + crop, x : x + crop] for i, (y, x) in zip(picks, corners, strict=True)
        ]
        return to_tensor(np.stack(crops))


def scene_pool(
    composer: Composer, numbers: int | range, file: Path, *, held_out: bool = False
) -> np.ndarray:
    """Scenes (the first so many, or these) [n, h, w, RGB], composed once and mapped from disk."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.stem}.part.npy")
        wanted = range(numbers) if isinstance(numbers, int) else numbers
        np.save(part, np.stack([composer.picture(i, held_out=held_out).pixels for i in wanted]))
        part.replace(file)
    return np.load(file, mmap_mode="r")


def _reconstruction(guess: Tensor, target: Tensor) -> Tensor:
    """L1 of the pixels and of their differences to the right and below: the latter keeps edges."""
    error = guess - target
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    return error.abs().mean() + edges + error.square().mean()


def _kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """Mean divergence from the standard normal, in nats a latent value."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
