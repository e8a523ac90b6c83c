"""Loading a pipeline folder with diffusers, with errors a person can act on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from assetgen.errors import InputError

SUPPORTED = ("StableDiffusionPipeline", "StableDiffusionXLPipeline")


def load_pipeline(folder: Path) -> Any:
    """A text-to-image pipeline from a local folder, on the CPU in float32; never from the network.

    Raises InputError for a missing or damaged part and for a family that cannot be recorded.
    """
    name = pipeline_class(folder)
    if name not in SUPPORTED:
        raise InputError(
            f"{folder}: {name} cannot be recorded yet", f"supported are {', '.join(SUPPORTED)}"
        )
    import transformers
    from diffusers import DiffusionPipeline
    from diffusers.utils import logging

    logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    try:
        pipe: Any = DiffusionPipeline.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        )
        # Without this each library chooses: one keeps half precision, the other does not.
        for part in pipe.components.values():
            if isinstance(part, torch.nn.Module):
                part.float()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        line = " ".join(str(error).split())
        raise InputError(
            f"{folder} cannot be loaded: {line[:300]}", "check that the folder is complete"
        ) from None
    pipe.set_progress_bar_config(disable=True)
    return pipe


def pipeline_class(folder: Path) -> str:
    """The pipeline class that `folder` names; InputError if it is no pipeline folder."""
    index = folder / "model_index.json"
    if not index.is_file():
        raise InputError(
            f"{folder} is no diffusers pipeline folder: it has no model_index.json",
            "pass --model a folder that save_pretrained wrote",
        )
    try:
        return str(json.loads(index.read_text(encoding="utf-8"))["_class_name"])
    except (ValueError, KeyError, OSError):
        raise InputError(f"{index} is damaged", "copy the model again") from None


def weights_hash(folder: Path, name: str = "*") -> str:
    """sha256 over the safetensors files (called `name`) of one part of a pipeline, ordered by name."""
    total = hashlib.sha256()
    for path in sorted(folder.glob(f"{name}.safetensors")):
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
