"""Levers beside rooms and bridges: a post, a slot of light, a handle; the pulled one lies over and glows warm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import cos, radians, sin

import numpy as np
import panda3d.core as p3d

from explorer.state import State
from explorer.story.cuts import pulled_by
from explorer.view.flows import flowing
from explorer.view.lettering import Line, letter
from explorer.view.mesh import Mesh, make_geom, make_node, matrix
from explorer.view.palette import Palette, scaled
from explorer.world.levers import Lever
from explorer.world.site import Site
from explorer.world.valley import Frame

POST, HANDLE = 0.92, 0.62
"""Height of the post and length of the handle, metres."""
INK = (206, 220, 242)
RESTING, PULLED = -24.0, 58.0
"""Lean of the handle towards who pulls it, degrees."""


class Levers:
    """The levers of the parts that were cut: one is pulled, and what crosses its bridge rests."""

    def __init__(
        self, site: Site, flows: p3d.NodePath, palette: Palette, said: str, parent: p3d.NodePath
    ) -> None:
        """`said` is written on every lever; `parent` has the shader of the static world."""
        self._site, self._flows, self._palette, self._said = site, flows, palette, said
        self._root, self._words = parent.attach_new_node("levers"), p3d.NodePath("words")
        self._standing: list[Lever] = []
        self._edges = [f"{e.kind}:{e.source}->{e.target}" for e in flowing(site.valley.edges)]

    def show(self, state: State, cut: Sequence[str]) -> None:
        """`cut` are the ids of the parts that have a lever."""
        self.clear()
        pulled = pulled_by(state.selection)
        levers = self._site.levers(state.unfolded, cut)
        make_levers(levers, pulled, self._palette).reparent_to(self._root)
        if levers != self._standing:
            self._standing, self._words = levers, _words(levers, self._said)
        self._words.reparent_to(self._root)
        still = self._edges.index(pulled) if pulled in self._edges else -1
        self._flows.set_shader_input("cut", float(still))

    def clear(self) -> None:
        self._root.get_children().detach()


def make_levers(levers: Sequence[Lever], pulled: str | None, palette: Palette) -> p3d.NodePath:
    """All levers as one Geom; `pulled` is the part of the one that was pulled."""
    parts: list[np.ndarray] = []
    triangles: list[np.ndarray] = []
    for lever in levers:
        vertices, corners = _shape(pulled == lever.part, palette)
        place = matrix(lever.frame)
        moved = vertices.copy()
        moved[:, :3] = vertices[:, :3] @ (lever.size * place[:, :3].T) + place[:, 3]
        moved[:, 3:6] = vertices[:, 3:6] @ place[:, :3].T
        triangles.append(corners + np.uint32(sum(map(len, parts))))
        parts.append(moved)
    if not parts:
        return p3d.NodePath("levers")
    geom = make_geom(np.concatenate(parts), np.concatenate(triangles))
    return p3d.NodePath(make_node("levers", geom))


@lru_cache(maxsize=4)
def _shape(pulled: bool, palette: Palette) -> tuple[np.ndarray, np.ndarray]:
    """Vertices `[n, 15]` and triangles of one lever in its own axes, metres."""
    mesh = Mesh()
    _lever(mesh, pulled, palette)
    return mesh.arrays()


def _lever(mesh: Mesh, pulled: bool, palette: Palette) -> None:
    light = palette.meaning if pulled else palette.machine
    glow = 1.6 if pulled else 0.75
    stone = scaled(palette.dark, 1.5)
    mesh.box((-0.2, -0.2, 0.0), (0.2, 0.2, 0.07), stone, faces="tfrkl")
    mesh.box((-0.11, -0.13, 0.07), (0.11, 0.13, POST), stone, faces="tfrkl")
    mesh.box((-0.035, -0.145, 0.34), (0.035, -0.13, POST - 0.1), light, glow=glow, faces="tbfrl")
    lean = radians(PULLED if pulled else RESTING)
    along = np.array((0.0, -sin(lean), cos(lean)))
    foot = np.array((0.0, 0.0, POST - 0.06))
    _rod(mesh, foot, foot + along * HANDLE, 0.034, palette.metal, 0.0)
    _rod(mesh, foot + along * (HANDLE - 0.03), foot + along * (HANDLE + 0.13), 0.078, light, glow)


def _words(levers: Sequence[Lever], said: str) -> p3d.NodePath:
    """What is written on the posts' fronts."""
    lines = []
    for lever in levers:
        at = lever.frame.to_world((0.0, -0.14 * lever.size, 0.17 * lever.size))
        lines.append(
            Line(
                said,
                Frame(at, lever.frame.yaw),
                0.085 * lever.size,
                INK,
                "Inter-SemiBold",
                "centre",
            )
        )
    return letter("levers", lines) if lines else p3d.NodePath("words")


def _rod(mesh: Mesh, a: np.ndarray, b: np.ndarray, half: float, color: tuple[float, float, float],
         glow: float) -> None:  # fmt: skip
    """A square bar from `a` to `b`, both in the plane x = 0 of the lever."""
    along = (b - a) / np.linalg.norm(b - a)
    side = np.array((half, 0.0, 0.0))
    out = np.cross(along, side)
    ring = (-side - out, side - out, side + out, -side + out)
    for p, q in zip(ring, (*ring[1:], ring[0]), strict=True):
        mesh.quad((a + p, a + q, b + q, b + p), color, glow=glow, split=9.0)
    mesh.quad([b + p for p in ring], color, glow=glow, split=9.0)
