"""The Orchestra's pipes as geometry: boxes that know whose they are and how high on them a point lies."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from explorer.view.mesh import make_geom, make_node, matrix
from explorer.world.valley import Frame, Vec3

COLUMNS = (("vertex", 3), ("normal", 3), ("color", 4), ("info", 2))


class Boxes:
    """Boxes with a unit and a height within each: what the pipes' shader reads."""

    def __init__(self, frame: Frame) -> None:
        self._frame = matrix(frame)
        self._rows: list[NDArray[np.float32]] = []
        self._indices: list[int] = []

    def add(self, low: Vec3, high: Vec3, color: Vec3, unit: float) -> None:
        faces = (
            ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)), ((1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1)),
            ((1, 1, 0), (0, 1, 0), (0, 1, 1), (1, 1, 1)), ((0, 1, 0), (0, 0, 0), (0, 0, 1), (0, 1, 1)),
            ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
        )  # fmt: skip
        a, size = np.array(low), np.array(high) - np.array(low)
        turn, origin = self._frame[:, :3], self._frame[:, 3]
        for corners in faces:
            p = (a + np.array(corners) * size) @ turn.T + origin
            n = np.cross(p[1] - p[0], p[3] - p[0])
            n /= np.linalg.norm(n)
            base = 4 * len(self._rows)
            self._rows.append(
                np.array(
                    [(*q, *n, *color, 1.0, unit, c[2]) for q, c in zip(p, corners, strict=True)],
                    np.float32,
                )
            )
            self._indices += [base + k for k in (0, 1, 2, 0, 2, 3)]

    def node(self, name: str) -> p3d.GeomNode:
        vertices = np.concatenate(self._rows)
        return make_node(name, make_geom(vertices, np.array(self._indices, np.uint32), COLUMNS))
