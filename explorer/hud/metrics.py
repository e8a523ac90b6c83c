"""From the 1920 × 1080 reference to the window at hand: one scale, and one more for text."""

from __future__ import annotations

from functools import cached_property

import msgspec

from explorer.hud.geometry import Rect

REFERENCE = (1920, 1080)
GROWTH = 18
"""Reference pixels that a font grows by when the text size goes from 100 % to 200 %."""
NARROWEST = 1440
"""Reference pixels of width that a layout needs; narrower windows scale by width instead of height."""


class Style(msgspec.Struct, frozen=True):
    """A way to set type: font file, size and line height in reference pixels."""

    face: str
    size: float
    leading: float = 0.0


TITLE = Style("InterDisplay-SemiBold", 38, 46)
HEADING = Style("InterDisplay-SemiBold", 34, 42)
WORD = Style("Inter-Medium", 28, 44)
LABEL = Style("Inter-Medium", 20, 28)
LINK = Style("Inter-Medium", 22, 30)
BODY = Style("Inter-Regular", 22, 33)
SMALL = Style("Inter-Regular", 18, 26)
BADGE = Style("Inter-SemiBold", 18, 24)
NUMBER = Style("JetBrainsMono-Regular", 20, 30)
FACT = Style("JetBrainsMono-Regular", 18, 30)
TICK = Style("JetBrainsMono-Regular", 16, 20)
CODE = Style("JetBrainsMono-Regular", 17, 26)


class Metrics(msgspec.Struct, frozen=True, dict=True):
    """Turns reference pixels into window pixels."""

    width: int
    height: int
    text_scale: float = 1.0
    zoom: float = 1.0
    """Of the whole interface; a kiosk with a small, fine screen needs more than 1."""
    pad: float = 0.0
    """Side of a button of a kiosk's pad, pixels; 0 without one."""

    @cached_property
    def scale(self) -> float:
        return max(min(self.height / REFERENCE[1], self.width / NARROWEST), 0.2) * self.zoom

    def px(self, value: float) -> float:
        """A distance, on whole pixels so that edges stay crisp."""
        return float(round(value * self.scale))

    def tx(self, value: float) -> float:
        """A distance that grows as small text does."""
        return float(round(value * self.scale * (1 + (self.text_scale - 1) * GROWTH / LABEL.size)))

    def size(self, style: Style) -> int:
        """Font size in pixels. Small type doubles at 200 %; large type grows by as many pixels."""
        grown = style.size + GROWTH * (self.text_scale - 1)
        return max(round(grown * self.scale), 6)

    def leading(self, style: Style) -> float:
        """From one baseline to the next."""
        return float(round((style.leading or style.size * 1.4) * self.size(style) / style.size))

    @property
    def safe(self) -> Rect:
        """The window inside its margins."""
        return Rect(0, 0, self.width, self.height).inset(self.px(64), self.px(48))
