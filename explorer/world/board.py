"""The board of levers under the pictures of `Cut a bridge`: a slot for every part, kinds apart; no panda3d."""

from __future__ import annotations

from collections.abc import Sequence

APART = 1.6
"""Between two kinds, in slots."""


def slots(kinds: Sequence[int]) -> list[tuple[float, float]]:
    """Left and right edge, 0..1, of every slot of groups of `kinds` slots each."""
    groups = [count for count in kinds if count]
    whole = sum(groups) + APART * max(len(groups) - 1, 0)
    found: list[tuple[float, float]] = []
    left = 0.0
    for count in groups:
        found += [((left + i) / whole, (left + i + 1) / whole) for i in range(count)]
        left += count + APART
    return found


def slot_at(share: float, kinds: Sequence[int]) -> int | None:
    """The slot at a share 0..1 of the board; None between two kinds."""
    return next((i for i, (low, high) in enumerate(slots(kinds)) if low <= share <= high), None)
