"""Camera rails pass their stops, in time, without breaking a limit or rolling."""

from __future__ import annotations

from math import dist

import numpy as np
import pytest

from explorer.world.rails import MAX_SPEED, MAX_TILT, MAX_TURN, Rail, Stop, look_at

SLOW = [
    Stop((0, -60, 30), (0, 90, 0), 60, step=0.0),
    Stop((-10, 0, 12), (0, 90, 0), 70),
    Stop((-8, 60, 4), (0, 140, 0), 70, step=1.0),
]
WILD = [
    Stop((0, 0, 2), (10, 0, 2)),
    Stop((1, 0, 2), (-10, 0.5, 30)),
    Stop((200, 0, 2), (200, -10, -20)),
    Stop((200, 0.5, 2), (200, 10, 20)),
]


@pytest.mark.parametrize("stops", [SLOW, WILD])
@pytest.mark.parametrize("seconds", [2.0, 30.0])
def test_limits_hold_everywhere(stops: list[Stop], seconds: float) -> None:
    rail = Rail(stops, seconds)
    poses = [rail.pose(t) for t in np.arange(0, rail.duration, 1 / 60)]
    for a, b in zip(poses, poses[1:], strict=False):
        assert dist(a.eye, b.eye) * 60 <= MAX_SPEED * 1.01
        assert abs(b.heading - a.heading) * 60 <= MAX_TURN * 1.01
        assert abs(b.pitch - a.pitch) * 60 <= MAX_TILT * 1.01
    assert rail.duration >= seconds


def test_passes_every_stop_and_looks_where_told() -> None:
    rail = Rail(SLOW, 40.0)
    for t, stop in zip(rail.passed, SLOW, strict=True):
        pose = rail.pose(t)
        assert dist(pose.eye, stop.eye) < 0.05
        assert pose.heading == pytest.approx(stop.pose.heading, abs=0.2)
        assert pose.pitch == pytest.approx(stop.pose.pitch, abs=0.2)
    assert rail.step(0) == 0.0 and rail.step(rail.duration) == 1.0
    assert rail.duration == pytest.approx(40.0, rel=0.01), "slow enough: no stretching"


def test_starts_and_ends_gently() -> None:
    rail = Rail(SLOW, 40.0)
    for t in (0.0, rail.duration - 0.1):
        assert dist(rail.pose(t).eye, rail.pose(t + 0.1).eye) < 0.02


def test_times_of_stops_can_be_given() -> None:
    middle = Stop((-10, 0, 12), (0, 90, 0), at=0.25)
    rail = Rail([SLOW[0], middle, SLOW[2]], 60.0)
    assert rail.passed[1] == pytest.approx(15.0, abs=0.3)


def test_cuts_are_the_stops() -> None:
    cuts = Rail(SLOW, 40.0).cuts()
    assert [pose.eye for _, pose in cuts] == [s.eye for s in SLOW]
    assert cuts[0][0] == 0 and cuts[-1][0] == pytest.approx(40.0, rel=0.01)


def test_equal_stops_do_not_divide_by_zero() -> None:
    rail = Rail([SLOW[0], SLOW[0]], 1.0)
    assert rail.pose(0.5).eye == pytest.approx(SLOW[0].eye)


def test_look_at_uses_the_worlds_axes() -> None:
    pose = look_at((0, 0, 0), (-10, 10, 0))
    assert pose.heading == pytest.approx(45) and pose.pitch == pytest.approx(0)
    assert pose.direction == pytest.approx((-(0.5**0.5), 0.5**0.5, 0))
