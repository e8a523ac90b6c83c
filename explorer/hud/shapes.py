"""What can be drawn, as plain data: a section of the HUD is a list of these, and nothing else reaches the painter."""

from __future__ import annotations

from typing import Literal

import msgspec

from explorer.hud.geometry import Point, Rect
from explorer.hud.palette import CLEAR, Color

Align = Literal["left", "centre", "right"]
Corner = tuple[float, float, float, float]


class Box(msgspec.Struct, frozen=True):
    """A rounded rectangle; a pill or a disc when the radius is half its height."""

    rect: Rect
    radius: float
    fill: Color = CLEAR
    edge: Color = CLEAR
    edge_width: float = 1.0


class Label(msgspec.Struct, frozen=True):
    """One line of text; (x, y) is on its baseline."""

    x: float
    y: float
    text: str
    face: str
    size: int
    color: Color
    align: Align = "left"


class Picture(msgspec.Struct, frozen=True):
    """A part of a picture sheet. `sheet` names a texture, `part` is its (left, top, right, bottom) in 0..1."""

    rect: Rect
    sheet: str
    part: Corner = (0.0, 0.0, 1.0, 1.0)
    tint: Color = (1.0, 1.0, 1.0, 1.0)


class Line(msgspec.Struct, frozen=True):
    """A smooth open or closed curve of constant width."""

    points: tuple[Point, ...]
    width: float
    color: Color
    closed: bool = False


class Polygon(msgspec.Struct, frozen=True):
    """A small convex area."""

    points: tuple[Point, ...]
    fill: Color


class Icon(msgspec.Struct, frozen=True):
    """One of the pictograms of `explorer.hud.skins`."""

    rect: Rect
    name: str
    color: Color
    turn: float = 0.0
    """Degrees, clockwise."""


class RampBar(msgspec.Struct, frozen=True):
    """A colour ramp from left to right."""

    rect: Rect
    ramp: str


Shape = Box | Label | Picture | Line | Polygon | Icon | RampBar


def disc(x: float, y: float, radius: float, fill: Color) -> Box:
    return Box(Rect.around(x, y, 2 * radius), radius, fill)
