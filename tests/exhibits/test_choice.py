"""The Arrival: each picture is that of the run it names, and what is said to be shared is shared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import Study
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.choice import apart, choice_of, distances
from explorer.story.panel import Plot
from explorer.story.record import Record
from explorer.view.exhibition.arrays import Derived
from explorer.view.exhibition.choice import braces
from explorer.view.textures import mosaic
from explorer.world.displays import lay_display
from explorer.world.fields import At
from explorer.world.stations import Choice
from tests.fixtures.packs import build_pack

BASE = "a-fox-on-grass"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, two prompts on its noise, and its prompt on its own noise and on two others."""
    assets = tmp_path_factory.mktemp("choice")
    build_pack(assets, steps=6)
    for prompt in ("a car on grass", "a fox on snow"):
        study = Study("prompt", BASE, prompt, prompt)
        build_pack(
            assets, steps=6, prompt=prompt, run=f"{BASE}-{prompt[2:5]}-{len(prompt)}", study=study
        )
    for seed in (0, 5, 9):
        study = Study("seed", BASE, seed, f"seed {seed}")
        build_pack(assets, steps=6, run=f"{BASE}-seed-{seed}", seed=seed, study=study)
    build_pack(assets, steps=6, prompt="a castle on sand", seed=4)
    return assets


@pytest.fixture
def pack(folder: Path) -> Pack:
    return Pack.open(folder / "runs" / "miniature" / BASE)


def record(pack: Pack) -> Record:
    return Record(pack, pack.architecture)


def test_runs_on_the_left_share_the_noise_and_on_the_right_the_words(pack: Pack) -> None:
    found = choice_of(pack)
    assert found is not None and found.base.path == pack.path
    assert [r.metadata.prompt for r in found.prompts] == ["a car on grass", "a fox on snow"]
    assert {r.metadata.seed for r in found.prompts} == {pack.metadata.seed}
    assert [r.metadata.seed for r in found.seeds] == [5, 9]
    assert {r.metadata.prompt for r in found.seeds} == {pack.metadata.prompt}
    other = Pack.open(pack.path.parent / "a-castle-on-sand")
    elsewhere = choice_of(other)
    assert elsewhere is not None and elsewhere.base.path == pack.path


def test_each_picture_is_that_of_its_run(pack: Pack) -> None:
    found, derived = choice_of(pack), Derived(pack)
    assert found is not None
    for name, run in (("base", pack), ("prompt_2", found.prompts[1]), ("seed_1", found.seeds[0])):
        shown = derived.get(name)
        assert shown is not None and np.array_equal(shown[3], run.image("predicted", 3)), name
    assert derived.get("prompt_3") is None and derived.get("seed_0") is None
    noise = derived.get("base_noise")
    assert noise is not None and np.array_equal(noise[0], mosaic(pack.tensor("x_t")[:1])[0])
    assert len(noise) == 1 and derived.scale("base_noise") == pytest.approx(2.63, abs=0.01)


def test_other_noise_in_the_pack_is_other_noise_on_the_wall(
    pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Derived(pack).get("base_noise")
    found = choice_of(pack)
    assert found is not None and before is not None
    original = found.base.tensor
    monkeypatch.setattr(found.base, "tensor", lambda name: original(name) + 0.5)
    after = Derived(pack).get("base_noise")
    assert after is not None and np.abs(before.astype(int) - after).mean() > 5


def test_the_panel_says_how_far_the_words_move_the_picture(
    pack: Pack, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = choice_of(pack)
    assert found is not None

    def shown(pack: Pack) -> tuple[Any, ...]:
        panel = panel_for(
            "station:choice", State(steps=6, step=2.0, depth="understand"), record(pack), texts
        )
        assert isinstance(panel.plot, Plot)
        return panel.plot.values, panel.facts

    values, facts = shown(pack)
    a, b = pack.image("predicted", 2).astype(int), found.prompts[0].image("predicted", 2)
    assert values[2] == pytest.approx(np.abs(a - b).mean() / 255)
    assert facts[2].value == "0 · 5 · 9"
    spoilt = Pack.open(pack.path)
    other = choice_of(spoilt)
    assert other is not None
    for run in (other.prompts[0], other.seeds[0]):
        monkeypatch.setattr(run, "image", lambda name, step: np.zeros((128, 128, 3), np.uint8))
    after, said = shown(spoilt)
    assert after != values and said[:2] != facts[:2]
    assert apart(pack, pack) == (0.0,) * 6


def test_the_python_on_the_panel_returns_the_curve(pack: Pack, texts: Any) -> None:
    panel = panel_for("station:choice", State(steps=6, depth="engineer"), record(pack), texts)
    assert panel.formula is not None and isinstance(panel.plot, Plot)
    *setup, expression = panel.formula.python
    scope: dict[str, Any] = {}
    exec("\n".join(setup), scope)
    assert eval(expression, scope) == panel.plot.values


def test_what_the_panel_needs_is_measured_once(
    pack: Pack, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall measures in the background; afterwards no panel decodes a picture."""
    found = choice_of(pack)
    assert found is not None and distances(found)[0] == apart(pack, found.prompts[0])
    monkeypatch.setattr(Pack, "image", lambda *_: pytest.fail("decoded again"))
    for step in (0.0, 3.0):
        panel_for("station:choice", State(steps=6, step=step), record(pack), texts)


def test_without_such_runs_it_says_so(tmp_path: Path, texts: Any) -> None:
    pack = Pack.open(build_pack(tmp_path))
    assert choice_of(pack) is None and Derived(pack).get("base_noise") is None
    panel = panel_for("station:choice", State(steps=4), record(pack), texts)
    assert panel.plot is None and panel.lines[-1] == texts.get("panel.station.choice.not_recorded")


def test_the_shipped_runs_with_one_seed_began_with_one_noise() -> None:
    """What the wall claims: one seed is one noise, to the last digit."""
    runs = data_dir("assets") / "runs" / "miniature"
    found = choice_of(Pack.open(runs / "castle-by-night"))
    assert found is not None and len(found.prompts) >= 2 and len(found.seeds) >= 2
    noise = found.base.tensor("x_t")[0]
    same = [Pack.open(p.parent) for p in sorted(runs.glob("*/metadata.json"))]
    same = [p for p in same if p.metadata.seed == found.base.metadata.seed]
    assert len(same) >= 2 and all(np.array_equal(p.tensor("x_t")[0], noise) for p in same)
    assert min(apart(found.base, run)[-1] for run in (*found.prompts, *found.seeds)) > 0.01  # type: ignore[index]


def test_braces_meet_over_the_run_that_both_share() -> None:
    station = Choice(id="c", at=At())
    wall = lay_display(station)
    (_, a0, a1, z), (_, b0, b1, _) = braces(station, wall)
    shared = wall.pictures[2]
    assert a0 < wall.pictures[0].x < a1 < shared.x < b0 < wall.pictures[-1].x < b1
    assert z > shared.z + shared.size / 2 and z + 0.35 < wall.height


@pytest.mark.gl
def test_the_wall_shows_the_runs(
    explore: Callable[..., Any], seen: Callable[..., Any], folder: Path
) -> None:
    app = explore(folder=folder)
    place = next(p for p in app.site.places.exhibits if p.station.id == "choice")
    picture = lay_display(place.station).pictures[3]
    found = choice_of(app.world.run.pack)
    assert found is not None
    at = (picture.x, 0.22, picture.z)
    image = seen(app, "choice", (at[0], -3.0, at[2]), at, 4)
    stored = found.seeds[0].image("predicted", 4).astype(float)
    patch = image[86:94, 156:164].astype(float).mean((0, 1))
    want = stored[61:68, 61:68].mean((0, 1))
    assert np.abs(patch - want).max() < 12, (patch, want)
