"""Builds static geometry in numpy and hands it to Panda3D in one piece.

A vertex carries position, normal, colour (linear albedo, and in alpha how strongly it shines), `bake` (warm light, cool
light, ambient occlusion, material) and `unit` (row of the recorded magnitudes that scales its glow, or -1).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike, NDArray

from explorer.world.valley import Frame

Array = NDArray[np.float32]
COLUMNS = (("vertex", 3), ("normal", 3), ("color", 4), ("bake", 4), ("unit", 1))


_CONTENTS = {"vertex": p3d.Geom.C_point, "normal": p3d.Geom.C_normal}


class Material(IntEnum):
    """How `world.frag` treats a surface."""

    STONE = 0
    POLISHED = 1
    HILL = 2
    PAVING = 3


def matrix(frame: Frame) -> NDArray[np.float64]:
    """The frame as a 3×4 matrix (rotation | origin)."""
    o = np.array(frame.to_world((0.0, 0.0, 0.0)))
    axes = [
        np.array(frame.to_world(e)) - o for e in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    ]
    return np.stack([*axes, o], 1)


class Mesh:
    """Triangles under construction. `quad` and `box` take local coordinates of the current frame (`at`)."""

    def __init__(self) -> None:
        self._parts: list[Array] = []
        self._triangles: list[NDArray[np.uint32]] = []
        self._count = 0
        self._frame = matrix(Frame((0.0, 0.0, 0.0)))
        self.unit = -1.0

    @contextmanager
    def at(self, frame: Frame, unit: int = -1) -> Iterator[Mesh]:
        """Place what is built inside the block in `frame`, glowing with the magnitude of `unit`."""
        before = self._frame, self.unit
        self._frame, self.unit = matrix(frame), float(unit)
        try:
            yield self
        finally:
            self._frame, self.unit = before

    def grid(
        self, points: ArrayLike, normals: ArrayLike, color: ArrayLike, bake: ArrayLike
    ) -> None:
        """A patch of `[h, w, 3]` world points; the rest is broadcast to `[h, w, n]`."""
        p = np.asarray(points, np.float32)
        h, w = p.shape[:2]
        columns = [
            np.broadcast_to(np.asarray(a, np.float32), (h, w, n)).reshape(-1, n)
            for a, n in ((p, 3), (normals, 3), (color, 4), (bake, 4), (self.unit, 1))
        ]
        self._parts.append(np.concatenate(columns, 1))
        i = np.arange(h * w, dtype=np.uint32).reshape(h, w) + np.uint32(self._count)
        a, b, c, d = i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]
        self._triangles.append(np.stack([a, b, c, a, c, d], -1).reshape(-1))
        self._count += h * w

    def quad(
        self,
        corners: ArrayLike,
        albedo: ArrayLike,
        *,
        glow: float = 0.0,
        ao: float | tuple[float, float, float, float] = 1.0,
        material: Material = Material.STONE,
        split: float = 2.2,
    ) -> None:
        """Four corners counter-clockwise; split so that baked light has vertices to live on."""
        local = np.asarray(corners, np.float64)
        p = local @ self._frame[:, :3].T + self._frame[:, 3]
        u, v = p[1] - p[0], p[3] - p[0]
        normal = np.cross(u, v)
        normal /= max(np.linalg.norm(normal), 1e-9)
        nu, nv = (max(1, int(np.ceil(np.linalg.norm(e) / split))) for e in (u, v))
        s = np.linspace(0, 1, nu + 1)[None, :, None]
        t = np.linspace(0, 1, nv + 1)[:, None, None]

        def blend(q: NDArray[np.float64]) -> NDArray[np.float64]:
            return (q[0] * (1 - s) + q[1] * s) * (1 - t) + (q[3] * (1 - s) + q[2] * s) * t

        occlusion = blend(np.broadcast_to(np.asarray(ao, np.float64), (4,))[:, None])
        zero = np.zeros_like(occlusion)
        bake = np.concatenate([zero, zero, occlusion, zero + material], -1)
        self.grid(blend(p), normal, (*np.asarray(albedo, float)[:3], glow), bake)

    def box(
        self,
        low: ArrayLike,
        high: ArrayLike,
        albedo: ArrayLike,
        *,
        glow: float = 0.0,
        ao: float = 0.9,
        foot: float = 0.55,
        material: Material = Material.STONE,
        top: Material | None = None,
        split: float = 2.2,
        faces: str = "tbfrkl",
    ) -> None:
        """A box; `foot` is the share of `ao` left at its foot; `faces` of top, bottom, front, right, back, left."""
        (x0, y0, z0), (x1, y1, z1) = np.asarray(low, float), np.asarray(high, float)
        side = (foot * ao, foot * ao, ao, ao)
        quads = {
            "t": ((x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)),
            "b": ((x0, y0, z0), (x0, y1, z0), (x1, y1, z0), (x1, y0, z0)),
            "f": ((x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)),
            "r": ((x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)),
            "k": ((x1, y1, z0), (x0, y1, z0), (x0, y1, z1), (x1, y1, z1)),
            "l": ((x0, y1, z0), (x0, y0, z0), (x0, y0, z1), (x0, y1, z1)),
        }
        for face in faces:
            shade: float | tuple[float, ...] = (
                ao if face == "t" else ao * 0.5 if face == "b" else side
            )
            kind = top if face == "t" and top is not None else material
            self.quad(quads[face], albedo, glow=glow, ao=shade, material=kind, split=split)  # type: ignore[arg-type]

    def arrays(self) -> tuple[Array, NDArray[np.uint32]]:
        """Vertices `[n, 15]` and triangle indices."""
        if not self._parts:
            return np.zeros((0, 15), np.float32), np.zeros(0, np.uint32)
        return np.concatenate(self._parts), np.concatenate(self._triangles)


def make_geom(
    vertices: Array, triangles: NDArray[np.uint32], columns: tuple[tuple[str, int], ...] = COLUMNS
) -> p3d.Geom:
    """A `Geom` of interleaved float32 columns; `vertices` is `[n, sum of widths]`."""
    array_format = p3d.GeomVertexArrayFormat()
    start = 0
    for name, width in columns:
        internal = p3d.InternalName.make(name)
        kind = _CONTENTS.get(name, p3d.Geom.C_other)
        float32 = p3d.Geom.NT_float32
        column = p3d.GeomVertexColumn(internal, width, float32, kind, start)  # type: ignore[call-overload]
        array_format.add_column(column)
        start += 4 * width
    vertex_format = p3d.GeomVertexFormat()
    vertex_format.add_array(array_format)
    data = p3d.GeomVertexData(
        "mesh", p3d.GeomVertexFormat.register_format(vertex_format), p3d.Geom.UH_static
    )
    data.unclean_set_num_rows(len(vertices))
    view = memoryview(data.modify_array(0)).cast("B")  # type: ignore[arg-type]
    view[:] = np.ascontiguousarray(vertices, np.float32).tobytes()
    primitive = p3d.GeomTriangles(p3d.Geom.UH_static)
    primitive.set_index_type(p3d.Geom.NT_uint32)
    indices = primitive.modify_vertices()
    indices.unclean_set_num_rows(len(triangles))
    memoryview(indices).cast("B")[:] = np.ascontiguousarray(triangles, np.uint32).tobytes()  # type: ignore[arg-type]
    geom = p3d.Geom(data)
    geom.add_primitive(primitive)
    return geom


def make_node(name: str, geom: p3d.Geom) -> p3d.GeomNode:
    node = p3d.GeomNode(name)
    node.add_geom(geom)
    return node


def vertexless(name: str, vertices: int) -> p3d.GeomNode:
    """A node whose shader makes its own vertices from `gl_VertexID`; never culled by bounds."""
    data = p3d.GeomVertexData(name, p3d.GeomVertexFormat.get_empty(), p3d.Geom.UH_static)
    data.unclean_set_num_rows(vertices)
    primitive = p3d.GeomTriangles(p3d.Geom.UH_static)
    primitive.add_next_vertices(vertices)
    geom = p3d.Geom(data)
    geom.add_primitive(primitive)
    node = make_node(name, geom)
    node.set_bounds(p3d.OmniBoundingVolume())
    node.set_final(True)
    return node
