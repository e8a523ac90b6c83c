"""Displays: a wall with pictures of the run side by side, under a narrow roof. Where everything on it hangs."""

from __future__ import annotations

import msgspec

from explorer.world import stations as kinds
from explorer.world.valley import Vec3

FLOOR = 0.22
"""Height of the step in front of the wall, metres."""
FOOT, HEAD = 1.45, 0.75
"""From the step to the lowest picture, which leaves room for its caption; from the highest to the roof."""
CAPTION = 1.34
"""Between two rows of pictures."""
PROMPTS = 0.7
PLATE = 0.2
"""Height of a plate with a number, of the side of the picture under it."""
MARGIN = 0.9
FACE, BACK, FRONT = 0.30, 0.85, -3.0
"""Local y of the wall's face and back, and of the step's front edge."""


class Hung(msgspec.Struct, frozen=True):
    """A picture on a display: what it shows, its centre (right, up) and side in the display's axes."""

    shows: str
    x: float
    z: float
    size: float


class Wall(msgspec.Struct, frozen=True):
    """A display laid out: pictures in reading order, the wall's half-width and its height."""

    pictures: tuple[Hung, ...]
    half: float
    height: float


def lay_display(station: kinds.Display) -> Wall:
    """Rows of equal pictures, centred."""
    k = station.scale
    size, gap = station.size * k, station.gap * k
    columns = -(-len(station.shows) // station.rows)
    pitch = size + gap
    pictures = []
    for i, shows in enumerate(station.shows):
        row, column = divmod(i, columns)
        x = (column - (columns - 1) / 2) * pitch + station.labels / 2
        z = (
            FLOOR
            + FOOT
            + station.under * k
            + size / 2
            + (station.rows - 1 - row) * (size + CAPTION)
        )
        pictures.append(Hung(shows, x, z, size))
    half = columns * pitch / 2 - gap / 2 + MARGIN + station.labels / 2
    height = max(p.z for p in pictures) + size / 2 + HEAD
    height += (
        PROMPTS if station.pair else PROMPTS / 2 if station.study or station.labels else 0.0
    ) + (size * PLATE + 0.3 if station.plates else 0.0)
    height += station.over * k
    return Wall(tuple(pictures), half, height)


def joints(station: kinds.Display, wall: Wall) -> list[list[Vec3]]:
    """Lines on the step from the foot of every picture of the lowest row to the last one's."""
    if not station.joins:
        return []
    lowest = [p for p in wall.pictures if p.z == min(q.z for q in wall.pictures)]
    *sources, target = lowest
    lines: list[list[Vec3]] = []
    for i, picture in enumerate(sources):
        away = -0.5 - 0.42 * (len(sources) - 1 - i)
        lines.append(
            [
                (picture.x, FACE, FLOOR),
                (picture.x, away, FLOOR),
                (target.x - 0.16 * (len(sources) - 1 - i), away, FLOOR),
                (target.x - 0.16 * (len(sources) - 1 - i), FACE, FLOOR),
            ]
        )
    return lines
