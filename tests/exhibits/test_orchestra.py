"""The Orchestra: seats follow the network, loudness and conductor their arrays, and a run's ends sound different."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from explorer.music import RAMP, Music, main, mix, wav
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.record import Record
from explorer.story.score import LENGTH, PEAK, RATE, Score, own_range, spectral_distance
from explorer.view.exhibition.orchestra import caption, conduct, loudness
from explorer.view.textures import load_full
from explorer.world import orchestra as plan
from tests.world.test_exhibits import NETWORKS, site

DIFFERENT = 0.4
"""Least spectral distance of a shipped run's first and last step; two neighbouring steps are below 0.15."""


@pytest.fixture
def pack(assets: Path) -> Pack:
    return Pack.open(assets / "runs" / "miniature" / "a-fox-on-grass")


def shipped() -> list[Path]:
    runs = sorted((data_dir("assets") / "runs").glob("*/*/metadata.json"))
    return [file.parent for file in runs if not file.parent.name.startswith(".")]


def score_of(path: Path) -> Score:
    pack = Pack.open(path)
    return Score(Record(pack, pack.architecture))


# -- seats ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_every_unit_has_a_seat_of_its_own_and_deeper_ones_sit_further_back(name: str) -> None:
    here = site(name)
    found = plan.seats(here.valley.rooms)
    assert sorted(s.unit for s in found) == sorted(u.id for u in here.architecture.units)
    places = np.array([s.place for s in found])
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1) + 9 * np.eye(len(found))
    assert gaps.min() > 0.58, "instruments do not stand in one another"
    units = {u.id: u for u in here.architecture.units}
    far = {s.unit: np.hypot(*(np.array(s.place) - plan.CONDUCTOR)[:2]) for s in found}
    for a in found:
        for b in found:
            if units[a.unit].level < units[b.unit].level:  # rows never mix, crowded or not
                assert far[a.unit] < far[b.unit]
        side = {"down": -1, "in": -1, "up": 1, "out": 1}.get(units[a.unit].stage, 0)
        assert a.angle * side >= 0
    first, last = (next(s for s in found if units[s.unit].stage == st) for st in ("in", "out"))
    front = [s for s in found if s.row == 0]
    assert first.angle == min(s.angle for s in front) and last.angle == max(s.angle for s in front)


# -- sound ----------------------------------------------------------------------------------------


def test_first_and_last_step_of_a_real_run_sound_different() -> None:
    runs = shipped()
    assert runs
    for path in (runs[0], runs[len(runs) // 2], runs[-1]):
        score = score_of(path)
        last = len(score.alpha) - 1
        ends, near = score.distance(0, last), score.distance(0, 1)
        print(f"{path.name}: first to last step {ends:.3f}, first to second {near:.3f}")
        assert ends is not None and ends > DIFFERENT
        assert near is not None and near < 0.15


def test_what_is_heard_comes_from_unit_rms_alpha_and_sigma(pack: Pack) -> None:
    """With all three made constant every step sounds alike: nothing else makes a difference."""
    score = Score(Record(pack, pack.architecture))
    last = pack.steps - 1
    before = score.distance(0, last)
    assert before and before > 0.1 and score.loudness is not None
    rms, alpha, sigma = score.loudness, score.alpha, score.sigma
    score.loudness = np.full_like(rms, 0.5)
    assert (conducted := score.distance(0, last)) and 0 < conducted != before
    score.alpha, score.sigma = np.full_like(alpha, 0.7), np.full_like(sigma, 0.7)
    assert score.distance(0, last) == pytest.approx(0, abs=1e-6)
    score.loudness = rms
    rms[0] = np.linspace(0, 1, rms.shape[1])
    assert score.distance(0, last) != pytest.approx(0, abs=1e-3)


def test_a_louder_unit_is_heard_at_its_own_tone(pack: Pack) -> None:
    score = Score(Record(pack, pack.architecture))
    assert score.loudness is not None
    for i in (0, 5, 10):
        score.loudness = np.zeros_like(score.loudness)
        score.loudness[:, i] = 1.0
        score.alpha[:], score.sigma[:] = 1.0, 0.0
        power = np.abs(score.spectrum(0))
        assert int(power.argmax()) == round(score.voices[i].frequency * LENGTH / RATE)


def test_deeper_voices_are_lower(pack: Pack) -> None:
    found = Score(Record(pack, pack.architecture), sounds=False).voices
    for a in found:
        for b in found:
            if a.row < b.row <= 3:
                assert a.frequency > b.frequency


def test_loops_never_clip_click_or_jump(pack: Pack) -> None:
    loops = Score(Record(pack, pack.architecture)).loops()
    assert loops.shape == (pack.steps, LENGTH) and np.abs(loops).max() == pytest.approx(PEAK)
    within = np.abs(np.diff(loops, axis=1)).max(1)
    assert (np.abs(loops[:, 0] - loops[:, -1]) <= within).all(), "the seam is no click"
    with wave.open(io.BytesIO(wav(loops[0] * 4))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        samples = np.frombuffer(file.readframes(LENGTH), "<i2")
    assert samples.max() <= 32767 and samples.min() >= -32767, "limited, not wrapped around"


def test_a_run_without_magnitudes_is_silent_and_says_nothing(pack: Pack, texts: Any) -> None:
    record = Record(pack, pack.architecture)
    record._tensors["unit_rms"] = None
    score = Score(record)
    assert score.loudness is None and not np.abs(score.loops()).any()
    assert score.distance(0, 1) is None and caption(score, 0, texts) is None
    panel = panel_for("station:orchestra", State(steps=pack.steps), record, texts)
    assert panel.plot is None and panel.facts[0].value == "not recorded"


def test_a_run_is_written_as_a_file(
    pack: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(pack.path), str(tmp_path / "run.wav"), "--seconds", "0.4"]) == 0
    said = capsys.readouterr().out
    score = Score(Record(pack, pack.architecture))
    assert f"first and last step: {score.distance(0, 5):.3f}" in said
    with wave.open(str(tmp_path / "run.wav")) as file:
        assert file.getnframes() == round(6 * 0.4 * RATE)
        samples = np.frombuffer(file.readframes(10**6), "<i2") / 32767
    assert np.abs(samples).max() <= PEAK * 2**0.5 and abs(samples[0]) < 1e-3 > abs(samples[-1])
    with pytest.raises(SystemExit) as left:
        main([str(tmp_path), str(tmp_path / "no.wav")])
    assert left.value.code == 2


def test_distance_measures_what_two_sounds_share() -> None:
    a, b = (np.zeros(LENGTH // 2 + 1, np.complex64) for _ in range(2))
    a[1000], b[4000] = 1, 1
    assert spectral_distance(a, b) == pytest.approx(1)
    assert spectral_distance(a, 3j * a) == pytest.approx(0)


def test_range_is_each_units_own() -> None:
    rms = np.array([[1.0, 10.0, 5.0], [3.0, 40.0, 5.0], [2.0, 20.0, 5.0]], np.float32)
    assert own_range(rms) == pytest.approx(np.array([[0, 0, 0.5], [1, 1, 0.5], [0.5, 1 / 3, 0.5]]))


# -- playing --------------------------------------------------------------------------------------


def test_mix_fades_between_two_steps_at_equal_power() -> None:
    assert mix(3.0, 6, 0.8) == {3: pytest.approx(0.8)}
    assert mix(3.5, 6, 0.8) == pytest.approx({3: 0.8 / 2**0.5, 4: 0.8 / 2**0.5})
    assert mix(5.0, 6, 0.5) == {5: 0.5} and mix(2.0, 6, 0.0) == {} and mix(0.0, 0, 1.0) == {}


class Sound:
    """Stands for a sound of Panda3D's."""

    def __init__(self) -> None:
        self.volumes: list[float] = []
        self.playing = False

    def set_volume(self, volume: float) -> None:
        self.volumes.append(volume)

    def stop(self) -> None:
        self.playing = False


def test_nothing_starts_or_ends_suddenly(monkeypatch: pytest.MonkeyPatch) -> None:
    music, sounds = Music(), {}
    music.load(np.zeros((6, 8), np.float32))

    def start(step: int) -> Sound:
        sounds[step] = music._playing[step] = Sound()
        sounds[step].playing = True
        return sounds[step]

    monkeypatch.setattr(music, "_start", start)
    dt, heard = 1 / 30, []
    for frame in range(150):
        moment = 0.0 if frame < 60 else 5.0
        music.update(moment, 1.0 if frame < 110 else 0.0, dt)
        heard.append(dict(music.volumes))
    assert heard[59] == {0: 1.0} and heard[100] == {5: 1.0} and heard[-1] == {}
    for before, after in zip(heard, heard[1:], strict=False):
        for step in set(before) | set(after):
            assert abs(after.get(step, 0) - before.get(step, 0)) <= dt / RAMP + 1e-6
    assert not sounds[0].playing and not sounds[5].playing


def test_without_a_device_there_is_no_sound_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.music.open_manager", lambda: None)
    music = Music()
    music.load(np.zeros((2, 8), np.float32))
    music.update(0.0, 1.0, 0.1)
    assert not music.enabled and not music.volumes
    music.close()


PLAY = """
import numpy as np
from explorer.window import WindowSpec, open_window
open_window(WindowSpec(64, 64, offscreen=True))
from explorer.music import Music
music = Music()
music.load(np.sin(np.arange(2 * 65536).reshape(2, -1) / 9).astype(np.float32) * 0.3)
for i in range(40):
    music.update(i / 40, 0.5, 0.05)
sound = next(iter(music._playing.values()))
print(music.enabled, len(music.volumes), round(sound.length(), 2), sound.get_loop())
music.close()
"""


@pytest.mark.gl
def test_openal_takes_the_loops_from_memory() -> None:
    """In a process of its own, behind our window, on OpenAL's device that plays to nobody."""
    environment = {**os.environ, "ALSOFT_DRIVERS": "null"}
    done = subprocess.run(
        [sys.executable, "-c", PLAY], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-4:] == ["True", "2", "2.97", "True"], done.stdout + done.stderr


# -- what is said and seen ------------------------------------------------------------------------


def test_caption_follows_noise_and_loudness(pack: Pack, texts: Any) -> None:
    score = Score(Record(pack, pack.architecture), sounds=False)
    said = [caption(score, k, texts) or "" for k in range(pack.steps)]
    assert said[0].startswith("Breath") and said[-1].startswith("Clear") and len(set(said)) > 3
    assert score.loudness is not None
    score.loudness[2] = 0.31
    assert "31 %" in (caption(score, 2, texts) or "") and "31 %" not in said[2]


def test_the_panel_names_who_plays_loudest(pack: Pack, texts: Any) -> None:
    record = Record(pack, pack.architecture)
    rms = np.ones((pack.steps, len(pack.architecture.units)), np.float32)
    rms[0], rms[2] = 2.0, 0.5
    rms[2, 5] = 9.0
    record._tensors["unit_rms"] = rms
    panel = panel_for("station:orchestra", State(steps=pack.steps, step=2.0), record, texts)
    assert panel.plot and panel.plot.value == pytest.approx(float(own_range(rms)[2].mean()))
    rms[2, 5], rms[2, 20] = 0.5, 9.0
    other = panel_for("station:orchestra", State(steps=pack.steps, step=2.0), record, texts)
    assert other.facts[0] != panel.facts[0]


def test_tables_hold_the_recorded_numbers(pack: Pack) -> None:
    assert loudness(pack) == pytest.approx(own_range(pack.tensor("unit_rms")))
    step = pack.metadata.steps[3]
    assert conduct(pack)[0, 3, :2] == pytest.approx((step.alpha, step.sigma))


@pytest.mark.gl
def test_pipes_and_conductor_are_lit_as_far_as_recorded(
    explore: Callable[..., Any], seen: Callable[..., Any]
) -> None:
    from explorer.view.textures import float_texture

    app = explore()
    x, y, _ = plan.CONDUCTOR
    eye, look = (x, y - 4.0, 1.4), (x, y, 1.4)
    steps = app.world.run.pack.metadata.steps

    def lit(image: np.ndarray, side: slice) -> int:
        """Rows of the picture in which a conductor's column shines."""
        return int((image[:, side].max((1, 2)) > 150).sum())

    left, right = slice(88, 128), slice(192, 232)
    for k in (0, 5):
        image = seen(app, "orchestra", eye, look, k)
        noise, picture = lit(image, left), lit(image, right)
        assert (noise > picture + 20) == (steps[k].sigma > steps[k].alpha + 0.3), (
            k,
            noise,
            picture,
        )
    exhibit = app.world.exhibition.built["station:orchestra"]
    loud = [seen(app, "orchestra", (0.0, y - 2.0, 4.0), (0.0, 3.0, 1.0), 2).astype(int)]
    zero = np.zeros_like(loudness(load_full(app.world.run.pack).pack))
    exhibit._pipes.set_shader_input("loudness", float_texture("loudness", zero))
    loud.append(seen(app, "orchestra", (0.0, y - 2.0, 4.0), (0.0, 3.0, 1.0), 2).astype(int))
    assert loud[0].sum() > loud[1].sum() * 1.02, "silence is dark"
