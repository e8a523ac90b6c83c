"""Where a word is read: its map from the recorded layers, and the places it takes. One choice for all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assetgen.pack.images import F32, U8, expand, resize
from assetgen.pack.schema import AttentionRect, Word

WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")
"""A word of a prompt with its hyphens and apostrophes, or one sign of punctuation."""

FUNCTION_WORDS = frozenset(
    ("a", "an", "the", "and", "or", "of", "on", "in", "at", "by", "to", "with", "under", "over")
    + ("above", "below", "from", "for", "is", "are", "its")
)
"""They name nothing that could appear."""

RESOLUTIONS = 3
"""How many of the largest map sizes are averaged …"""
SMALLEST = 8
"""… unless they are smaller than this on a side: such maps place nothing."""
LARGEST = 32
"""Word maps are stored with at most this many pixels a side."""
CUT = 0.4
"""A word's places are where its map exceeds this share of its maximum."""
WIDEST = 0.8
"""A word whose places cover more of the picture than this has no place."""


def word_map_layers(sizes: Mapping[str, tuple[int, int]]) -> list[str]:
    """Ids of the layers to average, `sizes` giving each layer's (height, width)."""
    ordered = sorted(set(sizes.values()), key=lambda size: (-size[0] * size[1], size))
    kept = [size for size in ordered if min(size) >= SMALLEST][:RESOLUTIONS] or ordered[:1]
    return [id for id, size in sizes.items() if size in kept]


def word_map_size(sizes: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """(height, width) at which word maps are stored: the largest layer's, at most `LARGEST` a side."""
    height, width = max(sizes.values(), key=lambda size: size[0] * size[1])
    factor = -(-max(height, width) // LARGEST)
    return max(1, height // factor), max(1, width // factor)


def word_maps(
    attention: Mapping[str, U8],
    lanes: Sequence[int | None],
    words: Sequence[Word],
    size: tuple[int, int],
) -> F32:
    """Map of every word at every step, `[S, words, *size]`, by the formula of `Pack.word_map`.

    `attention` holds companded maps `[S, lanes, h, w]` by layer id.
    """
    layers = word_map_layers({id: (m.shape[2], m.shape[3]) for id, m in attention.items()})
    steps = next(iter(attention.values())).shape[0]
    total = np.zeros((steps, len(words), *size), np.float32)
    for id in layers:
        for w, word in enumerate(words):
            own = [lanes.index(token) for token in word.tokens]
            mean = expand(attention[id][:, own]).mean(axis=1)
            total[:, w] += np.stack([resize(plane, *size) for plane in mean])
    return np.asarray(total / np.float32(len(layers)))


def places(maps: F32) -> NDArray[np.bool_]:
    """Where each map `[…, h, w]` exceeds `CUT` of its own maximum."""
    found: NDArray[Any] = maps > CUT * maps.max(axis=(-2, -1), keepdims=True)
    return found


def cell_of(u: float, v: float, height: int, width: int) -> tuple[int, int]:
    """Row and column of the cell of a map that holds a place of the picture (0..1 from left and top)."""
    return min(max(int(v * height), 0), height - 1), min(max(int(u * width), 0), width - 1)


def cell_readings(atlas: U8, rects: Sequence[AttentionRect], lanes: int, u: float, v: float) -> F32:
    """Probability `[S, lanes]` with which one place reads each lane, from attention atlases `[S, H, W]`.

    Per map the cell that holds the place, then the mean over `rects`; over the lanes it sums to 1.
    """
    total = np.zeros((len(atlas), lanes), np.float32)
    for rect in rects:
        row, column = cell_of(u, v, rect.height, rect.width)
        index = np.arange(lanes)
        x = rect.x + index % rect.columns * rect.width + column
        y = rect.y + index // rect.columns * rect.height + row
        total += expand(atlas[:, y, x])
    return np.asarray(total / np.float32(max(len(rects), 1)))
