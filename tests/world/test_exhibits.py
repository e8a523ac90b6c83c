"""Exhibits find their ground in every network: level, free, reached on foot, and named on the map."""

from __future__ import annotations

from math import hypot
from pathlib import Path

import msgspec
import pytest

from assetgen.pack import Architecture
from explorer.hud.plan import plan_of
from explorer.world.dig import CURB, WALK, DigPlan
from explorer.world.exhibits import place_exhibit
from explorer.world.layout import LayoutError
from explorer.world.picking import Picker
from explorer.world.pointing import targets_of
from explorer.world.promenade import lit_path
from explorer.world.reach import Reach
from explorer.world.site import Site
from explorer.world.solids import Solids
from explorer.world.stations import Dig, Exhibit
from explorer.world.valley import Frame
from explorer.world.walk import Body

ROOT = Path(__file__).parents[2]
NETWORKS = ("miniature", "sd15", "sdxl", "two_level", "five_level")


def site(name: str) -> Site:
    file = ROOT / "tests" / "fixtures" / "architectures" / f"{name}.json"
    network = msgspec.json.decode(file.read_bytes(), type=Architecture)
    return Site.build(network, ROOT / "scenes" / "unet_valley.yaml")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_room_for_them(name: str) -> None:
    """In every U-Net all of them stand; `place_exhibit` sees to it that each stands free and level."""
    here = site(name)
    wanted = [s.id for s in here.scene.stations if isinstance(s, Exhibit)]
    standing = [p.station.id for p in here.places.exhibits]
    assert wanted and set(standing) <= set(wanted)
    if name == "two_level":  # the smallest valley may leave out one that it has no room for
        assert len(standing) >= len(wanted) - 1 and {"sculptor", "dig", "orchestra"} <= set(
            standing
        )
    else:
        assert standing == wanted
    marks = {place for place, _ in plan_of(here.valley, lambda room: room.unit).places}
    for place in here.places.exhibits:
        assert place.id in marks
        assert here.pose_at(place.id) == here.view(place.station.id)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["west", "east", "far"])
def test_they_are_reached_on_foot(part: str) -> None:
    """From the quay along both banks; those at the tower from where the lit paths end."""
    here = site("miniature")
    far = here.valley.anchors["tower"].origin[1] - 60
    side = 1 if part == "east" else -1
    path = lit_path(here.valley.terrain, side)
    if part == "far":
        bounds, start = (-90.0, far, 90.0, far + 100), path[-1]
    else:
        bounds, start = tuple(sorted((0.0, side * 110.0))), path[2]  # type: ignore[assignment]
        bounds = (bounds[0], 0.0, bounds[1], 150.0)
    reach = Reach(Solids(msgspec.structs.replace(here.valley, bounds=bounds)), start)

    def inside(x: float, y: float) -> bool:
        return bounds[0] < x < bounds[2] and bounds[1] < y < bounds[3] - 10

    there = [p for p in here.places.exhibits if inside(*p.frame.origin[:2])]
    assert there
    for place in there:
        depth = place.ground.depth / 2
        front = place.frame.to_world((0.0, -depth - 0.6, 0.0))
        assert reach.reaches(front, within=2.0), place.id
        back = place.frame.to_world((0.0, depth + 0.4, 0.0))
        assert reach.reaches(back, within=3.0) or here.valley.ground(*back[:2]) > 0.1, place.id
    for point in path[::6]:
        if inside(*point[:2]):
            assert reach.reaches(point), point


def test_the_ramp_of_the_dig_leads_to_the_walk_behind_it() -> None:
    here = site("miniature")
    place = next(p for p in here.places.exhibits if isinstance(p.station, Dig))
    plan, at = DigPlan.of(place.station), place.frame.to_world
    left, behind = -plan.size / 2 - CURB - WALK / 2, plan.back + CURB + WALK / 2
    body = Body(Solids(here.valley))
    body.place(*at((left, plan.front - 1.2, 0.0)))
    for x, y in ((left, plan.back + CURB), (left, behind), (plan.size / 2, behind)):
        for _ in range(600):
            gx, gy, _ = at((x, y, 0.0))
            dx, dy = gx - body.feet[0], gy - body.feet[1]
            if hypot(dx, dy) < 0.3:
                break
            body.move(1 / 60, (2.2 * dx / hypot(dx, dy), 2.2 * dy / hypot(dx, dy), 0.0))
        else:
            raise AssertionError(
                f"stuck at {place.frame.to_local(body.feet)} on the way to {(x, y)}"
            )
    assert body.feet[2] == pytest.approx(plan.height + 0.2, abs=0.02)


def test_they_are_selected_by_pointing() -> None:
    here = site("miniature")
    picker = Picker(targets_of(here.valley, here.places), here.valley.ground)
    for place in here.places.exhibits:
        pose = here.view(place.station.id)
        (x0, y0, z0), (x1, y1, z1) = place.ground.targets[0]
        middle = place.frame.to_world(((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2))
        toward = tuple(b - a for a, b in zip(pose.eye, middle, strict=True))
        hit = picker.pick(pose.eye, toward)  # type: ignore[arg-type]
        assert hit and hit.id == place.id


def test_an_exhibit_on_a_room_or_a_slope_is_refused() -> None:
    here = site("miniature")
    place, room = here.places.exhibits[0], here.valley.rooms[0]
    station = msgspec.structs.replace(place.station, optional=False)
    with pytest.raises(LayoutError, match=f"'{station.id}' stands on '{room.unit}'"):
        place_exhibit(station, room.frame, here.valley, [])
    far = here.valley.anchors["west:3"]
    slope = Frame(far.to_world((0.0, 18.0, 0.0)), far.yaw)
    with pytest.raises(LayoutError, match="level ground"):
        place_exhibit(station, slope, here.valley, [])
    with pytest.raises(LayoutError, match=f"stands on '{station.id}'"):
        place_exhibit(station, place.frame, here.valley, [place])
    assert place_exhibit(place.station, slope, here.valley, []) is None, (
        "optional ones are left out"
    )
