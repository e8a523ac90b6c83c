"""Levers beside rooms and bridges: where each stands, and the box that takes a pointer."""

from __future__ import annotations

from collections.abc import Iterable
from math import atan2, degrees

import msgspec

from explorer.world.picking import Target, layer_targets
from explorer.world.valley import Bridge, Frame, Room, Valley

LANDING = 0.06
"""Where on its bridge a lever stands, from the source: 0..1 of the way."""
SMALL = 0.55
"""Size of a layer's lever against that of a room's."""


class Lever(msgspec.Struct, frozen=True):
    """`part` is the id of what it cuts. The frame's origin is the middle of its foot; one pulls towards its −y."""

    part: str
    frame: Frame
    size: float = 1.0

    @property
    def id(self) -> str:
        return f"cut:{self.part}"

    @property
    def target(self) -> Target:
        """A little larger than the lever: it is thin."""
        k = self.size
        at = Frame(self.frame.to_world((0.0, -0.4 * k, 0.0)), self.frame.yaw)
        on = self.part if self.part.startswith("skip:") else None  # a bridge's box holds all on it
        return Target(self.id, at, (0.6 * k, 0.8 * k, 1.75 * k), inside=on)


def lever_places(valley: Valley, parts: Iterable[str]) -> list[Lever]:
    """The levers of those `parts` that are rooms or bridges of the valley."""
    wanted = set(parts)
    rooms = [_by_room(room) for room in valley.rooms if room.id in wanted]
    return rooms + [_on_bridge(bridge) for bridge in valley.bridges if bridge.id in wanted]


def layer_levers(room: Room, layers: list[str], parts: Iterable[str]) -> list[Lever]:
    """Small levers before the plates of an unfolded room's layers."""
    wanted = set(parts)
    found = []
    for target in layer_targets(room, layers):
        if target.id in wanted:
            width = target.size[0]
            at = target.frame.to_world((width / 2 - 0.16, -0.28, -0.12))
            found.append(Lever(target.id, Frame(at, room.frame.yaw), SMALL))
    return found


def _by_room(room: Room) -> Lever:
    """On the floor, inside the right column: the wall stays free."""
    at = room.frame.to_world((room.width / 2 - 0.75, -0.9, 0.0))
    return Lever(room.id, Frame(at, room.frame.yaw))


def _on_bridge(bridge: Bridge) -> Lever:
    """By the left railing, soon after the landing; pulled by who comes over."""
    (ax, ay, _), at = bridge.start, bridge.deck(LANDING)
    across = degrees(atan2(-(at[0] - ax), at[1] - ay))
    side = Frame(at, across).to_world((-bridge.width / 2 + 0.75, 0.0, 0.0))
    return Lever(bridge.id, Frame(side, across))
