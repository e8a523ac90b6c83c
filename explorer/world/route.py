"""Ways for a flying camera: clear of walls, floors and roofs, around what stands between two views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import dist, inf

import numpy as np

from explorer.world.rails import Rail, Stop
from explorer.world.solids import SLAB, STEP, Solids
from explorer.world.valley import Vec3

MARGIN = 0.3
"""Least distance of the eye from a floor below it, metres; the near plane lies at 0.25."""
SPACING = 0.25
"""Distance between two points that are looked at along a way, metres."""
LIFTS = (3.0, 6.0, 10.0, 15.0, 22.0, 30.0, 42.0)
"""Heights over the straight line that are tried, metres."""
LONGEST = 16.0
"""A flight that would take longer is not worth the wait, seconds."""


def is_clear(solids: Solids, eye: Vec3) -> bool:
    """Whether a camera can be at a point: inside the world, in the open, off floors, roofs and walls."""
    x, y, z = eye
    if solids.floor(x, y, z - STEP) > z - MARGIN:
        return False
    over = solids.ceiling(x, y, z - STEP)
    if over < inf and over - SLAB - 0.1 < z:
        return False
    return solids.is_free(x, y, z - 1.0)


def first_blocked(solids: Solids, points: Iterable[Vec3], spacing: float = SPACING) -> Vec3 | None:
    """The first point of a polyline that a camera cannot be at, or None when the whole way is clear."""
    before: Vec3 | None = None
    for point in points:
        count = 1 if before is None else max(int(np.ceil(dist(before, point) / spacing)), 1)
        for i in range(1, count + 1):
            a = point if before is None else before
            part = i / count
            x, y, z = (p + (q - p) * part for p, q in zip(a, point, strict=True))
            if not is_clear(solids, (x, y, z)):
                return (x, y, z)
        before = point
    return None


def along(rail: Rail, spacing: float = SPACING) -> list[Vec3]:
    """Points of a rail about `spacing` metres apart, first and last included."""
    steps = np.linalg.norm(np.diff(rail.eyes, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.searchsorted(way, np.arange(0.0, way[-1], spacing))
    chosen = [*np.unique(at), len(way) - 1]
    return [(float(x), float(y), float(z)) for x, y, z in rail.eyes[chosen]]


def plan(solids: Solids, stops: Sequence[Stop], seconds: float) -> Rail | None:
    """The first clear rail through `stops`: straight, else in a higher and higher bow.

    Only the first and last legs are bowed when there are stops between. None when nothing that takes
    at most `LONGEST` seconds is clear: then one cuts.
    """
    for lift in (0.0, *LIFTS):
        rail = Rail(_bowed(stops, lift), seconds)
        if rail.duration > max(LONGEST, 1.5 * seconds):
            if lift == 0.0:
                return None
            continue
        points = along(rail, 1.0)
        if (
            first_blocked(solids, points, 1.0) is None
            and first_blocked(solids, along(rail)) is None
        ):
            return rail
    return None


def _bowed(stops: Sequence[Stop], lift: float) -> list[Stop]:
    """`stops` with two raised stops put into each leg."""
    if lift == 0.0:
        return list(stops)
    result = [stops[0]]
    for a, b in zip(stops, stops[1:], strict=False):
        for part in (0.25, 0.75):
            eye, look = _mix(a.eye, b.eye, part), _mix(a.look, b.look, part)
            x, y, z = eye
            lx, ly, lz = look
            fov = a.fov + (b.fov - a.fov) * part
            result.append(Stop((x, y, z + lift), (lx, ly, lz + 0.5 * lift), fov))
        result.append(b)
    return result


def _mix(a: Vec3, b: Vec3, part: float) -> Vec3:
    x, y, z = (p + (q - p) * part for p, q in zip(a, b, strict=True))
    return (x, y, z)
