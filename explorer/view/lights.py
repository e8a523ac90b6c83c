"""Local light baked into vertices: warm and cool emitters with a soft inverse-square falloff (ART.md section 5).

It costs nothing at run time and needs no lightmap; there is no shadowing, so lights stay small and
close to what they light.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from explorer.world.valley import Frame, Vec3

REACH = 30.0
"""Metres after which an emitter is cut off."""
CELL = 24.0


class Lights(msgspec.Struct):
    """Emitters `(x, y, z, warm, cool)` and halos `(x, y, z, radius, r, g, b, strength)`."""

    emitters: list[tuple[float, ...]] = msgspec.field(default_factory=list)
    halos: list[tuple[float, ...]] = msgspec.field(default_factory=list)

    def add(
        self, at: Vec3, *, warm: float = 0.0, cool: float = 0.0, frame: Frame | None = None
    ) -> None:
        x, y, z = frame.to_world(at) if frame else at
        self.emitters.append((x, y, z, warm, cool))

    def halo(
        self, at: Vec3, radius: float, color: Vec3, strength: float, frame: Frame | None = None
    ) -> None:
        x, y, z = frame.to_world(at) if frame else at
        self.halos.append((x, y, z, radius, *color, strength))


def bake(vertices: NDArray[np.float32], lights: Lights) -> None:
    """Write warm and cool light into columns 10 and 11 of mesh vertices, in place."""
    if not lights.emitters or not len(vertices):
        return
    emitters = np.array(lights.emitters, np.float32)
    cells = np.floor(vertices[:, :2] / CELL).astype(np.int64)
    key = cells[:, 0] * 100_003 + cells[:, 1]
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    for rows in np.split(order, starts[1:]):
        for part in np.array_split(rows, max(1, len(rows) // 4000)):
            p, n = vertices[part, :3], vertices[part, 3:6]
            low, high = p.min(0) - REACH, p.max(0) + REACH
            near = np.all((emitters[:, :3] > low) & (emitters[:, :3] < high), 1)
            e = emitters[near]
            if not len(e):
                continue
            d = e[None, :, :3] - p[:, None]
            square = np.einsum("ijk,ijk->ij", d, d)
            facing = np.einsum("ijk,ik->ij", d, n) / np.sqrt(square + 1e-4)
            weight = np.clip(facing * 0.97 + 0.03, 0, None) / (square + 1.2)
            weight *= np.clip(1 - square / REACH**2, 0, 1) ** 2
            vertices[part, 10] = weight @ e[:, 3]
            vertices[part, 11] = weight @ e[:, 4]
