"""Which places can be walked to: a flood fill over what a body on foot may do."""

from __future__ import annotations

from collections import deque
from math import floor, hypot

from explorer.world.solids import HEIGHT, RADIUS, STEP, Solids
from explorer.world.valley import Vec3
from explorer.world.walk import LEDGE

GRID = 1.5
"""Distance of two cells, metres."""
SAMPLES = 4
"""Steps in which a move between two cells is tried."""
Cell = tuple[int, int, int]
"""Column and row, and height in half metres: cells may lie above one another."""


class Reach:
    """Everything that can be walked to from a start."""

    def __init__(self, solids: Solids, start: Vec3) -> None:
        self.solids = solids
        i, j, z = round(start[0] / GRID), round(start[1] / GRID), solids.floor(*start)
        first = (i, j, floor(z * 2))
        self.heights = {first: z}
        self.came_from = {first: first}
        queue = deque([first])
        while queue:
            cell = queue.popleft()
            for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                i, j = cell[0] + di, cell[1] + dj
                there = self._walk(cell, di, dj)
                if there is not None and (key := (i, j, floor(there * 2))) not in self.heights:
                    self.heights[key], self.came_from[key] = there, cell
                    queue.append(key)

    def _walk(self, cell: Cell, di: int, dj: int) -> float | None:
        """Height of the feet after walking from a cell to the next one, or None."""
        z = self.heights[cell]
        for k in range(1, SAMPLES + 1):
            x, y = (cell[0] + di * k / SAMPLES) * GRID, (cell[1] + dj * k / SAMPLES) * GRID
            below = self.solids.floor(x, y, z, exact=False)
            if abs(below - z) > STEP or not self.solids.is_land(x, y, below):
                return None
            z = below
            free = self.solids.is_free(x, y, z) and self.solids.ceiling(x, y, z) - z >= HEIGHT
            if not free or not self._level(x, y, z):
                return None
        return z

    def _level(self, x: float, y: float, z: float) -> bool:
        """Whether no ledge or steep slope lies under the body."""
        return all(
            abs(self.solids.floor(x + dx, y + dy, z, exact=False) - z) <= LEDGE
            for dx, dy in ((RADIUS, 0), (-RADIUS, 0), (0, RADIUS), (0, -RADIUS))
        )

    def reaches(self, place: Vec3, within: float = 2.0, height: float = 0.6) -> bool:
        """Whether some place near `place` can be walked to."""
        x, y, z = self.path(place)[-1]
        return hypot(x - place[0], y - place[1]) <= within and abs(z - place[2]) <= height

    def path(self, place: Vec3) -> list[Vec3]:
        """A shortest way along the grid from the start to the cell nearest to `place`."""

        def far(cell: Cell) -> float:
            dx, dy = cell[0] * GRID - place[0], cell[1] * GRID - place[1]
            return hypot(dx, dy, 3 * (self.heights[cell] - place[2]))

        way = [min(self.heights, key=far)]
        while self.came_from[way[-1]] != way[-1]:
            way.append(self.came_from[way[-1]])
        return [(c[0] * GRID, c[1] * GRID, self.heights[c]) for c in reversed(way)]
