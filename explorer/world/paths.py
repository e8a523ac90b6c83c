"""The ways through the valley: floors, stairs, bridges, and the polylines that data (and particles) follow."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, hypot

from assetgen.pack import Architecture
from explorer.world.scene import LayoutRule
from explorer.world.terrain import Terrain
from explorer.world.valley import FLOOR, FORECOURT, Bridge, Deck, Edge, Room, Valley, Vec3, Wall

REFERENCE_SPAN = 105.0
"""Bridge length for which `bridge_arch` and the camber are given."""
Stairs = dict[tuple[int, int], tuple[Vec3, Vec3]]
"""(side, level above) → top and bottom of the flight down from that level."""


def strip(a: Vec3, b: Vec3, width: float) -> Deck:
    """A deck of `width` along the line a → b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = hypot(dx, dy) or 1.0
    nx, ny = -dy / length * width / 2, dx / length * width / 2
    return Deck(
        (
            (a[0] - nx, a[1] - ny, a[2]),
            (b[0] - nx, b[1] - ny, b[2]),
            (b[0] + nx, b[1] + ny, b[2]),
            (a[0] + nx, a[1] + ny, a[2]),
        )
    )


def rails(deck: Deck, height: float = 1.1) -> list[Wall]:
    """Railings along both long sides of a strip."""
    p0, p1, p2, p3 = deck.corners
    return [
        Wall(a[:2], b[:2], min(a[2], b[2]) - 0.6, max(a[2], b[2]) + height, 0.12)
        for a, b in ((p0, p1), (p3, p2))
    ]


def stairs(
    valley: Valley,
    terrain: Terrain,
    spans: list[tuple[float, float]],
    deep: Vec3,
    rule: LayoutRule,
) -> Stairs:
    """Flights between levels on both banks and down to the court in the Deep; adds their decks and rails."""
    flights: Stairs = {}
    for side in (-1, 1):
        for level, (_, end) in enumerate(spans):
            y = end + rule.stair_width / 2 + 0.5
            z = -rule.level_drop * level
            top_x = terrain.lip_x(terrain.lips[level], y)
            if level + 1 < len(spans):
                bottom_x = top_x - min(rule.level_drop * 1.6, rule.level_inset - 4.5)
                bottom_z = z - rule.level_drop
            else:
                bottom_x, bottom_z = 7.0, deep[2] + FLOOR
            top = (
                side * (top_x - 0.45),
                y,
                z + 0.02,
            )  # past the lip, so that no ledge stands before it
            bottom = (side * bottom_x, y, bottom_z)
            flights[side, level] = (top, bottom)
            valley.stairs.append((top, bottom))
            deck = strip(top, bottom, rule.stair_width)
            landing = (top[0] + side * 2.5, y, top[2])
            valley.decks += [deck, strip(landing, top, rule.stair_width)]
            valley.walls += rails(deck)
    return flights


def bridges(
    architecture: Architecture, valley: Valley, terrain: Terrain, rule: LayoutRule
) -> list[Bridge]:
    """One bridge per skip edge whose two rooms exist, from the mouth side of its source to that of its target."""
    built: list[Bridge] = []
    for edge in architecture.edges:
        source, target = valley.room(edge.source), valley.room(edge.target)
        if edge.kind != "skip" or source is None or target is None:
            continue
        start, end = (_landing(r, terrain, rule) for r in (source, target))
        size = hypot(end[0] - start[0], end[1] - start[1]) / REFERENCE_SPAN
        bridge = Bridge(
            edge.source, edge.target, start, end,
            camber=2.3 * size, arch=rule.bridge_arch * max(size, 0.55), width=rule.bridge_width,
        )  # fmt: skip
        built.append(bridge)
        count = max(ceil(size * REFERENCE_SPAN / 4.0), 4)
        for a, b in pairwise([bridge.deck(i / count) for i in range(count + 1)]):
            deck = strip(a, b, bridge.width)
            valley.decks.append(deck)
            valley.walls += rails(deck)
    return built


def _landing(room: Room, terrain: Terrain, rule: LayoutRule) -> Vec3:
    """Where a bridge meets the bank: on the lip, a little towards the mouth of the room."""
    x, y, z = room.frame.to_world((0.0, -FORECOURT, 0.0))
    y -= room.width * 0.5 + rule.room_gap * 0.5
    side = room.side or (1 if x > 0 else -1)
    return (side * (terrain.lip_x(terrain.lips[room.level], y) + 1.2), y, z)


def floors(valley: Valley, deep: Vec3, rule: LayoutRule) -> None:
    """Room floors with their walls, the court in the Deep, the promenade's edge."""
    for room in valley.rooms:
        w, d, at = room.width / 2, room.depth, room.frame.to_world
        corners = (
            (-w - 1, -FORECOURT, 0.0), (w + 1, -FORECOURT, 0.0), (w + 1, d, 0.0), (-w - 1, d, 0.0),
        )  # fmt: skip
        valley.decks.append(Deck(tuple(at(c) for c in corners)))  # type: ignore[arg-type]
        z = room.frame.origin[2]
        for a, b in (((-w, d), (w, d)), ((-w, 1.6), (-w, d)), ((w, 1.6), (w, d))):
            (ax, ay, _), (bx, by, _) = at((*a, 0.0)), at((*b, 0.0))
            valley.walls.append(Wall((ax, ay), (bx, by), z - 1.0, z + room.height, 0.45))
    x, y, z = deep
    half = court_half_width(valley)
    z += FLOOR
    corner = (
        (x - half, y - 15, z),
        (x + half, y - 15, z),
        (x + half, y + 13, z),
        (x - half, y + 13, z),
    )
    valley.decks.append(Deck(corner))
    valley.court = corner[0], corner[2]


def court_half_width(valley: Valley) -> float:
    """Half the width of the platform that carries the middle units."""
    xs = [
        abs(r.frame.to_world((s * r.width / 2, d, 0.0))[0])
        for r in valley.rooms
        if r.side == 0
        for s in (-1, 1)
        for d in (-FORECOURT, r.depth)
    ]
    return max([8.0, *xs]) + 1.0


def door(room: Room, up: float = 1.3) -> Vec3:
    """Where data enters or leaves a room."""
    return room.frame.to_world((0.0, -0.6, up))


def forecourt(room: Room, up: float = 1.1) -> Vec3:
    return room.frame.to_world((0.0, -FORECOURT + 0.4, up))


def roof(room: Room) -> Vec3:
    """The lantern on the roof, where beams end."""
    return room.frame.to_world((0.0, room.depth * 0.45, room.height + 1.75))


def edges(architecture: Architecture, valley: Valley, flights: Stairs) -> list[Edge]:
    """Every edge of the architecture as a polyline, plus the way in from the sea and the return road."""
    found: list[Edge] = []
    by_id = {b.id: b for b in valley.bridges}
    tower = valley.anchors["tower"].origin
    for e in architecture.edges:
        source, target = valley.room(e.source), valley.room(e.target)
        if e.kind == "skip" and (bridge := by_id.get(f"skip:{e.source}->{e.target}")):
            points = [bridge.deck(i / 24) for i in range(25)]
        elif e.kind == "flow" and source and target:
            points = _walk(valley, source, target, flights)
        elif e.kind == "cond" and target:
            points = [(tower[0], tower[1] - 4, tower[2] + 20), roof(target)]
        elif e.kind == "time" and target:
            points = [(tower[0], tower[1] - 5, tower[2] + 60), roof(target)]
        else:
            continue
        found.append(Edge(e.kind, e.source, e.target, tuple(points)))
    return found + _shore_roads(valley)


def _walk(valley: Valley, source: Room, target: Room, flights: Stairs) -> list[Vec3]:
    """Door to door along the lip, by the stairs where the two rooms stand on different levels."""
    points = [door(source), forecourt(source)]
    at = points[-1]
    for flight in _flights_between(source, target, flights):
        points += _along_lip(valley, at, flight[0])
        points += [_raised(p) for p in flight]
        at = _raised(flight[1])
    return [*points, *_along_lip(valley, at, forecourt(target)), forecourt(target), door(target)]


def _raised(p: Vec3, up: float = 1.1) -> Vec3:
    return (p[0], p[1], p[2] + up)


def _flights_between(source: Room, target: Room, flights: Stairs) -> list[tuple[Vec3, Vec3]]:
    """Stairs passed on the way, each in walking order."""
    if source.side == target.side:
        if not source.side:
            return []
        down = target.level > source.level
        low, high = sorted((source.level, target.level))
        passed = range(low, high) if down else range(high - 1, low - 1, -1)
        return [flights[source.side, n] if down else flights[source.side, n][::-1] for n in passed]
    if source.side and target.side:
        return [flights[source.side, source.level], flights[target.side, target.level][::-1]]
    if target.side == 0:
        return [flights[source.side, source.level]]
    return [flights[target.side, target.level][::-1]]


def _along_lip(valley: Valley, a: Vec3, b: Vec3, inset: float = 1.1) -> list[Vec3]:
    """Points just behind a terrace's lip between two places on it; none between places in the Deep."""
    terrain = valley.terrain
    level = next(
        (
            i
            for i, _ in enumerate(terrain.lips)
            if abs(valley.ground(a[0], a[1]) - _lip_z(terrain, i)) < 0.8
        ),
        None,
    )
    if level is None or abs(a[1] - b[1]) < 3.0 or abs(a[0]) < 3.0:
        return []
    side = 1 if a[0] > 0 else -1
    lip, count = terrain.lips[level], max(int(abs(b[1] - a[1]) / 4.0), 2)
    ys = [a[1] + (b[1] - a[1]) * (i + 0.5) / count for i in range(count)]
    return [(side * (terrain.lip_x(lip, y) + inset), y, a[2]) for y in ys]


def _lip_z(terrain: Terrain, level: int) -> float:
    lip = terrain.lips[level]
    return next(z for a, z in terrain.profile if abs(a - lip) < 1e-6)


def _inbound(valley: Valley, first: Room) -> list[Vec3]:
    """From the end of the jetty over the quay and along the first lip to the first room."""
    jetty, shore, mouth = (valley.anchors[k].origin for k in ("jetty", "shore", "mouth"))
    start = (-2.2, mouth[1] - 1.2, 0.05)
    turns = [i / 14 for i in range(15)]
    terrain = valley.terrain
    y1 = first.frame.origin[1] - first.width * 0.4
    lip = [
        (-terrain.lip_x(terrain.lips[0], y) - 1.3, y, 0.05)
        for y in (mouth[1] + 0.6 + (y1 - mouth[1] - 0.6) * t * t for t in turns)
    ]
    look = (jetty[0], jetty[1] + 5.0, jetty[2])
    return [jetty, look, (shore[0], shore[1], 0.34), (shore[0], shore[1] + 4.0, 0.34), start, *lip]


def _return_road(valley: Valley) -> list[Vec3]:
    """From the gallery back to the shore: x_(t-1) becomes the next x_t."""
    shore, jetty = valley.anchors["shore"].origin, valley.anchors["jetty"].origin
    at = valley.anchors["gallery"].to_world
    return [
        at((-2.0, -1.0, 0.05)), at((-6.0, -5.0, 0.05)), (8.0, shore[1] + 6.5, 0.05),
        (1.2, shore[1] + 4.2, 0.34), (1.2, shore[1], 0.34), (1.2, jetty[1] + 5.0, jetty[2]), (1.2, jetty[1], jetty[2]),
    ]  # fmt: skip


def _shore_roads(valley: Valley) -> list[Edge]:
    """x_t comes in from the sea to the first room; the last room feeds the gallery; x_(t-1) goes back."""
    first = next((r for r in valley.rooms if r.stage == "in"), valley.rooms[0])
    last = next((r for r in valley.rooms if r.stage == "out"), valley.rooms[-1])
    inbound = [_raised(p, 0.9) for p in _inbound(valley, first)]
    back = [_raised(p, 0.9) for p in _return_road(valley)]
    return [
        Edge("flow", "x_t", first.unit, (*inbound, forecourt(first), door(first))),
        Edge("flow", last.unit, "gallery", (door(last), forecourt(last), back[0])),
        Edge("return", "gallery", "x_t", tuple(back)),
    ]


def main_path(valley: Valley, flights: Stairs) -> list[list[Vec3]]:
    """The warm line on the ground: shore, down the left bank, through the Deep, up the right, gallery, shore."""
    order = [e for e in valley.edges if e.kind == "flow"]
    lines = [_inbound(valley, valley.rooms[0] if not order else _first(valley))]
    for edge in order:
        if valley.room(edge.source) and valley.room(edge.target):
            lines.append([(x, y, z - 1.1) for x, y, z in edge.points[1:-1]])
    lines.append(_return_road(valley))
    return lines


def _first(valley: Valley) -> Room:
    return next((r for r in valley.rooms if r.stage == "in"), valley.rooms[0])
