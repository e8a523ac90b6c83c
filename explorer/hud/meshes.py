"""Geometry of the HUD: nine-slice panels, smooth ribbons, small areas. Pixels in, Geoms out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike, NDArray

from explorer.hud.geometry import Point, Rect
from explorer.hud.palette import Color

FEATHER = 1.0
"""Pixels over which an edge fades out."""

_VERTEX = np.dtype([("v", "<f4", 3), ("c", "u1", 4), ("t", "<f4", 2)])
_GRID = np.array(
    [
        (a, a + 4, a + 1, a + 1, a + 4, a + 5)
        for a in (row * 4 + column for row in range(3) for column in range(3))
    ],
    np.uint16,
)

F64 = NDArray[np.float64]


def geom(
    points: ArrayLike, triangles: ArrayLike, colors: ArrayLike, uvs: ArrayLike = 0.0
) -> p3d.Geom:
    """A Geom from window pixels `[n, 2]`, triangles `[m, 3]`, colours `[n, 4]` in 0..1, uvs `[n, 2]`."""
    xy = np.asarray(points, np.float32)
    rows = np.zeros(len(xy), _VERTEX)
    rows["v"][:, 0] = xy[:, 0]
    rows["v"][:, 2] = -xy[:, 1]
    rows["c"] = np.round(np.clip(np.asarray(colors), 0, 1) * 255)
    rows["t"] = uvs
    data = p3d.GeomVertexData("hud", p3d.GeomVertexFormat.get_v3c4t2(), p3d.Geom.UH_static)
    data.unclean_set_num_rows(len(rows))
    data.modify_array_handle(0).copy_data_from(rows.tobytes())
    index = np.asarray(triangles, np.uint16).reshape(-1)
    primitive = p3d.GeomTriangles(p3d.Geom.UH_static)
    primitive.set_index_type(p3d.Geom.NT_uint16)
    array = primitive.modify_vertices()
    array.unclean_set_num_rows(len(index))
    array.modify_handle().copy_data_from(index.tobytes())
    result = p3d.Geom(data)
    result.add_primitive(primitive)
    return result


def nine_slice(rect: Rect, radius: float, color: Color) -> p3d.Geom:
    """A rectangle whose corners keep their size; texture: `skins.rounded(radius)`."""
    side = 2 * radius + 2
    cut = (0.0, radius / side, (radius + 2) / side, 1.0)
    xs = (rect.x, rect.x + radius, rect.right - radius, rect.right)
    ys = (rect.y, rect.y + radius, rect.bottom - radius, rect.bottom)
    points = [(x, y) for y in ys for x in xs]
    uvs = [(u, 1 - v) for v in cut for u in cut]
    return geom(points, _GRID, np.tile(color, (16, 1)), uvs)


def quad(
    rect: Rect,
    color: Color,
    part: tuple[float, float, float, float] = (0, 0, 1, 1),
    turn: float = 0,
) -> p3d.Geom:
    """A textured rectangle; `part` is (left, top, right, bottom), `turn` degrees clockwise."""
    left, top, right, bottom = part
    corners = np.array(
        [(rect.x, rect.y), (rect.right, rect.y), (rect.right, rect.bottom), (rect.x, rect.bottom)]
    )
    if turn:
        angle = np.radians(turn)
        turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        corners = (corners - rect.centre) @ turned + rect.centre
    uvs = [(left, 1 - top), (right, 1 - top), (right, 1 - bottom), (left, 1 - bottom)]
    return geom(corners, [(0, 2, 1), (0, 3, 2)], np.tile(color, (4, 1)), uvs)


def ribbon(points: Sequence[Point], width: float, color: Color, closed: bool = False) -> p3d.Geom:
    """A line of constant width with soft edges: four vertices across, the outer two transparent."""
    line = _distinct(np.asarray(points, np.float64), closed)
    normals = _normals(line, closed)
    if closed:
        line, normals = np.vstack([line, line[:1]]), np.vstack([normals, normals[:1]])
    solid = max(width - FEATHER, 0.0) / 2
    strength = min(width / FEATHER, 1.0)
    offsets = (-solid - FEATHER, -solid, solid, solid + FEATHER)
    rows = np.concatenate([line + normals * offset for offset in offsets])
    count = len(line)
    colors = np.tile(np.asarray(color, np.float64), (4 * count, 1))
    colors[:, 3] *= strength
    colors[:count, 3] = colors[3 * count :, 3] = 0.0
    first = np.arange(count - 1)
    triangles = []
    for band in range(3):
        a, b = first + band * count, first + (band + 1) * count
        triangles += [np.stack([a, b, a + 1], 1), np.stack([a + 1, b, b + 1], 1)]
    return geom(rows, np.concatenate(triangles), colors)


def _distinct(line: F64, closed: bool) -> F64:
    """The line without points that repeat the one before, which would have no direction."""
    moved = np.abs(np.diff(line, axis=0)).max(axis=1) > 1e-3
    kept = line[np.concatenate([[True], moved])]
    if closed and len(kept) > 2 and np.abs(kept[0] - kept[-1]).max() <= 1e-3:
        kept = kept[:-1]
    return kept if len(kept) > 1 else line[:2] + [[0, 0], [1e-3, 0]]


def _normals(line: F64, closed: bool) -> F64:
    """Unit normals at the points, lengthened at corners so that the width stays."""
    ahead = np.roll(line, -1, axis=0) - line
    if not closed:
        ahead[-1] = ahead[-2]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    behind = np.roll(ahead, 1, axis=0)
    if not closed:
        behind[0] = ahead[0]
    mitre = ahead + behind
    mitre /= np.maximum(np.linalg.norm(mitre, axis=1, keepdims=True), 1e-9)
    stretch = 1 / np.maximum((mitre * ahead).sum(axis=1, keepdims=True), 0.5)
    return np.stack([-mitre[:, 1], mitre[:, 0]], axis=1) * stretch


def area(points: Sequence[Point], color: Color) -> p3d.Geom:
    """A filled convex polygon."""
    count = len(points)
    triangles = [(0, i, i + 1) for i in range(1, count - 1)]
    return geom(points, triangles, np.tile(color, (count, 1)))
