"""An exhibit costs nothing until somebody comes near, and nothing again when they have left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import panda3d.core as p3d

from explorer.state import State
from explorer.view.exhibition.base import QUIET_FRAMES, Exhibition, Shown
from explorer.world.valley import Frame, Vec3


class Kind:
    """Stands for a kind of station."""

    reach = 50.0


class Counted:
    """An exhibit that counts what is asked of it."""

    def __init__(self, place: Any, setting: Any) -> None:
        self.root = p3d.NodePath("counted")
        self.asked: list[str] = []
        self.eye: Vec3 = (0.0, 0.0, 0.0)

    def dress(self, shown: Any, state: Any) -> None:
        self.asked.append("dress")

    def follow(self, state: Any) -> None:
        self.asked.append("follow")

    def update(self, state: Any, eye: Vec3, dt: float) -> None:
        self.asked.append("update")
        self.eye = eye

    def clean_up(self) -> None:
        self.asked.append("clean_up")


def exhibition(*origins: Vec3) -> Exhibition:
    places = [
        SimpleNamespace(id=f"station:{i}", station=Kind(), frame=Frame(o))
        for i, o in enumerate(origins)
    ]
    makers: Any = {Kind: Counted}
    return Exhibition(places, makers, None, p3d.NodePath("world"))  # type: ignore[arg-type]


SHOWN: Any = Shown(None, {})  # type: ignore[arg-type]
NEAR, FAR = (0.0, 0.0, 0.0), (500.0, 0.0, 0.0)


def test_nothing_is_built_in_the_first_frames_nor_before_there_is_a_run() -> None:
    show = exhibition((1.0, 0.0, 0.0))
    for _ in range(QUIET_FRAMES + 3):
        show.update(State(), NEAR, 0.03)
    assert not show.built
    show.dress(SHOWN, State())
    show.update(State(), NEAR, 0.03)
    assert list(show.built) == ["station:0"]
    fresh = exhibition((1.0, 0.0, 0.0))
    fresh.dress(SHOWN, State())
    for _ in range(QUIET_FRAMES):
        fresh.update(State(), NEAR, 0.03)
    assert not fresh.built


def test_one_exhibit_a_frame_and_none_that_is_far() -> None:
    show = exhibition((1.0, 0.0, 0.0), (2.0, 0.0, 0.0), FAR)
    show.dress(SHOWN, State())
    counts = []
    for _ in range(QUIET_FRAMES + 4):
        show.update(State(), NEAR, 0.03)
        counts.append(len(show.built))
    assert counts[QUIET_FRAMES - 1 :] == [0, 1, 2, 2, 2]


def test_far_away_it_is_hidden_and_no_longer_asked() -> None:
    show = exhibition(NEAR)
    show.dress(SHOWN, State())
    show.complete(State(), (3.0, 4.0, 0.0))
    made: Any = show.built["station:0"]
    assert made.asked == ["dress", "follow", "update"] and made.eye == (3.0, 4.0, 0.0)
    show.update(State(), FAR, 0.03)
    assert made.root.is_hidden() and made.asked.count("update") == 1
    show.update(State(), NEAR, 0.03)
    assert not made.root.is_hidden() and made.asked.count("update") == 2
    show.dress(SHOWN, State())
    assert made.asked.count("dress") == 2
    show.clean_up()
    assert made.asked[-1] == "clean_up" and not show.built
