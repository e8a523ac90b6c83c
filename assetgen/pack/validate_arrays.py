"""Files, shapes, picture sizes, provenance and the places inside atlases, as metadata.json promises them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

import numpy as np
from safetensors import SafetensorError, safe_open

from assetgen.pack.errors import PackError
from assetgen.pack.images import image_size, thumbnail_size
from assetgen.pack.reader import Pack, Problem
from assetgen.pack.recording import EXPECTED, PICTURES, precision
from assetgen.pack.schema import Array, AttentionRect, FeatureRect

_ATLASES = ("attention", "features")


def check_arrays(pack: Pack) -> Iterator[Problem]:
    """Everything about the arrays that can be seen without comparing their numbers."""
    path = pack.path / "metadata.json"
    omitted = pack.metadata.light or ()
    for name in EXPECTED:
        if name not in pack.metadata.arrays and name not in omitted:
            yield Problem(path, f"array {name!r} was not recorded and `light` does not say so")
    for name, entry in pack.metadata.arrays.items():
        if entry.provenance not in ("RECORDED", "DERIVED"):
            yield Problem(path, f"arrays.{name} is {entry.provenance}: no array is an illustration")
        if not entry.source:
            yield Problem(path, f"arrays.{name} has no source")
        if entry.provenance == "DERIVED" and not entry.formula:
            yield Problem(path, f"arrays.{name} is DERIVED without a formula")
    yield from _check_tensors(pack)
    for name in (*PICTURES, *_ATLASES):
        if pack.has(name):
            single = pack.array(name).columns is None
            yield from _check_frames(pack, name) if single else _check_sheet(pack, name)
    if pack.has("words"):
        yield from _check_words(pack)
    for name in _ATLASES:
        if pack.has(name):
            yield from _check_places(pack, name)
    height, width, mode = image_size(pack.path / "final.png")
    if (height, width) != pack.metadata.size or mode != "RGB":
        yield Problem(pack.path / "final.png", f"is {width}×{height} {mode}")


def _check_tensors(pack: Pack) -> Iterator[Problem]:
    described = {n: a for n, a in pack.metadata.arrays.items() if a.file == "tensors.safetensors"}
    if not described:
        return
    path = pack.path / "tensors.safetensors"
    try:
        with safe_open(path, framework="numpy") as file:
            stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise PackError(path, f"cannot be read: {error}") from None
    for key in sorted(stored.keys() - {a.key for a in described.values()}):
        yield Problem(path, f"{key!r} is not described in metadata.json")
    for name, entry in described.items():
        value = stored.get(entry.key or name)
        if value is None:
            yield Problem(path, f"has no {entry.key!r}")
            continue
        dtype = precision(name, entry.shape)
        if value.shape != entry.shape or value.dtype != np.dtype(dtype):
            yield Problem(
                path, f"{name} is {value.dtype}{list(value.shape)} (expected {dtype}"
                f"{list(entry.shape)})",
            )  # fmt: skip
        elif (count := _leading(pack, name)) is not None and value.shape[0] != count:
            yield Problem(path, f"{name} has {value.shape[0]} rows (expected {count})")
        elif name != "unit_update" and not np.isfinite(value).all():
            yield Problem(path, f"{name} holds values that are no numbers")
        elif not np.any(value):
            yield Problem(path, f"{name} is all zero: nothing was recorded")


def _leading(pack: Pack, name: str) -> int | None:
    if name == "prompt_embeds":
        return len(pack.metadata.tokens)
    if name.startswith("output_"):
        return len(pack.metadata.calls)
    return pack.steps + (name == "x_t")


def _check_frames(pack: Pack, name: str) -> Iterator[Problem]:
    entry = pack.metadata.arrays[name]
    size, mode = entry.shape[1:3], "L" if name in _ATLASES else "RGB"
    if entry.shape[0] != pack.steps:
        yield Problem(
            pack.path / "metadata.json", f"arrays.{name} has {entry.shape[0]} steps, not {pack.steps}"
        )  # fmt: skip
        return
    if name not in _ATLASES and not _fits(size, pack.metadata.size):
        yield Problem(pack.path / "metadata.json", f"arrays.{name} has not the picture's size")
    for step in range(pack.steps):
        path = pack.path / entry.file.format(step=step)
        height, width, found = image_size(path)
        if (height, width) != size or found != mode:
            yield Problem(
                path, f"is {width}×{height} {found} (expected {size[1]}×{size[0]} {mode})"
            )
    yield from _check_thumbnail(pack, name, entry)


def _check_sheet(pack: Pack, name: str) -> Iterator[Problem]:
    """All steps in one file: its size, and that a step is the picture or a whole part of its size."""
    entry = pack.metadata.arrays[name]
    steps, height, width = entry.shape[:3]
    columns = entry.columns or 0
    path = pack.path / entry.file
    if steps != pack.steps or columns < 1:
        yield Problem(
            pack.path / "metadata.json", f"arrays.{name} is no sheet of {pack.steps} steps"
        )
        return
    factors = {full / own for full, own in zip(pack.metadata.size, (height, width), strict=True)}
    if len(factors) != 1 or not min(factors).is_integer():
        yield Problem(pack.path / "metadata.json", f"arrays.{name} is no whole part of the picture")
    found = image_size(path)
    if found != (ceil(steps / columns) * height, columns * width, "RGB"):
        yield Problem(path, f"is {found[1]}×{found[0]} {found[2]}, no sheet of {steps} steps")


def _check_words(pack: Pack) -> Iterator[Problem]:
    """A row for each word that is kept, a column for each step, none of them black."""
    entry = pack.metadata.arrays["words"]
    path = pack.path / entry.file
    known = range(len(pack.metadata.words))
    if len(entry.shape) != 4 or entry.shape[:2] != (pack.steps, len(entry.rows)):
        yield Problem(pack.path / "metadata.json", "arrays.words has not a map per step and word")
        return
    if any(row not in known for row in entry.rows) or len(set(entry.rows)) != len(entry.rows):
        yield Problem(pack.path / "metadata.json", "arrays.words.rows are not words of the prompt")
        return
    height, width = entry.shape[2:]
    found = image_size(path)
    if found != (height * len(entry.rows), width * pack.steps, "L"):
        yield Problem(path, f"is {found[1]}×{found[0]} {found[2]}, no maps of {pack.steps} steps")
        return
    for row in entry.rows:
        for step in np.flatnonzero(~pack.stored_word(row).any(axis=(1, 2))).tolist():
            yield Problem(path, f"map of word {row} is black at step {step}: nothing was recorded")


def _fits(size: tuple[int, ...], picture: tuple[int, int]) -> bool:
    """The picture's size, or that size made smaller to whole pixels."""
    share = max(size) / max(picture)
    return share <= 1 and size == tuple(round(side * share) for side in picture)


def _check_thumbnail(pack: Pack, name: str, entry: Array) -> Iterator[Problem]:
    page = entry.thumbnail
    if page is None:
        yield Problem(pack.path / "metadata.json", f"arrays.{name} has no thumbnails")
        return
    if (page.height, page.width) != thumbnail_size(*entry.shape[1:3]):
        yield Problem(pack.path / "metadata.json", f"thumbnails of {name} are no quarter of it")
    height, width, _ = image_size(pack.path / page.file)
    rows = ceil(pack.steps / page.columns)
    if (height, width) != (rows * page.height, page.columns * page.width):
        yield Problem(pack.path / page.file, f"is {width}×{height}, no page of {pack.steps} steps")


def _check_places(pack: Pack, name: str) -> Iterator[Problem]:
    """Every tile lies inside the atlas and no two share a pixel."""
    path = pack.path / "metadata.json"
    entry = pack.metadata.arrays[name]
    covered = np.zeros(entry.shape[1:3], bool)
    rects: Sequence[AttentionRect | FeatureRect] = entry.layers or entry.units
    if not rects:
        yield Problem(path, f"arrays.{name} places nothing in its atlas")
    for rect in rects:
        count = _tiles(rect, entry)
        if isinstance(rect, FeatureRect):
            if not len(rect.channels) == len(rect.low) == len(rect.high):
                yield Problem(path, f"features of {rect.id!r}: channels and ranges disagree")
            if any(low > high for low, high in zip(rect.low, rect.high, strict=False)):
                yield Problem(path, f"features of {rect.id!r}: a range is upside down")
        for i in range(count):
            x = rect.x + i % rect.columns * rect.width
            y = rect.y + i // rect.columns * rect.height
            place = covered[y : y + rect.height, x : x + rect.width]
            if place.shape != (rect.height, rect.width) or place.any():
                yield Problem(path, f"{name} of {rect.id!r} lies outside or over another")
                break
            place[:] = True
    if name == "attention":
        lanes = tuple(t.index for t in pack.metadata.tokens if t.role != "pad")
        if entry.tokens not in (lanes, (*lanes, None)):
            yield Problem(path, "arrays.attention.tokens are not the prompt's tokens")


def _tiles(rect: AttentionRect | FeatureRect, entry: Array) -> int:
    return len(rect.channels) if isinstance(rect, FeatureRect) else len(entry.tokens)
