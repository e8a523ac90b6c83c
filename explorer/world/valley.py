"""What a laid-out world is: plain data, in metres and degrees, no panda3d.

x right, y into the valley, z up. Every place has a `Frame`: an origin and a yaw (0 = facing −y, the mouth;
counter-clockwise seen from above), with local axes right / back / up: local +y points *into* a room, away
from its open front.
"""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assetgen.pack import Architecture
    from explorer.world.terrain import Terrain

Vec3 = tuple[float, float, float]

FLOOR = 0.28
"""Height of a room's floor over its terrace: one step."""
FORECOURT = 2.7
"""How far a room's floor reaches out in front of it."""


class Frame(msgspec.Struct, frozen=True):
    """A placed coordinate system."""

    origin: Vec3
    yaw: float = 0.0

    def to_world(self, p: Vec3) -> Vec3:
        """Local (right, back, up) → world."""
        c, s = cos(radians(self.yaw)), sin(radians(self.yaw))
        x, y, z = self.origin
        return (x + c * p[0] - s * p[1], y + s * p[0] + c * p[1], z + p[2])

    def to_local(self, p: Vec3) -> Vec3:
        """World → local (right, back, up)."""
        c, s = cos(radians(self.yaw)), sin(radians(self.yaw))
        dx, dy = p[0] - self.origin[0], p[1] - self.origin[1]
        return (c * dx + s * dy, -s * dx + c * dy, p[2] - self.origin[2])


class Room(msgspec.Struct, frozen=True):
    """One unit of the network as a pavilion. The frame's origin is the middle of its open front, on the floor."""

    unit: str
    kind: str
    stage: str
    side: int
    """-1 left bank (encoder), 0 the Deep, +1 right bank (decoder)."""
    level: int
    """Terrace the room stands on: 0 is the rim."""
    frame: Frame
    width: float
    depth: float
    height: float
    wall: tuple[int, int]
    """Columns and rows of the feature wall."""
    tile: float
    """Side of a tile, metres."""

    @property
    def id(self) -> str:
        return f"unit:{self.unit}"


class Bridge(msgspec.Struct, frozen=True):
    """A skip connection as a bridge between two places."""

    source: str
    target: str
    start: Vec3
    end: Vec3
    camber: float
    arch: float
    width: float = 4.2

    @property
    def id(self) -> str:
        return f"skip:{self.source}->{self.target}"

    def deck(self, s: float) -> Vec3:
        """Middle of the walkway at `s` in [0, 1]."""
        a, b = self.start, self.end
        lift = self.camber * 4 * s * (1 - s)
        return (a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s, a[2] + (b[2] - a[2]) * s + lift)


class Deck(msgspec.Struct, frozen=True):
    """A walkable quad: four corners in order (counter-clockwise from above), heights interpolated."""

    corners: tuple[Vec3, Vec3, Vec3, Vec3]


class Wall(msgspec.Struct, frozen=True):
    """An upright blocker: a segment seen from above with thickness, from `low` to `high`."""

    a: tuple[float, float]
    b: tuple[float, float]
    low: float
    high: float
    thickness: float = 0.3


class Edge(msgspec.Struct, frozen=True):
    """A path along which the network passes data; particles and light lines follow it."""

    kind: str
    """flow | skip | cond | time | return"""
    source: str
    target: str
    points: tuple[Vec3, ...]


class Spot(msgspec.Struct, frozen=True):
    """A place to be taken to (number keys, mini-map)."""

    id: str
    title: str
    """Text key."""
    frame: Frame


class Valley(msgspec.Struct):
    """A laid-out network."""

    model: str
    rooms: list[Room]
    bridges: list[Bridge]
    edges: list[Edge]
    terrain: Terrain
    decks: list[Deck] = msgspec.field(default_factory=list)
    walls: list[Wall] = msgspec.field(default_factory=list)
    anchors: dict[str, Frame] = msgspec.field(default_factory=dict)
    """Named places for scenes: `mouth`, `deep`, `tower`, `gallery`, `jetty`, `unit:<id>`, `room:left.<level>.<n>` …"""
    path: list[list[Vec3]] = msgspec.field(default_factory=list)
    """The way of x_t over the ground, from the jetty to the gallery and back: the warm line."""
    stairs: list[tuple[Vec3, Vec3]] = msgspec.field(default_factory=list)
    """Top and bottom of every flight."""
    court: tuple[Vec3, Vec3] = ((-8.0, 0.0, 0.0), (8.0, 20.0, 0.0))
    """Low and high corner of the platform that carries the middle units; `high` is its floor."""
    outline: list[list[tuple[float, float]]] = msgspec.field(default_factory=list)
    """Terrace edges as closed curves, for the map."""
    bounds: tuple[float, float, float, float] = (-200.0, -60.0, 200.0, 300.0)
    """x0, y0, x1, y1: the end of the walkable world."""

    models: Mapping[str, Architecture] = msgspec.field(default_factory=dict)
    """Architectures beside this one, by the name of their folder: for the Annex."""

    def ground(self, x: float, y: float) -> float:
        """Terrain height without decks."""
        return self.terrain.height(x, y)

    def room(self, unit: str) -> Room | None:
        return next((r for r in self.rooms if r.unit == unit), None)
