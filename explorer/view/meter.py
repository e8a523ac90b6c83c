"""The cost meter in the world: over each room a column of light, as high as the room's share of a step's work."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d

from explorer.story.ramps import ramp
from explorer.view.mesh import Mesh, make_geom, make_node
from explorer.world.valley import Valley, Vec3

TALLEST = 26.0
"""Height of the costliest room's column, metres."""
FOOT = 1.6
"""Where columns begin above the roofs: clear of the lantern on it."""


def color_of(heat: float) -> Vec3:
    """Linear colour of a cost against the costliest room's, as the treemap shows it."""
    r, g, b = (float(c) / 255 for c in ramp("deep", 256)[int(30 + 215 * min(max(heat, 0), 1))])
    return r**2.2, g**2.2, b**2.2


def make_columns(valley: Valley, costs: dict[str, float]) -> p3d.NodePath:
    """One Geom with a column for every room whose cost is known."""
    mesh = Mesh()
    top = max(costs.values(), default=0.0) or 1.0
    for room in valley.rooms:
        cost = costs.get(room.unit)
        if cost is None:
            continue
        heat = cost / top
        high, half = max(TALLEST * heat, 0.15), 0.62
        y, z = room.depth * 0.5, room.height + FOOT
        with mesh.at(room.frame):
            low, high_corner = (-half, y - half, z), (half, y + half, z + high)
            mesh.box(low, high_corner, color_of(heat), glow=1.05, split=30.0, faces="tfrkl")
            mesh.box(
                (-half - 0.12, y - half - 0.12, z + high),
                (half + 0.12, y + half + 0.12, z + high + 0.14),
                (0.9, 0.96, 1.0), glow=0.9, split=30.0,
            )  # fmt: skip
    vertices, triangles = mesh.arrays()
    if not len(triangles):
        return p3d.NodePath("meter")
    return p3d.NodePath(make_node("meter", make_geom(vertices, triangles)))


def readings_of(costs: dict[str, float] | None, unit_index: dict[str, int]) -> np.ndarray:
    """Cost of each unit against the costliest, `[1, units]`; −1 where it is not known."""
    table = np.full((1, max(len(unit_index), 1)), -1.0, np.float32)
    top = max(costs.values(), default=0.0) if costs else 0.0
    for unit, cost in (costs or {}).items():
        if unit in unit_index and top > 0:
            table[0, unit_index[unit]] = cost / top
    return table
