"""Architecture → valley: where every unit, bridge and path of a U-Net stands. No name of a model, no drawn topology.

The encoder goes down the left bank, away from the visitor; the middle units stand in the Deep at the far
low end; the decoder comes back up the right bank. So every skip connection crosses the valley at one
height, and the exit is beside the entrance.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, degrees, log2, radians, sin

import msgspec
import numpy as np

from assetgen.pack import Architecture
from assetgen.pack.schema import Unit
from explorer.world import paths, promenade
from explorer.world.scene import LayoutRule
from explorer.world.terrain import Terrain, make_terrain
from explorer.world.valley import FLOOR, FORECOURT, Frame, Room, Valley, Vec3

SMALL = frozenset({"conv_in", "conv_out", "downsample", "upsample", "patch_in", "patch_out"})
"""Units that only resize or convert: gatehouses rather than halls."""


_CORNER = 1.8
"""How far a room's back corner may reach into the slope, metres: no further than under its first riser."""


class LayoutError(ValueError):
    """The architecture cannot be laid out; the message says which unit and why."""


class Plot(msgspec.Struct, frozen=True):
    """The ground one unit needs."""

    unit: Unit
    level: int
    width: float
    depth: float
    height: float
    pitch: float
    """Length of bank it takes, turned as it is."""


def _parts(
    architecture: Architecture, rule: LayoutRule
) -> tuple[list[Unit], list[Unit], list[Unit]]:
    """Units of the left bank, the middle and the right bank, in the order in which data pass them.

    A network without a U (a transformer) becomes an avenue: out along one side, back along the other.
    """
    units = list(architecture.units)
    left = [u for u in units if u.stage in ("in", "down")]
    right = [u for u in units if u.stage in ("up", "out")]
    middle = [u for u in units if u.stage == "mid"]
    if rule.rule == "valley" and left and middle and right:
        return left, middle, right
    if not units:
        raise LayoutError(f"{architecture.model}: no units are no network to walk through")
    half = (len(units) + 1) // 2
    return units[:half], [], units[half:]


def _resolution(unit: Unit, otherwise: int) -> int:
    """Width of a unit's maps; units that pass tokens have none."""
    return unit.output[-1] if len(unit.output) == 3 else otherwise


def plot(unit: Unit, level: int, base_resolution: int, rule: LayoutRule) -> Plot:
    """Room size: footprint ~ √resolution, depth ~ log2(channels) (DESIGN, the world)."""
    resolution = _resolution(unit, base_resolution)
    shrink = (resolution / base_resolution) ** 0.25
    width = max(rule.room_width * shrink, 6.5)
    depth = min(max(rule.room_depth * log2(max(unit.output[0], 2)) / 8, 3.6), 12.0)
    height = rule.room_height * (0.55 + 0.45 * shrink)
    if unit.kind in SMALL:
        width, depth = max(width * 0.62, 5.6), depth * 0.72
    turn = radians(rule.turn)
    pitch = width * cos(turn) + depth * sin(turn) + rule.room_gap
    return Plot(unit, level, width, depth, height, pitch)


def wall_grid(p: Plot) -> tuple[int, int, float]:
    """Columns, rows and tile size of the feature wall: more, smaller tiles the deeper the level."""
    rows = min(3 + p.level, 6)
    channels = p.unit.output[0] if p.unit.output else 1
    columns = min(max(round((p.width - 1.2) / ((p.height - 1.75) / rows)), 1) + 1, channels)
    rows = min(rows, max(channels // columns, 1))
    tile = min((p.width - 1.2) / columns, (p.height - 1.75) / rows, 2.2)
    return columns, rows, tile


def lay_out(architecture: Architecture, rule: LayoutRule) -> Valley:
    """Place every unit; raises `LayoutError` when there are none, or when rooms would overlap."""
    left, middle, right = _parts(architecture, rule)
    street = not middle
    levels = 1 if street else 1 + max(u.level for u in left + right)
    base = max(_resolution(u, 1) for u in left + right)
    banks = {-1: [plot(u, 0 if street else u.level, base, rule) for u in left]}
    banks[1] = [plot(u, 0 if street else u.level, base, rule) for u in reversed(right)]
    court = [plot(u, levels - 1, base, rule) for u in middle]
    rule = msgspec.structs.replace(rule, level_inset=_inset([*banks[-1], *banks[1]], rule))

    spans, deep_y = _spans(banks, levels, rule)
    lips = [rule.deep_half_width + rule.level_inset * (levels - 1 - i) for i in range(levels)]
    far = deep_y + 16.0 + rule.level_inset * (levels - 1) + rule.deep_half_width * 0.6
    terrain = make_terrain(
        rule.front,
        far,
        lips,
        drop=rule.level_drop,
        risers=rule.risers,
        band=rule.band,
        rim_width=rule.rim_width,
        lake=max(rule.deep_half_width - 3.5, 4.0),
        lake_drop=rule.deep_drop,
        shore_y=rule.shore,
    )
    deep_z = -rule.level_drop * (levels - 1) - rule.deep_drop + 1.0
    valley = Valley(architecture.model, [], [], [], terrain)
    for side, plots in banks.items():
        for level in range(levels):
            here = [p for p in plots if p.level == level]
            valley.rooms += _bank(here, side, spans[level], terrain, rule)
    valley.rooms += _court(court, (0.0, deep_y, deep_z))
    check_overlap(valley.rooms)
    valley.anchors = _anchors(valley, (0.0, deep_y, deep_z), far, rule)
    stairs = paths.stairs(valley, terrain, spans, (0.0, deep_y, deep_z), rule)
    valley.bridges = paths.bridges(architecture, valley, terrain, rule)
    valley.anchors |= _bridge_anchors(valley)
    valley.edges = paths.edges(architecture, valley, stairs)
    valley.path = paths.main_path(valley, stairs)
    paths.floors(valley, (0.0, deep_y, deep_z), rule)
    width = terrain.rim + 30
    valley.bounds = (-width, rule.shore - rule.jetty - 1, width, far + 60)
    turns = np.linspace(-np.pi, np.pi, 97)
    valley.outline = [
        [(float(x), float(y)) for x, y in terrain.ring(a, turns)] for a in (*lips, terrain.rim)
    ]
    return valley


def _inset(plots: Sequence[Plot], rule: LayoutRule) -> float:
    """Width of a terrace: the rule's, or more where a room would stand with its back in the slope above.

    A corner may touch the lowest riser; rooms of many channels are deeper than that.
    """
    turn = radians(rule.turn)
    reach = max(
        (_setback(p, turn) + p.depth * cos(turn) + p.width / 2 * sin(turn)
         for p in plots if p.level > 0),
        default=0.0,
    )  # fmt: skip
    need = reach + rule.band
    return rule.level_inset if need <= rule.level_inset + _CORNER else need


def _setback(p: Plot, turn: float) -> float:
    """From the terrace's edge to the middle of a room's open front."""
    return p.width / 2 * sin(turn) + FORECOURT * cos(turn) + 1.9


def _spans(
    banks: dict[int, list[Plot]], levels: int, rule: LayoutRule
) -> tuple[list[tuple[float, float]], float]:
    """The stretch of bank (y from, y to) each level takes, and where the Deep lies."""
    spans: list[tuple[float, float]] = []
    y = rule.front + rule.first_room
    for level in range(levels):
        need = max(sum(p.pitch for p in plots if p.level == level) for plots in banks.values())
        # an inner ring begins further in: its rooms must stand where it has straightened out
        y = max(y, rule.front + rule.level_inset * level + 12.0)
        spans.append((y, y + need))
        y += need + rule.stair_width + 1.5
    return spans, y + 10.0


def _bank(
    plots: Sequence[Plot],
    side: int,
    span: tuple[float, float],
    terrain: Terrain,
    rule: LayoutRule,
) -> list[Room]:
    """Rooms of one level along one bank, spread evenly over the level's span, turned to the mouth."""
    rooms: list[Room] = []
    slack = (span[1] - span[0] - sum(p.pitch for p in plots)) / max(len(plots), 1)
    y = span[0]
    for p in plots:
        y += slack / 2 + p.pitch / 2
        turn = radians(rule.turn)
        x = side * (terrain.lip_x(terrain.lips[p.level], y) + _setback(p, turn))
        z = -rule.level_drop * p.level
        frame = Frame((x, y, z + FLOOR), (90 - rule.turn) * -side)
        columns, rows, tile = wall_grid(p)
        rooms.append(
            Room(
                p.unit.id, p.unit.kind, p.unit.stage, side, p.level, frame,
                p.width, p.depth, p.height, (columns, rows), tile,
            )
        )  # fmt: skip
        y += p.pitch / 2 + slack / 2
    return rooms


def _court(plots: Sequence[Plot], centre: Vec3) -> list[Room]:
    """Middle units around a court on the lake: in reading order from left to right, the middle one facing the mouth."""
    rooms: list[Room] = []
    count = len(plots)
    for i, p in enumerate(plots):
        columns, rows, tile = wall_grid(p)
        place = i - (count - 1) / 2
        if abs(place) < 0.25:
            frame = Frame((centre[0], centre[1] + 7.5, centre[2] + FLOOR), 0.0)
        else:
            side = 1 if place > 0 else -1
            row = abs(place) - (0.5 if count % 2 == 0 else 1.0)
            x = centre[0] + side * 5.7
            y = centre[1] - 2.4 - row * (p.width + 1.5)
            frame = Frame((x, y, centre[2] + FLOOR), -64.0 * side)
        rooms.append(
            Room(
                p.unit.id, p.unit.kind, "mid", 0, p.level, frame,
                p.width, min(p.depth, 4.0), p.height, (columns, rows), tile,
            )
        )  # fmt: skip
    return rooms


def footprint(room: Room) -> list[tuple[float, float]]:
    """The room's floor from above, forecourt included."""
    w, d = room.width / 2, room.depth
    front = -FORECOURT if room.side else -0.5  # rooms of the court share its floor
    corners = ((-w, front), (w, front), (w, d), (-w, d))
    return [room.frame.to_world((x, y, 0.0))[:2] for x, y in corners]


def check_overlap(rooms: Sequence[Room]) -> None:
    """Raise `LayoutError` when two rooms share ground (separating axes of their footprints)."""
    shapes = [(r, np.array(footprint(r))) for r in rooms]
    for i, (a, pa) in enumerate(shapes):
        for b, pb in shapes[i + 1 :]:
            if abs(a.frame.origin[2] - b.frame.origin[2]) < 4.0 and shapes_overlap(pa, pb):
                raise LayoutError(
                    f"rooms overlap: {a.unit} and {b.unit}; widen room_gap or level_inset"
                )


def shapes_overlap(p: np.ndarray, q: np.ndarray) -> bool:
    """Whether two convex shapes `[n, 2]` share ground."""
    for shape in (p, q):
        for a, b in zip(shape, np.roll(shape, -1, 0), strict=True):
            axis = np.array([b[1] - a[1], a[0] - b[0]])
            u, v = p @ axis, q @ axis
            if u.max() <= v.min() + 1e-6 or v.max() <= u.min() + 1e-6:
                return False
    return True


def _anchors(valley: Valley, deep: Vec3, far: float, rule: LayoutRule) -> dict[str, Frame]:
    """Named places that scenes may stand things at."""
    gallery_y = rule.front + 9.0
    # a street's water is narrow and bends away at once: the gallery stands further from its edge
    clear = 9.0 if len(valley.terrain.lips) > 1 else 15.0
    gallery_x = valley.terrain.lip_x(valley.terrain.lips[0], gallery_y) + clear
    anchors = {
        "origin": Frame((0.0, 0.0, 0.0)),
        "mouth": Frame((0.0, rule.front, 0.0)),
        "shore": Frame((0.0, rule.shore, 0.3)),
        "jetty": Frame((0.0, rule.shore - rule.jetty, 0.32 + rule.jetty_rise)),
        "gallery": Frame((gallery_x, gallery_y, 0.0), -38.0),
        "deep": Frame(deep),
        "lake": Frame((0.0, (rule.front + deep[1]) / 2, valley.terrain.water)),
        "tower": Frame((0.0, far + rule.rim_width * 0.42, 0.0)),
    }
    anchors |= promenade.sites(valley.terrain)
    counts: dict[tuple[str, int], int] = {}
    for room in valley.rooms:
        anchors[room.id] = room.frame
        bank = {-1: "left", 0: "deep", 1: "right"}[room.side]
        n = counts[bank, room.level] = counts.get((bank, room.level), 0) + 1
        anchors[f"room:{bank}.{room.level}.{n}"] = room.frame
    if (
        len(valley.rooms) == 1
    ):  # a closed box: the only room is also the one that scenes like to show
        anchors["room:left.0.2"] = valley.rooms[0].frame
    return anchors


def _bridge_anchors(valley: Valley) -> dict[str, Frame]:
    """`bridge:<n>`: the start of each bridge, looking along it; outermost first, as skips are numbered."""
    anchors = {}
    for i, bridge in enumerate(sorted(valley.bridges, key=lambda b: b.start[1]), 1):
        (x0, y0, _), (x1, y1, _) = bridge.start, bridge.end
        anchors[f"bridge:{i}"] = Frame(bridge.start, degrees(atan2(-(x1 - x0), y1 - y0)))
    return anchors
