"""Rectangles in window pixels: origin top left, y down."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

Point = tuple[float, float]


class Rect(msgspec.Struct, frozen=True):
    """An axis-aligned rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def centre(self) -> Point:
        return (self.x + self.width / 2, self.y + self.height / 2)

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.right and self.y <= y < self.bottom

    def encloses(self, other: Rect, slack: float = 0.5) -> bool:
        return (
            other.x >= self.x - slack
            and other.y >= self.y - slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )

    def overlaps(self, other: Rect, slack: float = 0.5) -> bool:
        return (
            self.x < other.right - slack
            and other.x < self.right - slack
            and self.y < other.bottom - slack
            and other.y < self.bottom - slack
        )

    def inset(self, dx: float, dy: float | None = None) -> Rect:
        dy = dx if dy is None else dy
        return Rect(self.x + dx, self.y + dy, self.width - 2 * dx, self.height - 2 * dy)

    def moved(self, dx: float, dy: float) -> Rect:
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    @staticmethod
    def around(x: float, y: float, width: float, height: float | None = None) -> Rect:
        """The rectangle with its centre at (x, y)."""
        height = width if height is None else height
        return Rect(x - width / 2, y - height / 2, width, height)

    @staticmethod
    def union(rects: Iterable[Rect]) -> Rect:
        items = list(rects)
        x, y = min(r.x for r in items), min(r.y for r in items)
        return Rect(x, y, max(r.right for r in items) - x, max(r.bottom for r in items) - y)
