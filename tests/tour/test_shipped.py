"""Every tour that ships: what it names exists, its camera is never inside anything and never in a hurry."""

from __future__ import annotations

import numpy as np
import pytest

from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from explorer.story.narration import Voice
from explorer.story.texts import Texts
from explorer.story.tour import load_tour
from explorer.story.tour_time import FADE, Timeline
from explorer.world.picking import layer_targets
from explorer.world.pointing import targets_of, word_targets
from explorer.world.rails import MAX_SPEED, MAX_TILT, MAX_TURN
from explorer.world.route import is_clear
from explorer.world.site import Site
from explorer.world.solids import Solids
from tests.tour.conftest import TOURS

LENGTHS = {"highlights": (150, 210), "full": (540, 700)}
"""Shortest and longest, seconds."""
RATE = 20
"""Samples a second."""


@pytest.fixture(params=TOURS)
def line(request: pytest.FixtureRequest, timelines: dict[str, Timeline]) -> Timeline:
    return timelines[request.param]


def test_what_is_named_exists(line: Timeline, site: Site, library: Library) -> None:
    packs = {r.id: Pack.open(r.path) for r in library.runs if r.profile != "light"}
    layers = {
        t.id
        for room in site.valley.rooms
        for unit in site.architecture.units
        if unit.id == room.unit
        for t in layer_targets(room, [x.id for x in unit.layers])
    }
    words = {t.id for t in word_targets(site.places, [0, 1, 2, 3])}
    known = {t.id for t in targets_of(site.valley, site.places)} | layers | words
    units = {u.id for u in site.architecture.units}
    for shot in line.shots:
        stop, show = shot.stop, shot.stop.show
        assert stop.run is None or stop.run in packs
        assert stop.spotlight is None or stop.spotlight in known
        assert show.unfolded is None or show.unfolded in units
        assert show.selection is None or show.selection in known
        if show.word:
            assert shot.run, f"{stop.id}: which run has the word {show.word!r}?"
            assert show.word in {w.text for w in packs[shot.run].metadata.words}


def test_the_camera_stays_outside_of_things(line: Timeline, site: Site) -> None:
    solids = Solids(site.valley)
    for t in np.arange(0.0, line.duration, 1 / RATE):
        pose = line.sample(float(t)).pose
        assert is_clear(solids, pose.eye), f"{line.shots[line.shot_at(t)].stop.id} at {t:.2f} s"


def test_the_camera_is_never_in_a_hurry(line: Timeline) -> None:
    """Except at cuts, which happen in the dark."""
    before = None
    for t in np.arange(0.0, line.duration, 1 / RATE):
        now = line.sample(float(t))
        if (
            before is not None
            and now.fade < 1 - 2 / RATE / FADE
            and before.fade < 1 - 2 / RATE / FADE
        ):
            turn = abs((now.pose.heading - before.pose.heading + 180) % 360 - 180) * RATE
            tilt = abs(now.pose.pitch - before.pose.pitch) * RATE
            speed = np.linalg.norm(np.subtract(now.pose.eye, before.pose.eye)) * RATE
            where = f"{line.shots[now.shot].stop.id} at {t:.2f} s"
            assert turn <= MAX_TURN * 1.02 and tilt <= MAX_TILT * 1.02, where
            assert speed <= MAX_SPEED * 1.02, where
        before = now


def test_full_screen_pictures_do_not_flicker(line: Timeline, library: Library) -> None:
    """The run moves by at most two steps a second, cuts are a second apart."""
    steps = {r.id: len(Pack.open(r.path).metadata.steps) for r in library.runs}
    cuts = [s.start for s in line.shots[1:] if s.cut]
    assert not cuts or min(np.diff([0.0, *cuts])) >= 1.0
    for shot in line.shots:
        if shot.parts and shot.parts[2] != shot.parts[3]:
            t0, t1, a, b = shot.parts
            assert abs(b - a) * (steps[shot.run or ""] - 1) / (t1 - t0) <= 2.001
            assert shot.end >= t1


def test_it_is_as_long_as_it_says(line: Timeline) -> None:
    shortest, longest = LENGTHS.get(line.name, (30, 300))
    assert shortest <= line.duration <= longest


def test_captions_come_one_after_another(line: Timeline) -> None:
    for shot in line.shots:
        ends = [c.start + c.seconds for c in shot.cues]
        assert all(a <= b.start for a, b in zip(ends, shot.cues[1:], strict=False))
        assert not ends or ends[-1] <= shot.end


def test_reduced_motion_never_moves_the_camera(line: Timeline) -> None:
    """Views change in the dark only."""
    before = None
    for t in np.arange(0.0, line.duration, 1 / RATE):
        now = line.sample(float(t), reduced_motion=True)
        if before is not None and now.pose != before.pose:
            assert max(now.fade, before.fade) > 0.7
        before = now


@pytest.mark.parametrize("name", TOURS)
def test_every_sentence_is_short_and_recorded(name: str, texts: Texts) -> None:
    voice = Voice.load(data_dir("assets") / "voice" / "en")
    tour = load_tour(data_dir("scenes") / "tours" / f"{name}.yaml")
    for stop in tour.stops:
        for key in tour.spoken(stop):
            text = texts.get(key)
            file = voice.file(text)
            assert file is not None and file.is_file(), f"{key}: run `make voice`"
            assert all(len(s.split()) <= 26 for s in text.split(". ")), key
            assert len(text.split()) <= 40, key


def test_nothing_is_recorded_that_nobody_says(texts: Texts) -> None:
    folder = data_dir("assets") / "voice" / "en"
    voice, said = Voice.load(folder), set()
    for name in TOURS:
        tour = load_tour(data_dir("scenes") / "tours" / f"{name}.yaml")
        said |= {str(voice.file(texts.get(k))) for stop in tour.stops for k in tour.spoken(stop)}
    files = list(folder.glob("*.ogg"))
    assert {str(f) for f in files} == said
    assert sum(f.stat().st_size for f in files) <= 15 * 2**20
