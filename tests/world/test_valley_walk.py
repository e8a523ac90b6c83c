"""Laid-out networks can be walked: every room and the gallery on foot, every view a safe place."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist, hypot
from pathlib import Path

import msgspec
import pytest

from assetgen.pack import Architecture
from explorer.controls.rig import Rig
from explorer.world.layout import lay_out
from explorer.world.places import furnish
from explorer.world.rails import look_at, rail_of
from explorer.world.reach import GRID, Reach
from explorer.world.scene import Scene
from explorer.world.scene_load import fit, load_scene, view_of
from explorer.world.valley import Valley, Vec3
from explorer.world.walk import RUN, Body

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    scene: Scene
    valley: Valley
    rig: Rig


def place(architecture: str, scene_name: str = "unet_valley") -> Place:
    file = ROOT / "tests" / "fixtures" / "architectures" / f"{architecture}.json"
    network = msgspec.json.decode(file.read_bytes(), type=Architecture)
    scene = load_scene(ROOT / "scenes" / f"{scene_name}.yaml")
    valley = lay_out(network, scene.layout)
    scene = fit(scene, valley)
    furnish(valley, scene)
    rig = Rig(valley)
    rig.place(look_at(*view_of(scene.cameras[scene.start], valley)))
    return Place(scene, valley, rig)


def follow(body: Body, way: list[Vec3]) -> None:
    """Run along a way with the real body, never waiting longer than three seconds for a metre."""
    for x, y, z in way:
        for _ in range(180):
            dx, dy = x - body.feet[0], y - body.feet[1]
            if hypot(dx, dy) < 0.45:
                break
            scale = RUN / max(hypot(dx, dy), 1.0)
            body.move(1 / 60, (dx * scale, dy * scale, 0.0))
        else:
            raise AssertionError(f"stuck at {body.feet} on the way to {(x, y, z)}")


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["miniature", "two_level"])
def test_every_room_is_reached_on_foot_from_the_start(architecture: str) -> None:
    here = place(architecture)
    assert not here.rig.flying
    reach = Reach(here.rig.body.solids, here.rig.body.feet)
    unreached = [
        room.unit
        for room in here.valley.rooms
        if not reach.reaches(room.frame.to_world((0.0, room.depth / 2, 0.0)))
    ]
    assert not unreached
    deepest = min(here.valley.rooms, key=lambda room: room.frame.origin[2])
    way = reach.path(deepest.frame.origin)
    assert len(way) * GRID / RUN <= 90, "from the start to the Deep in a minute and a half"
    follow(here.rig.body, way)
    assert reach.reaches(here.valley.anchors["gallery"].origin)


@pytest.mark.parametrize("architecture", ["miniature", "sd15", "sdxl", "two_level", "five_level"])
@pytest.mark.parametrize("scene", ["unet_valley", "minimal"])
def test_every_view_of_a_scene_is_a_safe_place(architecture: str, scene: str) -> None:
    here = place(architecture, scene)
    solids = here.rig.body.solids
    visited = {here.scene.start, *(spot.camera for spot in here.scene.spots)}
    for name, camera in here.scene.cameras.items():
        eye, look = view_of(camera, here.valley)
        here.rig.place(look_at(eye, look, camera.fov))
        assert here.rig.eye == pytest.approx(eye), "a view is shown exactly as the scene says"
        x, y, z = here.rig.body.feet
        assert z >= solids.ground(x, y) - 1e-6 and solids.is_free(x, y, z), name
        pushed = dist(here.rig.body.eye, eye)
        assert pushed < 1.0 or name not in visited, f"{name}: nobody can stand there ({pushed:.1f})"


@pytest.mark.parametrize("architecture", ["miniature", "two_level", "sdxl"])
def test_flights_stay_above_the_ground(architecture: str) -> None:
    here = place(architecture)
    for name, flight in here.scene.flights.items():
        rail = rail_of(flight, here.scene, here.valley)
        for x, y, z in rail.eyes[::60]:
            assert z > here.valley.ground(x, y) + 0.5, f"{name} at ({x:.0f}, {y:.0f}, {z:.0f})"
