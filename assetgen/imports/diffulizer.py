"""A dataset of Diffulizer (github.com/Vedang-P/Diffusion-visualizer-v2): pictures and some cross-attention layers.

Its pictures show the latent *after* each step: in a run of SDXL the norms in metrics.json are those of the
sigma that follows (8.52 at timestep 944 whose sigma is 10.6, 8.48 being the next). A pack shows x_t *before* a
step, so its step k takes picture k - 1, and the dataset's first step is left out: its input was not kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from assetgen.errors import InputError
from assetgen.imports.pictures import same_size
from assetgen.imports.source import Found
from assetgen.pack.images import F32, compand
from assetgen.pack.recording import Origin, Recording
from assetgen.pack.schema import Role, Token, Word
from assetgen.pack.words import WORD

STRUCTURES = {"sdxl": "sdxl", "sd": "sd15", "sd15": "sd15"}
"""`pipeline_type` of a dataset -> shipped architecture."""


class _Generator(msgspec.Struct):
    model_id: str = ""
    pipeline_type: str = ""
    seed: int | None = None
    cfg_scale: float | None = None


class _Prompt(msgspec.Struct):
    text: str
    tokens: list[str]
    token_ids: list[int]
    negative: str = ""


class _Layer(msgspec.Struct):
    id: str
    processor_key: str
    attention_type: str


class _Map(msgspec.Struct):
    step: int
    layer_id: str
    attention_type: str
    path: str
    shape: list[int]
    dtype: str


class _Dataset(msgspec.Struct):
    schema_version: str
    generator: _Generator
    prompt: _Prompt
    steps: int
    timesteps: list[float]
    images: list[str]
    layers: list[_Layer]
    attention_files: list[_Map]


def is_dataset(folder: Path) -> bool:
    """True if `folder` looks like a dataset of Diffulizer."""
    try:
        data: Any = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and {"schema_version", "attention_files"} <= data.keys()


def read_dataset(folder: Path) -> Found:
    """Everything of it that a pack has a place for; raises InputError naming file and field."""
    path = folder / "metadata.json"
    try:
        data = msgspec.json.decode(path.read_bytes(), type=_Dataset)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{path}: {error}", "copy the dataset again") from None
    counts = {"steps": data.steps, "timesteps": len(data.timesteps), "images": len(data.images)}
    if len(set(counts.values())) != 1 or data.steps < 2:
        raise InputError(f"{path}: {counts} disagree", "copy the dataset again")
    frames = same_size([_inside(folder, name) for name in data.images])
    tokens, words = words_of(data.prompt)
    lanes = (*(t.index for t in tokens if t.role != "pad"), None)
    maps = _maps(folder, data, len(tokens))
    recording = Recording(
        final=frames[-1],
        pictures={"steps": frames[:-1]},
        attention={id: _lanes(m, lanes) for id, m in maps.items()},
        attention_units={id: id.partition(".transformer_blocks")[0] for id in maps},
        lanes=lanes,
        origins=_origins(len(maps)),
    )
    if maps:
        mass = np.stack([m.mean(axis=(2, 3)) for m in maps.values()], axis=1)
        recording.tensors["attention_mass"] = mass / mass.sum(axis=-1, keepdims=True)
    return Found(
        recording,
        data.prompt.text,
        tuple(data.timesteps[1:]),
        f"Diffulizer {data.schema_version}",
        negative=data.prompt.negative,
        seed=data.generator.seed,
        guidance=data.generator.cfg_scale,
        tokens=tokens,
        words=words,
        structure=STRUCTURES.get(data.generator.pipeline_type),
        pipeline=data.generator.model_id,
        notes=[
            f"{data.steps - 1} of {data.steps} steps: what went into the first was not kept",
            f"{len(maps)} cross-attention layers; no activations, no latents, no predicted picture",
        ],
    )


def words_of(prompt: _Prompt) -> tuple[tuple[Token, ...], tuple[Word, ...]]:
    """Tokens with roles and spans from CLIP's texts, which end a word in `</w>`."""
    lower, place = prompt.text.lower(), 0
    spans = [match.span() for match in WORD.finditer(prompt.text)]
    rows: list[tuple[Role, tuple[int, int] | None]] = []
    for i, text in enumerate(prompt.tokens):
        role = _role(text, i, any(r == "eos" for r, _ in rows))
        span = None
        if role == "word":
            piece = text.removesuffix("</w>")
            start = lower.find(piece, place)
            if start >= 0:
                span = (start, start + len(piece))
                place = span[1]
        rows.append((role, span))
    owners = [_owner(span, spans) for _, span in rows]
    kept = sorted({owner for owner in owners if owner is not None})
    number = {owner: i for i, owner in enumerate(kept)}
    tokens = tuple(
        Token(i, prompt.token_ids[i], prompt.tokens[i], role, number.get(owners[i] or 0)
              if owners[i] is not None else None, span)
        for i, (role, span) in enumerate(rows)
    )  # fmt: skip
    words = tuple(
        Word(number[k], prompt.text[slice(*spans[k])],
             tuple(i for i, owner in enumerate(owners) if owner == k), spans[k])
        for k in kept
    )  # fmt: skip
    return tokens, words


def _role(text: str, index: int, ended: bool) -> Role:
    if ended:
        return "pad"
    if index == 0:
        return "bos"
    return "eos" if text.startswith("<|endoftext|>") else "word"


def _owner(span: tuple[int, int] | None, spans: list[tuple[int, int]]) -> int | None:
    if span is None:
        return None
    return next((i for i, (a, b) in enumerate(spans) if a <= span[0] and span[1] <= b), None)


def _maps(folder: Path, data: _Dataset, tokens: int) -> dict[str, F32]:
    """Layer id -> `[S - 1, tokens, h, w]` of the cross-attention layers that every kept step has."""
    found = {}
    for layer in data.layers:
        if layer.attention_type != "cross":
            continue
        files = {f.step: f for f in data.attention_files if f.layer_id == layer.id}
        missing = [step for step in range(1, data.steps) if step not in files]
        if missing:
            raise InputError(
                f"{folder / 'metadata.json'}: {layer.id} has no map of step {missing[0]}",
                "copy the dataset again",
            )
        id = layer.processor_key.removesuffix(".processor")
        found[id] = np.stack([_map(folder, files[s], tokens) for s in range(1, data.steps)])
    return found


def _map(folder: Path, file: _Map, tokens: int) -> F32:
    path = _inside(folder, file.path)
    try:
        values = np.fromfile(path, dtype=np.float16)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", "copy the dataset again"
        ) from None
    if file.dtype != "float16" or len(file.shape) != 3 or values.size != np.prod(file.shape):
        raise InputError(f"{path} is no {file.dtype}{file.shape}", "copy the dataset again")
    maps = values.reshape(file.shape).astype(np.float32)
    if maps.shape[0] != tokens or not np.isfinite(maps).all():
        raise InputError(
            f"{path} holds no map for each of {tokens} tokens", "copy the dataset again"
        )
    return maps


def _lanes(maps: F32, lanes: tuple[int | None, ...]) -> Any:
    own = [lane for lane in lanes if lane is not None]
    padding = sorted(set(range(maps.shape[1])) - set(own))
    summed = maps[:, padding].sum(axis=1, keepdims=True)
    return compand(np.concatenate([maps[:, own], summed], axis=1))


def _origins(layers: int) -> dict[str, Origin]:
    what = f"Diffulizer: {layers} cross-attention layers, resampled; which half of the batch is not said"
    return {
        "attention": Origin("RECORDED", what),
        "attention_mass": Origin("DERIVED", what, "mean over places of p"),
        "steps": Origin("DERIVED", "Diffulizer: decoded latents, each after a step", "decode(x_t)"),
    }


def _inside(folder: Path, name: str) -> Path:
    """A file of the dataset; raises InputError for a path that leads out of it."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{folder / 'metadata.json'} names {name!r} outside the dataset")
    return path
