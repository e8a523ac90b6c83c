"""Opening recorded runs: `Library` lists what there is, `Pack` gives one run's arrays."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open

from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.images import F32, U8, dequantise, expand, read_image, resize, split_page
from assetgen.pack.schema import Architecture, Array, Manifest, Metadata, Thumbnail, Timing
from assetgen.pack.words import word_map_layers

_KEPT_ATLASES = 8


class Problem(NamedTuple):
    """Something that is not right with a file; `message` is one readable line."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class RunEntry(NamedTuple):
    """One usable pack, as the prompt picker lists it."""

    model: str
    id: str
    title: str
    prompt: str
    profile: str
    path: Path
    pair: str | None


class Library:
    """All runs below an assets folder. Damaged ones are listed in `problems`, the others usable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.architectures: dict[str, Architecture] = {}
        self.runs: list[RunEntry] = []
        self.problems: list[Problem] = []

    @classmethod
    def open(cls, assets_dir: str | Path) -> Self:
        """Read the JSON of every run below `assets_dir/runs`; no picture, no checksum.

        Raises PackError only if the folder itself is not there.
        """
        root = Path(assets_dir)
        if not (root / "runs").is_dir():
            raise PackError(
                root, "holds no recorded runs", "a folder with runs/<model>/<run>",
                "bake one with `assetgen generate`",
            )  # fmt: skip
        library = cls(root)
        for folder in sorted(p for p in (root / "runs").iterdir() if p.is_dir()):
            library._add_model(folder)
        return library

    def entry(self, model: str, id: str) -> RunEntry:
        """The run `id` of `model`; KeyError if there is none."""
        for run in self.runs:
            if (run.model, run.id) == (model, id):
                return run
        raise KeyError(f"{model}/{id}")

    def _add_model(self, folder: Path) -> None:
        runs = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
        if not runs and not (folder / "architecture.json").exists():
            return
        try:
            self.architectures[folder.name] = decode(Architecture, folder / "architecture.json")
        except PackError as error:
            self.problems.append(Problem(Path(error.path), error.message))
            return
        for path in runs:  # names with a dot in front are runs that are being written
            try:
                self._add_run(folder.name, path)
            except PackError as error:
                self.problems.append(Problem(Path(error.path), error.message))

    def _add_run(self, model: str, path: Path) -> None:
        metadata = decode(Metadata, path / "metadata.json")
        if not (path / "manifest.json").is_file():
            raise PackError(path, "has no manifest.json", hint="generate the run again")
        self.runs.append(
            RunEntry(
                model, path.name, metadata.title, metadata.prompt, metadata.profile, path,
                metadata.pair,
            )
        )  # fmt: skip


class Pack:
    """One recorded run. Arrays are read when asked for; every failure is a PackError."""

    def __init__(self, path: Path, metadata: Metadata) -> None:
        self.path = path
        self.metadata = metadata
        self._atlases: OrderedDict[tuple[str, int], U8] = OrderedDict()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read metadata.json and see that every file is there with its size (no checksums)."""
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
        return decode(Architecture, self.path.parent / "architecture.json")

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
        return read_image(self._file(self.array(array), step))

    def final(self) -> U8:
        """The picture as the pipeline returned it, uint8 `[H, W, 3]`."""
        return read_image(self.path / "final.png")

    def page(self, array: str) -> U8:
        """Every step at a quarter of the size: uint8 `[S, h, w, 3]` (atlases: grey `[S, h, w]`)."""
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
        """One array of tensors.safetensors as float32, shape as in docs/format.md."""
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
        are at least 8 on a side, each map bilinearly resized (formula in docs/format.md).
        """
        tokens = self.metadata.words[word_index].tokens
        layers = self.word_map_layers()
        total = np.zeros((height, width), np.float32)
        for layer in layers:
            maps = [self.attention_map(layer, token, step) for token in tokens]
            total += resize(np.asarray(np.mean(maps, axis=0)), height, width)
        return np.asarray(total / np.float32(len(layers)))

    def word_map_layers(self) -> list[str]:
        """Ids of the layers that enter `word_map`."""
        return word_map_layers({r.id: (r.height, r.width) for r in self.array("attention").layers})

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

    def _file(self, entry: Array, step: int) -> Path:
        if not 0 <= step < self.steps:
            raise IndexError(f"step {step} of a run with {self.steps} steps")
        return self.path / entry.file.format(step=step)

    def _thumbnail(self, array: str) -> Thumbnail:
        thumbnail = self.array(array).thumbnail
        if thumbnail is None:
            raise PackError(self.path, f"has no thumbnails of {array!r}")
        return thumbnail
