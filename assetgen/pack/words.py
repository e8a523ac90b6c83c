"""Where a word is read: its map from the recorded layers, and the places it takes. One choice for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assetgen.pack.images import F32, U8, expand, resize
from assetgen.pack.schema import Word

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
