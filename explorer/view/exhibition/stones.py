"""The stone of the exhibits, and the lit path past them: static geometry with baked light, like all furniture."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from explorer.view.exhibition import annex, choice, dig, display, orchestra, sculptor, training
from explorer.view.lights import Lights
from explorer.view.mesh import Mesh
from explorer.view.palette import Palette
from explorer.world import stations as kinds
from explorer.world.exhibits import ExhibitPlace
from explorer.world.valley import Vec3

STONES: dict[type[kinds.Exhibit], Callable[[Mesh, Lights, ExhibitPlace, Palette], None]] = {
    kinds.Sculptor: sculptor.build_stone,
    kinds.Dig: dig.build_stone,
    kinds.Display: display.build_stone,
    kinds.Choice: choice.build_stone,
    kinds.Noising: display.build_stone,
    kinds.Cuts: display.build_stone,
    kinds.Annex: annex.build_stone,
    kinds.Orchestra: orchestra.build_stone,
    kinds.Training: training.build_stone,
}
POSTS = 9.0
"""Metres between two lights of the path."""


def stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """What of an exhibit never changes."""
    STONES[type(place.station)](mesh, lights, place, palette)


def build_walk(mesh: Mesh, lights: Lights, points: list[Vec3], palette: Palette) -> None:
    """A thin warm line in the paving with low lights along it."""
    ground = [np.array((x, y, z + 0.03)) for x, y, z in points]
    since = 0.0
    for a, b in pairwise(ground):
        length = float(np.linalg.norm(b - a))
        if length < 1e-6:
            continue
        side = np.cross(b - a, (0, 0, 1.0)) / length
        across = side * 0.03
        corners = [a - across, b - across, b + across, a + across][::-1]
        mesh.quad(corners, palette.meaning, glow=0.55, split=30.0)
        since += length
        if since > POSTS:
            since = 0.0
            x, y, _ = b - side * 1.1
            mesh.box(
                (x - 0.06, y - 0.06, 0.0),
                (x + 0.06, y + 0.06, 0.42),
                (0.16, 0.17, 0.20),
                faces="frkl",
            )
            mesh.box(
                (x - 0.07, y - 0.07, 0.42),
                (x + 0.07, y + 0.07, 0.52),
                palette.meaning,
                glow=1.7,
                faces="tfrkl",
            )
            lights.add((x, y, 0.7), warm=0.55)
