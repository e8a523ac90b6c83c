"""Which cross-attention layers enter a word's map: a documented choice, the same for reading and baking."""

from __future__ import annotations

from collections.abc import Mapping

RESOLUTIONS = 3
"""How many of the largest map sizes are averaged …"""
SMALLEST = 8
"""… unless they are smaller than this on a side: such maps place nothing."""


def word_map_layers(sizes: Mapping[str, tuple[int, int]]) -> list[str]:
    """Ids of the layers to average, `sizes` giving each layer's (height, width)."""
    ordered = sorted(set(sizes.values()), key=lambda size: (-size[0] * size[1], size))
    kept = [size for size in ordered if min(size) >= SMALLEST][:RESOLUTIONS] or ordered[:1]
    return [id for id, size in sizes.items() if size in kept]
