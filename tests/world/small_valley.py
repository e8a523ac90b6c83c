"""A hand-made valley for tests: two terraces, a stair, a bridge over a trench, a room, a lake."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from explorer.world.valley import Bridge, Deck, Frame, Room, Valley, Wall


@dataclass(frozen=True)
class Ground:
    """x < 20: terrace at 0. 20..30: 1.8 m risers down to −9. x > 30: terrace at −9, lake at 44."""

    water: float = -9.5
    shore_y: float = -18.0

    def height(self, x: float, y: float) -> float:
        if y < self.shore_y:
            return -4.0
        if x < 20:
            return -6.0 if -12 < x < -6 else 0.0
        if x < 30:
            return -1.8 * (1 + int((x - 20) / 2))
        return -11.0 if x > 44 else -9.0


def deck(x0: float, y0: float, x1: float, y1: float, z0: float, z1: float) -> Deck:
    """A ramp over a rectangle, at height z0 on its x0 side and z1 on its x1 side."""
    return Deck(((x0, y0, z0), (x1, y0, z1), (x1, y1, z1), (x0, y1, z0)))


def small_valley() -> Valley:
    stair = [
        deck(20 + 0.5 * i, 0, 20.5 + 0.5 * i, 4, -0.45 * (i + 1), -0.45 * (i + 1))
        for i in range(20)
    ]
    bridge = deck(-12.2, -2, -5.8, 2, 0.1, 0.1)
    floor = Deck(((4, 8, 0.28), (12, 8, 0.28), (12, 14, 0.28), (4, 14, 0.28)))
    room = Room(
        "mid", "resnet", "mid", 0, 0, Frame((8, 8, 0.28)), 8.0, 6.0, 4.0, (4, 2), 1.2
    )  # fmt: skip
    walls = [
        Wall((4, 8), (4, 14), 0.0, 4.2),
        Wall((12, 8), (12, 14), 0.0, 4.2),
        Wall((4, 14), (12, 14), 0.0, 4.2),
        Wall((-12.2, -2), (-5.8, -2), 0.0, 1.3, 0.1),
        Wall((-12.2, 2), (-5.8, 2), 0.0, 1.3, 0.1),
    ]
    skip = Bridge("a", "b", (-12, 0, 0), (-6, 0, 0), 0.0, 3.0)
    valley = Valley(
        "test", [room], [skip], [], SimpleNamespace(),  # type: ignore[arg-type]
        [*stair, bridge, floor], walls,
        {"mouth": Frame((0, -15, 0)), "deep": Frame((35, 2, -9), 90.0), "unit:mid": room.frame},
        bounds=(-25.0, -20.0, 50.0, 20.0),
    )  # fmt: skip
    valley.terrain = Ground()  # type: ignore[assignment]
    return valley
