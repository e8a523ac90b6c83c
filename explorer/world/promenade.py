"""The promenade outside the rooms: sites for exhibits on both banks, and the lit path that leads past them."""

from __future__ import annotations

from math import atan2, degrees, pi

import numpy as np
from numpy.typing import NDArray

from explorer.world.terrain import Terrain
from explorer.world.valley import Frame, Valley, Vec3

SITE_INSET = 7.0
"""From the outer edge of the top terrace in to the middle of a site, metres."""
PATH_INSET = 15.4
"""From the same edge in to the path, behind the backs of the rooms."""
SITE_SPACING = 24.0
"""Distance of two sites along the promenade, metres: the longest exhibit fits between its neighbours."""
FIRST_SITE = 12.0
"""From the sea to the first site, metres."""
BANKS = {-1: "west", 1: "east"}


def _along(terrain: Terrain, inset: float, side: int) -> NDArray[np.float64]:
    """`[n, 2]` points of the promenade's ring, from the sea to the far end of the valley."""
    turns = np.linspace(-pi / 2, pi / 2, 2401)
    ring = terrain.ring(terrain.rim - inset, turns if side > 0 else pi - turns)
    return np.asarray(ring[ring[:, 1] > terrain.shore_y + FIRST_SITE])


def sites(terrain: Terrain) -> dict[str, Frame]:
    """`west:<n>` and `east:<n>`, counted from the sea; each faces the valley."""
    found: dict[str, Frame] = {}
    for side, bank in BANKS.items():
        ring = _along(terrain, SITE_INSET, side)
        gaps = np.linalg.norm(np.diff(ring, axis=0), axis=1)
        way = np.concatenate([[0.0], np.cumsum(gaps)])
        for n, at in enumerate(np.arange(0.0, way[-1], SITE_SPACING), 1):
            i = min(int(np.searchsorted(way, at)), len(ring) - 2)
            x, y = ring[i]
            tx, ty = (ring[i + 1] - ring[i]) / max(gaps[i], 1e-9)
            if abs(x) < SITE_SPACING and y > terrain.centre_y:  # the far end is the tower's
                break
            # the valley lies to the right of the way on the west bank, to the left on the east
            nx, ny = (ty, -tx) if side < 0 else (-ty, tx)
            found[f"{bank}:{n}"] = Frame((float(x), float(y), 0.0), degrees(atan2(nx, -ny)))
    return found


def lit_path(terrain: Terrain, side: int) -> list[Vec3]:
    """The path along one bank, from the jetty over the quay to the tower."""
    ring = _along(terrain, PATH_INSET, side)[::12]
    foot, (x, y) = (side * 5.0, terrain.shore_y + 6.5), ring[0]
    link = [
        (foot[0] + (x - foot[0]) * t, foot[1] + (y - foot[1]) * t**1.6)
        for t in np.linspace(0, 0.95, 12)
    ]
    return [(float(x), float(y), 0.0) for x, y in (*link, *(p for p in ring if abs(p[0]) > 12.0))]


def is_flat(valley: Valley, corners: list[tuple[float, float]], height: float) -> bool:
    """Whether the ground is level under an area's edge."""
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        for t in (0.0, 0.25, 0.5, 0.75):
            x, y = ax + (bx - ax) * t, ay + (by - ay) * t
            if abs(valley.ground(x, y) - height) > 0.05:
                return False
    return True
