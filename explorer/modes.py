"""What a guided tour and a kiosk show, as plain data in the store. The HUD draws it; nothing else reads it."""

from __future__ import annotations

from typing import Literal

import msgspec


class TourShown(msgspec.Struct, frozen=True):
    """A tour as its bar and its caption show it."""

    name: str
    title: str
    chapters: tuple[tuple[str, float], ...]
    """Title and start, seconds."""
    duration: float
    time: float = 0.0
    """Seconds, on quarters of a second so that the bar is not drawn again each frame."""
    status: str = "playing"
    """playing | paused | asking | replying | left | ended"""
    caption: str = ""
    question: str = ""
    answers: tuple[str, ...] = ()
    chosen: int | None = None
    right: int | None = None
    """Index of the right answer, known once one was chosen."""
    ring: tuple[float, float, float] | None = None
    """Middle and radius of what is told of, pixels; None while the camera moves."""


class KioskShown(msgspec.Struct, frozen=True):
    """A kiosk as its overlay shows it."""

    phase: Literal["attract", "active", "warning"] = "attract"
    seconds: int = 0
    """Until the reset, while warning."""
    finger: float = 60.0
    """Least side of a touch target, pixels."""
    pin: int | None = None
    """Digits typed, while the staff's pad is open."""
    pin_wait: int = 0
    """Seconds until the pad takes digits again."""
    welcome: bool = False
    """A visit has just begun: offer the tour."""
    zoom: float = 1.0
    """Factor on the whole interface, so that targets are as large as a finger."""
    dim: float = 0.0
    """How far the screen is dimmed, 0..1."""
    shift: tuple[int, int] = (0, 0)
    """Offset of the whole HUD against burn-in, pixels."""
    safe: bool = False
    """Started in the safe scene after repeated crashes."""
