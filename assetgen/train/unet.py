"""The text encoder and the U-Net, trained together to predict velocity in latent space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from assetgen.errors import InputError
from assetgen.train.checkpoints import Ema, half, load_state, milestone_due, save_atomic
from assetgen.train.latents import LatentSet
from assetgen.train.optimiser import MuonAdam
from assetgen.train.sheets import Pixels, save_captioned


def build_text_encoder(config: Mapping[str, Any], tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """Shallow on purpose: a deep causal encoder lets a word's meaning leak into later tokens."""
    spec = config["text"]
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=spec["width"],
            intermediate_size=4 * spec["width"],
            num_hidden_layers=spec["layers"],
            num_attention_heads=spec["heads"],
            max_position_embeddings=spec["length"],
            projection_dim=spec["width"],
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def build_unet(config: Mapping[str, Any]) -> UNet2DConditionModel:
    """Three levels, words read at every one of them and at the bottom."""
    spec, channels = config["unet"], config["vae"]["latent_channels"]
    levels = len(spec["channels"])
    unet = UNet2DConditionModel(
        sample_size=config["scene"]["size"] // 2 ** (len(config["vae"]["channels"]) - 1),
        in_channels=channels,
        out_channels=channels,
        block_out_channels=tuple(spec["channels"]),
        down_block_types=("CrossAttnDownBlock2D",) * levels,
        up_block_types=("CrossAttnUpBlock2D",) * levels,
        layers_per_block=1,
        cross_attention_dim=config["text"]["width"],
        # Despite its name this argument is the number of heads.
        attention_head_dim=tuple(width // spec["head_width"] for width in spec["channels"]),
        norm_num_groups=spec["groups"],
    )
    # Plain attention is 1.35 times as fast as the fused kernel here, whose CPU backward is slow.
    unet.set_attn_processor(AttnProcessor())
    return unet


def build_scheduler(config: Mapping[str, Any]) -> DDIMScheduler:
    """The noise schedule of Stable Diffusion 1.

    Its last step keeps a trace of the picture (no zero-SNR rescale): so the first prediction of
    the noise and of the picture are different things, which the canvases show.
    """
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type=config["unet"]["prediction"],
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def pad(tokenizer: CLIPTokenizer, captions: Sequence[str]) -> Tensor:
    """Token numbers [n, length] of captions."""
    return tokenizer(
        list(captions), padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids


class UnetTask:
    """Min-SNR-weighted velocity prediction (Hang et al. 2023) with captions dropped at times."""

    name = "unet"

    def __init__(
        self,
        config: Mapping[str, Any],
        tokenizer: CLIPTokenizer,
        vae: AutoencoderKL,
        data: LatentSet,
        work: Path,
    ) -> None:
        self._spec, self._sheet = config["unet"], config["sheet"]
        self._work = work / self.name
        self.text = build_text_encoder(config, tokenizer)
        self.unet = build_unet(config)
        self.scheduler = build_scheduler(config)
        self.pipeline = StableDiffusionPipeline(
            vae, self.text, tokenizer, self.unet, self.scheduler, None, None,
            requires_safety_checker=False,
        )  # fmt: skip
        self.pipeline.set_progress_bar_config(disable=True)
        self._latents, self._ids = data.latents, pad(tokenizer, data.captions)
        self._nothing = pad(tokenizer, [""])[0]
        self._simple = (data.objects < 2).nonzero()[:, 0]
        self._optimiser = MuonAdam(
            (self.text, self.unet), self._spec["rate"], self._spec["matrix_rate"]
        )
        self.ema = Ema((self.text, self.unet), self._spec["ema"])
        snr = self.scheduler.alphas_cumprod / (1 - self.scheduler.alphas_cumprod)
        # For velocity the weight of min-SNR is min(SNR, γ) / (SNR + 1).
        self._weight = snr.clamp(max=self._spec["min_snr"]) / (snr + 1)
        self.samples = 0

    def step(self, progress: float) -> float:
        del progress  # The rates depend on the steps taken only: training may always go on.
        latents, ids = self._batch()
        count = len(latents)
        noise = torch.randn_like(latents)
        steps = torch.randint(len(self._weight), (count,))
        noisy = self.scheduler.add_noise(latents, noise, steps)
        target = self.scheduler.get_velocity(latents, noise, steps)
        with torch.autocast("cpu", torch.bfloat16):
            words = self.text(ids).last_hidden_state
            guess = self.unet(noisy, steps, words).sample
        error = (guess.float() - target).square().mean(dim=(1, 2, 3))
        loss = (error * self._weight[steps]).mean()
        loss.backward()
        self._optimiser.step(self._rate(self.ema.updates + 1))
        self.ema.update()
        before, self.samples = self.samples, self.samples + count
        if milestone := milestone_due(before, self.samples, self._spec["milestones"]):
            self._keep(milestone)
        return loss.item()

    @torch.no_grad()
    def paint(self, prompts: Sequence[str], seed: int) -> list[Pixels]:
        """Pictures by the averaged weights; picture number i starts from seed + i."""
        makers = [torch.Generator().manual_seed(seed + i) for i in range(len(prompts))]
        sheet = self._sheet
        with self.ema, torch.autocast("cpu", torch.bfloat16):
            images = self.pipeline(
                list(prompts),
                num_inference_steps=sheet["steps"],
                guidance_scale=sheet["guidance"],
                generator=makers,
                output_type="np",
            ).images
        return list((images * 255).round().astype(np.uint8))

    def sheet(self, file: Path) -> None:
        prompts = self._sheet["prompts"]
        save_captioned(self.paint(prompts, self._sheet["seed"]), prompts, file)

    def state_dict(self) -> dict[str, Any]:
        parts = {"text": self.text, "unet": self.unet, "optimiser": self._optimiser}
        return {name: part.state_dict() for name, part in {**parts, "ema": self.ema}.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.text.load_state_dict(state["text"])
        self.unet.load_state_dict(state["unet"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.ema.load_state_dict(state["ema"])

    def _rate(self, step: int) -> float:
        """The factor of the learning rates: it rises, holds, and falls as 1 / sqrt(step)."""
        rising, falling = step / self._spec["warmup"], (self._spec["steady"] / step) ** 0.5
        return min(1.0, rising, falling)

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Latents and token numbers; at first only of scenes with at most one object."""
        count = self._spec["batch"]
        if self.samples < self._spec["simple_until"]:
            picks = self._simple[torch.randint(len(self._simple), (count,))]
        else:
            picks = torch.randint(len(self._latents), (count,))
        ids = self._ids[picks]
        ids[torch.rand(count) < self._spec["drop_caption"]] = self._nothing
        return self._latents[picks].float(), ids

    def _keep(self, milestone: int) -> None:
        """Keeps the averaged weights in half precision, to show later how the model learned."""
        with self.ema:
            weights = {
                part: half(model.state_dict())
                for part, model in (("text", self.text), ("unet", self.unet))
            }
        save_atomic(weights, self._milestone(milestone))

    def load_milestone(self, milestone: int) -> None:
        """Takes back the weights that were kept after so many samples. Raises InputError."""
        file = self._milestone(milestone)
        if not file.is_file():
            kept = ", ".join(str(int(other.stem)) for other in sorted(file.parent.glob("*.pt")))
            raise InputError(
                f"no weights were kept after {milestone} samples",
                f"--milestone takes one of {kept}" if kept else "none have been kept so far",
            )
        weights = load_state(file)
        self.text.load_state_dict(weights["text"])
        self.unet.load_state_dict(weights["unet"])
        self.samples = milestone

    def _milestone(self, samples: int) -> Path:
        return self._work / "milestones" / f"{samples:08d}.pt"
