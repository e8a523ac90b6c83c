"""The Training Hall: each column is the run of its checkpoint, the curve what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from assetgen.pack.codec import decode, encode
from assetgen.pack.images import encode_image
from assetgen.pack.measures import Example, Point, Sheet, Stage, Training
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import Study
from explorer.hud.inputs import HudInput
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.panel import Plot
from explorer.story.record import Record
from explorer.story.training import checkpoint_at, columns, course_of, sharp
from explorer.view.exhibition.course import BLUE, FOOT, WARM, draw_curve, draw_maps, place_samples
from explorer.world.displays import FACE
from explorer.world.fields import At
from explorer.world.stations import Training as Station
from explorer.world.training import OUT, Area, lay_hall, share_at
from tests.fixtures.packs import build_pack

BASE = "a-fox-on-grass"
SAMPLES = (100, 200, 400)
CURVE = ((60, 0.9), (150, 0.6), (260, 0.3))
SIDE = 32


def measure(assets: Path, curve: tuple[tuple[int, float], ...] = CURVE) -> None:
    """`training.json` with a curve that ends before the last checkpoint, and two scenes."""
    folder = assets / "runs" / "miniature"
    (folder / "evaluation").mkdir(exist_ok=True)
    page = np.concatenate(
        [np.full((SIDE, SIDE, 3), c, np.uint8) for c in ((200, 30, 30), (30, 200, 30))], 1
    )
    sheet = Sheet("evaluation/training.png", 2, SIDE, SIDE)
    (folder / sheet.file).write_bytes(encode_image(page, ".png"))
    points = tuple(Point(n, float(n), loss) for n, loss in curve)
    value = Training(
        1, "miniature",
        (Stage("vae", 9, 0.1, (Point(9, 9.0, 5.0),)), Stage("unet", points[-1].samples, 2.5, points)),
        SAMPLES, 50, sheet,
        (Example(0, "a fox on grass", ("fox",), 0), Example(1, "a cat on snow", ("cat",), 1)),
    )  # fmt: skip
    (folder / "training.json").write_bytes(encode(value))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, and light ones of three checkpoints."""
    assets = tmp_path_factory.mktemp("training")
    build_pack(assets, steps=6)
    for samples in reversed(SAMPLES):
        study = Study("learned", BASE, samples, f"after {samples:,} samples")
        build_pack(assets, steps=6, run=f"{BASE}-learned-{samples:04}", seed=samples, study=study)
    measure(assets)
    return assets


@pytest.fixture
def pack(folder: Path) -> Pack:
    return Pack.open(folder / "runs" / "miniature" / BASE)


def panel(pack: Pack, texts: Any, **state: Any) -> Any:
    asked = State(steps=pack.steps, **{"depth": "understand", **state})
    return panel_for("station:training", asked, Record(pack, pack.architecture), texts)


def values(panel: Any) -> dict[str, str]:
    return {fact.label: fact.value for fact in panel.facts}


# -- what is known ---------------------------------------------------------------------------------


def test_checkpoints_come_in_order_with_the_loss_of_their_time(pack: Pack) -> None:
    course = course_of(pack)
    assert course is not None and course.samples == SAMPLES
    assert course.losses == (0.6, 0.3, None), "past the end of the curve nothing was recorded"
    assert [text for _, text in course.words] == ["a", "fox", "on", "grass"]
    assert course_of(course.runs[0]) is not None, "it stands when a checkpoint is the open run, too"


def test_the_state_is_held_to_what_was_kept(pack: Pack) -> None:
    course = course_of(pack)
    assert course is not None
    assert course.at(State(checkpoint=99.0, checkpoint_word=5)) == (2, 1)
    assert course.at(State(checkpoint=-3.0)) == (0, 0)
    assert columns(course, 2) == (0, 2) and columns(course, 8) == (0, 1, 2)
    assert [checkpoint_at(share, pack, 4) for share in (0.0, 0.3, 0.6, 1.0)] == [0.0, 1.0, 2.0, 2.0]
    assert [checkpoint_at(share, pack, 2) for share in (0.0, 1.0)] == [0.0, 2.0]


def test_even_reading_is_an_eighth_and_one_place_is_all() -> None:
    assert sharp(np.full((2, 8, 8), 0.3, np.float32)) == pytest.approx(0.125)
    one = np.zeros((2, 8, 8), np.float32)
    one[:, 3, 4] = 1.0
    assert sharp(one) == pytest.approx(1.0)
    half = np.zeros((1, 4, 4), np.float32)
    half[0, 0] = 1.0
    assert sharp(half) == pytest.approx(0.5)


def test_sharpness_is_that_of_the_recorded_maps(pack: Pack, texts: Any) -> None:
    course = course_of(pack)
    assert course is not None
    fox = course.sharpness(1)
    assert fox == tuple(sharp(run.stored_word(1)) for run in course.runs)
    assert course.sharpness(3) != fox
    shown = panel(pack, texts, checkpoint=1.0, checkpoint_word=1)
    assert values(shown)[texts.get("panel.fact.sharp", word="fox")] == f"{100 * fox[1]:.1f} %"


def test_other_maps_in_a_checkpoint_read_otherwise(
    pack: Pack, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, name = course_of(pack), texts.get("panel.fact.sharp", word="fox")
    assert course is not None
    before = values(panel(pack, texts, checkpoint_word=1))[name]
    spoilt = Pack.open(pack.path)
    other = course_of(spoilt)
    assert other is not None
    monkeypatch.setattr(other.runs[2], "stored_word", lambda word: np.ones((6, 16, 16), np.float32))
    assert values(panel(spoilt, texts, checkpoint_word=1))[name] == "12.5 %" != before


# -- the panel -------------------------------------------------------------------------------------


def test_the_panel_plots_the_recorded_loss(pack: Pack, texts: Any, tmp_path: Path) -> None:
    shown = panel(pack, texts, checkpoint=1.0)
    assert isinstance(shown.plot, Plot) and shown.plot.values == (0.6, 0.3, None)
    assert shown.plot.present == 1 and shown.plot.moves == "checkpoint"
    assert values(shown)[texts.get("panel.fact.rounds")] == "4 times"  # 200 samples of 50 scenes
    following = {a.name: a.value for a in shown.actions}
    assert following["checkpoint_word"] == 1.0
    plain = panel(pack, texts, depth="look")
    assert "probe:pastes" in [a.value for a in plain.actions]


def test_another_curve_is_another_plot(folder: Path, pack: Pack, texts: Any) -> None:
    try:
        measure(folder, ((100, 0.5), (500, 0.4)))
        assert panel(Pack.open(pack.path), texts).plot.values == (0.5, 0.4, 0.4)
    finally:
        measure(folder)


def test_the_python_on_the_panel_returns_the_plotted_loss(pack: Pack, texts: Any) -> None:
    shown = panel(pack, texts, depth="engineer")
    *setup, expression = shown.formula.python
    scope: dict[str, Any] = {}
    exec("\n".join(setup), scope)
    assert eval(expression, scope) == shown.plot.values


def test_without_checkpoints_it_says_so(tmp_path: Path, texts: Any) -> None:
    pack = Pack.open(build_pack(tmp_path))
    assert course_of(pack) is None and checkpoint_at(0.5, pack, 8) is None
    shown = panel(pack, texts)
    assert shown.plot is None and shown.lines[-1] == texts.get(
        "panel.station.training.not_recorded"
    )


@pytest.mark.parametrize("spoil", ["{", None])
def test_without_a_curve_the_pictures_stay(
    folder: Path, pack: Pack, texts: Any, spoil: str | None
) -> None:
    file = pack.model_folder / "training.json"
    try:
        file.unlink() if spoil is None else file.write_text(spoil)
        fresh = Pack.open(pack.path)
        course = course_of(fresh)
        assert course is not None and len(course.runs) == 3 and course.examples(12) == []
        shown = panel(fresh, texts)
        assert shown.plot is None
        assert values(shown)[texts.get("panel.fact.hours")] == texts.get("number.not_recorded")
        assert values(shown)[texts.get("panel.fact.rounds")] == texts.get("number.not_recorded")
    finally:
        measure(folder)


# -- the wall --------------------------------------------------------------------------------------


def test_marks_stand_under_their_columns_and_samples_between_them() -> None:
    marks = [10.0, 30.0, 50.0]
    assert [place_samples(n, list(SAMPLES), marks) for n in SAMPLES] == marks
    assert 30 < place_samples(283, list(SAMPLES), marks) < 50
    assert place_samples(283, list(SAMPLES), marks) == pytest.approx(40, abs=0.1)  # 200 · √2
    assert place_samples(50, list(SAMPLES), marks) == pytest.approx(-10)


def test_the_curve_draws_loss_sharpness_and_the_chosen_checkpoint() -> None:
    marks = [50.0, 150.0, 250.0]

    def height(image: np.ndarray, color: tuple[int, int, int], x: int) -> int:
        """How high over the base the colour is seen at a place."""
        rows = np.nonzero((image[60 : 200 - FOOT - 14, x] == color).all(-1))[0]
        return 200 - FOOT - 60 - int(rows[0])

    def drawn(loss: float = 0.8, share: float = 0.5, chosen: int = 0) -> np.ndarray:
        curve = [(20.0, 1.0), (110.0, loss), (290.0, loss)]
        return draw_curve((300, 200), curve, marks, [0.2, share, share], chosen, ("", ""), ("", ""))

    plain = drawn()
    assert height(drawn(loss=0.4), BLUE, 200) < height(plain, BLUE, 200) - 30
    assert height(drawn(share=0.9), WARM, 200) > height(plain, WARM, 200) + 30

    def blue(chosen: int, values: tuple[str, str]) -> int:
        image = draw_curve(
            (300, 200), [(110.0, 1.0), (200.0, 0.5)], marks, None, chosen, ("", ""), values
        )
        return int((np.abs(image.astype(int) - BLUE).sum(-1) < 30).sum())

    for chosen, known in (
        (0, True),
        (1, True),
        (2, False),
    ):  # the curve ends before the last checkpoint
        assert (blue(chosen, ("0.123", "")) > blue(chosen, ("", "")) + 40) == known, chosen
    lit = [[tuple(drawn(chosen=c)[200 - FOOT, int(m)]) == WARM for m in marks] for c in range(3)]
    assert lit == np.eye(3, dtype=bool).tolist()


def test_maps_are_drawn_on_one_scale() -> None:
    maps = np.array([[[0.0, 0.1], [0.2, 0.9]]], np.float32)
    pixels = draw_maps(maps, 0.2)
    assert pixels.shape == (1, 2, 2, 3)
    assert (pixels[0, 1, 0] == pixels[0, 1, 1]).all() and pixels[0, 0, 0].sum() < pixels[
        0, 0, 1
    ].sum()
    assert pixels[0, 0, 1].sum() < pixels[0, 1, 0].sum()


def test_a_look_at_a_column_or_its_mark_finds_it() -> None:
    station = Station(id="t", at=At())
    hall = lay_hall(station)
    assert hall.scenes.top < hall.height and hall.large.low > hall.curve.low
    eye = (1.0, -8.0, 1.7)

    def look(x: float, z: float) -> float | None:
        return share_at(station, eye, (x - eye[0], FACE - OUT - eye[1], z - eye[2]))

    for i, area in enumerate(hall.upper):
        for z in (area.z, hall.lower[i].z, hall.curve.z):
            share = look(area.x, z)
            assert share is not None and int(share * station.columns) == i
    assert look(hall.large.x, hall.large.z) is None and look(hall.upper[0].x, hall.scenes.z) is None
    assert share_at(station, eye, (0.0, -1.0, 0.0)) is None


# -- in the running explorer -----------------------------------------------------------------------


def patch(image: np.ndarray) -> np.ndarray:
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return image[h - 3 : h + 3, w - 3 : w + 3].astype(float).mean((0, 1))


@pytest.mark.gl
def test_the_wall_shows_each_checkpoint_and_the_chosen_one_large(
    explore: Callable[..., Any], seen: Callable[..., Any], folder: Path
) -> None:
    app = explore(folder=folder)
    hall = lay_hall(Station(id="t", at=At()))
    course = course_of(app.world.run.pack)
    assert course is not None

    def look(area: Any, step: int, **state: Any) -> np.ndarray:
        at = (area.x, 0.2, area.z)
        return patch(seen(app, "training", (at[0], -2.2, at[2]), at, step, **state))

    for i in (0, 2):
        want = course.runs[i].image("predicted", 4)[61:68, 61:68].astype(float).mean((0, 1))
        assert np.abs(look(hall.upper[i], 4) - want).max() < 12, i
        assert np.abs(look(hall.large, 4, checkpoint=float(i)) - want).max() < 12, i
    for word in (1, 3):
        cells = draw_maps(course.maps(1, word)[4:5], course.full)[0, 7:9, 7:9].astype(float)
        assert np.abs(look(hall.lower[1], 4, checkpoint_word=word) - cells.mean((0, 1))).max() < 40
    maps = [look(hall.lower[1], 4, checkpoint_word=word) for word in (1, 3)]
    assert np.abs(maps[0] - maps[1]).max() > 6
    side = hall.scenes.height
    first = look(Area(hall.scenes.left + side / 2, hall.scenes.z, side, side), 4)
    assert np.abs(first - (200, 30, 30)).max() < 8


@pytest.mark.gl
def test_pressing_columns_and_dragging_the_curve_choose_and_a_code_keeps_it(
    explore: Callable[..., Any], folder: Path
) -> None:
    import panda3d.core as p3d

    app = explore(folder=folder, hud=True)
    store = app.store
    place = next(p for p in app.site.places.exhibits if p.station.id == "training")
    hall = lay_hall(place.station)
    app.start_at("training", None)
    app.frame(0.0)
    width, height = app.size
    for i in (2, 0, 1):
        for area in (hall.upper[i], hall.lower[i]):
            store.update(checkpoint=float((i + 1) % 3))
            point, seen_at = place.frame.to_world((area.x, 0.21, area.z)), p3d.LPoint2f()
            at = app.base.cam.get_relative_point(app.base.render, p3d.LPoint3f(*point))
            assert app.base.cam.node().get_lens().project(at, seen_at)
            app.select((seen_at.x + 1) / 2 * width, (1 - seen_at.y) / 2 * height)
            assert (store.state.selection, store.state.checkpoint) == (place.id, float(i))
    store.update(selection="station:training", checkpoint=0.0)
    app.hud.settle()
    model, hands = app.hud.model, HudInput(app.hud.model)
    model.focus(model.find("reading_body.slider"))
    hands.action("focus_right")
    assert store.state.checkpoint == 1.0
    store.update(checkpoint_word=3)
    code = app.takeaway.code()
    store.update(selection=None, checkpoint=0.0, checkpoint_word=0)
    app.takeaway.open(code)
    now = store.state
    assert (now.selection, now.checkpoint, now.checkpoint_word) == ("station:training", 1.0, 3)


# -- what ships ------------------------------------------------------------------------------------


def test_the_shipped_checkpoints_learn_to_read_sharply() -> None:
    """What the hall claims: over training the loss falls, and the words that name things find their place."""
    folder = data_dir("assets") / "runs" / "miniature"
    measured = decode(Training, folder / "training.json")
    for run in ("fox-on-grass", "fox-castle-moon"):
        course = course_of(Pack.open(folder / run))
        assert course is not None and course.measured == measured and len(course.runs) >= 6
        known = [loss for loss in course.losses if loss is not None]
        assert known == sorted(known, reverse=True) and known[0] > 5 * known[-1]
        assert {run.metadata.seed for run in course.runs} == {course.runs[0].metadata.seed}
        assert {run.metadata.prompt for run in course.runs} == {course.runs[0].metadata.prompt}
        named = dict((text, number) for number, text in course.words)
        for word in ("fox", "castle", "moon"):
            if word in named:
                shares = course.sharpness(named[word])
                assert shares[0] < 0.16 and shares[-1] > 0.4, (run, word, shares)
        assert len(course.examples(12)) == 12
