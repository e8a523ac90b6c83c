"""The Orchestra's seats: every unit of the network in a half circle around the conductor, deeper ones further back.

Left of the conductor sits the way down, right of them the way up, so that data pass from the front left over the back
to the front right, as in the valley. The exhibit's own axes, metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin

import msgspec

from explorer.world.valley import Room, Vec3

CONDUCTOR: Vec3 = (0.0, -4.3, 0.0)
INNER = 3.5
"""Radius of the first tier's inner edge."""
TIERS, DEEP, RISE, FOOT = 6, 1.1, 0.3, 0.18
"""Number of tiers, depth of one, step between two, height of the first."""
CROWDED, STAGGER = 0.85, 0.3
"""Closer than this, neighbours sit one behind the other, metres."""
SPREAD = 78.0
"""The tiers reach this far to either side of straight ahead, degrees."""
OUTER = INNER + TIERS * DEEP


class Seat(msgspec.Struct, frozen=True):
    """Where a unit plays."""

    unit: str
    kind: str
    place: Vec3
    angle: float
    """From straight ahead to the right, degrees: the seat looks back at the conductor."""
    row: int


def polar(radius: float, angle: float, z: float = 0.0) -> Vec3:
    """A place at `radius` from the conductor, `angle` degrees to the right of straight ahead."""
    a = radians(angle)
    return (CONDUCTOR[0] + radius * sin(a), CONDUCTOR[1] + radius * cos(a), z)


def height(tier: int) -> float:
    return FOOT + RISE * tier


def tier_of(row: int, rows: int) -> int:
    """The tier of a row: the first row in front, the last at the back."""
    return round(row * (TIERS - 1) / max(rows - 1, 1))


def seats(rooms: Sequence[Room]) -> tuple[Seat, ...]:
    """A seat for every room of the valley, in the rooms' order on each bank."""
    deepest = max((r.level for r in rooms if r.side), default=0)
    rows = deepest + 2
    found = []
    for row in range(rows):
        middle = [r for r in rooms if r.side == 0 and row == rows - 1]
        banks = [[r for r in rooms if r.side == side and r.level == row] for side in (-1, 1)]
        banks[
            1
        ].reverse()  # rooms of the right bank are listed from the mouth on; data come the other way
        tier = tier_of(row, rows)
        for here, first, last in (
            (middle, -34.0, 34.0),
            (banks[0], -SPREAD, -8.0),
            (banks[1], 8.0, SPREAD),
        ):
            for i, room in enumerate(here):
                angle = first + (last - first) * (i + 0.5) / len(here)
                radius = INNER + DEEP * (tier + 0.52)
                if radians(last - first) * radius / len(here) < CROWDED:
                    radius += STAGGER * (1 if i % 2 else -1)
                place = polar(radius, angle, height(tier))
                found.append(Seat(room.unit, room.kind, place, angle, row))
    return tuple(found)
