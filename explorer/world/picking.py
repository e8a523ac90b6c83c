"""What a ray meets: oriented boxes with ids, nearest first, unless something solid is before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import atan2, degrees, hypot

import msgspec
import numpy as np
from numpy.typing import NDArray

from explorer.world.valley import Bridge, Frame, Room, Valley, Vec3

Floats = NDArray[np.float64]
MIN_SIZE = 0.12
"""Thin things are picked as if they were this thick, metres."""
WALL_DEPTH = 0.6
DECK_PARTS = 6
LAYER_ROWS = 2
"""Layers of an unfolded room stand in this many rows."""


class Target(msgspec.Struct, frozen=True):
    """Something that can be pointed at: a box of `size` (right, back, up).

    The frame's origin is the middle of its lower front edge: the box reaches half its width to
    either side, and all of its depth and height from there.
    """

    id: str
    frame: Frame
    size: Vec3
    inside: str | None = None
    """Id of a target in whose box it stands, and before which it is taken."""


class Hit(msgspec.Struct, frozen=True):
    """A target met by a ray."""

    id: str
    distance: float
    point: Vec3
    index: int
    """Which of the targets."""


class Picker:
    """Ray tests against all targets at once."""

    def __init__(
        self, targets: Sequence[Target], ground: Callable[[float, float], float] | None = None
    ) -> None:
        self.targets = list(targets)
        self.ground = ground
        self._within: dict[str, list[int]] = {}
        for i, target in enumerate(self.targets):
            if target.inside is not None:
                self._within.setdefault(target.inside, []).append(i)
        self._coarse = lru_cache(maxsize=1 << 13)(ground or (lambda x, y: -np.inf))
        origin = np.array([t.frame.origin for t in targets], float).reshape(-1, 3)
        yaw = np.radians([t.frame.yaw for t in targets])
        size = np.maximum([t.size for t in targets] or np.zeros((0, 3)), MIN_SIZE)
        self._origin, self._cos, self._sin = origin, np.cos(yaw), np.sin(yaw)
        self._low = np.stack([-size[:, 0] / 2, np.zeros(len(size)), np.zeros(len(size))], -1)
        self._high = self._low + size

    def pick(self, eye: Vec3, direction: Vec3, reach: float = 400.0) -> Hit | None:
        """The nearest target along a ray, or None; the ground hides what lies behind it."""
        distances = self._distances(eye, direction)
        if not len(distances):
            return None
        index = int(np.argmin(distances))
        found = self.targets[index].id
        within = [i for i in self._within.get(found, ()) if distances[i] < np.inf]
        index = min(within, key=lambda i: float(distances[i]), default=index)
        distance = float(distances[index])
        if distance > reach or self._hidden(eye, direction, distance):
            return None
        x, y, z = (e + d * distance for e, d in zip(eye, _unit(direction), strict=True))
        return Hit(self.targets[index].id, distance, (x, y, z), index)

    def _distances(self, eye: Vec3, direction: Vec3) -> Floats:
        """Where the ray enters each box (slab test in the box's own axes); infinity where not."""
        dx, dy, dz = _unit(direction)
        offset = np.asarray(eye, float) - self._origin
        c, s = self._cos, self._sin
        start = np.stack(
            [
                c * offset[:, 0] + s * offset[:, 1],
                c * offset[:, 1] - s * offset[:, 0],
                offset[:, 2],
            ],
            -1,
        )
        along = np.stack([c * dx + s * dy, c * dy - s * dx, np.full_like(c, dz)], -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = (self._low - start) / along, (self._high - start) / along
        near = np.nan_to_num(np.minimum(a, b), nan=-np.inf).max(axis=1)
        far = np.nan_to_num(np.maximum(a, b), nan=np.inf).min(axis=1)
        # an eye inside a box points at what is around it, not at the box
        return np.where((near <= far) & (near > 0.0), near, np.inf)

    def _hidden(self, eye: Vec3, direction: Vec3, distance: float) -> bool:
        """Whether the ground rises clearly over the ray before `distance`."""
        if self.ground is None:
            return False
        dx, dy, dz = _unit(direction)
        count = min(int(distance / 3.0), 60)
        for i in range(1, count):
            t = distance * i / count
            if self._coarse(round(eye[0] + dx * t), round(eye[1] + dy * t)) > eye[2] + dz * t + 1.0:
                return True
        return False


def room_targets(room: Room, layers: Sequence[str] = ()) -> list[Target]:
    """A room's wall, roof and sides; unfolded, one panel a layer before the wall."""
    w, d, h = room.width, room.depth, room.height
    at = room.frame.to_world
    parts = [
        Target(room.id, Frame(at((0, d - WALL_DEPTH, 0)), room.frame.yaw), (w, WALL_DEPTH, h)),
        Target(room.id, Frame(at((0, -1.0, h - 0.55)), room.frame.yaw), (w + 1.5, d + 1.5, 0.6)),
    ]
    parts += [
        Target(room.id, Frame(at((side * w / 2, 0, 0)), room.frame.yaw), (0.3, d, h))
        for side in (-1, 1)
    ]
    return parts + layer_targets(room, layers)


def layer_targets(room: Room, layers: Sequence[str]) -> list[Target]:
    """Panels of an unfolded room's layers, in reading order, at the middle of its depth."""
    if not layers:
        return []
    columns = -(-len(layers) // LAYER_ROWS)
    pitch = room.width * 0.92 / columns
    first = -pitch * (columns - 1) / 2
    tall = min((room.height - 1.2) / LAYER_ROWS, 1.7)
    parts = []
    for i, layer in enumerate(layers):
        row, column = divmod(i, columns)
        z = 0.7 + tall * (LAYER_ROWS - 1 - row)
        place = room.frame.to_world((first + pitch * column, room.depth * 0.5, z))
        size = (pitch * 0.88, 0.2, tall * 0.86)
        parts.append(Target(f"layer:{layer}", Frame(place, room.frame.yaw), size))
    return parts


def bridge_targets(bridge: Bridge) -> list[Target]:
    """A bridge's deck with its rails, in straight pieces."""
    points = [bridge.deck(i / DECK_PARTS) for i in range(DECK_PARTS + 1)]
    parts = []
    for a, b in zip(points, points[1:], strict=False):
        dx, dy = b[0] - a[0], b[1] - a[1]
        heading = degrees(atan2(-dx, dy))
        low = min(a[2], b[2]) - 0.5
        size = (bridge.width, hypot(dx, dy), abs(b[2] - a[2]) + 1.8)
        parts.append(Target(bridge.id, Frame((a[0], a[1], low), heading), size))
    return parts


def valley_targets(valley: Valley) -> list[Target]:
    """Every room and bridge of a valley."""
    rooms = [t for room in valley.rooms for t in room_targets(room)]
    return rooms + [t for bridge in valley.bridges for t in bridge_targets(bridge)]


def ray(
    eye: Vec3, heading: float, pitch: float, fov: float, x: float, y: float, aspect: float
) -> Vec3:
    """Direction through a pixel: `x`, `y` in −1..1 (right, up), `fov` horizontal at 16:9, degrees."""
    p3 = _basis(heading, pitch)
    tall = np.tan(np.radians(fov) / 2) * 9 / 16
    d = p3[1] + p3[0] * (x * tall * aspect) + p3[2] * (y * tall)
    return (float(d[0]), float(d[1]), float(d[2]))


def room_at(valley: Valley, point: Vec3) -> Room | None:
    """The room that a point is in."""
    for room in valley.rooms:
        x, y, z = room.frame.to_local(point)
        if abs(x) <= room.width / 2 and 0 <= y <= room.depth and -0.5 <= z <= room.height:
            return room
    return None


def _basis(heading: float, pitch: float) -> Floats:
    """Right, ahead and up of a view as rows."""
    h, p = np.radians(heading), np.radians(pitch)
    right = (np.cos(h), np.sin(h), 0.0)
    ahead = (-np.sin(h) * np.cos(p), np.cos(h) * np.cos(p), np.sin(p))
    up = (np.sin(h) * np.sin(p), -np.cos(h) * np.sin(p), np.cos(p))
    return np.array([right, ahead, up])


def _unit(v: Vec3) -> Vec3:
    size = float(np.linalg.norm(v)) or 1.0
    return (v[0] / size, v[1] / size, v[2] / size)
