"""Rays and what they meet."""

from __future__ import annotations

import pytest

from explorer.world.picking import (
    Picker,
    Target,
    layer_targets,
    ray,
    room_at,
    room_targets,
    valley_targets,
)
from explorer.world.valley import Bridge, Frame
from tests.world.small_valley import small_valley

BOX = Target("box", Frame((0.0, 10.0, 0.0)), (2.0, 2.0, 2.0))


def test_straight_hit_gives_distance_and_point() -> None:
    hit = Picker([BOX]).pick((0, 0, 1), (0, 2, 0))
    assert hit is not None and hit.id == "box"
    assert hit.distance == pytest.approx(10) and hit.point == pytest.approx((0, 10, 1))


@pytest.mark.parametrize("direction", [(0, -1, 0), (0, 0, 1), (1, 0, 0), (0.2, 1, 0), (0, 1, 0.2)])
def test_misses(direction: tuple[float, float, float]) -> None:
    assert Picker([BOX]).pick((0, 0, 1), direction) is None


def test_a_turned_box_is_met_where_it_is() -> None:
    turned = Target("door", Frame((0.0, 10.0, 0.0), 90.0), (6.0, 0.2, 3.0))
    picker = Picker([turned])
    hit = picker.pick((-5, 12, 1), (1, 0, 0))
    assert hit is not None and hit.distance == pytest.approx(4.8)
    assert picker.pick((-3, 5, 1), (0, 1, 0)) is None


def test_nearest_of_several_wins_and_reach_limits() -> None:
    far = Target("far", Frame((0.0, 20.0, 0.0)), (4.0, 1.0, 4.0))
    picker = Picker([far, BOX])
    hit = picker.pick((0, 0, 1), (0, 1, 0))
    assert hit is not None and hit.id == "box" and hit.index == 1
    assert picker.pick((0, 0, 1), (0, 1, 0), reach=9) is None


def test_an_eye_inside_a_box_looks_out_of_it() -> None:
    assert Picker([BOX]).pick((0, 11, 1), (0, 1, 0)) is None


def test_ground_hides_what_is_behind_it() -> None:
    hill = lambda x, y: 8.0 if 3 < y < 9 else 0.0  # noqa: E731
    low = Target("low", Frame((0.0, 30.0, 0.0)), (4.0, 1.0, 4.0))
    assert Picker([low], hill).pick((0, 0, 1.7), (0, 1, 0)) is None
    assert Picker([low]).pick((0, 0, 1.7), (0, 1, 0)) is not None


def test_nothing_to_pick() -> None:
    assert Picker([]).pick((0, 0, 0), (0, 1, 0)) is None


def test_rooms_by_wall_from_the_front_and_by_roof_from_above() -> None:
    valley = small_valley()
    picker = Picker(valley_targets(valley), valley.ground)
    inside = picker.pick((8, 2, 1.7), (0, 1, 0.05))
    assert inside is not None and inside.id == "unit:mid" and inside.distance > 10
    above = picker.pick((8, 11, 30), (0, 0.01, -1))
    assert above is not None and above.id == "unit:mid"
    assert picker.pick((8, 2, 1.7), (0, -1, 0)) is None


def test_bridges_from_below_and_the_side() -> None:
    bridge = Bridge("a", "b", (-20, 0, 10), (20, 4, 10), 2.0, 8.0)
    valley = small_valley()
    valley.bridges, valley.rooms = [bridge], []
    picker = Picker(valley_targets(valley))
    for eye, direction in (((0, 2, 0), (0.01, 0, 1)), ((0, -30, 12), (0, 1, 0))):
        hit = picker.pick(eye, direction)
        assert hit is not None and hit.id == "skip:a->b"


def test_layers_of_an_unfolded_room_come_before_its_wall() -> None:
    room = small_valley().rooms[0]
    layers = ["mid.norm", "mid.conv", "mid.act"]
    picker = Picker(room_targets(room) + layer_targets(room, layers))
    panels = layer_targets(room, layers)
    for layer, panel in zip(layers, panels, strict=True):
        x, y, z = panel.frame.origin
        hit = picker.pick((x, y - 8, z + 1), (0, 1, 0))
        assert hit is not None and hit.id == f"layer:{layer}"


def test_rays_through_pixels() -> None:
    assert ray((0, 0, 0), 0, 0, 90, 0, 0, 16 / 9) == pytest.approx((0, 1, 0))
    x, y, _ = ray((0, 0, 0), 0, 0, 90, 1, 0, 16 / 9)
    assert x == pytest.approx(y), "the right edge of a 90° view is 45° off"
    assert ray((0, 0, 0), 90, 0, 90, 0, 0, 16 / 9) == pytest.approx((-1, 0, 0))
    assert ray((0, 0, 0), 0, 45, 90, 0, 0, 1)[2] == pytest.approx(0.5**0.5)


def test_the_room_one_is_in() -> None:
    valley = small_valley()
    room = room_at(valley, (8, 10, 2))
    assert room is not None and room.unit == "mid"
    assert room_at(valley, (8, 6, 2)) is None
