"""What a body can stand on and bump into: ground, decks, roofs and walls, in a spatial hash."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from math import dist, floor, hypot, inf
from typing import NamedTuple

from explorer.world.valley import Deck, Room, Valley, Vec3, Wall

RADIUS = 0.35
HEIGHT = 1.8
STEP = 0.55
"""Highest step a body takes in its stride, metres."""
CELL = 4.0
"""Side of a hash cell, metres."""
OUTSIDE = 40.0
"""How far one can fly beyond the walkable world, metres."""
SLAB = 0.55
"""Thickness of a roof, metres."""
_HAIR = 1e-3

Key = tuple[int, int]


class Facet(NamedTuple):
    """A triangle of a deck: z = a·x + b·y + c inside three half-planes n·p >= d."""

    a: float
    b: float
    c: float
    sides: tuple[tuple[float, float, float], ...]

    def height(self, x: float, y: float) -> float | None:
        """Height above `(x, y)`, or None beside it."""
        for nx, ny, d in self.sides:
            if nx * x + ny * y < d:
                return None
        return self.a * x + self.b * y + self.c


class Solids:
    """Floors, ceilings and walls of a valley. All queries cost one cell of the hash."""

    def __init__(self, valley: Valley) -> None:
        self.terrain, self.ground = valley.terrain, valley.ground
        self.walkable = x0, y0, x1, y1 = valley.bounds
        self.bounds = (x0 - OUTSIDE, y0 - OUTSIDE, x1 + OUTSIDE, y1 + OUTSIDE)
        self._facets: dict[Key, list[Facet]] = defaultdict(list)
        self._walls: dict[Key, list[Wall]] = defaultdict(list)
        for deck in valley.decks:
            self._add_deck(deck)
        for room in valley.rooms:
            self._add_deck(roof(room))
        for wall in valley.walls:
            reach = RADIUS + wall.thickness / 2
            for key in _cells([wall.a, wall.b], reach):
                self._walls[key].append(wall)
        self._coarse = lru_cache(maxsize=1 << 13)(lambda i, j: valley.ground(i / 10, j / 10))

    def _add_deck(self, deck: Deck) -> None:
        a, b, c, d = deck.corners
        for triangle in ((a, b, c), (a, c, d)):
            if facet := facet_of(*triangle):
                for key in _cells([p[:2] for p in triangle], _HAIR):
                    self._facets[key].append(facet)

    def near_ground(self, x: float, y: float) -> float:
        """Ground height to the nearest 10 cm of `(x, y)`: remembered, for feeling ahead."""
        return self._coarse(round(x * 10), round(y * 10))

    def floor(self, x: float, y: float, z: float, *, exact: bool = True) -> float:
        """Highest surface at `(x, y)` that feet at `z` can be on: the ground, or a deck in step."""
        top = self.ground(x, y) if exact else self.near_ground(x, y)
        reach = z + STEP
        for facet in self._facets.get(_key(x, y), ()):
            height = facet.height(x, y)
            if height is not None and top < height <= reach:
                top = height
        return top

    def ceiling(self, x: float, y: float, z: float) -> float:
        """Underside of the lowest deck above feet at `z`, or infinity."""
        lowest = inf
        for facet in self._facets.get(_key(x, y), ()):
            height = facet.height(x, y)
            if height is not None and z + STEP < height < lowest:
                lowest = height
        return lowest

    def is_wet(self, x: float, y: float, floor: float) -> bool:
        """Whether a floor at `(x, y)` is the bed of the sea or the lake."""
        low = y < self.terrain.shore_y or floor < self.terrain.water
        return low and floor <= self.ground(x, y) + _HAIR

    def is_land(self, x: float, y: float, floor: float) -> bool:
        """Whether feet may stand on a floor at `(x, y)`: dry, and in the walkable world."""
        x0, y0, x1, y1 = self.walkable
        return x0 <= x <= x1 and y0 <= y <= y1 and not self.is_wet(x, y, floor)

    def push_out(self, x: float, y: float, z: float) -> tuple[float, float] | None:
        """`(x, y)` moved out of the walls and into the world; None when wedged between walls."""
        x0, y0, x1, y1 = self.bounds
        for _ in range(4):
            x = min(max(x, x0 + RADIUS), x1 - RADIUS)
            y = min(max(y, y0 + RADIUS), y1 - RADIUS)
            moved = False
            for wall in self._walls.get(_key(x, y), ()):
                if wall.low >= z + HEIGHT or wall.high <= z + 0.05:
                    continue
                dx, dy, distance = _from_segment(wall, x, y)
                gap = RADIUS + wall.thickness / 2 - distance
                if gap > 1e-6:
                    if distance < 1e-9:
                        return None
                    x += dx / distance * (gap + 1e-5)
                    y += dy / distance * (gap + 1e-5)
                    moved = True
            if not moved:
                return x, y
        return (x, y) if self.is_free(x, y, z) else None

    def is_free(self, x: float, y: float, z: float) -> bool:
        """Whether a body with feet at `z` touches no wall (to 1 mm) and is inside the world."""
        x0, y0, x1, y1 = self.bounds
        if not (x0 <= x <= x1 and y0 <= y <= y1):
            return False
        return all(
            _from_segment(wall, x, y)[2] >= RADIUS + wall.thickness / 2 - _HAIR
            for wall in self._walls.get(_key(x, y), ())
            if wall.low < z + HEIGHT and wall.high > z + 0.05
        )

    def is_open(self, a: Vec3, b: Vec3) -> bool:
        """Whether an eye can glide straight from `a` to `b`."""
        count = max(int(dist(a, b) * 2), 1)
        for i in range(count + 1):
            x, y, z = (p + (q - p) * i / count for p, q in zip(a, b, strict=True))
            if not self.is_free(x, y, z - 1.0) or self.floor(x, y, z - STEP) > z - 0.4:
                return False
        return True


def roof(room: Room) -> Deck:
    """Top of a room, as a surface to stand on and a ceiling to bump into."""
    w, d, h = room.width / 2, room.depth, room.height
    a, b, c, e = (room.frame.to_world(p) for p in ((-w, 0, h), (w, 0, h), (w, d, h), (-w, d, h)))
    return Deck((a, b, c, e))


def facet_of(a: Vec3, b: Vec3, c: Vec3) -> Facet | None:
    """The triangle as a facet, either way round; None when it has no area seen from above."""
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if abs(area) < 1e-9:
        return None
    if area < 0:
        b, c, area = c, b, -area
    sides = []
    for p, q in ((a, b), (b, c), (c, a)):
        nx, ny = p[1] - q[1], q[0] - p[0]
        size = hypot(nx, ny)
        sides.append((nx / size, ny / size, (nx * p[0] + ny * p[1]) / size - _HAIR))
    u = ((b[2] - a[2]) * (c[1] - a[1]) - (c[2] - a[2]) * (b[1] - a[1])) / area
    v = ((c[2] - a[2]) * (b[0] - a[0]) - (b[2] - a[2]) * (c[0] - a[0])) / area
    return Facet(u, v, a[2] - u * a[0] - v * a[1], tuple(sides))


def _from_segment(wall: Wall, x: float, y: float) -> tuple[float, float, float]:
    """Vector from the wall's nearest point to `(x, y)`, and its length."""
    ax, ay = wall.a
    bx, by = wall.b[0] - ax, wall.b[1] - ay
    square = bx * bx + by * by
    t = 0.0 if square < 1e-12 else min(max(((x - ax) * bx + (y - ay) * by) / square, 0.0), 1.0)
    dx, dy = x - ax - t * bx, y - ay - t * by
    return dx, dy, hypot(dx, dy)


def _key(x: float, y: float) -> Key:
    return floor(x / CELL), floor(y / CELL)


def _cells(points: list[tuple[float, ...]] | list[tuple[float, float]], margin: float) -> list[Key]:
    """Cells of the points' bounding box, grown by `margin`."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    i0, j0 = _key(min(xs) - margin, min(ys) - margin)
    i1, j1 = _key(max(xs) + margin, max(ys) + margin)
    return [(i, j) for i in range(i0, i1 + 1) for j in range(j0, j1 + 1)]
