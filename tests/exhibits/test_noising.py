"""The noising bench and the wall beside it: recorded pictures and errors, and a rail that chooses among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from assetgen.pack.codec import encode
from assetgen.pack.images import encode_image
from assetgen.pack.measures import Guess, Noise, NoisedScene, Noising, Sheet, read_tile
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import Study
from explorer.hud.inputs import HudInput
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.leaps import away, strides_of
from explorer.story.noising import bench_of, level_at
from explorer.story.panel import Bars, Plot
from explorer.story.record import Record
from explorer.view.exhibition.arrays import Derived
from explorer.view.exhibition.noising import BASE, WARM, WIDTH, draw_rail
from explorer.world.displays import lay_display
from explorer.world.fields import At
from explorer.world.noising import rail, share_at
from explorer.world.stations import Noising as Station
from tests.fixtures.packs import build_pack

SIZE, LEVELS = 32, 4
ERRORS = ((0.01, 0.05, 0.2, 0.4), (0.02, 0.06, 0.1, 0.3))


def tile(number: int) -> np.ndarray:
    """A plain colour of its own for each place of the sheet."""
    return np.full((SIZE, SIZE, 3), (20 + 12 * number, 240 - 11 * number, 128), np.uint8)


def measure(assets: Path, errors: tuple[tuple[float, ...], ...] = ERRORS) -> Path:
    """`noising.json` of two scenes at four levels, and its sheet."""
    folder = assets / "runs" / "miniature"
    (folder / "evaluation").mkdir(parents=True, exist_ok=True)
    columns = 2 * LEVELS + 1
    page = np.concatenate(
        [np.concatenate([tile(r * columns + c) for c in range(columns)], 1) for r in (0, 1)]
    )
    sheet = Sheet("evaluation/noising.png", columns, SIZE, SIZE)
    (folder / sheet.file).write_bytes(encode_image(page, ".png"))
    levels = tuple(
        Noise(t, a, (1 - a * a) ** 0.5, 1.0)
        for t, a in ((0, 1.0), (300, 0.8), (600, 0.4), (999, 0.1))
    )
    scenes = tuple(
        NoisedScene(r, f"scene {r}", ("fox",), r * columns, tuple(
            Guess(error, 30.0 - i, r * columns + 1 + i, r * columns + 1 + LEVELS + i)
            for i, error in enumerate(row)
        ))
        for r, row in enumerate(errors)
    )  # fmt: skip
    value = Noising(1, "miniature", "w", sheet, levels, scenes)
    (folder / "noising.json").write_bytes(encode(value))
    return assets


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    build_pack(tmp_path, steps=6)
    return measure(tmp_path)


@pytest.fixture
def pack(assets: Path) -> Pack:
    return Pack.open(assets / "runs" / "miniature" / "a-fox-on-grass")


def panel(pack: Pack, texts: Any, name: str = "noising", **state: Any) -> Any:
    asked = State(steps=pack.steps, depth="understand", **state)
    return panel_for(f"station:{name}", asked, Record(pack, pack.architecture), texts)


def test_each_picture_is_its_tile_of_the_sheet(pack: Pack, assets: Path) -> None:
    found = bench_of(pack)
    assert found is not None
    pictures = found.pictures()
    assert pictures["scene"].shape == (2, SIZE, SIZE, 3) and len(pictures["guess"]) == 2 * LEVELS
    for scene in (0, 1):
        for level in range(LEVELS):
            said = found.measured.scenes[scene].guesses[level]
            for kind, number in (("noised", said.noised), ("guess", said.guess)):
                want = read_tile(found.measured.sheet, number, assets, "miniature")
                assert np.array_equal(pictures[kind][scene * LEVELS + level], want)


def test_the_panel_plots_the_recorded_errors(pack: Pack, texts: Any, tmp_path: Path) -> None:
    shown = panel(pack, texts, noise_level=2.0)
    assert isinstance(shown.plot, Plot) and shown.plot.values == ERRORS[0]
    assert shown.plot.present == 2 and shown.plot.moves == "noise_level"
    other = panel(pack, texts, noise_level=2.0, noise_scene=1)
    assert other.plot.values == ERRORS[1] and other.facts[0].value == "“scene 1”"
    measure(tmp_path, ((0.5, 0.6, 0.7, 0.8), ERRORS[1]))
    assert panel(Pack.open(pack.path), texts).plot.values == (0.5, 0.6, 0.7, 0.8)
    following = [a.value for a in other.actions if a.name == "noise_scene"]
    assert following == [0.0]


def test_the_python_on_the_panel_returns_the_plotted_errors(pack: Pack, texts: Any) -> None:
    shown = panel(pack, texts, noise_scene=1)
    *setup, expression = shown.formula.python
    scope: dict[str, Any] = {}
    exec("\n".join(setup), scope)
    assert tuple(eval(expression, scope)) == shown.plot.values == ERRORS[1]


def test_what_cannot_be_read_is_said_to_be_missing(pack: Pack, texts: Any) -> None:
    (pack.model_folder / "noising.json").write_text("{")
    damaged = Pack.open(pack.path)
    assert bench_of(damaged) is None and level_at(0.5, damaged) is None
    shown = panel(damaged, texts)
    assert shown.plot is None and shown.lines[-1] == texts.get("panel.station.noising.not_recorded")


def test_the_state_is_held_to_what_was_measured(pack: Pack) -> None:
    found = bench_of(pack)
    assert found is not None
    assert found.at(State(noise_level=99.0, noise_scene=3)) == (1, 3)
    assert found.at(State(noise_level=-2.0)) == (0, 0)
    assert [level_at(share, pack) for share in (0.0, 0.3, 0.99, 1.0)] == [0.0, 1.0, 3.0, 3.0]


def test_the_rail_draws_the_errors_and_lights_the_level() -> None:
    def bars(errors: tuple[float, ...], level: int) -> list[int]:
        image = draw_rail(errors, 0.4, level, ("a", "b"), "")
        cell = WIDTH // len(errors)
        return [
            int((image[: BASE - 4, int(cell * (i + 0.5))] > 60).any(-1).sum())
            for i in range(len(errors))
        ]

    high = bars(ERRORS[0], 0)
    assert high == sorted(high) and high[-1] - high[0] > 50
    assert bars((0.4, 0.05, 0.2, 0.4), 0)[0] > high[0] + 50
    lit = [
        [tuple(draw_rail(ERRORS[0], 0.4, level, ("", ""), "")[BASE - 7, int(WIDTH / 4 * (i + 0.5)) + 40]) == WARM
         for i in range(4)]
        for level in range(4)
    ]  # fmt: skip
    assert lit == np.eye(4, dtype=bool).tolist()


def test_a_look_at_the_rail_finds_its_place() -> None:
    station = Station(id="n", at=At())
    left, right, low, high = rail(station)
    assert (
        high < min(p.z - p.size / 2 for p in lay_display(station).pictures) - 0.7
    )  # captions lie between
    eye, middle = ((left + right) / 2, -6.0, 1.7), (low + high) / 2

    def look(x: float, z: float) -> float | None:
        return share_at(station, eye, (x - eye[0], 0.21 - eye[1], z - eye[2]))

    assert look(left + 0.25 * (right - left), middle) == pytest.approx(0.25, abs=0.01)
    assert look(left - 0.2, middle) is None and look(eye[0], high + 0.3) is None
    assert share_at(station, eye, (0.0, -1.0, 0.0)) is None


# -- why many steps --------------------------------------------------------------------------------


@pytest.fixture
def stepped(assets: Path) -> Pack:
    """Runs of 1, 2 and 6 steps beside the full one."""
    for steps in (6, 1, 2):
        study = Study("steps", "a-fox-on-grass", steps, f"{steps} steps")
        build_pack(
            assets, steps=steps, run=f"a-fox-on-grass-steps-{steps}", seed=steps, study=study
        )
    return Pack.open(assets / "runs" / "miniature" / "a-fox-on-grass")


def test_each_end_is_the_last_picture_of_its_run(stepped: Pack) -> None:
    strides, derived = strides_of(stepped), Derived(stepped, "steps")
    assert [(s.run.steps, s.step) for s in strides.values()] == [(6, 0), (1, 0), (2, 1), (6, 5)]
    for name, stride in strides.items():
        shown = derived.get(name)
        assert shown is not None and shown.shape[0] == 1
        assert np.array_equal(shown[0], stride.run.image("predicted", stride.step))
    assert derived.get("final_4") is None and Derived(stepped).get("leap") is None


def test_the_distance_is_that_of_the_pictures(
    stepped: Pack, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = panel(stepped, texts, "leaps")
    assert isinstance(shown.plot, Bars)
    values = {row.label: row.value for row in shown.plot.rows}
    assert values["6 steps"] == 0.0 and values["2 steps"] > 0.02
    assert [row.warm for row in shown.plot.rows] == [True, False, False, False]
    strides = strides_of(stepped)
    monkeypatch.setattr(
        strides["final_2"].run, "image", lambda name, step: np.zeros((128, 128, 3), np.uint8)
    )
    spoilt = away(strides)
    assert spoilt is not None and spoilt["final_2"] != values["2 steps"]


def test_the_python_of_the_wall_returns_its_distances(stepped: Pack, texts: Any) -> None:
    shown = panel(stepped, texts, "leaps")
    *setup, expression = shown.formula.python
    scope: dict[str, Any] = {}
    exec("\n".join(setup), scope)
    assert list(eval(expression, scope).values()) == [row.value for row in shown.plot.rows]


def test_the_shipped_runs_get_nearer_the_more_steps_they_take() -> None:
    """What the wall claims, of the shipped runs; also that one step begins where the noise is nearly none."""
    run = data_dir("assets") / "runs" / "miniature" / "fox-castle-moon"
    strides = strides_of(Pack.open(run))
    apart = away(strides)
    assert apart is not None
    ends = [apart[f"final_{i}"] for i in range(1, 7)]
    assert ends == sorted(ends, reverse=True) and ends[-1] == 0.0
    assert ends[0] > apart["leap"] > ends[2]
    assert (strides["final_1"].timestep, strides["leap"].timestep) == (1.0, 958.0)


def test_without_such_runs_it_says_so(pack: Pack, texts: Any) -> None:
    assert strides_of(pack) == {}
    shown = panel(pack, texts, "leaps")
    assert shown.plot is None and shown.lines[-1] == texts.get("panel.station.leaps.not_recorded")


# -- in the running explorer -----------------------------------------------------------------------


@pytest.mark.gl
def test_the_wall_shows_the_level_of_the_store(
    explore: Callable[..., Any], seen: Callable[..., Any], assets: Path
) -> None:
    app = explore(folder=assets)
    place = next(p for p in app.site.places.exhibits if p.station.id == "noising")
    picture = lay_display(place.station).pictures[1]
    at = (picture.x, 0.22, picture.z)
    for scene, level in ((0, 1), (0, 3), (1, 2)):
        image = seen(
            app, "noising", (at[0], -3.0, at[2]), at, 2, noise_scene=scene, noise_level=float(level)
        )
        want = tile(scene * (2 * LEVELS + 1) + 1 + level)[0, 0].astype(float)
        assert np.abs(image[86:94, 156:164].astype(float).mean((0, 1)) - want).max() < 8, (
            scene,
            level,
        )


@pytest.mark.gl
def test_from_behind_and_from_afar_it_costs_nothing(
    explore: Callable[..., Any], seen: Callable[..., Any], assets: Path
) -> None:
    app = explore(folder=assets)
    seen(app, "noising", (0.0, -6.0, 1.7), (0.0, 0.0, 2.0))
    exhibit = app.world.exhibition.built["station:noising"]

    def drawn() -> int:
        return sum(not node.is_hidden() for node in exhibit.root.find_all_matches("**/+GeomNode")
                   if not any(up.is_hidden() for up in node.get_ancestors()))  # fmt: skip

    assert drawn() >= 4
    seen(app, "noising", (0.0, 6.0, 1.7), (0.0, 0.0, 2.0))
    assert drawn() == 1  # what is written on its back
    app.start_at("arrival", None)
    app.frame(0.0)
    standing = app.world.exhibition.built.get("station:noising")  # it may have been given back
    assert standing is None or standing.root.is_hidden()


@pytest.mark.gl
def test_finger_and_arrow_keys_move_the_level_and_a_code_keeps_it(
    explore: Callable[..., Any], assets: Path
) -> None:
    app = explore(folder=assets, hud=True)
    store = app.store
    store.update(selection="station:noising", noise_level=1.0)
    app.hud.settle()
    model, hands = app.hud.model, HudInput(app.hud.model)
    model.focus(model.find("reading_body.slider"))  # in a window this small it scrolls into sight
    slider = model.find("reading_body.slider")
    assert slider is not None and slider.slide is not None and slider.label == "Noise level 300"
    y = slider.rect.centre[1]
    hands.pointer("down", slider.slide.left, y)
    assert store.state.noise_level == 0.0
    hands.pointer("move", slider.slide.left + 0.7 * (slider.slide.right - slider.slide.left), y)
    hands.pointer("up", slider.slide.left + 0.7 * (slider.slide.right - slider.slide.left), y)
    assert store.state.noise_level == 2.0
    model.focus(model.find("reading_body.slider"))
    hands.action("focus_right")
    assert store.state.noise_level == 3.0
    store.update(noise_scene=1)
    code = app.takeaway.code()
    store.update(selection=None, noise_level=0.0, noise_scene=0)
    app.takeaway.open(code)
    now = store.state
    assert (now.selection, now.noise_scene, now.noise_level) == ("station:noising", 1, 3.0)


@pytest.mark.gl
def test_a_press_on_the_rail_chooses_the_level(explore: Callable[..., Any], assets: Path) -> None:
    import panda3d.core as p3d

    app = explore(folder=assets)
    place = next(p for p in app.site.places.exhibits if p.station.id == "noising")
    left, right, low, high = rail(place.station)
    app.start_at("noising", None)
    for level in range(LEVELS):
        x = left + (right - left) * (level + 0.5) / LEVELS
        point = place.frame.to_world((x, 0.21, (low + high) / 2))
        lens = app.base.cam.node().get_lens()
        app.frame(0.0)
        seen_at = p3d.LPoint2f()
        assert lens.project(
            app.base.cam.get_relative_point(app.base.render, p3d.LPoint3f(*point)), seen_at
        )
        width, height = app.size
        app.select((seen_at.x + 1) / 2 * width, (1 - seen_at.y) / 2 * height)
        assert app.store.state.selection == "station:noising"
        assert app.store.state.noise_level == float(level)


def test_the_shipped_bench_is_whole() -> None:
    found = bench_of(Pack.open(data_dir("assets") / "runs" / "miniature" / "castle-by-night"))
    assert found is not None and len(found.measured.levels) == 12
    assert len(found.pictures()["guess"]) == 12 * len(found.measured.scenes)
    for i in range(len(found.measured.scenes)):
        errors = found.errors(i)
        assert errors == tuple(sorted(errors)) and errors[-1] > 10 * errors[1]
    assert State().noise_level in range(12)
