"""Writes the trained parts as a stock diffusers pipeline folder in half precision."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline
from safetensors.torch import load_file, save_file
from torch import Tensor

from assetgen.models.recogniser import FOLDER
from assetgen.models.registry import caption_words
from assetgen.train.checkpoints import half


@torch.no_grad()
def centre_latents(vae: AutoencoderKL, sample: Tensor) -> None:
    """Moves the latents of `sample` pictures to mean 0 a channel and variance 1 overall.

    Stable Diffusion's pipeline knows a scale but no shift, so the shift is folded into the biases
    of the two 1 x 1 convolutions around the latents. The decoded picture stays the same.
    """
    latents = vae.encode(sample).latent_dist.mode()
    mean = latents.mean(dim=(0, 2, 3))
    channels = len(mean)
    vae.quant_conv.bias[:channels] -= mean
    vae.post_quant_conv.bias += vae.post_quant_conv.weight[:, :, 0, 0] @ mean
    spread = (latents - mean[:, None, None]).std().item()
    vae.register_to_config(scaling_factor=round(1 / spread, 5))


def export(pipeline: StableDiffusionPipeline, folder: Path) -> None:
    """Replaces `folder` by the pipeline; the folder is complete or untouched.

    The model card, its pictures and the recogniser, which lie beside the models, stay.
    """
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    pipeline.save_pretrained(part)
    # Only the files are halved, not the configurations: loaded without a dtype, all parts are
    # float32, as plain `from_pretrained` on a CPU needs them.
    for file in part.rglob("*.safetensors"):
        save_file(half(load_file(file)), file, metadata={"format": "pt"})
        file.chmod(0o644)
    # diffusers notes where a part was loaded from; that folder is nobody's business.
    for file in part.glob("*/config.json"):
        settings = json.loads(file.read_text(encoding="utf-8"))
        settings.pop("_name_or_path", None)
        file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    # `tokenizer.json` is what is read today; CLIP's own pair of files serves older libraries.
    pipeline.tokenizer.backend_tokenizer.model.save(str(part / "tokenizer"))
    for kept in (*folder.glob("*.md"), *folder.glob("*.png")):
        shutil.copy2(kept, part / kept.name)
    if (folder / FOLDER).exists():
        shutil.copytree(folder / FOLDER, part / FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)


def describe(config: Mapping[str, Any], folder: Path) -> None:
    """Puts beside a pipeline every word it has seen and every combination it has never seen."""
    for name, content in (
        ("vocabulary.json", list(dict.fromkeys(caption_words(dict(config))))),
        ("held_out.json", config["held_out"]),
    ):
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
