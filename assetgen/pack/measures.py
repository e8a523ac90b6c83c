"""How good a model is and how it learned: the small JSON files beside its runs (docs/format.md).

No torch: the explorer reads `evaluation.json`, `training.json`, `noising.json` and `neighbours.json`
with `read_measure`; pictures they name lie below the same folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.evaluation import Evaluation, Quantiles
from assetgen.pack.images import U8, read_image


class Point(msgspec.Struct, frozen=True):
    """The loss after so many samples, a mean over the steps since the point before."""

    samples: int
    seconds: float
    loss: float


class Stage(msgspec.Struct, frozen=True):
    """One stage of training: its curve (at most 200 points), what it used up."""

    name: str
    samples: int
    hours: float
    curve: tuple[Point, ...]


class Example(msgspec.Struct, frozen=True):
    """A composed scene, by its number in the stream of scenes; its picture is tile `tile` of the sheet."""

    number: int
    caption: str
    words: tuple[str, ...]
    tile: int


class Sheet(msgspec.Struct, frozen=True):
    """A picture made of tiles, row-major."""

    file: str
    columns: int
    height: int
    width: int


class Training(msgspec.Struct, frozen=True):
    """`training.json`: how the model learned, and scenes it learned from."""

    format: int
    model: str
    stages: tuple[Stage, ...]
    milestones: tuple[int, ...]
    scenes: int
    sheet: Sheet
    examples: tuple[Example, ...]


class Noise(msgspec.Struct, frozen=True):
    """One noise level: noised = alpha·clean + sigma·noise."""

    timestep: int
    alpha: float
    sigma: float
    snr: float


class Guess(msgspec.Struct, frozen=True):
    """One scene at one level: how far the guess is from the truth, in latents and in pixels (dB).

    `noised` and `guess` are tiles of the sheet.
    """

    latent_mse: float
    psnr: float
    noised: int
    guess: int


class NoisedScene(msgspec.Struct, frozen=True):
    """A true scene, its picture (tile `tile`) and what becomes of it at every level."""

    number: int
    caption: str
    words: tuple[str, ...]
    tile: int
    guesses: tuple[Guess, ...]


class Noising(msgspec.Struct, frozen=True):
    """`noising.json`: true scenes with noise mixed in, and the model's guess of them in one step."""

    format: int
    model: str
    weights: str
    sheet: Sheet
    levels: tuple[Noise, ...]
    scenes: tuple[NoisedScene, ...]


class Neighbour(msgspec.Struct, frozen=True):
    """A training scene near a generated picture; `distance` as in `Memorisation`."""

    number: int
    caption: str
    distance: float
    shared: tuple[str, ...]
    tile: int


class RunNeighbours(msgspec.Struct, frozen=True):
    """A run's picture (tile `tile`) and the training scenes nearest to it, nearest first."""

    run: str
    prompt: str
    held_out: bool
    tile: int
    nearest: tuple[Neighbour, ...]


class Neighbours(msgspec.Struct, frozen=True):
    """`neighbours.json`: is what was painted a copy? `usual` is how near true held-out scenes lie."""

    format: int
    model: str
    training_scenes: int
    usual: Quantiles
    sheet: Sheet
    runs: tuple[RunNeighbours, ...]


MEASURES: dict[str, type[msgspec.Struct]] = {
    "evaluation": Evaluation,
    "training": Training,
    "noising": Noising,
    "neighbours": Neighbours,
}
"""File name without `.json` → what is in it. Their pictures lie in `evaluation/`."""

AGAIN = "run `assetgen evaluate` or `assetgen exhibit` again"

M = TypeVar("M", Evaluation, Training, Noising, Neighbours)


def read_measure(kind: type[M], assets: str | Path, model: str) -> M | None:
    """The file of `kind` beside the runs of `model`; None if there is none. Raises PackError if damaged."""
    name = next(name for name, own in MEASURES.items() if own is kind)
    path = Path(assets) / "runs" / model / f"{name}.json"
    return decode(kind, path, AGAIN) if path.is_file() else None


def read_tile(sheet: Sheet, number: int, assets: str | Path, model: str) -> U8:
    """Picture `number` of a sheet, uint8 [height, width, RGB]; raises PackError."""
    path = Path(assets) / "runs" / model / sheet.file
    pixels = read_image(path)
    y, x = number // sheet.columns * sheet.height, number % sheet.columns * sheet.width
    tile = pixels[y : y + sheet.height, x : x + sheet.width]
    if number < 0 or tile.shape[:2] != (sheet.height, sheet.width):
        raise PackError(path, f"holds no tile {number}")
    return tile
