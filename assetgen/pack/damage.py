"""What a change did to a run: how far the picture moved, and which words lost their place. All of it DERIVED."""

from __future__ import annotations

from math import inf, log10

import msgspec
import numpy as np

from assetgen.pack.errors import PackError
from assetgen.pack.images import F32, U8
from assetgen.pack.reader import Pack
from assetgen.pack.words import WIDEST, places

GRID = 16
"""Word maps are compared at 16 × 16."""
KEPT = 0.5
"""A word whose places overlap less than this with those of the base run lost its place."""
FORMULA = (
    "error = mean((picture - base) ** 2) of the final pictures, 0..1; psnr = -10 * log10(error); "
    "overlap = |A and B| / |A or B| of the places above 0.4 of the map's maximum at the last step; "
    "correlation = Pearson's of the two maps"
)


class WordDamage(msgspec.Struct, frozen=True):
    """One word of the prompt at the last step, compared with the same word of the base run.

    `overlap` 0..1 is None where the base run's map covers nearly everything: there is no place to lose.
    """

    word: int
    text: str
    overlap: float | None
    correlation: float

    @property
    def lost(self) -> bool:
        """True if the word had a place in the base run and is read elsewhere now."""
        return self.overlap is not None and self.overlap < KEPT


class Damage(msgspec.Struct, frozen=True):
    """Difference of two runs. `error` is a mean square of colours 0..1; `words` those both runs kept."""

    error: float
    words: tuple[WordDamage, ...]

    @property
    def psnr(self) -> float:
        """Decibels; infinite for equal pictures."""
        return inf if self.error == 0 else -10 * log10(self.error)

    @property
    def lost(self) -> tuple[str, ...]:
        """The words that lost their place."""
        return tuple(word.text for word in self.words if word.lost)


def compare(base: Pack, other: Pack) -> Damage:
    """Compare the ends of two runs of the same prompt and size; `base` is the one nothing was done to.

    Only the words that `other` names as concepts (or all, if it names none) are compared; a word whose
    map one of them did not keep is left out. Raises PackError if prompts or sizes differ.
    """
    if base.metadata.prompt != other.metadata.prompt:
        raise PackError(other.path, "has another prompt than its base run")
    named = {c.word for c in other.metadata.concepts if c.word is not None}
    words = []
    for word in other.metadata.words:
        if word.index in (named or {word.index}) and all(
            pack.has_word_map(word.index) for pack in (base, other)
        ):
            maps = [p.word_map(word.index, p.steps - 1, GRID, GRID) for p in (base, other)]
            words.append(_word(word.index, word.text, *maps))
    return Damage(picture_error(base.final(), other.final(), other), tuple(words))


def picture_error(base: U8, picture: U8, pack: Pack) -> float:
    """Mean squared difference of two pictures `[H, W, 3]`, colours in 0..1; raises PackError if sizes differ."""
    if base.shape != picture.shape:
        raise PackError(pack.path / "final.png", "has another size than that of its base run")
    difference = (base.astype(np.float32) - picture.astype(np.float32)) / 255
    return float((difference**2).mean())


def _word(index: int, text: str, base: F32, other: F32) -> WordDamage:
    there, now = places(base), places(other)
    overlap = None
    if there.mean() <= WIDEST:
        overlap = float((there & now).sum() / max((there | now).sum(), 1))
    return WordDamage(index, text, overlap, _correlation(base, other))


def _correlation(a: F32, b: F32) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0
