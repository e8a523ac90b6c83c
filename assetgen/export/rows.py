"""What a run has to show, step by step: the canvases and the maps of its words, with their provenance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from assetgen.export.style import over
from assetgen.pack import Pack
from assetgen.pack.images import U8
from assetgen.pack.schema import Word
from assetgen.pack.words import FUNCTION_WORDS

MOST_WORDS = 8
SAMPLED, GRID = 8, 32
"""Steps and size at which the scale of the words is measured."""
CANVASES = (
    ("steps", "x_t", "what the network sees, decoded"),
    ("noise", "noise", "what it takes for noise, decoded"),
    ("predicted", "x0", "the picture it expects"),
)


@dataclass(frozen=True)
class Row:
    """One line of the sheet: a title, what it means, where it comes from, and its picture at a step."""

    name: str
    title: str
    note: str
    provenance: str
    picture: Callable[[int], U8]


def rows_of(pack: Pack) -> tuple[list[Row], list[str]]:
    """The rows that the pack can fill, and the titles of those that were not recorded."""
    rows, missing = [], []
    for array, title, note in CANVASES:
        if pack.has(array):
            rows.append(Row(array, title, note, pack.array(array).provenance, _canvas(pack, array)))
        else:
            missing.append(title)
    words = [word for word in words_of(pack) if pack.has_word_map(word.index)]
    top = brightest(pack)
    if not words:
        missing.append("attention of the words")
    for word in words:
        rows.append(
            Row("word", f"“{word.text}”", "where it is read", "DERIVED", _word(pack, word, top))
        )
    return rows, missing


def words_of(pack: Pack) -> list[Word]:
    """The first words that name something, in the order of the prompt: by the pack, else by their kind."""
    named = {c.word for c in pack.metadata.concepts}
    words = [word for word in pack.metadata.words if word.text[0].isalnum()]
    telling = [
        word
        for word in words
        if (word.index in named if named else word.text.lower() not in FUNCTION_WORDS)
    ]
    return (telling or words)[:MOST_WORDS]


def brightest(pack: Pack) -> float:
    """The probability that is shown brightest: the 99.5th percentile of all maps that are shown."""
    words = [word.index for word in words_of(pack) if pack.has_word_map(word.index)]
    steps = chosen(pack.steps, SAMPLED)
    maps = [pack.word_map(word, step, GRID, GRID) for word in words for step in steps]
    return float(np.percentile(maps, 99.5)) if maps else 1.0


def chosen(steps: int, most: int) -> list[int]:
    """At most `most` steps, evenly spaced, the first and the last among them."""
    count = min(steps, most)
    return sorted({round(i * (steps - 1) / max(count - 1, 1)) for i in range(count)})


def _canvas(pack: Pack, array: str) -> Callable[[int], U8]:
    return lambda step: pack.image(array, step)


def _word(pack: Pack, word: Word, top: float) -> Callable[[int], U8]:
    """The map over the picture that is expected, or over plain grey where that was not recorded."""
    height, width = pack.metadata.size
    below = next((name for name in ("predicted", "steps") if pack.has(name)), None)

    def picture(step: int) -> U8:
        base = pack.image(below, step) if below else np.full((height, width, 3), 90, np.uint8)
        return over(base, pack.word_map(word.index, step, *base.shape[:2]), top)

    return picture
