"""What a trained pipeline believes a noised scene to be: its one-step estimate of the clean picture."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assetgen.capture.decode import decode
from assetgen.pack.images import U8

DECODED_AT_ONCE = 16


@contextmanager
def quickened(unet: Any) -> Iterator[None]:
    """While active, `unet` computes in bfloat16 and still returns float32, so that the sampler is exact."""
    forward = unet.forward

    @functools.wraps(forward)
    def quick(*args: Any, **kwargs: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            out = forward(*args, **kwargs)
        if isinstance(out, tuple):
            return (out[0].float(), *out[1:])
        return type(out)(sample=out.sample.float())

    unet.forward = quick
    try:
        yield
    finally:
        unet.__dict__.pop("forward", None)


class Guesser:
    """One forward pass of a pipeline at any noise level, in bfloat16 where `autocast` says so."""

    def __init__(self, pipe: Any, *, autocast: bool = True) -> None:
        self.pipe = pipe
        self._autocast = autocast
        schedule = pipe.scheduler.alphas_cumprod
        self.alpha, self.sigma = schedule.sqrt(), (1 - schedule).sqrt()

    @property
    def levels(self) -> int:
        """How many noise levels the schedule has; level 0 is nearly clean."""
        return len(self.alpha)

    def snr(self, level: int) -> float:
        """(alpha / sigma)² at a level."""
        return float((self.alpha[level] / self.sigma[level]) ** 2)

    def level_of(self, snr: float) -> int:
        """The level whose signal-to-noise ratio is nearest to `snr`, on a logarithmic scale."""
        ratio = (self.alpha / self.sigma).log() * 2
        return int((ratio - np.log(snr)).abs().argmin())

    def noised(self, clean: Tensor, levels: Tensor, noise: Tensor) -> Tensor:
        """alpha·clean + sigma·noise for latents [n, c, h, w] and one level each."""
        shape = (-1, 1, 1, 1)
        return self.alpha[levels].view(shape) * clean + self.sigma[levels].view(shape) * noise

    @torch.no_grad()
    def words(self, captions: Sequence[str]) -> Tensor:
        """The text encoder's output [n, tokens, width]; empty captions mean no prompt."""
        ids = self.pipe.tokenizer(
            list(captions), padding="max_length", truncation=True, return_tensors="pt"
        ).input_ids
        found: Tensor = self.pipe.text_encoder(ids).last_hidden_state
        return found

    @torch.no_grad()
    def output(self, noisy: Tensor, levels: Tensor, captions: Sequence[str]) -> Tensor:
        """The U-Net's own output."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self._autocast):
            found = self.pipe.unet(noisy, levels, self.words(captions)).sample
        return found.float()

    def clean(
        self, noisy: Tensor, levels: Tensor, captions: Sequence[str], guidance: float = 1.0
    ) -> Tensor:
        """The estimate of the clean latents [n, c, h, w]; guidance 1 is the prompt alone."""
        output = self.output(noisy, levels, captions)
        if guidance != 1:
            without = self.output(noisy, levels, [""] * len(captions))
            output = without + guidance * (output - without)
        alpha, sigma = (value[levels].view(-1, 1, 1, 1) for value in (self.alpha, self.sigma))
        match self.pipe.scheduler.config.prediction_type:
            case "v_prediction":
                return alpha * noisy - sigma * output
            case "epsilon":
                return (noisy - sigma * output) / alpha
            case "sample":
                return output
            case other:
                raise ValueError(f"unknown prediction type {other!r}")

    def decode(self, latents: Tensor) -> list[U8]:
        """Pictures uint8 [H, W, RGB] of latents [n, c, h, w]."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self._autocast):
            return decode(self.pipe.vae, latents)

    @torch.no_grad()
    def encode(self, pictures: Sequence[U8]) -> Tensor:
        """Unit-variance latents [n, c, h, w] of pictures uint8 [H, W, RGB]."""
        rows = []
        for start in range(0, len(pictures), DECODED_AT_ONCE):
            pixels = torch.from_numpy(np.stack(pictures[start : start + DECODED_AT_ONCE]))
            with torch.autocast("cpu", torch.bfloat16, enabled=self._autocast):
                mode = self.pipe.vae.encode(
                    pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
                ).latent_dist.mode()
            rows.append(mode.float() * self.pipe.vae.config.scaling_factor)
        return torch.cat(rows)
