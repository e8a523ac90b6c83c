"""Particles along every edge: one vertexless draw, driven by the recorded magnitude of the edge's source unit."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from explorer.view.mesh import vertexless
from explorer.view.shaders import load_shader
from explorer.view.textures import float_texture
from explorer.world.valley import Edge

POINTS = 32
"""Samples along an edge; particles interpolate between them."""
BLOCK = 32
"""Particles per block; a block belongs to one edge (same constant in particles.vert)."""
KINDS = {"flow": 0, "skip": 1, "cond": 2, "time": 3, "return": 4}
PER_METRE = {"flow": 9.0, "skip": 52.0, "cond": 0.0, "time": 0.55, "return": 7.0}
OWNERS_WIDTH = 64


def resample(points: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    """`[count, 4]` points evenly spaced along a polyline, with the arc length so far."""
    gaps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(gaps)])
    wanted = np.linspace(0, along[-1], count)
    columns = [np.interp(wanted, along, points[:, i]) for i in range(3)]
    return np.stack([*columns, wanted], 1).astype(np.float32)


def flowing(edges: list[Edge]) -> list[Edge]:
    """The edges that carry particles, in the order in which the shader counts them."""
    return [e for e in edges if PER_METRE[e.kind] > 0]


def make_flows(edges: list[Edge], unit_index: dict[str, int], density: float) -> p3d.NodePath:
    """The particles of all `edges`; `density` scales their number (quality)."""
    edges = flowing(edges)
    table = np.stack([resample(np.array(e.points, float), POINTS) for e in edges])
    infos = np.zeros((1, len(edges), 4), np.float32)
    owners: list[int] = []
    for i, edge in enumerate(edges):
        length = float(table[i, -1, 3])
        # a skip carries its source's output; flow too; time edges are driven by nothing recorded
        unit = unit_index.get(edge.source, unit_index.get(edge.target, -1))
        infos[0, i] = (unit, KINDS[edge.kind], max(length, 1.0), len(owners) * BLOCK)
        owners += [i] * max(1, round(length * PER_METRE[edge.kind] * density / BLOCK))
    node = p3d.NodePath(vertexless("flows", len(owners) * BLOCK * 6))
    node.set_shader(load_shader("particles.vert", "particles.frag"))
    node.set_shader_inputs(
        edges=float_texture("edges", table, smooth=False),
        infos=float_texture("infos", infos, smooth=False),
        owners=_owners(owners),
        gain=1.0,
        cut=-1.0,
    )
    additive(node, 20)
    return node


def additive(node: p3d.NodePath, sort: int) -> None:
    """Adds its colour to the scene, after everything opaque."""
    add = p3d.ColorBlendAttrib
    node.set_attrib(add.make(add.M_add, add.O_one, add.O_one))
    node.set_depth_write(False)
    node.set_bin("fixed", sort)
    node.set_two_sided(True)
    node.node().set_bounds(p3d.OmniBoundingVolume())
    node.node().set_final(True)


def _owners(owners: list[int]) -> p3d.Texture:
    rows = -(-len(owners) // OWNERS_WIDTH)
    table = np.zeros(rows * OWNERS_WIDTH, np.int32)
    table[: len(owners)] = owners
    texture = p3d.Texture("owners")
    texture.setup_2d_texture(OWNERS_WIDTH, rows, p3d.Texture.T_int, p3d.Texture.F_r32i)
    texture.set_ram_image(table.tobytes())
    texture.set_minfilter(p3d.SamplerState.FT_nearest)
    texture.set_magfilter(p3d.SamplerState.FT_nearest)
    return texture
