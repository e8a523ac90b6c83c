"""The interface in high contrast: black ground, white type, edges that can be seen; one colour stays for what is on."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from explorer.hud import palette
from explorer.hud.palette import Color
from explorer.hud.shapes import Box, Icon, Label, Line, Polygon, Shape

BLACK, WHITE = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)
LIT: Color = (1.0, 0.82, 0.2, 1.0)
GREY = (0.2, 0.2, 0.2, 1.0)
GROUNDS = {
    palette.PANEL: BLACK,
    palette.SOLID: BLACK,
    palette.RAISED: GREY,
    palette.HOVER: (0.34, 0.34, 0.34, 1.0),
}
LINES = {palette.EDGE: WHITE, palette.RULE: WHITE, palette.TRACK: (0.62, 0.62, 0.62, 1.0)}


@lru_cache(maxsize=512)
def ink(color: Color) -> Color:
    """Type, icons and lines: white, unless they are lit or drawn on a light button."""
    if color in LINES:
        return LINES[color]
    if color == palette.SOLID:
        return BLACK
    r, _, b, alpha = color
    if alpha == 0:
        return color
    return LIT if r > 0.9 and b < 0.6 else WHITE


@lru_cache(maxsize=512)
def ground(color: Color) -> Color:
    """Areas: black or grey, unless they are lit."""
    if color in GROUNDS:
        return GROUNDS[color]
    r, g, b, alpha = color
    if (r, g, b) == palette.SOLID[:3]:
        return (0.0, 0.0, 0.0, 1.0 if alpha > 0.8 else alpha)
    if r > 0.9 and b < 0.6:
        return LIT if alpha > 0.9 else GREY
    return color


def strengthen(shape: Shape) -> Shape:
    """The same shape in high contrast; pictures and colour ramps are data and stay as they are."""
    match shape:
        case Label() | Icon() | Line():
            return msgspec.structs.replace(shape, color=ink(shape.color))
        case Box():
            return msgspec.structs.replace(shape, fill=ground(shape.fill), edge=ink(shape.edge))
        case Polygon():
            return msgspec.structs.replace(shape, fill=ground(shape.fill))
    return shape
