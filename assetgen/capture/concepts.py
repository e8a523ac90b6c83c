"""When a word settles: how early its attention and its part of the picture agree with the end.

Four numbers per word and step, none of which says "recognised":

* `localisation`: overlap (IoU) of the places above 0.4 of the map's maximum with those of the last step;
* `peak`: the statistic of Attend-and-Excite (Chefer et al. 2023): maps of the words alone, sharpened by
  softmax(100·map) over the words, blurred by a 3×3 Gaussian (sigma 0.5), their maximum. The only one
  that does not look at the end;
* `agreement`: correlation of the predicted picture, pooled to 16×16, with the last predicted picture
  inside the word's final places, negative values counted as 0;
* `confidence`: the geometric mean of the three.

`step` is the first step from which confidence stays at 0.75 or more for three steps; None if there is
none, if the run is too short to say, or if the word's final places cover nearly everything: a map
that is flat everywhere agrees with itself from the start and says nothing. The controls are the
prompt's function words ("a", "on", "and"): they name nothing that could appear. Many of them settle
too, because they read fixed places (in the miniature "on" reads the ground): settling says when a
map stopped changing, not that something was recognised. A word that is not in the prompt has no
attention, hence no settling; it can be a control only for a recogniser.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assetgen.pack.images import F32, U8
from assetgen.pack.schema import Concept, Settling, Word
from assetgen.pack.words import FUNCTION_WORDS, WIDEST, places

GRID = 16
SETTLED = 0.75
HELD = 3
SHORTEST = 8
"""Runs with fewer steps cannot resolve settling."""

_SHARPNESS = 100.0
_KERNEL = np.exp(-np.array([1.0, 0.0, 1.0]) / (2 * 0.5**2))


def settle(maps: F32, predicted: Sequence[U8]) -> list[Settling]:
    """Settling of each word from its maps `[S, W, 16, 16]` and the predicted pictures."""
    if not maps.shape[1]:
        return []
    peaks = _peaks(maps)
    pooled = np.stack([_pool(picture) for picture in predicted])
    result = []
    for w in range(maps.shape[1]):
        own = places(maps[:, w])
        final = own[-1]
        union = (own | final).sum(axis=(1, 2))
        localisation = (own & final).sum(axis=(1, 2)) / np.maximum(union, 1)
        agreement = np.array([_correlation(p[final], pooled[-1][final]) for p in pooled])
        confidence = np.cbrt(localisation * peaks[:, w] * agreement)
        result.append(
            Settling(
                localisation=_rounded(localisation),
                peak=_rounded(peaks[:, w]),
                agreement=_rounded(agreement),
                confidence=_rounded(confidence),
                step=first_held(confidence) if final.mean() <= WIDEST else None,
            )
        )
    return result


def first_held(confidence: NDArray[np.floating]) -> int | None:
    """First step from which `confidence` stays settled for three steps."""
    if len(confidence) < SHORTEST:
        return None
    good = confidence >= SETTLED
    for step in range(len(good) - HELD + 1):
        if good[step : step + HELD].all():
            return step
    return None


def concepts(
    words: Sequence[Word], maps: F32, predicted: Sequence[U8]
) -> tuple[tuple[Concept, ...], tuple[Concept, ...]]:
    """(concepts, controls) of a run: its words that name something, and its function words.

    `maps` `[S, words, 16, 16]` probabilities; `predicted` uint8 `[H, W, 3]`, one a step.
    """
    found, controls = [], []
    for word, settling in zip(words, settle(maps, predicted), strict=True):
        concept = Concept(word.index, word.text, settling)
        if word.text.lower() in FUNCTION_WORDS or not word.text[0].isalnum():
            controls.append(concept)
        else:
            found.append(concept)
    return tuple(found), tuple(controls)


def _peaks(maps: F32) -> NDArray[np.floating]:
    """`[S, W]`: maximum of the sharpened, blurred maps."""
    logits = _SHARPNESS * maps
    sharp = np.exp(logits - logits.max(axis=1, keepdims=True))
    sharp /= sharp.sum(axis=1, keepdims=True)
    kernel = _KERNEL / _KERNEL.sum()
    for axis in (2, 3):
        padding = [(0, 0)] * 4
        padding[axis] = (1, 1)
        padded = np.pad(sharp, padding, mode="reflect")
        n = sharp.shape[axis]
        sharp = sum(
            weight * padded.take(range(i, i + n), axis=axis) for i, weight in enumerate(kernel)
        )
    return np.asarray(sharp.max(axis=(2, 3)))


def _pool(picture: U8) -> NDArray[np.floating]:
    """The picture averaged to 16×16×3."""
    small = Image.fromarray(picture).resize((GRID, GRID), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def _correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return max(0.0, float((a * b).sum()) / scale) if scale > 0 else 0.0


def _rounded(values: NDArray[np.floating]) -> tuple[float, ...]:
    return tuple(round(float(v), 4) for v in values)
