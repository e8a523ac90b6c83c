"""Loading a pipeline folder with diffusers, with errors a person can act on."""

from __future__ import annotations

import hashlib
import inspect
import json
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from assetgen.errors import InputError
from assetgen.models.files import variant_of
from assetgen.models.runtime import Runtime, place

_PICTURE = {"strength", "mask_image", "controlnet_conditioning_scale"}
"""Parameters of pipelines that repaint a picture, fill a hole in one, or follow one."""
_SENTENCEPIECE = {"sentencepiece": "sentencepiece", "google.protobuf": "protobuf"}
"""Module → package that reads a SentencePiece model."""


def load_pipeline(folder: Path, runtime: Runtime | None = None) -> Any:
    """A text-to-image pipeline from a local folder, placed as `runtime` says; never from the network.

    Raises InputError for a missing or damaged part, for weights that are not safetensors and for a
    pipeline that takes no prompt.
    """
    check_pipeline(folder)
    check_tokenizers(folder)
    runtime = runtime or Runtime(device="cpu")
    _, dtype = runtime.resolve()
    import transformers
    from diffusers import DiffusionPipeline
    from diffusers.utils import logging

    logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # newer releases call it `dtype`; the oldest supported one does not know that name
            warnings.simplefilter("ignore", FutureWarning)
            pipe: Any = DiffusionPipeline.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                torch_dtype=dtype,
                variant=variant_of(folder),
            )
        # Without this each library chooses: one keeps half precision, the other does not.
        for part in pipe.components.values():
            if isinstance(part, torch.nn.Module) and dtype == torch.float32:
                part.float()
        place(pipe, runtime)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        line = " ".join(str(error).split())
        raise InputError(
            f"{folder} cannot be loaded: {line[:300]}", "check that the folder is complete"
        ) from None
    pipe.set_progress_bar_config(disable=True)
    return pipe


def check_tokenizers(folder: Path) -> None:
    """T5's tokenizer may come as a SentencePiece model only (PixArt): InputError if what reads it is missing."""
    for model in sorted(folder.glob("tokenizer*/spiece.model")):
        missing = [name for name in _SENTENCEPIECE if find_spec(name) is None]
        if missing and not (model.parent / "tokenizer.json").is_file():
            raise InputError(
                f"{model} cannot be read without {' and '.join(missing)}",
                f"pip install {' '.join(_SENTENCEPIECE.values())}",
            )


def check_pipeline(folder: Path) -> str:
    """The pipeline class of `folder`; InputError if diffusers has none of that name or it is not text-to-image."""
    import diffusers

    name = pipeline_class(folder)
    cls = getattr(diffusers, name, None)
    if cls is None:
        raise InputError(
            f"{folder}: diffusers {diffusers.__version__} has no {name}", "update diffusers"
        )
    takes = inspect.signature(cls.__call__).parameters
    if "prompt" not in takes:
        raise InputError(f"{folder}: {name} takes no prompt", "choose a text-to-image model")
    if _PICTURE & takes.keys():
        raise InputError(
            f"{folder}: {name} begins with a picture, not with noise alone",
            "choose a text-to-image model",
        )
    return name


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


@cache
def file_hash(file: Path) -> str:
    """sha256 of one file, read once."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
