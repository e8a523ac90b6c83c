"""Which places can be walked to: a flood fill over everything a body on foot may do."""

from __future__ import annotations

from collections import deque
from math import floor, hypot

from explorer.world.solids import HEIGHT, STEP, Solids
from explorer.world.valley import Vec3

SAMPLES = (2, 4)
"""Steps in which a move between two cells is tried: few first, many where those were too long."""
Cell = tuple[int, int, int]


class Reach:
    """Cells (x, y in metres, z in half metres) that can be walked to from a start."""

    def __init__(self, solids: Solids, start: Vec3, limit: int = 400_000) -> None:
        self.solids = solids
        self.came_from: dict[Cell, Cell] = {}
        first = (round(start[0]), round(start[1]))
        z = solids.floor(*start)
        self.origin = (*first, floor(z * 2))
        heights = {self.origin: z}
        queue = deque([self.origin])
        self.came_from[self.origin] = self.origin
        while queue and len(heights) < limit:
            cell = queue.popleft()
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                x, y = cell[0], cell[1]
                z_there = self.step(x, y, heights[cell], x + dx, y + dy)
                if z_there is None:
                    continue
                there = (x + dx, y + dy, floor(z_there * 2))
                if there not in heights:
                    heights[there], self.came_from[there] = z_there, cell
                    queue.append(there)
        self.heights = heights

    def step(self, x: float, y: float, z: float, to_x: float, to_y: float) -> float | None:
        """Height of the feet after walking straight to `(to_x, to_y)`, or None."""
        for count in SAMPLES:
            if (there := self._walk(x, y, z, to_x - x, to_y - y, count)) is not None:
                return there
        return None

    def _walk(self, x: float, y: float, z: float, dx: float, dy: float, count: int) -> float | None:
        for i in range(1, count + 1):
            px, py = x + dx * i / count, y + dy * i / count
            below = self.solids.floor(px, py, z, exact=False)
            if abs(below - z) > STEP or not self.solids.is_land(px, py, below):
                return None
            z = below
            if not self.solids.is_free(px, py, z) or self.solids.ceiling(px, py, z) - z < HEIGHT:
                return None
        return z

    def reaches(self, place: Vec3, within: float = 1.5, height: float = 0.6) -> bool:
        """Whether some cell near `place` can be walked to."""
        x, y, z = place
        n = int(within) + 1
        return any(
            abs(self.heights[cell] - z) <= height
            for i in range(-n, n + 1)
            for j in range(-n, n + 1)
            for k in range(-2, 3)
            if (cell := (round(x) + i, round(y) + j, floor(z * 2) + k)) in self.heights
        )

    def path(self, place: Vec3) -> list[Vec3]:
        """A shortest way along the grid from the start to the cell nearest to `place`."""
        cell = min(
            self.heights,
            key=lambda c: hypot(c[0] - place[0], c[1] - place[1], self.heights[c] - place[2]),
        )
        way = [cell]
        while self.came_from[way[-1]] != way[-1]:
            way.append(self.came_from[way[-1]])
        return [(float(x), float(y), self.heights[x, y, z]) for x, y, z in reversed(way)]
