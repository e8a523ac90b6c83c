"""The ride through any network: it goes the way of the data, and says only what is so in that network."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from assetgen.pack import Architecture
from assetgen.pack.resources import data_dir
from explorer.story.narration import Voice
from explorer.story.texts import Texts
from explorer.story.tour import load_tour
from explorer.story.tour_time import Timeline, lay_out
from explorer.world.fields import At
from explorer.world.rails import MAX_SPEED, MAX_TURN
from explorer.world.route import is_clear
from explorer.world.scene_load import resolve
from explorer.world.site import Site
from explorer.world.solids import Solids

FIXTURES = Path(__file__).parents[1] / "fixtures" / "architectures"
VALLEYS = {"two_level": 2, "miniature": 3, "sdxl": 3, "sd15": 4, "five_level": 5}
"""Networks that are a U, and how many levels they have."""
AVENUES = ("flux", "sd3", "pixart")
RATE = 10
"""Samples a second."""


def site_of(name: str) -> Site:
    network = msgspec.json.decode((FIXTURES / f"{name}.json").read_bytes(), type=Architecture)
    return Site.build(network, data_dir("scenes") / "unet_valley.yaml")


def line_of(site: Site, texts: Texts) -> Timeline:
    tour = load_tour(data_dir("scenes") / "tours" / "ride.yaml", site.scene.cameras, texts)
    voice = Voice.load(data_dir("assets") / "voice" / "en")
    return lay_out(tour, "ride", site, texts, voice, lambda run: 1)


@pytest.mark.parametrize("name", [*VALLEYS, *AVENUES])
def test_it_goes_through_every_network(name: str, texts: Texts) -> None:
    """Clear of everything, never in a hurry, in one flight after the first view, in two to three minutes."""
    site = site_of(name)
    line, solids = line_of(site, texts), Solids(site.valley)
    assert 95 <= line.duration <= 195
    assert not [shot.stop.id for shot in line.shots[1:] if shot.cut]
    before = None
    for t in np.arange(0.0, line.duration, 1 / RATE):
        pose = line.sample(float(t)).pose
        where = f"{line.shots[line.shot_at(t)].stop.id} at {t:.1f} s"
        assert is_clear(solids, pose.eye), where
        if before is not None:
            turned = abs((pose.heading - before.heading + 180) % 360 - 180) * RATE
            speed = np.linalg.norm(np.subtract(pose.eye, before.eye)) * RATE
            assert turned <= MAX_TURN * 1.02 and speed <= MAX_SPEED * 1.02, where
        before = pose


@pytest.mark.parametrize(("name", "levels"), VALLEYS.items())
def test_it_goes_down_one_bank_and_up_the_other(name: str, levels: int, texts: Texts) -> None:
    site = site_of(name)
    line = line_of(site, texts)
    stops = [shot.stop.id for shot in line.shots]
    assert stops[:3] == ["sea", "first", "rim"] and stops[-2:] == ["last", "answer"]
    assert ("lower" in stops) == (levels > 2) and ("lowest" in stops) == (levels > 3)
    assert not {"blocks", "single"} & set(stops), "these stand along an avenue"
    eyes = {shot.stop.id: shot.pose.eye for shot in line.shots}
    deep = stops.index("deep")
    heights = [eyes[name][2] for name in stops[2:-1]]
    bottom = heights.index(min(heights))
    assert stops[2 + bottom] == "deep"
    assert heights[: bottom + 1] == sorted(heights[: bottom + 1], reverse=True)
    assert heights[bottom:-1] == sorted(heights[bottom:-1])
    assert all(eyes[name][0] < 0 for name in stops[1:deep])
    assert all(eyes[name][0] > 0 for name in stops[deep + 1 : -1])


@pytest.mark.parametrize("name", [*VALLEYS, *AVENUES])
def test_one_stands_before_the_first_and_the_last_room(name: str, texts: Texts) -> None:
    """Beside them, their own walls and posts stood in front of their names."""
    site = site_of(name)
    eyes = {shot.stop.id: shot.pose.eye for shot in line_of(site, texts).shots}
    stops = {"first": "room:left.0.1", "last": "unit:conv_out", "last_block": "unit:proj_out"}
    told = [(stop, anchor) for stop, anchor in stops.items() if stop in eyes]
    assert len(told) == 2
    for stop, anchor in told:
        room = resolve(At(anchor=anchor), site.valley)
        across, away, _ = room.to_local(eyes[stop])
        assert abs(across) < 0.5 * abs(away), stop


def test_an_avenue_is_not_told_of_as_a_valley(texts: Texts) -> None:
    stops = [shot.stop.id for shot in line_of(site_of("flux"), texts).shots]
    assert {"blocks", "more_blocks", "single", "last_block"} <= set(stops)
    assert not {"down", "lower", "lowest", "deep", "up", "higher", "top", "last"} & set(stops)
