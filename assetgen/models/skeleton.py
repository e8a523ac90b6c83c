"""A pipeline's modules on the meta device, from their configuration files alone: no weights, no memory."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from assetgen.models.families import text_length
from assetgen.pack.errors import PackError

DENOISERS = ("unet", "transformer")
PACKED_SIZE = 128
"""Latent size of a pipeline whose configuration names none (`FluxPipeline.default_sample_size`)."""
_COMPANIONS = ("text_encoder", "text_encoder_2", "text_encoder_3", "vae")


@dataclass(frozen=True)
class Skeleton:
    """What a trace needs: the denoiser and what stands beside it, all without data."""

    name: str
    denoiser: nn.Module
    companions: Mapping[str, nn.Module]
    image: tuple[int, int]
    sample: tuple[int, ...]
    tokens: int
    grid: tuple[int, int] | None = None
    """Rows and columns of patches, for a denoiser that works on a row of them."""


def load_skeleton(folder: Path) -> Skeleton:
    """Read a diffusers pipeline folder; needs the configs only. Raises PackError naming what is missing."""
    index = _read(folder / "model_index.json")
    part = next((p for p in DENOISERS if p in index), None)
    if part is None:
        raise PackError(
            folder / "model_index.json", "names no denoiser", " or ".join(DENOISERS),
            "only text-to-image pipelines can be traced",
        )  # fmt: skip
    modules = {
        name: build(index[name][0], index[name][1], _read(folder / name / "config.json"))
        for name in (part, *_COMPANIONS)
        if isinstance(index.get(name), list) and index[name][1]
    }
    denoiser = modules.pop(part)
    tokens = text_length(str(index.get("_class_name")), folder)
    return skeleton(folder.name, denoiser, modules, tokens)


def skeleton(
    name: str, denoiser: nn.Module, companions: Mapping[str, nn.Module], tokens: int
) -> Skeleton:
    """Derive the shapes of one forward pass from the configurations."""
    config: Any = denoiser.config
    vae = companions.get("vae")
    packed = is_packed(denoiser, vae)
    size = getattr(config, "sample_size", None) or (PACKED_SIZE if packed else 64)
    height, width = (size, size) if isinstance(size, int) else size
    scale = pixels_of(vae)
    patch = 2 if packed else getattr(config, "patch_size", None)
    return Skeleton(
        name=name,
        denoiser=denoiser,
        companions=companions,
        image=(height * scale, width * scale),
        sample=(1, config.in_channels // (4 if packed else 1), height, width),
        tokens=tokens,
        grid=(height // patch, width // patch) if patch else None,
    )


def is_packed(denoiser: nn.Module, vae: nn.Module | None = None) -> bool:
    """True where the pipeline folds 2 × 2 latents into the channels of one token (FLUX and its kin)."""
    given: Any = denoiser.config
    made = getattr(vae.config, "latent_channels", None) if vae is not None else None
    return "Flux" in type(denoiser).__name__ or given.in_channels == 4 * (made or 0)


def widths_of(vae: Any) -> tuple[int, ...]:
    """Channels of the levels of a decoder, the finest first; four levels without numbers where nothing tells."""
    names = ("block_out_channels", "decoder_block_out_channels")
    found = next((v for name in names if (v := getattr(vae.config, name, None))), (0,) * 4)
    return tuple(found)


def pixels_of(vae: Any) -> int:
    """Pixels a side of a latent: each level of the decoder but the first doubles it; 8 without one."""
    return 8 if vae is None else int(2 ** (len(widths_of(vae)) - 1))


def build(library: str, class_name: str, config: Mapping[str, Any]) -> nn.Module:
    """Instantiate one module of `diffusers` or `transformers` on the meta device.

    Raises PackError for a class of another library, or that the installed release does not have.
    """
    if library not in ("diffusers", "transformers"):
        raise PackError(
            "model_index.json", f"{class_name} comes from {library!r}", "diffusers or transformers",
            "models that bring their own code are not run",
        )  # fmt: skip
    cls: Any = getattr(importlib.import_module(library), class_name, None)
    if cls is None:
        raise PackError(
            "model_index.json", f"{library} {_version(library)} has no {class_name}",
            hint=f"update {library}",
        )  # fmt: skip
    with torch.device("meta"):
        if library == "diffusers":
            module: nn.Module = cls.from_config(dict(config))
        else:
            module = cls(cls.config_class.from_dict(dict(config)))
    return module.eval()


def _version(library: str) -> str:
    return str(getattr(importlib.import_module(library), "__version__", ""))


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackError(
            path, "is missing", "a diffusers pipeline folder", "check the model's folder"
        ) from None
    except (OSError, ValueError) as error:
        raise PackError(path, f"cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise PackError(path, "is no JSON object")
    return value
