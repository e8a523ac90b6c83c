"""The Training Hall laid out: scenes over pictures over maps over a curve, column by column on one axis of samples."""

from __future__ import annotations

import msgspec

from explorer.world import stations as kinds
from explorer.world.displays import FACE, FLOOR
from explorer.world.valley import Vec3

FRONT = -3.4
"""Local y of the step's front edge; the wings end half a metre behind it."""
WING = 0.42
"""Thickness of the walls at its sides, metres."""
MARGIN = 0.7
OUT = 0.09
"""How far the curve stands before the wall's face."""


class Area(msgspec.Struct, frozen=True):
    """A rectangle on the wall's face: centre (right, up) and size, in the hall's axes."""

    x: float
    z: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def low(self) -> float:
        return self.z - self.height / 2

    @property
    def top(self) -> float:
        return self.z + self.height / 2


class Hall(msgspec.Struct, frozen=True):
    """Where everything hangs; the upper and lower picture of a column stand over its mark on the curve."""

    scenes: Area
    large: Area
    upper: tuple[Area, ...]
    lower: tuple[Area, ...]
    curve: Area
    half: float
    """Half the width of the wall between the wings."""
    height: float


def lay_hall(station: kinds.Training) -> Hall:
    """Left the chosen checkpoint, as high as curve and columns; right these; over all of it the scenes."""
    k, count, side = station.scale, station.columns, station.side * station.scale
    gap, between, caption = 0.12 * k, 0.5 * k, 0.36 * k
    foot, high = FLOOR + 0.3 * k, 1.2 * k
    low = foot + high + 0.38 * k
    top = low + 2 * side + gap
    big = top - foot - caption
    strip = count * side + (count - 1) * gap
    wide = big + between + strip
    left = -wide / 2 + big + between
    xs = [left + side / 2 + i * (side + gap) for i in range(count)]
    tile = min(wide / station.scenes - gap, 0.94 * k)
    over = top + 1.06 * k
    return Hall(
        scenes=Area(0.0, over + tile / 2, wide, tile),
        large=Area(-wide / 2 + big / 2, top - big / 2, big, big),
        upper=tuple(Area(x, top - side / 2, side, side) for x in xs),
        lower=tuple(Area(x, low + side / 2, side, side) for x in xs),
        curve=Area(left + strip / 2, foot + high / 2, strip, high),
        half=wide / 2 + MARGIN * k,
        height=over + tile + 0.95 * k,
    )


def share_at(station: kinds.Training, eye: Vec3, ray: Vec3) -> float | None:
    """How far along the columns (0 left … 1 right) a look at curve or columns falls; in the hall's axes."""
    hall = lay_hall(station)
    if ray[1] < 1e-9:  # from behind, or along the wall
        return None
    t = (FACE - OUT - eye[1]) / ray[1]
    x, z = eye[0] + ray[0] * t, eye[2] + ray[2] * t
    curve = hall.curve
    if t <= 0 or not (0 <= x - curve.left <= curve.width and curve.low <= z <= hall.upper[0].top):
        return None
    return (x - curve.left) / curve.width
