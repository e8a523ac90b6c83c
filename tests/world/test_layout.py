"""The same rules lay out every U-Net, from two levels to five, without overlap."""

from __future__ import annotations

from itertools import pairwise
from math import dist
from pathlib import Path

import msgspec
import pytest

from assetgen.pack.schema import Architecture
from explorer.world.layout import LayoutError, check_overlap, footprint, lay_out
from explorer.world.places import furnish
from explorer.world.scene import LayoutRule
from explorer.world.scene_load import load_scene
from explorer.world.valley import FLOOR, Valley
from explorer.world.walk import RUN

ARCHITECTURES = Path(__file__).parents[1] / "fixtures" / "architectures"
NAMES = ("miniature", "sd15", "sdxl", "two_level", "five_level")
STREETS = ("flux", "sd3", "pixart")


def architecture(name: str) -> Architecture:
    return msgspec.json.decode((ARCHITECTURES / f"{name}.json").read_bytes(), type=Architecture)


@pytest.fixture(scope="module", params=NAMES)
def laid_out(request: pytest.FixtureRequest) -> tuple[Architecture, Valley]:
    found = architecture(request.param)
    return found, lay_out(found, LayoutRule())


def test_every_unit_has_a_room_and_every_skip_a_bridge(
    laid_out: tuple[Architecture, Valley],
) -> None:
    found, valley = laid_out
    assert [r.unit for r in valley.rooms if valley.room(r.unit) is not r] == []
    assert {r.unit for r in valley.rooms} == {u.id for u in found.units}
    skips = {(e.source, e.target) for e in found.edges if e.kind == "skip"}
    assert {(b.source, b.target) for b in valley.bridges} == skips


def test_rooms_do_not_overlap(laid_out: tuple[Architecture, Valley]) -> None:
    check_overlap(laid_out[1].rooms)


@pytest.mark.parametrize("name", [*NAMES, *STREETS])
def test_no_room_stands_in_the_slope(name: str) -> None:
    """The ground inside a room is flat; its back wall may stand in the lowest riser."""
    rule = LayoutRule()
    valley = lay_out(architecture(name), rule)
    for room in (r for r in valley.rooms if r.side):
        for x in (-0.5, -0.25, 0.0, 0.25, 0.5):
            for depth in (0.2, 0.5, 0.8, 1.0):
                at = room.frame.to_world((x * room.width, depth * room.depth, 0.0))
                rise = valley.ground(*at[:2]) - (room.frame.origin[2] - FLOOR)
                allowed = rule.level_drop / rule.risers if depth == 1.0 else 0.0
                assert rise <= allowed + 1e-6, (room.unit, x, depth)


def test_overlap_is_noticed() -> None:
    valley = lay_out(architecture("miniature"), LayoutRule())
    room = valley.rooms[0]
    with pytest.raises(LayoutError, match="rooms overlap"):
        check_overlap([room, msgspec.structs.replace(room, unit="twin")])


def test_the_gallery_stands_clear_of_the_rooms() -> None:
    scene = load_scene(Path(__file__).parents[2] / "scenes" / "unet_valley.yaml")
    for name in (*NAMES, *STREETS):
        valley = lay_out(architecture(name), scene.layout)
        (gallery,) = furnish(valley, scene).galleries
        for room in valley.rooms:
            for x, y in footprint(room):
                u, v, _ = gallery.frame.to_local((x, y, 0.0))
                assert not (abs(u) < gallery.width / 2 + 0.5 and -0.5 < v < 6.5), (name, room.unit)


def test_bridges_are_level_and_land_beside_their_rooms(
    laid_out: tuple[Architecture, Valley],
) -> None:
    _, valley = laid_out
    for bridge in valley.bridges:
        assert bridge.start[2] == pytest.approx(bridge.end[2])
        assert bridge.start[0] < 0 < bridge.end[0]
        for unit, place in ((bridge.source, bridge.start), (bridge.target, bridge.end)):
            room = valley.room(unit)
            assert room and dist(room.frame.origin, place) < room.width + 8


def test_encoder_goes_down_and_decoder_comes_up(laid_out: tuple[Architecture, Valley]) -> None:
    _, valley = laid_out
    left = [r.frame.origin for r in valley.rooms if r.side < 0]
    right = [r.frame.origin for r in valley.rooms if r.side > 0]
    assert [p[1] for p in left] == sorted(p[1] for p in left)
    assert all(a[2] >= b[2] for a, b in zip(left, left[1:], strict=False))
    assert all(p[0] < 0 for p in left) and all(p[0] > 0 for p in right)


def test_a_deleted_unit_takes_its_room_and_bridges_with_it() -> None:
    found = architecture("miniature")
    victim = next(e.source for e in found.edges if e.kind == "skip" and "attentions" in e.source)
    smaller = msgspec.structs.replace(
        found,
        units=tuple(u for u in found.units if u.id != victim),
        edges=tuple(e for e in found.edges if victim not in (e.source, e.target)),
    )
    before, after = lay_out(found, LayoutRule()), lay_out(smaller, LayoutRule())
    assert before.room(victim) and not after.room(victim)
    assert len(after.rooms) == len(before.rooms) - 1
    assert len(after.bridges) == len(before.bridges) - 1


@pytest.mark.parametrize("name", STREETS)
def test_a_transformer_becomes_an_avenue(name: str) -> None:
    found = architecture(name)
    valley = lay_out(found, LayoutRule())
    assert {r.unit for r in valley.rooms} == {u.id for u in found.units}
    assert {r.level for r in valley.rooms} == {0} and {r.side for r in valley.rooms} == {-1, 1}
    check_overlap(valley.rooms)
    assert valley.bridges == []
    assert len([e for e in valley.edges if e.kind == "flow"]) == len(found.units) - 1 + 2


def test_a_network_without_units_is_refused_by_name() -> None:
    found = architecture("miniature")
    with pytest.raises(LayoutError, match=found.model):
        lay_out(msgspec.structs.replace(found, units=()), LayoutRule())


def test_one_unit_is_one_house() -> None:
    found = architecture("miniature")
    alone = msgspec.structs.replace(found, units=found.units[:1], edges=())
    valley = lay_out(alone, LayoutRule())
    (room,) = valley.rooms
    assert room.side == -1 and valley.anchors["room:left.0.2"] == room.frame


def test_one_runs_from_end_to_end_of_the_miniature_in_ninety_seconds() -> None:
    valley = lay_out(architecture("miniature"), LayoutRule())
    points = [point for line in valley.path for point in line]
    far = max(range(len(points)), key=lambda i: points[i][1])
    way = sum(dist(a, b) for a, b in pairwise(points[: far + 1]))
    assert points[0] == valley.anchors["jetty"].origin
    assert way / RUN < 90, f"{way:.0f} m"


def test_rooms_follow_the_tensor() -> None:
    valley = lay_out(architecture("miniature"), LayoutRule())
    halls = {r.level: r for r in valley.rooms if r.kind == "resnet" and r.side < 0}
    assert halls[0].width > halls[1].width > halls[2].width
    assert halls[0].depth < halls[1].depth < halls[2].depth
