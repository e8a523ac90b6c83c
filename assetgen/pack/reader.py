"""Opening a recorded run: `Pack` gives its arrays."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open

from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.images import F32, U8, dequantise, expand, read_image, resize, split_page
from assetgen.pack.schema import (
    Architecture,
    Array,
    Manifest,
    Metadata,
    Thumbnail,
    Timing,
)
from assetgen.pack.words import cell_readings, word_map_layers

STUDIES = "studies"
"""Folder beside a model's runs that holds its studies."""
_KEPT_ATLASES = 8


class Problem(NamedTuple):
    """Something that is not right with a file; `message` is one readable line."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class Pack:
    """One recorded run. Arrays are read when asked for; every failure is a PackError."""

    def __init__(self, path: Path, metadata: Metadata) -> None:
        self.path = path
        self.metadata = metadata
        self.memo: dict[str, Any] = {}
        """What was computed from this pack, by name. It may lead back here: clear it when the pack is put away."""
        self._atlases: OrderedDict[tuple[str, int], U8] = OrderedDict()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read metadata.json and see that every file is there with its size (no checksums); raises PackError."""
        folder = Path(path)
        metadata = decode(Metadata, folder / "metadata.json")
        manifest = decode(Manifest, folder / "manifest.json")
        for name, entry in manifest.files.items():
            try:
                size = (folder / name).stat().st_size
            except OSError:
                raise PackError(
                    folder / name, "is missing", hint="generate the run again"
                ) from None
            if size != entry.bytes:
                raise PackError(
                    folder / name, f"has {size} bytes", str(entry.bytes), "generate the run again"
                )
        return cls(folder, metadata)

    @property
    def steps(self) -> int:
        """How many denoising steps were recorded."""
        return len(self.metadata.steps)

    def has(self, array: str) -> bool:
        """True if `array` was recorded; absent arrays are "not recorded", never zeros."""
        return array in self.metadata.arrays

    @cached_property
    def architecture(self) -> Architecture:
        """The model's architecture.json, which lies beside its runs."""
        return decode(Architecture, self.model_folder / "architecture.json")

    @property
    def model_folder(self) -> Path:
        """`runs/<model>`, which holds the architecture."""
        above = self.path.parent
        return above.parent if above.name == STUDIES else above

    def base(self) -> Pack:
        """The full run that this study varies; raises PackError if this is none or it is not there."""
        if self.metadata.study is None:
            raise PackError(self.path, "is no study of another run")
        return type(self).open(self.model_folder / self.metadata.study.base)

    @cached_property
    def timing(self) -> Timing | None:
        """Wall times of the bake, None if they were not kept."""
        try:
            return msgspec.json.decode((self.path / "timing.json").read_bytes(), type=Timing)
        except (OSError, msgspec.DecodeError):
            return None

    def array(self, name: str) -> Array:
        """Where `name` lies and where it comes from; raises PackError if it was not recorded."""
        try:
            return self.metadata.arrays[name]
        except KeyError:
            raise PackError(self.path, f"{name!r} was not recorded") from None

    def image(self, array: str, step: int) -> U8:
        """The picture of `predicted`, `steps` or `noise` at `step`: uint8 `[H, W, 3]`."""
        entry = self.array(array)
        path = self._file(entry, step)
        return read_image(path) if entry.columns is None else self._sheet(array)[step]

    def final(self) -> U8:
        """The picture as the pipeline returned it, uint8 `[H, W, 3]`."""
        return read_image(self.path / "final.png")

    def page(self, array: str) -> U8:
        """Every step at a quarter of the size: uint8 `[S, h, w, 3]` (atlases: grey `[S, h, w]`).

        What a light run keeps in one file comes as it is stored. Raises PackError.
        """
        if self.array(array).columns is not None:
            return self._sheet(array)
        thumbnail = self._thumbnail(array)
        path = self.path / thumbnail.file
        pixels = read_image(path, grey=array in ("attention", "features"))
        try:
            return split_page(
                pixels, self.steps, thumbnail.columns, thumbnail.height, thumbnail.width
            )
        except ValueError as error:
            raise PackError(path, str(error)) from None

    def tensor(self, key: str) -> F32:
        """One array of tensors.safetensors as float32, shape as in docs/format.md; raises PackError."""
        entry = self.array(key)
        path = self.path / entry.file
        try:
            with safe_open(path, framework="numpy") as file:
                return np.asarray(file.get_tensor(entry.key or key), dtype=np.float32)
        except (SafetensorError, OSError) as error:
            raise PackError(path, f"holds no readable {key!r}: {error}") from None

    def attention_atlas(self, step: int) -> U8:
        """All cross-attention maps of `step`, uint8 `[H, W]`, companded (see `images.expand`)."""
        return self._atlas("attention", step)

    def attention_map(self, layer_id: str, token_index: int, step: int) -> F32:
        """Probability `[h, w]` with which each place reads token `token_index` of the prompt.

        A padding token gives the sum over all padding. KeyError for an unknown layer.
        """
        entry = self.array("attention")
        rect = next((r for r in entry.layers if r.id == layer_id), None)
        if rect is None:
            raise KeyError(layer_id)
        lane = self.lane(token_index)
        x = rect.x + lane % rect.columns * rect.width
        y = rect.y + lane // rect.columns * rect.height
        return expand(self.attention_atlas(step)[y : y + rect.height, x : x + rect.width])

    def lane(self, token_index: int) -> int:
        """Which lane of the attention atlas shows the token; padding shares the last one."""
        lanes = self.array("attention").tokens
        padding = self.metadata.tokens[token_index].role == "pad"
        return lanes.index(None if padding else token_index)

    def word_map(self, word_index: int, step: int, height: int, width: int) -> F32:
        """Where the network reads a word, `[height, width]`, probability.

        DERIVED: mean over the word's tokens and over the layers of the three largest map sizes that
        are at least 8 on a side, each map bilinearly resized (formula in docs/format.md). A light run
        has kept that mean instead of the layers. Raises PackError if the word was not recorded.
        """
        if "words" in self.metadata.arrays:
            return resize(self.stored_word(word_index)[step], height, width)
        tokens = self.metadata.words[word_index].tokens
        layers = self.word_map_layers()
        total = np.zeros((height, width), np.float32)
        for layer in layers:
            maps = [self.attention_map(layer, token, step) for token in tokens]
            total += resize(np.asarray(np.mean(maps, axis=0)), height, width)
        return np.asarray(total / np.float32(len(layers)))

    def stored_word(self, word_index: int) -> F32:
        """The maps of a word that a light run kept, `[S, h, w]`, probability.

        Raises PackError if they were not recorded.
        """
        entry = self.array("words")
        if word_index not in entry.rows:
            raise PackError(self.path, f"the map of word {word_index} was not recorded")
        steps, _, height, width = entry.shape
        y = entry.rows.index(word_index) * height
        strip = self._whole("words", grey=True)[y : y + height]
        if strip.shape != (height, steps * width):
            raise PackError(self.path / entry.file, f"holds no maps of {steps} steps")
        return expand(strip.reshape(height, steps, width).transpose(1, 0, 2))

    def has_word_map(self, word_index: int) -> bool:
        """True if `word_map` has an answer for this word."""
        return self.has("attention") or (
            self.has("words") and word_index in self.array("words").rows
        )

    def word_map_layers(self) -> list[str]:
        """Ids of the layers that enter `word_map`."""
        return word_map_layers({r.id: (r.height, r.width) for r in self.array("attention").layers})

    def reading_at(self, u: float, v: float, step: int, layer: str | None = None) -> F32:
        """What one place of the picture (0..1 from left and top) reads, `[lanes]`, probability.

        DERIVED: the cell that holds the place, in one layer's maps or as the mean over the layers of the
        word maps; lanes as in `arrays.attention.tokens`. KeyError for an unknown layer.
        """
        entry = self.array("attention")
        chosen = self.word_map_layers() if layer is None else [layer]
        rects = [r for r in entry.layers if r.id in chosen]
        if not rects:
            raise KeyError(layer)
        return cell_readings(self.attention_atlas(step)[None], rects, len(entry.tokens), u, v)[0]

    def feature_atlas(self, step: int) -> U8:
        """Chosen channels of every unit at `step`, uint8 `[H, W]`, each on its own range."""
        return self._atlas("features", step)

    def feature_map(self, unit: str, tile: int, step: int) -> F32:
        """Values `[h, w]` of the channel in `tile` of `unit`; KeyError for an unknown unit."""
        entry = self.array("features")
        rect = next((r for r in entry.units if r.id == unit), None)
        if rect is None:
            raise KeyError(unit)
        x = rect.x + tile % rect.columns * rect.width
        y = rect.y + tile // rect.columns * rect.height
        stored = self.feature_atlas(step)[y : y + rect.height, x : x + rect.width]
        return dequantise(stored, rect.low[tile], rect.high[tile])

    def _atlas(self, array: str, step: int) -> U8:
        key = (array, step)
        if key not in self._atlases:
            self._atlases[key] = read_image(self._file(self.array(array), step), grey=True)
            while len(self._atlases) > _KEPT_ATLASES:
                self._atlases.popitem(last=False)
        return self._atlases[key]

    def _sheet(self, array: str) -> U8:
        """All steps of an array that share one file: `[S, h, w, 3]`."""
        entry = self.array(array)
        page, (steps, height, width) = self._whole(array), entry.shape[:3]
        try:
            return split_page(page, steps, entry.columns or 1, height, width)
        except ValueError as error:
            raise PackError(self.path / entry.file, str(error)) from None

    def _whole(self, array: str, *, grey: bool = False) -> U8:
        key = (array, -1)
        if key not in self._atlases:
            self._atlases[key] = read_image(self.path / self.array(array).file, grey=grey)
        return self._atlases[key]

    def _file(self, entry: Array, step: int) -> Path:
        if not 0 <= step < self.steps:
            raise IndexError(f"step {step} of a run with {self.steps} steps")
        return self.path / entry.file.format(step=step)

    def _thumbnail(self, array: str) -> Thumbnail:
        thumbnail = self.array(array).thumbnail
        if thumbnail is None:
            raise PackError(self.path, f"has no thumbnails of {array!r}")
        return thumbnail
