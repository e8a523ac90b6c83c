"""A finished run in memory, and how it becomes the files of a pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack.atlas import Block, arrange
from assetgen.pack.images import U8, quantise, tile
from assetgen.pack.schema import Array, AttentionRect, FeatureRect, Metadata, Provenance, Timing
from assetgen.pack.writer import PackWriter

FULL_PRECISION = ("unit_rms", "unit_update", "self_attention_entropy", "attention_mass")
"""Keys of tensors.safetensors stored as float32; the others as float16."""
SHORT_TEXT = 384
"""`attention_mass` of more tokens (T5's 512 in every layer of FLUX) is float16: 58 KB a step, not 117."""

PICTURES = ("predicted", "steps", "noise")
"""Arrays of decoded pictures, one a step."""

LATENTS = ("x_t", "x0", "eps", "output_cond", "output_uncond", "prompt_embeds")
"""Tensors that a light run leaves out; they hardly compress."""


EXPECTED = (
    *PICTURES,
    *(name for name in LATENTS if name != "output_uncond"),
    "unit_rms",
    "unit_update",
    "attention_mass",
    "attention",
    "features",
)
"""What every run records; what one leaves out it names in `light`."""


class Origin(msgspec.Struct, frozen=True):
    """Where an array comes from. DERIVED arrays carry the formula."""

    provenance: Provenance
    source: str
    formula: str | None = None


ORIGINS: Mapping[str, Origin] = {
    "x_t": Origin("RECORDED", "input of scheduler.step"),
    "output_cond": Origin("RECORDED", "output of the denoiser, with the prompt"),
    "output_uncond": Origin("RECORDED", "output of the denoiser, without the prompt"),
    "x0": Origin("RECORDED", "predicted clean latent of scheduler.step"),
    "eps": Origin("DERIVED", "output of the denoiser", "(x_t - alpha * x0) / sigma"),
    "unit_rms": Origin("DERIVED", "output of each unit, with the prompt", "sqrt(mean(out ** 2))"),
    "unit_update": Origin(
        "DERIVED", "input and output of each unit, with the prompt", "norm(out - in) / norm(in)"
    ),
    "self_attention_entropy": Origin(
        "DERIVED",
        "scaled_dot_product_attention of each self-attention layer, with the prompt",
        "mean over heads and rows of -sum(p * log(p)) / log(keys)",
    ),
    "attention_mass": Origin(
        "DERIVED",
        "scaled_dot_product_attention of each cross-attention layer, with the prompt",
        "mean over heads and places of p",
    ),
    "prompt_embeds": Origin("RECORDED", "output of the text encoder for the prompt"),
    "predicted": Origin("DERIVED", "decoder of the VAE", "decode(x0)"),
    "steps": Origin(
        "DERIVED", "decoder of the VAE, which was never trained on noise", "decode(x_t)"
    ),
    "noise": Origin(
        "DERIVED", "decoder of the VAE, which was never trained on noise", "decode(eps)"
    ),
    "attention": Origin(
        "RECORDED",
        "scaled_dot_product_attention of each cross-attention layer, with the prompt",
        "mean over heads of softmax(q · k / sqrt(d)); padding summed",
    ),
    "features": Origin("RECORDED", "output of each unit, with the prompt"),
    "words": Origin(
        "DERIVED",
        "scaled_dot_product_attention of the cross-attention layers, with the prompt",
        "mean over layers of resize(mean over the word's tokens of p)",
    ),
}


class Features(msgspec.Struct, frozen=True):
    """Chosen channels of one unit over the run: values `[S, n, h, w]`."""

    channels: tuple[int, ...]
    values: NDArray[Any]


class WordMaps(msgspec.Struct, frozen=True):
    """Maps of the words `rows` at every step: companded bytes `[S, words, h, w]`."""

    rows: tuple[int, ...]
    values: U8


class Recording(msgspec.Struct):
    """Everything a run left behind. What was not recorded is empty, never zeros.

    `tensors` as in docs/format.md; `attention` by layer id, `[S, lanes, h, w]` companded bytes;
    `lanes` the token index each lane shows, None for the summed padding; `features` by unit id;
    `pictures` the decoded steps of `predicted`, `steps`, `noise`, uint8 `[H, W, 3]` each; those in
    `lossy` are stored as JPEG, those in `sheets` as one JPEG of all steps.
    """

    final: U8
    tensors: dict[str, NDArray[Any]] = msgspec.field(default_factory=dict)
    attention: dict[str, U8] = msgspec.field(default_factory=dict)
    attention_units: dict[str, str] = msgspec.field(default_factory=dict)
    self_attention: tuple[str, ...] = ()
    lanes: tuple[int | None, ...] = ()
    features: dict[str, Features] = msgspec.field(default_factory=dict)
    pictures: dict[str, list[U8]] = msgspec.field(default_factory=dict)
    words: WordMaps | None = None
    lossy: tuple[str, ...] = ("steps", "noise")
    sheets: tuple[str, ...] = ()
    origins: dict[str, Origin] = msgspec.field(default_factory=dict)
    rest: str | None = None
    """What a place read besides the text's tokens: "picture" in joint attention."""


def save(
    recording: Recording, metadata: Metadata, writer: PackWriter, timing: Timing | None = None
) -> Metadata:
    """Write every file of the pack and finish it; returns `metadata` with its `arrays` filled in."""
    arrays = _tensors(recording, writer)
    writer.image("final.png", recording.final)
    for name, frames in recording.pictures.items():
        arrays[name] = _pictures(name, frames, recording, writer)
    if recording.words is not None:
        arrays["words"] = _words(recording, recording.words, writer)
    if recording.attention:
        arrays["attention"] = _attention(recording, metadata, writer)
    if recording.features:
        arrays["features"] = _features(recording, writer)
    complete = msgspec.structs.replace(metadata, arrays=arrays)
    writer.finish(complete, timing)
    return complete


def percentile(values: NDArray[Any]) -> float:
    """99.5th percentile of the magnitudes of an array of any shape, five significant digits."""
    return float(f"{np.percentile(np.abs(values.astype(np.float32)), 99.5):.5g}")


def precision(name: str, shape: Sequence[int]) -> str:
    """`float32` or `float16`: how the tensor `name` of `shape` is stored."""
    long = name == "attention_mass" and shape[-1] > SHORT_TEXT
    return "float32" if name in FULL_PRECISION and not long else "float16"


def _tensors(recording: Recording, writer: PackWriter) -> dict[str, Array]:
    if not recording.tensors:
        return {}
    stored = {
        key: value.astype(precision(key, value.shape)) for key, value in recording.tensors.items()
    }
    writer.tensors(stored)
    rows = {
        "attention_mass": tuple(recording.attention_units),
        "self_attention_entropy": recording.self_attention,
    }
    return {
        key: msgspec.structs.replace(
            _describe(recording, key, "tensors.safetensors", value.shape),
            key=key,
            layer_ids=rows.get(key, ()),
            scale_p995=percentile(value) if key in ("x_t", "x0", "eps") else None,
        )
        for key, value in stored.items()
    }


def _pictures(name: str, frames: list[U8], recording: Recording, writer: PackWriter) -> Array:
    if name in recording.sheets:
        page, columns = tile(frames)
        writer.image(f"{name}.jpg", page)
        array = _describe(recording, name, f"{name}.jpg", (len(frames), *frames[0].shape))
        return msgspec.structs.replace(array, columns=columns)
    suffix = ".jpg" if name in recording.lossy else ".png"
    template = f"{name}/step_{{step:03d}}{suffix}"
    return _frames(name, template, frames, recording, writer)


def _words(recording: Recording, maps: WordMaps, writer: PackWriter) -> Array:
    """One picture: a row for each word, time from left to right."""
    steps, words, height, width = maps.values.shape
    page = maps.values.transpose(1, 2, 0, 3).reshape(words * height, steps * width)
    writer.image("words.png", page)
    return msgspec.structs.replace(
        _describe(recording, "words", "words.png", maps.values.shape),
        encoding="sqrt_u8",
        scale_p995=_brightest(maps.values),
        rows=maps.rows,
    )


def _brightest(companded: U8) -> float:
    """Probability of the 99.5th percentile, five significant digits."""
    top = np.asarray(np.percentile(companded, 99.5), dtype=np.float32)
    return float(f"{(float(top) / 255) ** 2:.5g}")


def _attention(recording: Recording, metadata: Metadata, writer: PackWriter) -> Array:
    layers = recording.attention
    blocks, size = arrange([(*maps.shape[2:], maps.shape[1]) for maps in layers.values()])
    frames = _compose(list(layers.values()), blocks, size)
    every = range(len(recording.lanes))
    words = [
        lane
        for lane in every
        if (token := recording.lanes[lane]) is not None and metadata.tokens[token].role == "word"
    ]
    shown = np.concatenate([maps[:, words or every].ravel() for maps in layers.values()])
    array = _frames("attention", "attention/step_{step:03d}.png", frames, recording, writer)
    return msgspec.structs.replace(
        array,
        encoding="sqrt_u8",
        scale_p995=_brightest(shown),
        tokens=recording.lanes,
        rest=recording.rest,
        layers=tuple(
            AttentionRect(id, recording.attention_units[id], b.height, b.width, b.x, b.y, b.columns)
            for id, b in zip(layers, blocks, strict=True)
        ),
    )


def _features(recording: Recording, writer: PackWriter) -> Array:
    units = recording.features
    blocks, size = arrange([(*f.values.shape[2:], len(f.channels)) for f in units.values()])
    ranges = {id: _ranges(f.values) for id, f in units.items()}
    stored = []
    for id, feature in units.items():
        values = feature.values.astype(np.float32)
        tiles = [
            quantise(values[:, i], low, high)
            for i, (low, high) in enumerate(zip(*ranges[id], strict=True))
        ]
        stored.append(np.stack(tiles, axis=1))
    frames = _compose(stored, blocks, size)
    array = _frames("features", "features/step_{step:03d}.png", frames, recording, writer)
    return msgspec.structs.replace(
        array,
        encoding="range_u8",
        units=tuple(
            FeatureRect(id, b.height, b.width, b.x, b.y, b.columns, f.channels, *ranges[id])
            for (id, f), b in zip(units.items(), blocks, strict=True)
        ),
    )


def _ranges(values: NDArray[Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Lowest and highest value of each channel over the run, widened to five digits."""
    low, high = values.min(axis=(0, 2, 3)), values.max(axis=(0, 2, 3))
    margin = np.maximum(np.abs(low), np.abs(high)).astype(np.float64) * 1e-4
    return (
        tuple(float(f"{v:.5g}") for v in low - margin),
        tuple(float(f"{v:.5g}") for v in high + margin),
    )


def _compose(stacks: list[U8], blocks: list[Block], size: tuple[int, int]) -> list[U8]:
    """Tile `[S, n, h, w]` stacks into one grey picture per step."""
    steps = stacks[0].shape[0]
    atlas = np.zeros((steps, *size), np.uint8)
    for stack, block in zip(stacks, blocks, strict=True):
        for index in range(block.count):
            x, y = block.tile(index)
            atlas[:, y : y + block.height, x : x + block.width] = stack[:, index]
    return list(atlas)


def _frames(
    name: str, template: str, frames: list[U8], recording: Recording, writer: PackWriter
) -> Array:
    for step, frame in enumerate(frames):
        writer.image(template.format(step=step), frame)
    array = _describe(recording, name, template, (len(frames), *frames[0].shape))
    return msgspec.structs.replace(array, thumbnail=writer.page(name, frames))


def _describe(recording: Recording, name: str, file: str, shape: tuple[int, ...]) -> Array:
    origin = recording.origins.get(name) or ORIGINS[name]
    return Array(file, shape, origin.provenance, origin.source, formula=origin.formula)
