"""Displays: lanes, latents and pairs are the recorded arrays, and say so where there are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.latents import estimate_x0, fit_preview, lanes, patch_means
from explorer.story.pairs import changed, partner
from explorer.story.panel import Profile
from explorer.story.ramps import ramp
from explorer.story.record import Record
from explorer.story.studies import studies_of
from explorer.view.exhibition.arrays import MAKERS, Derived
from explorer.view.textures import mosaic
from explorer.world.displays import joints, lay_display
from explorer.world.stations import Display
from tests.fixtures.packs import build_assets, build_pack, build_study


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_assets(tmp_path_factory.mktemp("pairs")) / "runs" / "miniature"


@pytest.fixture
def pack(paired: Path) -> Pack:
    return Pack.open(paired / "a-fox-on-grass")


def record(pack: Pack) -> Record:
    return Record(pack, pack.architecture)


def spoil(pack: Pack, monkeypatch: pytest.MonkeyPatch, key: str, add: float = 0.7) -> Pack:
    """The same run, opened anew, with other numbers in one array."""
    other = Pack.open(pack.path)
    original = other.tensor
    monkeypatch.setattr(
        other, "tensor", lambda name: original(name) + (add if name == key else 0.0)
    )
    return other


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction", "sample", "flow_prediction"])
def test_every_kind_of_answer_leads_back_to_its_x0(kind: str) -> None:
    rng = np.random.default_rng(1)
    x0, eps = rng.standard_normal((2, 3, 2, 4, 4)).astype(np.float32)
    angle = np.linspace(0.2, 1.4, 3, dtype=np.float32)[:, None, None, None]
    alpha, sigma = np.cos(angle), np.sin(angle)
    x_t = alpha * x0 + sigma * eps
    said = {
        "epsilon": eps,
        "v_prediction": alpha * eps - sigma * x0,
        "sample": x0,
        "flow_prediction": eps - x0,
    }
    found = estimate_x0(kind, alpha, sigma, x_t, said[kind])
    assert found is not None and np.allclose(found, x0, atol=1e-4)
    assert estimate_x0("another", alpha, sigma, x_t, eps) is None


def test_the_lanes_meet_in_the_recorded_step(pack: Pack) -> None:
    """Both answers of the synthetic run are the same: each lane is the recorded x0 (float16)."""
    found = lanes(record(pack))
    assert found is not None
    assert np.abs(found.with_prompt - found.guided).max() < 0.05
    assert np.abs(found.difference).max() < 1e-6


@pytest.mark.parametrize(
    ("key", "shown", "others"),
    [
        (
            "output_uncond",
            ("lane_without", "raw_without", "lane_difference", "raw_difference"),
            ("lane_with", "raw_with"),
        ),
        (
            "output_cond",
            ("lane_with", "raw_with", "lane_difference", "raw_guided"),
            ("lane_without", "raw_without"),
        ),
        ("x0", ("lane_guided", "x0_channels"), ("raw_without", "raw_with")),
    ],
)
def test_other_numbers_give_other_pictures(
    pack: Pack,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    shown: tuple[str, ...],
    others: tuple[str, ...],
) -> None:
    """And only those that are about them: a lane is not its neighbour."""
    scale = Derived(pack).raw_scale
    monkeypatch.setattr(Derived, "raw_scale", scale)
    before = {name: Derived(pack).get(name) for name in (*shown, *others)}
    preview = fit_preview(record(pack))
    monkeypatch.setattr("explorer.view.exhibition.arrays.preview_of", lambda record: preview)
    after = Derived(spoil(pack, monkeypatch, key))
    for name in shown:
        was, now = before[name], after.get(name)
        assert was is not None and now is not None
        assert np.abs(was.astype(int) - now).mean() > 0.5, name
    for name in others:
        assert np.array_equal(before[name], after.get(name)), name  # type: ignore[arg-type]


def test_the_panel_of_the_lanes_follows_both_answers(
    pack: Pack, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def effect(pack: Pack) -> Any:
        panel = panel_for("station:lanes", State(steps=pack.steps), record(pack), texts)
        return panel.plot.values  # type: ignore[union-attr]

    assert max(effect(pack)) < 1e-5
    assert min(effect(spoil(pack, monkeypatch, "output_uncond"))) > 0.01


def test_linear_colours_are_fitted_on_the_decoded_pictures(pack: Pack) -> None:
    """The synthetic decoder paints 128 + 50 · the first three channels: the fit finds that."""
    preview = fit_preview(record(pack))
    assert preview is not None and preview.r2 > 0.95
    assert np.allclose(np.diag(preview.weights[:3]), 50, atol=8)
    picture = np.arange(4 * 4 * 3, dtype=np.float32).reshape(4, 4, 3)
    assert patch_means(picture, 2, 2)[0, 0] == pytest.approx(picture[:2, :2].mean((0, 1)))


def test_the_decoders_cell_is_the_recorded_latent(pack: Pack, texts: Any) -> None:
    panel = panel_for("station:decoder", State(steps=4, step=2.0), record(pack), texts)
    assert isinstance(panel.plot, Profile)
    x0 = pack.tensor("x0")
    assert panel.plot.values == pytest.approx(x0[2, :, 8, 8].tolist())
    assert panel.plot.high == pack.array("x0").scale_p995
    shown = Derived(pack).get("x0_channels")
    assert shown is not None
    assert np.array_equal(shown, mosaic(x0, 0.5 / panel.plot.high))


def test_a_pair_shows_the_other_run_and_where_they_differ(pack: Pack, texts: Any) -> None:
    other = partner(pack)
    assert other is not None and other.metadata.prompt == "a cat on grass"
    derived = Derived(pack)
    there, apart = derived.get("pair_other"), derived.get("pair_difference")
    assert there is not None and np.array_equal(there[1], other.image("predicted", 1))
    assert apart is not None and apart.shape == there.shape
    panel = panel_for("station:pair", State(steps=4), record(pack), texts)
    values = [fact.value for fact in panel.facts]
    assert values[:2] == ["fox", "cat"]
    opens = next(a for a in panel.actions if a.name == "open_run")
    assert opens.value == "miniature/a-cat-on-grass"


def test_another_partner_is_another_picture(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    other = partner(pack)
    assert other is not None
    monkeypatch.setattr(other, "image", lambda name, step: np.full((128, 128, 3), step, np.uint8))
    monkeypatch.setattr("explorer.view.exhibition.arrays.partner", lambda pack: other)
    there, apart = Derived(pack).get("pair_other"), Derived(pack).get("pair_difference")
    assert there is not None and apart is not None
    assert all((there[k] == k).all() for k in range(pack.steps))
    mean = np.abs(pack.image("predicted", 2).astype(int) - 2).mean(-1).astype(np.uint8)
    assert np.array_equal(apart[2], ramp("warm", 256)[mean])


def test_only_the_words_that_differ_are_lit() -> None:
    a, b = (
        ["a", "castle", "under", "a", "night", "sky"],
        ["a", "castle", "under", "a", "blue", "sky"],
    )
    assert changed(a, b) == [False, False, False, False, True, False]
    assert changed(a, a) == [False] * 6 and changed(["x"], []) == [True]


def test_what_was_not_recorded_is_said(tmp_path: Path, texts: Any) -> None:
    pack = Pack.open(build_pack(tmp_path, profile="light"))
    derived = Derived(pack)
    kept = {name for name in MAKERS if derived.get(name) is not None}
    assert kept <= {"prompt_rows"}
    for name in ("lanes", "decoder", "pair"):
        panel = panel_for(f"station:{name}", State(steps=4), record(pack), texts)
        assert panel.plot is None and len(panel.lines) == 2


def test_pictures_hang_apart_and_lines_end_at_the_last() -> None:
    from explorer.world.fields import At

    station = Display(id="d", at=At(), shows=list("abcdefgh"), rows=2, joins=True)
    wall = lay_display(station)
    assert [p.shows for p in wall.pictures] == list("abcdefgh")
    for i, a in enumerate(wall.pictures):
        for b in wall.pictures[i + 1 :]:
            assert abs(a.x - b.x) > a.size or abs(a.z - b.z) > a.size
        assert abs(a.x) + a.size / 2 < wall.half and a.z + a.size / 2 < wall.height
    lines = joints(station, wall)
    assert len(lines) == 3 and all(abs(line[-1][0] - wall.pictures[7].x) < 0.5 for line in lines)


def test_scales_are_the_studies_in_their_order(
    tmp_path: Path, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = Pack.open(build_pack(tmp_path))
    assert studies_of(pack, "guidance") == []
    before = Pack.open(pack.path)
    assert panel_for("station:scales", State(steps=4), record(before), texts).lines[
        -1
    ] == texts.get("panel.station.scales.not_recorded")
    for scale in (8.0, 0.0, 2.0):
        build_study(tmp_path, guidance=scale)
    runs = studies_of(pack, "guidance")
    assert [run.metadata.guidance_scale for run in runs] == [0.0, 2.0, 8.0]
    derived = Derived(pack, "guidance")
    shown = derived.get("study_2")
    assert shown is not None and np.array_equal(shown[3], runs[1].image("predicted", 3))
    assert derived.get("study_4") is None and derived.get("study_x") is None
    for k, run in enumerate(derived.studies):  # each wall its own run
        monkeypatch.setattr(run, "image", lambda name, step, k=k: np.full((8, 8, 3), k, np.uint8))
    assert [int(derived.get(f"study_{k}").max()) for k in (1, 2, 3)] == [0, 1, 2]  # type: ignore[union-attr]
    facts = panel_for("station:scales", State(steps=4), record(pack), texts).facts
    assert facts[1].value == "0 · 2 · 8"
    other = Pack.open(build_pack(tmp_path, prompt="a cat on snow"))
    assert [r.path for r in studies_of(other, "guidance")] == [r.path for r in runs]


@pytest.mark.parametrize("base", ["fox-on-grass", "fox-castle-moon"])
@pytest.mark.parametrize("kind", ["guidance", "seed", "prompt", "steps"])
def test_shipped_studies_of_a_kind_end_apart(base: str, kind: str) -> None:
    """What a wall says was varied did something: no two of its runs are the same."""
    runs = studies_of(Pack.open(data_dir("assets") / "runs" / "miniature" / base), kind)
    ends = {run.final().tobytes() for run in runs}
    assert len(runs) >= 2 and len(ends) == len(runs)


@pytest.mark.gl
def test_the_wall_shows_the_arrays(explore: Callable[..., Any], seen: Callable[..., Any]) -> None:
    app = explore()
    place = next(p for p in app.site.places.exhibits if p.station.id == "decoder")
    picture = lay_display(place.station).pictures[2]
    at = (picture.x, 0.22, picture.z + 0.3)
    for step in (1, 4):
        image = seen(app, "decoder", (at[0], -7.0, at[2]), at, step)
        stored = app.world.run.images["predicted"][step]
        column, row = 64, int((0.5 - 0.3 / picture.size) * 128)
        patch = image[89:91, 159:161].astype(float).mean((0, 1))
        want = stored[row - 1 : row + 2, column - 1 : column + 2].mean((0, 1))
        assert np.abs(patch - want).max() < 10, (step, patch, want)


def test_what_a_panel_needs_is_computed_once_a_run(
    pack: Pack, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scrubbing with a display's panel open decodes no picture again."""
    state = State(steps=pack.steps)
    for name in ("lanes", "decoder", "pair"):
        panel_for(f"station:{name}", state, record(pack), texts)
    monkeypatch.setattr(Pack, "image", lambda *_: pytest.fail("decoded again"))
    monkeypatch.setattr(Pack, "open", lambda *_: pytest.fail("opened again"))
    for name in ("lanes", "decoder", "pair"):
        panel_for(f"station:{name}", State(steps=pack.steps, step=2.0), record(pack), texts)
