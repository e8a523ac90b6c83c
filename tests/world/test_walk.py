"""A body on foot and in flight: never below a floor, in a wall, in water or off the world."""

from __future__ import annotations

import random
from math import cos, dist, hypot, sin, tau

import pytest

from explorer.world.solids import STEP, Solids
from explorer.world.walk import EYE, RUN, WALK, Body
from tests.world.small_valley import small_valley


@pytest.fixture(scope="module")
def solids() -> Solids:
    return Solids(small_valley())


def walk(body: Body, direction: tuple[float, float], seconds: float, speed: float = WALK) -> None:
    size = hypot(*direction)
    wish = (direction[0] / size * speed, direction[1] / size * speed, 0.0)
    for _ in range(round(seconds * 60)):
        body.move(1 / 60, wish)


def placed(solids: Solids, x: float, y: float, z: float = 0.0, **extra: bool) -> Body:
    body = Body(solids, **extra)
    body.place(x, y, z)
    return body


def test_walks_and_runs_at_its_speed(solids: Solids) -> None:
    for speed in (WALK, RUN):
        body = placed(solids, -4, -10)
        walk(body, (1, 0), 1.0, speed)
        x = body.feet[0]
        walk(body, (1, 0), 2.0, speed)
        assert body.feet[0] - x == pytest.approx(2 * speed, abs=0.02)


def test_risers_are_railings(solids: Solids) -> None:
    body = placed(solids, 15, 10)
    walk(body, (1, 0), 6, RUN)
    assert 19.5 < body.feet[0] < 19.8 and body.feet[2] == 0
    body = placed(solids, 35, 10, -9)
    walk(body, (-1, 0), 6, RUN)
    assert 28.2 < body.feet[0] < 28.5 and body.feet[2] == -9


def test_stair_goes_down_and_up_with_a_smooth_eye(solids: Solids) -> None:
    body = placed(solids, 18, 2)
    heights = []
    for direction in ((1, 0), (-1, 0)):
        for _ in range(7 * 60):
            body.move(1 / 60, (direction[0] * WALK, 0.0, 0.0))
            heights.append(body.eye[2])
        assert body.feet[2] == pytest.approx(-9 if direction[0] > 0 else 0)
    assert max(abs(b - a) for a, b in zip(heights, heights[1:], strict=False)) < 0.1


def test_trench_is_crossed_by_its_bridge_only(solids: Solids) -> None:
    body = placed(solids, 0, 0)
    walk(body, (-1, 0), 4, RUN)
    assert body.feet[0] < -13 and body.feet[2] == 0
    body = placed(solids, 0, 8)
    walk(body, (-1, 0), 4, RUN)
    assert -6 <= body.feet[0] < -5 and body.feet[2] == 0


def test_slides_along_walls_and_ledges(solids: Solids) -> None:
    body = placed(solids, 6, 10, 0.28)
    walk(body, (-1, 0.5), 3)
    assert body.feet[0] == pytest.approx(4.5, abs=0.01) and body.feet[1] > 12.5
    body = placed(solids, 19, 5)
    walk(body, (1, 1), 3)
    assert body.feet[0] <= 20 and body.feet[1] > 8


def test_room_is_entered_from_the_front_and_its_step_climbed(solids: Solids) -> None:
    body = placed(solids, 8, 4)
    walk(body, (0, 1), 6)
    assert body.feet == pytest.approx((8, 13.5, 0.28), abs=0.01)


def test_flight_stays_above_ground_and_under_roofs(solids: Solids) -> None:
    body = placed(solids, 8, 11, 0.3, flying=True)
    for _ in range(120):
        body.move(1 / 60, (0.0, 0.0, 12.0))
    assert body.feet[2] + 1.8 <= 4.28 - 0.5
    body = placed(solids, 8, 11, 20.0, flying=True)
    for _ in range(300):
        body.move(1 / 60, (0.0, 0.0, -12.0))
    assert body.feet[2] >= 4.28
    walk_body = placed(solids, 40, 0, -9, flying=True)
    for _ in range(300):
        walk_body.move(1 / 60, (-12.0, 0.0, 0.0))
    assert walk_body.feet[0] < 15 and walk_body.feet[2] >= 0


def test_lands_on_land_but_not_on_water(solids: Solids) -> None:
    body = placed(solids, 47, 0, 0, flying=True)
    assert not body.set_flying(False) and body.flying
    body = placed(solids, 35, 0, 0, flying=True)
    assert body.set_flying(False)
    walk(body, (0, 1), 3)
    assert body.feet[2] == -9 and body.on_ground
    walk(body, (1, 0), 10)
    assert body.feet[0] <= 44


def test_is_put_down_where_it_can_walk(solids: Solids) -> None:
    body = placed(solids, 20.1, 10)  # over the first riser
    assert body.feet[2] == 0 and body.feet[0] < 20
    body = placed(solids, -9, 8)  # over the trench
    assert body.feet[2] == 0
    body = placed(solids, 12, 11, 0.28)  # in a wall
    assert solids.is_free(*body.feet)


def test_keeps_inside_the_world(solids: Solids) -> None:
    body = placed(solids, 0, 15, 30, flying=True)
    for _ in range(900):
        body.move(1 / 60, (-12.0, 12.0, 12.0))
    x, y, z = body.feet
    assert -65 <= x < -25 and 20 < y <= 60 and z <= 110
    assert not body.set_flying(False), "nothing to land on outside"
    body = placed(solids, -18, 10)
    walk(body, (-1, 1), 6, RUN)
    assert body.feet[0] >= -25 and body.feet[1] <= 20


def test_same_path_at_any_frame_rate(solids: Solids) -> None:
    ends = []
    for rate in (15, 60, 144):
        body, path = placed(solids, 15, 2), []
        for second in range(8):
            angle = second * 0.9
            for _ in range(rate):
                body.move(1 / rate, (RUN * cos(angle), RUN * sin(angle), 0.0))
            path.append(body.eye)
        ends.append(path)
    for other in ends[1:]:
        assert max(dist(a, b) for a, b in zip(ends[0], other, strict=True)) < 0.01


def test_a_long_pause_does_not_jump(solids: Solids) -> None:
    body = placed(solids, 0, 5)
    body.move(30.0, (RUN, 0.0, 0.0))
    assert body.feet[0] < 1.5


@pytest.mark.parametrize("flying", [False, True])
def test_random_steps_always_end_somewhere_possible(solids: Solids, flying: bool) -> None:
    rng = random.Random(7)
    body = placed(solids, 10, 0, 0.0, flying=flying)
    wish = (0.0, 0.0, 0.0)
    for tick in range(20_000):
        if tick % 25 == 0:
            angle, speed = rng.uniform(0, tau), rng.choice([WALK, RUN, 12.0 if flying else RUN])
            climb = rng.uniform(-12, 12) if flying else 0.0
            wish = (speed * cos(angle), speed * sin(angle), climb)
        if tick % 3000 == 0:
            body.place(rng.uniform(-20, 42), rng.uniform(-15, 15), rng.uniform(-9, 3))
        body.move(rng.choice([1 / 144, 1 / 60, 1 / 15]), wish)
        x, y, z = body.feet
        assert z >= solids.ground(x, y) - 1e-6
        assert solids.is_free(x, y, z)
        assert abs(body.eye[2] - z - EYE) < 2.0
        if not flying:
            assert not solids.is_wet(x, y, z)
            assert z <= solids.floor(x, y, z) + STEP or body.velocity[2] < 0
