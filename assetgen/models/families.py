"""The pipelines that are known: where their denoiser is, what text it reads, and how they are called.

A pipeline that is not listed is recorded as far as it can be told apart without guessing
(`family_of` returns a family without texts); what is left out is named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Order = Literal["first", "last"]


@dataclass(frozen=True)
class TextPart:
    """One stretch of the text that the denoiser reads.

    `tokenizers` are the pipeline's parts that may have made it, the first present one counts;
    `length` in tokens, None for the tokenizer's own limit; `lower`: the pipeline lower-cases and
    strips the prompt first.
    """

    tokenizers: tuple[str, ...]
    length: int | None = None
    lower: bool = False


@dataclass(frozen=True)
class Family:
    """How the pipelines of one kind are recorded.

    `guided`: a guidance above 1 makes the pipeline run with and without the prompt. FLUX is told its
    guidance as a number instead, and runs twice only for a negative prompt.
    """

    name: str
    denoiser: str
    texts: tuple[TextPart, ...] = ()
    guided: bool = True

    @property
    def known(self) -> bool:
        """False for a pipeline that is not in the table."""
        return bool(self.texts)


_CLIP = TextPart(("tokenizer", "tokenizer_2"))
FAMILIES: Mapping[str, Family] = {
    "StableDiffusionPipeline": Family("Stable Diffusion 1 and 2", "unet", (_CLIP,)),
    "StableDiffusionXLPipeline": Family("Stable Diffusion XL", "unet", (_CLIP,)),
    "PixArtAlphaPipeline": Family(
        "PixArt-α", "transformer", (TextPart(("tokenizer",), 120, lower=True),)
    ),
    "PixArtSigmaPipeline": Family(
        "PixArt-Σ", "transformer", (TextPart(("tokenizer",), 300, lower=True),)
    ),
    "StableDiffusion3Pipeline": Family(
        "Stable Diffusion 3", "transformer",
        (TextPart(("tokenizer", "tokenizer_2"), 77), TextPart(("tokenizer_3",), 256)),
    ),
    "FluxPipeline": Family("FLUX.1", "transformer", (TextPart(("tokenizer_2",), 512),), False),
}  # fmt: skip


def family_of(pipeline: str, parts: Any) -> Family:
    """The family of a pipeline class; `parts` are the names of its components (any container)."""
    if pipeline in FAMILIES:
        return FAMILIES[pipeline]
    denoiser = next((part for part in ("unet", "transformer") if part in parts), "unet")
    return Family(pipeline, denoiser)


def text_length(pipeline: str, folder: Path) -> int:
    """Tokens the denoiser of a pipeline folder reads; 77 where nothing tells."""
    parts = family_of(pipeline, ()).texts or (_CLIP,)
    return sum(part.length or _own_limit(folder, part) for part in parts)


def _own_limit(folder: Path, part: TextPart) -> int:
    for name in part.tokenizers:
        config = folder / name / "tokenizer_config.json"
        if config.is_file():
            limit = json.loads(config.read_text(encoding="utf-8")).get("model_max_length", 77)
            return int(limit) if limit < 10_000 else 77  # "no limit" is written as 1e30
    return 77
