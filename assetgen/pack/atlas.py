"""Placing many small tiles of several sizes in one picture, the same way every time."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

import msgspec


class Block(msgspec.Struct, frozen=True):
    """`count` tiles of `height` × `width`, `columns` a row, from (`x`, `y`)."""

    height: int
    width: int
    count: int
    x: int
    y: int
    columns: int

    def tile(self, index: int) -> tuple[int, int]:
        """(x, y) of the tile `index`."""
        return (
            self.x + index % self.columns * self.width,
            self.y + index // self.columns * self.height,
        )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the whole block."""
        return ceil(self.count / self.columns) * self.height, self.columns * self.width


def arrange(groups: Sequence[tuple[int, int, int]]) -> tuple[list[Block], tuple[int, int]]:
    """Place groups of (height, width, count) on shelves; returns the blocks in order and (H, W).

    The picture is about square and its sides are multiples of four, so that a quarter-size page
    keeps the tiles apart.
    """
    if not groups:
        return [], (0, 0)
    area = sum(h * w * n for h, w, n in groups)
    limit = max(_up(int(sqrt(area))), *(_up(w) for _, w, _ in groups))
    blocks: list[Block | None] = [None] * len(groups)
    x = y = shelf = right = 0
    for i in sorted(range(len(groups)), key=lambda i: (-groups[i][0], i)):
        h, w, n = groups[i]
        rows = ceil(n / min(n, limit // w))
        block = Block(h, w, n, 0, 0, ceil(n / rows))
        height, width = block.size
        if x + width > limit:
            x, y, shelf = 0, y + shelf, 0
        blocks[i] = Block(h, w, n, x, y, block.columns)
        x = _up(x + width)
        right, shelf = max(right, x), max(shelf, _up(height))
    return [b for b in blocks if b], (y + shelf, right)


def _up(n: int) -> int:
    return -(-n // 4) * 4
