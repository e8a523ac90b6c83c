"""Setting things below one another: what a reading panel is made with."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.shapes import Line, Shape
from explorer.hud.view import View
from explorer.hud.widget import Widget


class Flow:
    """Puts things below one another and remembers how far it got."""

    def __init__(
        self, view: View, x: float, y: float, width: float, *, measuring: bool = False
    ) -> None:
        self.view, self.x, self.y, self.width = view, x, y, width
        self.measuring = measuring
        """Only the height is wanted."""
        self.shapes: list[Shape] = []
        self.widgets: list[Widget] = []
        """What of it can be pressed."""

    @property
    def right(self) -> float:
        return self.x + self.width

    def space(self, reference: float) -> None:
        self.y += self.view.metrics.px(reference)

    def rule(self) -> None:
        y = round(self.y) + 0.5
        hair = max(self.view.metrics.px(1), 1.0)
        self.shapes.append(Line(((self.x, y), (self.right, y)), hair, palette.RULE))
