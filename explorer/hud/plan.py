"""The valley as a plan: what the map shows of it, and where that lies in a rectangle of the window."""

from __future__ import annotations

from collections.abc import Callable

from explorer.hud.geometry import Point, Rect
from explorer.hud.view import MapPlan
from explorer.world.valley import Room, Valley

PLACES = ("jetty", "gallery", "deep", "tower")
"""Anchors of the valley that the map names, from the arrival on; exhibits come after them."""
EXHIBIT = "station:"


def plan_of(valley: Valley, name: Callable[[Room], str]) -> MapPlan:
    """What the map shows of a valley; `name` gives a room's title."""
    rooms = []
    for room in valley.rooms:
        half = room.width / 2
        local = ((-half, 0.0), (half, 0.0), (half, room.depth), (-half, room.depth))
        corners = tuple(room.frame.to_world((x, y, 0.0))[:2] for x, y in local)
        rooms.append((room.id, name(room), corners))
    names = [*PLACES, *(name for name in valley.anchors if name.startswith(EXHIBIT))]
    places = tuple(
        (name, (valley.anchors[name].origin[0], valley.anchors[name].origin[1]))
        for name in names
        if name in valley.anchors
    )
    outline = tuple(tuple(curve) for curve in valley.outline)
    points = [p for curve in outline for p in curve]
    points += [p for _, _, corners in rooms for p in corners] + [p for _, p in places]
    if not points:
        points = [(-1.0, -1.0), (1.0, 1.0)]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    bridges = tuple((b.start[:2], b.end[:2]) for b in valley.bridges)
    return MapPlan(outline, tuple(rooms), bridges, places, (min(xs), min(ys), max(xs), max(ys)))


class Projection:
    """Metres to window pixels: the whole plan fits into a rectangle, the mouth at the bottom."""

    def __init__(self, plan: MapPlan, rect: Rect) -> None:
        x0, y0, x1, y1 = plan.bounds
        self.scale = min(rect.width / max(x1 - x0, 1e-6), rect.height / max(y1 - y0, 1e-6))
        self.middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        self.centre = rect.centre

    def __call__(self, point: Point) -> Point:
        return (
            self.centre[0] + (point[0] - self.middle[0]) * self.scale,
            self.centre[1] - (point[1] - self.middle[1]) * self.scale,
        )
