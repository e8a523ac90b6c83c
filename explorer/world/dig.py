"""The Dig's measures: where a pixel, a step and a look at the ground meet. The exhibit's own axes, metres."""

from __future__ import annotations

import msgspec

from explorer.world import stations as kinds
from explorer.world.valley import Vec3

WALK = 1.6
"""Width of the ramp and of the walk behind, metres."""
CURB = 0.4
MARGIN = 0.7


class DigPlan(msgspec.Struct, frozen=True):
    """A square field of ground: x_T on top, one layer a step, the picture at the bottom.

    The top of the picture lies at the back, so that it is the right way up for somebody in front.
    """

    size: float
    height: float
    middle: float
    """y of the field's middle."""

    @classmethod
    def of(cls, station: kinds.Dig) -> DigPlan:
        size = station.size * station.scale
        return cls(size, station.height * station.scale, (MARGIN - CURB - WALK) / 2)

    @property
    def front(self) -> float:
        return self.middle - self.size / 2

    @property
    def back(self) -> float:
        return self.middle + self.size / 2

    def level(self, step: float, steps: int) -> float:
        """Height of the surface at a step: `steps` layers lie over the picture before the first is dug away."""
        return self.height * (1 - step / (steps + 1))

    def section(self, down: float) -> float:
        """y of the section through the picture's row at `down` (0 top … 1 bottom)."""
        return self.back - down * self.size

    def meets(
        self, eye: Vec3, ray: Vec3, probe: tuple[float, float], level: float
    ) -> tuple[float, float] | None:
        """The place in the picture (right, down; 0..1) that a look at the dig falls on, or None.

        On the section the row stays; on the surface and on the floor in front both change.
        """
        cut = self.section(probe[1])
        hits: list[tuple[float, tuple[float, float]]] = []
        if abs(ray[1]) > 1e-9:
            t = (cut - eye[1]) / ray[1]
            x, z = eye[0] + ray[0] * t, eye[2] + ray[2] * t
            if t > 0 and abs(x) <= self.size / 2 and 0 <= z <= self.height:
                hits.append((t, (x / self.size + 0.5, probe[1])))
        if ray[2] < -1e-9:
            for z, low, high in ((level, cut, self.back), (0.0, self.front, cut)):
                t = (z - eye[2]) / ray[2]
                x, y = eye[0] + ray[0] * t, eye[1] + ray[1] * t
                if t > 0 and abs(x) <= self.size / 2 and low <= y <= high:
                    hits.append((t, (x / self.size + 0.5, (self.back - y) / self.size)))
        return min(hits)[1] if hits else None
