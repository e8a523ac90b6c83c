"""Which places can be walked to: a flood fill over everything a body on foot may do."""

from __future__ import annotations

from collections import deque
from math import floor

from explorer.world.solids import HEIGHT, STEP, Solids
from explorer.world.valley import Vec3
from explorer.world.walk import DROP

GRID = 1.0
"""Distance of two cells, metres."""
SAMPLES = 2
"""Steps in which a move between two cells is tried."""
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
        for i in range(1, SAMPLES + 1):
            px, py = x + (to_x - x) * i / SAMPLES, y + (to_y - y) * i / SAMPLES
            below = self.solids.floor(px, py, z, exact=False)
            if not -DROP <= below - z <= STEP or self.solids.is_wet(px, py, below):
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

    def traps(self) -> set[Cell]:
        """Cells from which the start cannot be walked back to."""
        back: dict[Cell, list[Cell]] = {cell: [] for cell in self.heights}
        for cell, z in self.heights.items():
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                x, y = cell[0], cell[1]
                z_there = self.step(x, y, z, x + dx, y + dy)
                if z_there is not None:
                    there = (x + dx, y + dy, floor(z_there * 2))
                    if there in back:
                        back[there].append(cell)
        seen, queue = {self.origin}, deque([self.origin])
        while queue:
            for cell in back[queue.popleft()]:
                if cell not in seen:
                    seen.add(cell)
                    queue.append(cell)
        return set(self.heights) - seen

    def distance(self, place: Vec3) -> float | None:
        """Length of a shortest way along the grid to the cell nearest to `place`, metres."""
        near = min(
            self.heights,
            key=lambda c: (
                (c[0] - place[0]) ** 2 + (c[1] - place[1]) ** 2 + (c[2] / 2 - place[2]) ** 2
            ),
        )
        length = 0.0
        while self.came_from[near] != near:
            near = self.came_from[near]
            length += GRID
        return length if self.reaches(place) else None
