"""Exhibits on the ground: what each kind covers, what of it can be stood on, bumped into and pointed at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec
import numpy as np

from explorer.world import noising, orchestra, training
from explorer.world import stations as kinds
from explorer.world.annex import SIGN, Block, lay_annex
from explorer.world.dig import CURB, MARGIN, WALK, DigPlan
from explorer.world.displays import BACK, FACE, FLOOR, FRONT, lay_display
from explorer.world.layout import LayoutError, footprint, shapes_overlap
from explorer.world.picking import Target
from explorer.world.promenade import is_flat
from explorer.world.valley import Deck, Frame, Valley, Vec3, Wall

Box = tuple[Vec3, Vec3]
"""Low and high corner in the exhibit's axes."""


class Ground(msgspec.Struct, frozen=True):
    """What an exhibit takes, in its own axes: right, back, up from the middle of its footprint; its front is −y."""

    width: float
    depth: float
    blocks: tuple[Box, ...] = ()
    """Boxes that nobody walks through; a top that is low enough can be stepped on."""
    decks: tuple[tuple[Vec3, Vec3, Vec3, Vec3], ...] = ()
    walls: tuple[tuple[Vec3, Vec3], ...] = ()
    """Railings: blocked from the ground to hand height over their line."""
    targets: tuple[Box, ...] = ()
    """Boxes that select the exhibit."""
    named: tuple[tuple[str, Box], ...] = ()
    """Boxes that select something of their own, by its id."""
    annex: tuple[Block, ...] = ()
    """Models of the Annex."""
    seats: tuple[orchestra.Seat, ...] = ()


class ExhibitPlace(msgspec.Struct, frozen=True):
    """An exhibit of the scene, placed."""

    station: kinds.Exhibit
    frame: Frame
    ground: Ground

    @property
    def id(self) -> str:
        return f"station:{self.station.id}"

    def corners(self) -> list[tuple[float, float]]:
        w, d = self.ground.width / 2, self.ground.depth / 2
        return [
            self.frame.to_world((x, y, 0.0))[:2] for x, y in ((-w, -d), (w, -d), (w, d), (-w, d))
        ]


RAIL = 1.05
"""Height of a railing, metres."""
PLINTH = 1.15
"""Height of the sculptor's plinth, metres."""


def _sculptor(station: kinds.Sculptor, valley: Valley) -> Ground:
    """A low step, a plinth on it, and the stone on the plinth."""
    k = station.scale
    half, thick = station.size * k / 2, max(station.relief * k + 0.35, 0.8)
    step = half + 1.3
    return Ground(
        width=2 * step + 1.6,
        depth=2 * thick + 5.4,
        blocks=(((-half - 0.35, -thick - 0.2, 0.0), (half + 0.35, thick + 0.2, PLINTH + 2 * half)),),
        decks=(platform((-step, -thick - 1.5), (step, thick + 1.5), 0.3),),
        targets=(((-half, -thick, PLINTH), (half, thick, PLINTH + 2 * half)),
                 ((-half - 0.35, -thick - 0.2, 0.0), (half + 0.35, thick + 0.2, PLINTH))),
    )  # fmt: skip


def _orchestra(station: kinds.Orchestra, valley: Valley) -> Ground:
    """Tiers in a half circle, a parapet behind them, an instrument on every seat."""
    turns = [orchestra.SPREAD * (i / 6 - 1) for i in range(13)]
    at, top = orchestra.polar, orchestra.height(orchestra.TIERS - 1)
    decks, walls = [], []
    for tier in range(orchestra.TIERS):
        near = orchestra.INNER + orchestra.DEEP * tier
        far, z = near + orchestra.DEEP, orchestra.height(tier)
        for a, b in pairwise(turns):
            decks.append((at(near, a, z), at(near, b, z), at(far, b, z), at(far, a, z)))
        if z > 2 * orchestra.RISE:  # nobody walks under the tiers from their ends
            for t in (turns[0], turns[-1]):
                walls.append((at(near, t, z - RAIL), at(far, t, z - RAIL)))
    walls += [
        (at(orchestra.OUTER, a, top), at(orchestra.OUTER, b, top)) for a, b in pairwise(turns)
    ]
    seats = orchestra.seats(valley.rooms)
    cx, cy, _ = orchestra.CONDUCTOR
    blocks = [
        ((x - 0.25, y - 0.25, 0.0), (x + 0.25, y + 0.25, z + 1.6))
        for x, y, z in (s.place for s in seats)
    ]
    blocks.append(((cx - 1.8, cy - 0.6, 0.0), (cx + 1.8, cy + 0.6, 2.6)))
    wide = orchestra.OUTER * 0.98
    return Ground(
        width=2 * wide + 0.4,
        depth=12.8,
        blocks=tuple(blocks),
        decks=tuple(decks),
        walls=tuple(walls),
        targets=(
            ((-wide, cy + orchestra.INNER, 0.0), (wide, cy + orchestra.OUTER, 2.8)),
            ((cx - 1.3, cy - 0.35, 0.0), (cx + 1.3, cy + 0.35, 2.9)),
        ),
        seats=seats,
    )  # fmt: skip


def _dig(station: kinds.Dig, valley: Valley) -> Ground:
    """The field, a ramp up its left side, and a walk behind it from which one looks down."""
    plan = DigPlan.of(station)
    half, top = plan.size / 2, plan.height + 0.2
    inner, outer, behind = -half - CURB, -half - CURB - WALK, plan.back + CURB
    end = half + CURB
    ramp = (
        (outer, plan.front, 0.0),
        (inner, plan.front, 0.0),
        (inner, behind, top),
        (outer, behind, top),
    )
    return Ground(
        width=plan.size + 2 * (CURB + WALK) + 0.4,
        depth=plan.size + CURB + WALK + MARGIN,
        blocks=(((inner + 0.12, plan.front - 0.1, 0.0), (end - 0.12, behind - 0.12, plan.height)),),
        decks=(ramp, platform((outer, behind), (end, behind + WALK), top)),
        walls=(
            *_rail((inner, plan.front, 0.0), (inner, behind, top)),
            *_rail((outer, plan.front, 0.0), (outer, behind, top)),
            *_rail((inner, behind, top), (end, behind, top)),
            *_rail((outer, behind + WALK, top), (end, behind + WALK, top)),
            *_rail((outer, behind, top), (outer, behind + WALK, top)),
            *_rail((end, behind, top), (end, behind + WALK, top)),
        ),
        targets=(((-half, plan.front, 0.0), (half, plan.back, plan.height)),),
    )


def _rail(a: Vec3, b: Vec3) -> list[tuple[Vec3, Vec3]]:
    """A railing down to the ground along a → b, in pieces so that each is about level."""
    count = max(round(abs(b[2] - a[2]) / 0.35), 1)
    points = [
        (a[0] + (b[0] - a[0]) * i / count, a[1] + (b[1] - a[1]) * i / count, a[2] + (b[2] - a[2]) * i / count)
        for i in range(count + 1)
    ]  # fmt: skip
    return list(pairwise(points))


def _display(station: kinds.Display, valley: Valley) -> Ground:
    """A step, and the wall on it."""
    wall = lay_display(station)
    w = wall.half
    box = ((-w, FACE - 0.1, 0.0), (w, BACK, wall.height))
    return Ground(
        width=2 * w + 1.2,
        depth=2 * max(-FRONT, BACK + 0.4),
        blocks=(box,),
        decks=(platform((-w - 0.5, FRONT), (w + 0.5, FACE), FLOOR),),
        targets=(box,),
    )


def _training(station: kinds.Training, valley: Valley) -> Ground:
    """A step, the wall on it, and a wing at each of its ends."""
    hall = training.lay_hall(station)
    w, out, front = hall.half, hall.half + training.WING, training.FRONT
    wall = ((-out, FACE - 0.1, 0.0), (out, BACK, hall.height))
    wings = tuple(
        ((x, front + 0.5, 0.0), (x + training.WING, FACE, hall.height)) for x in (-out, w)
    )
    return Ground(
        width=2 * out + 1.2,
        depth=2 * max(-front, BACK + 0.4),
        blocks=(wall, *wings),
        decks=(platform((-out - 0.4, front), (out + 0.4, FACE), FLOOR),),
        targets=(wall,),
    )


def platform(
    low: tuple[float, float], high: tuple[float, float], z: float
) -> tuple[Vec3, Vec3, Vec3, Vec3]:
    """A level rectangle to stand on."""
    (x0, y0), (x1, y1) = low, high
    return ((x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z))


def _annex(station: kinds.Annex, valley: Valley) -> Ground:
    """A plot, and a block for each model that is there; pointing at a block selects its model."""
    blocks = lay_annex(station, valley.models)
    boxes = {
        b.model: ((b.x - b.side / 2, b.y, 0.0), (b.x + b.side / 2, b.y + b.side, 0.06 + b.side))
        for b in blocks
    }
    signs = tuple(((b.sign, b.y, 0.0), (b.sign + SIGN, b.y + 0.12, 1.5)) for b in blocks)
    return Ground(
        width=station.width,
        depth=station.depth,
        blocks=(*boxes.values(), *signs),
        targets=(
            (
                (-station.width / 2, -station.depth / 2, 0.0),
                (station.width / 2, station.depth / 2, 0.1),
            ),
        ),
        named=tuple((f"annex:{model}", box) for model, box in boxes.items())
        + tuple((f"annex:{b.model}", sign) for b, sign in zip(blocks, signs, strict=True)),
        annex=blocks,
    )


GROUNDS: dict[type[kinds.Exhibit], Callable[..., Ground]] = {
    kinds.Sculptor: _sculptor,
    kinds.Dig: _dig,
    kinds.Display: _display,
    kinds.Choice: _display,
    kinds.Noising: _display,
    kinds.Cuts: _display,
    kinds.Annex: _annex,
    kinds.Orchestra: _orchestra,
    kinds.Training: _training,
}
"""Kind of exhibit → what it needs of the ground."""


def place_exhibit(
    station: kinds.Exhibit, frame: Frame, valley: Valley, others: Sequence[ExhibitPlace]
) -> ExhibitPlace | None:
    """Add an exhibit's decks and walls to the valley, and its anchor `station:<id>`.

    Where there is no room for it, an optional one is left out; any other is a `LayoutError`.
    """
    place = ExhibitPlace(station, frame, GROUNDS[type(station)](station, valley))
    if problem := misfit(place, others, valley):
        if station.optional:
            return None
        raise LayoutError(f"exhibit {station.id!r} {problem}: move it")
    at, z = frame.to_world, frame.origin[2]
    for corners in place.ground.decks:
        valley.decks.append(Deck((at(corners[0]), at(corners[1]), at(corners[2]), at(corners[3]))))
    for (x0, y0, z0), (x1, y1, z1) in place.ground.blocks:
        ring = [at(p)[:2] for p in ((x0, y0, 0), (x1, y0, 0), (x1, y1, 0), (x0, y1, 0))]
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
            valley.walls.append(Wall(a, b, z + z0, z + z1, 0.1))
        roof = [at(p) for p in ((x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1))]
        valley.decks.append(Deck((roof[0], roof[1], roof[2], roof[3])))
    for foot, head in place.ground.walls:
        high = max(foot[2], head[2]) + RAIL
        valley.walls.append(Wall(at(foot)[:2], at(head)[:2], z - 0.3, z + high, 0.1))
    valley.anchors[place.id] = Frame(at((0.0, -place.ground.depth / 2, 0.0)), frame.yaw)
    return place


def misfit(place: ExhibitPlace, others: Sequence[ExhibitPlace], valley: Valley) -> str | None:
    """Why an exhibit cannot stand where it is: it shares ground with a room or another, or does not stand level."""
    corners = place.corners()
    shape = np.array(corners)
    taken = [(r.unit, footprint(r)) for r in valley.rooms if r.level == 0]
    taken += [(other.station.id, other.corners()) for other in others]
    for name, other_shape in taken:
        if shapes_overlap(shape, np.array(other_shape)):
            return f"stands on {name!r}"
    if not is_flat(valley, corners, place.frame.origin[2]):
        return "does not stand on level ground"
    return None


def exhibit_targets(place: ExhibitPlace) -> list[Target]:
    """What selects the exhibit when pointed at."""
    return [
        Target(
            id,
            Frame(place.frame.to_world(((x0 + x1) / 2, y0, z0)), place.frame.yaw),
            (x1 - x0, y1 - y0, z1 - z0),
        )
        for id, ((x0, y0, z0), (x1, y1, z1)) in (
            *((place.id, box) for box in place.ground.targets),
            *place.ground.named,
        )
    ]


def slid(place: ExhibitPlace, eye: Vec3, ray: Vec3) -> float | None:
    """Where along an exhibit's rail (0 left … 1 right) a look falls on it; None where it has none."""
    turn = Frame((0.0, 0.0, 0.0), place.frame.yaw)
    eye, ray = place.frame.to_local(eye), turn.to_local(ray)
    match place.station:
        case kinds.Noising() | kinds.Cuts():
            return noising.share_at(place.station, eye, ray)
        case kinds.Training():
            return training.share_at(place.station, eye, ray)
    return None


def probed(
    place: ExhibitPlace, eye: Vec3, ray: Vec3, probe: tuple[float, float], step: float, steps: int
) -> tuple[float, float] | None:
    """The place in the picture (right, down; 0..1) that a look at an exhibit falls on; None where it shows none."""
    if not isinstance(place.station, kinds.Dig):
        return None
    plan, turn = DigPlan.of(place.station), Frame((0.0, 0.0, 0.0), place.frame.yaw)
    return plan.meets(place.frame.to_local(eye), turn.to_local(ray), probe, plan.level(step, steps))
