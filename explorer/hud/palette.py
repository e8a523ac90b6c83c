"""The colours of the HUD (sRGB). Cool is the machine, warm is the meaning; there is no third accent."""

from __future__ import annotations

Color = tuple[float, float, float, float]
"""Red, green, blue, alpha in 0..1, straight alpha, as displayed."""


def rgb(value: str, alpha: float = 1.0) -> Color:
    """`#RRGGBB` to a colour."""
    r, g, b = (int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return (r, g, b, alpha)


def mix(a: Color, b: Color, share: float) -> Color:
    """`a` at share 0, `b` at share 1."""
    s = min(max(share, 0.0), 1.0)
    r, g, bl, al = (x + (y - x) * s for x, y in zip(a, b, strict=True))
    return (r, g, bl, al)


def fade(color: Color, alpha: float) -> Color:
    """The colour with its alpha multiplied."""
    return (*color[:3], color[3] * alpha)


def luminance(color: Color) -> float:
    """Relative luminance (WCAG)."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3])
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: Color, b: Color) -> float:
    """Contrast ratio of two opaque colours (WCAG), 1..21."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


INK = rgb("#E9F0FC")
MUTED = rgb("#A6BAD4")
DIM = rgb("#8598B6")
"""A touch lighter than ART says: on a panel over the dawn sky #788CAA falls below 4.5 : 1."""
MACHINE = rgb("#6CC4FF")
MEANING = rgb("#FFB45C")
PANEL = rgb("#080D1A", 0.80)
SOLID = rgb("#080D1A")
EDGE = rgb("#96BEEB", 0.22)
RULE = rgb("#96BEEB", 0.20)
TRACK = rgb("#7A9CCF", 0.40)
RAISED = rgb("#96BEEB", 0.10)
"""A quiet fill that lifts a control from its panel."""
HOVER = rgb("#96BEEB", 0.20)
PARTICLE, SPARK = rgb("#95DDFF"), rgb("#CEF8FF")
LINE, PLACE = rgb("#AADFFF"), rgb("#FFCB8B")
"""Light of the machine and of meaning as the scene itself shows it."""
CLEAR = rgb("#000000", 0.0)

BADGES = {
    "RECORDED": rgb("#7EE0BE"),
    "DERIVED": rgb("#96B4FF"),
    "ILLUSTRATION": rgb("#C9B8FF"),
}
