"""The rig: walking where one looks, rides that end where they should, teleports that land safely."""

from __future__ import annotations

from math import dist

import pytest

from explorer.controls.rig import Pose, Rig
from explorer.world.rails import Rail, Stop
from explorer.world.valley import Frame
from tests.world.small_valley import small_valley


@pytest.fixture
def rig() -> Rig:
    rig = Rig(small_valley())
    rig.place(Pose((0.0, -14.0, 1.7)))
    return rig


def run(rig: Rig, seconds: float, rate: int = 60) -> None:
    for _ in range(round(seconds * rate)):
        rig.update(1 / rate)


def test_forward_follows_the_heading(rig: Rig) -> None:
    rig.look(90, 0)  # to the left: towards −x
    rig.intent.forward = 1.0
    run(rig, 1.5)
    x, y, z = rig.eye
    assert x < -2.5 and y == pytest.approx(-14) and z == pytest.approx(1.7)


def test_looking_up_lifts_only_in_flight(rig: Rig) -> None:
    rig.look(0, 45)
    rig.intent.forward = 1.0
    run(rig, 1)
    assert rig.eye[2] == pytest.approx(1.7)
    assert rig.set_flying(True)
    run(rig, 1)
    assert rig.eye[2] > 4


def test_pitch_stops_before_the_zenith(rig: Rig) -> None:
    rig.look(0, 500)
    assert rig.pitch == 85
    rig.look(0, -500)
    assert rig.pitch == -85


def test_keys_turn_at_a_bounded_rate(rig: Rig) -> None:
    rig.intent.turn = 1.0
    run(rig, 1)
    assert 45 < rig.heading <= 60


def test_far_teleport_is_a_faded_cut_and_lands_on_foot(rig: Rig) -> None:
    rig.teleport(Frame((40.0, 2.0, -9.0), 90.0))
    faded = 0.0
    for _ in range(60):
        rig.update(1 / 60)
        faded = max(faded, rig.fade)
    assert faded == 1.0 and rig.fade == 0.0
    assert rig.eye == pytest.approx((40, 2, -7.3)) and rig.heading == 90 and not rig.flying


def test_near_teleport_glides_unless_motion_is_reduced(rig: Rig) -> None:
    target = Pose((3.0, -12.0, 1.7), 20.0)
    rig.teleport(target)
    assert rig.riding
    run(rig, 5)
    assert not rig.riding and dist(rig.eye, target.eye) < 0.01 and rig.heading == pytest.approx(20)
    rig.place(Pose((0.0, -14.0, 1.7)))
    rig.teleport(target, reduced_motion=True)
    eyes = set()
    for _ in range(60):
        rig.update(1 / 60)
        eyes.add(tuple(round(v, 3) for v in rig.eye))
    assert len(eyes) == 2


def test_no_glide_through_a_wall(rig: Rig) -> None:
    rig.place(Pose((8.0, 12.0, 1.98)))
    rig.teleport(Pose((8.0, 16.0, 1.7)))
    assert not rig.riding
    run(rig, 1)
    assert rig.eye[1] == pytest.approx(16)


def test_a_view_from_high_up_is_flown(rig: Rig) -> None:
    rig.place(Pose((0.0, 0.0, 30.0)))
    run(rig, 2)
    assert rig.flying and rig.eye == pytest.approx((0, 0, 30), abs=0.3)


def test_a_ride_ends_at_its_last_stop_or_where_it_is_left(rig: Rig) -> None:
    stops = [Stop((0, -14, 8), (0, 10, 0), step=0.0), Stop((10, -10, 1.7), (10, 10, 1.7), step=1.0)]
    rail = Rail(stops, 4.0)
    rig.fly_rail(rail)
    run(rig, 2)
    assert rig.riding and rig.run_part is not None and 0 < rig.run_part < 1
    run(rig, rail.duration)
    assert not rig.riding and not rig.flying and rig.eye == pytest.approx((10, -10, 1.7), abs=0.01)
    rig.fly_rail(rail)
    run(rig, 1)
    rig.intent.forward = 1.0
    rig.update(1 / 60)
    assert not rig.riding and rig.flying


def test_reduced_motion_turns_a_ride_into_cuts(rig: Rig) -> None:
    stops = [Stop((x, -14.0, 3.0), (x, 10.0, 3.0)) for x in (0.0, 5.0, 10.0)]
    rig.fly_rail(Rail(stops, 3.0), reduced_motion=True)
    seen = []
    for _ in range(60 * 5):
        rig.update(1 / 60)
        if not seen or seen[-1] != round(rig.eye[0], 2):
            seen.append(round(rig.eye[0], 2))
    assert seen == [0.0, 5.0, 10.0] and not rig.riding


def test_stairs_and_doors_at_fifteen_frames_a_second(rig: Rig) -> None:
    rig.place(Pose((17.0, 2.0, 1.7), -90.0))
    rig.intent.forward = 1.0
    run(rig, 8, rate=15)
    assert rig.eye[2] == pytest.approx(-7.3, abs=0.01)
