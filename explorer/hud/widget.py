"""Widgets as plain data: what can be focused, pressed, dragged or read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from explorer.hud.geometry import Rect

Kind = Literal["group", "text", "button", "toggle", "link", "word", "option", "picture", "slider"]


class Change(msgspec.Struct, frozen=True):
    """Fields of the store to set."""

    fields: tuple[tuple[str, Any], ...]


class Command(msgspec.Struct, frozen=True):
    """Something the application does (open a run, teleport, quit)."""

    name: str
    value: Any = None


Action = Change | Command


def change(**fields: Any) -> Change:
    return Change(tuple(fields.items()))


class Slide(msgspec.Struct, frozen=True):
    """A value that follows the pointer along a widget's track."""

    fields: tuple[str, ...]
    """Fields of the store that take the value while it is dragged."""
    low: float
    high: float
    left: float
    right: float
    """Window x of `low` and of `high`."""
    value: float
    step: float
    """What one arrow key changes."""
    settle: str | None = None
    """Field that takes the nearest whole number on release."""
    pause: bool = False
    """Dragging stops playback."""
    command: str | None = None
    """Told `("seek", value)` instead of changing fields."""

    def at(self, x: float) -> float:
        """The value under a pointer at window x."""
        share = (x - self.left) / max(self.right - self.left, 1e-6)
        return self.low + min(max(share, 0.0), 1.0) * (self.high - self.low)


class Widget(msgspec.Struct, frozen=True):
    """One thing on screen; `label` is its name, `description` what a reader without sight needs to know."""

    id: str
    kind: Kind
    rect: Rect
    label: str
    description: str = ""
    action: Action | None = None
    enabled: bool = True
    checked: bool | None = None
    slide: Slide | None = None
    hold: str | None = None
    """Action of the controls that lasts as long as this is pressed."""
    children: tuple[Widget, ...] = ()

    @property
    def focusable(self) -> bool:
        return self.enabled and any(x is not None for x in (self.action, self.slide, self.hold))

    def walk(self) -> Iterator[Widget]:
        """This widget and everything in it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, widget_id: str) -> Widget | None:
        return next((w for w in self.walk() if w.id == widget_id), None)

    def hit(self, x: float, y: float) -> Widget | None:
        """The uppermost widget under (x, y) that reacts."""
        found = None
        for widget in self.walk():
            if widget.focusable and widget.rect.contains(x, y):
                found = widget
        return found
