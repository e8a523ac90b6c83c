"""The encoder's rows, the Clock's waves and the return road: recorded numbers, and known formulas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.clockwork import Waves, embedding
from explorer.story.mixing import mix
from explorer.story.panel import Bars, Profile
from explorer.story.record import Record
from explorer.story.tokens import alike, likeness, pieces, twins
from explorer.view.exhibition import display
from explorer.view.exhibition.arrays import Derived
from explorer.view.exhibition.base import Shown
from explorer.view.exhibition.plates import plates
from explorer.view.lettering import Line, letter
from tests.fixtures.packs import build_assets, build_pack
from tests.view.conftest import picture


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs, two of them a pair, with the configuration of their model beside them."""
    folder = tmp_path_factory.mktemp("assets")
    config = folder / "models" / "miniature" / "unet" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"block_out_channels": [64, 128], "flip_sin_to_cos": True}))
    return build_assets(folder) / "runs" / "miniature"


@pytest.fixture
def pack(runs: Path) -> Pack:
    return Pack.open(runs / "a-fox-on-grass")


def record(pack: Pack) -> Record:
    return Record(pack, pack.architecture)


def panel(pack: Pack, name: str, texts: Any, step: float = 1.0, **state: Any) -> Any:
    shown = State(steps=pack.steps, step=step, target=step, **state)
    return panel_for(f"station:{name}", shown, record(pack), texts)


# -- the Clock --------------------------------------------------------------------------------------


def test_waves_are_the_known_formula() -> None:
    row = Waves(8, cosine_first=True, shift=0.0).of(np.array([0.0, 500.0]))
    assert row[0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    speeds = 10_000.0 ** (-np.arange(4) / 4)
    assert row[1] == pytest.approx([*np.cos(500 * speeds), *np.sin(500 * speeds)], abs=1e-4)
    swapped = Waves(8, cosine_first=False, shift=1.0).of(np.array([500.0]))[0]
    slower = 10_000.0 ** (-np.arange(4) / 3)
    assert swapped == pytest.approx([*np.sin(500 * slower), *np.cos(500 * slower)], abs=1e-4)


@pytest.mark.torch
def test_waves_are_those_of_diffusers() -> None:
    torch = pytest.importorskip("torch")
    embeddings = pytest.importorskip("diffusers.models.embeddings")
    times = torch.tensor([3.0, 976.0])
    theirs = embeddings.get_timestep_embedding(
        times, 64, flip_sin_to_cos=True, downscale_freq_shift=0
    )
    ours = Waves(64, cosine_first=True, shift=0.0).of(times.numpy())
    assert np.allclose(ours, theirs.numpy(), atol=1e-4)


def test_the_clock_shows_this_steps_row(pack: Pack, texts: Any) -> None:
    chart = panel(pack, "clockwork", texts).plot
    assert isinstance(chart, Profile) and len(chart.values) == 64
    rows = embedding(record(pack))
    assert rows is not None and chart.values == pytest.approx(rows[1].tolist())
    steps = [msgspec.structs.replace(s, timestep=s.timestep + 3) for s in pack.metadata.steps]
    pack.metadata = msgspec.structs.replace(pack.metadata, steps=tuple(steps))
    assert panel(pack, "clockwork", texts).plot.values != chart.values
    shown = Derived(pack).get("clock_waves")
    assert shown is not None and shown.shape[0] == pack.steps and shown.shape[2] == 64


def test_without_the_models_configuration_there_are_no_waves(tmp_path: Path, texts: Any) -> None:
    pack = Pack.open(build_pack(tmp_path))
    shown = panel(pack, "clockwork", texts)
    assert shown.plot is None and "not known" in shown.lines[-1]
    assert Derived(pack).get("clock_waves") is None


# -- the return road --------------------------------------------------------------------------------


def test_picture_and_noise_add_up_to_the_next_input(pack: Pack) -> None:
    found = mix(record(pack))
    assert found is not None
    assert np.abs(found.picture + found.noise - found.next).max() < 0.02  # float16 on disk
    assert np.abs(found.fresh).max() < 0.02
    weights = [s.coefficients for s in pack.metadata.steps]
    assert weights[2] is not None
    assert np.allclose(found.noise[2], weights[2].eps * pack.tensor("eps")[2], atol=1e-4)


@pytest.mark.parametrize(
    ("key", "shown"), [("x0", "road_picture"), ("eps", "road_noise"), ("x_t", "road_next")]
)
def test_a_spoiled_latent_is_seen_on_the_road(
    pack: Pack, monkeypatch: pytest.MonkeyPatch, key: str, shown: str
) -> None:
    before = Derived(pack).get(shown)
    original = pack.tensor
    monkeypatch.setattr(pack, "tensor", lambda name: original(name) + (0.8 if name == key else 0.0))
    after = Derived(pack).get(shown)
    assert before is not None and after is not None
    assert np.abs(before.astype(int) - after).mean() > 2


def test_the_road_prints_the_steps_own_coefficients(pack: Pack, texts: Any) -> None:
    weights = pack.metadata.steps[1].coefficients
    assert weights is not None
    facts = [fact.value for fact in panel(pack, "road", texts).facts]
    assert facts[:2] == [f"{weights.x0:.3f}", f"{weights.eps:.3f}"]
    written = plates("weight_noise", pack, texts)
    assert written is not None and len(written) == pack.steps
    assert np.abs(written[0].astype(int) - written[-1]).mean() > 1
    spoilt = msgspec.structs.replace(
        pack.metadata.steps[0], coefficients=msgspec.structs.replace(weights, eps=0.9)
    )
    other = Pack.open(pack.path)
    other.metadata = msgspec.structs.replace(
        pack.metadata, steps=(spoilt, *pack.metadata.steps[1:])
    )
    after = plates("weight_noise", other, texts)
    assert after is not None and [bool((a != b).any()) for a, b in zip(written, after, strict=True)] == [
        True, *[False] * (pack.steps - 1)
    ]  # fmt: skip
    following = plates("weight_next", pack, texts)
    assert following is not None
    apart = np.abs(np.diff(following.astype(int), axis=0)).sum((1, 2, 3))
    assert apart[-1] > 2 * apart[:-1].max(), "after the last step comes the result, no next step"
    steps = tuple(msgspec.structs.replace(s, coefficients=None) for s in pack.metadata.steps)
    pack.metadata = msgspec.structs.replace(pack.metadata, steps=steps)
    assert panel(pack, "road", texts).plot is None
    assert plates("weight_noise", pack, texts) is None and Derived(pack).get("road_noise") is None


# -- the encoder ------------------------------------------------------------------------------------


def test_pieces_are_the_tokenizers(pack: Pack, texts: Any) -> None:
    found = pieces(pack.metadata)
    assert [p.text for p in found] == ["begin", "a", "fox", "on", "grass", "end", "end"]
    assert [p.id for p in found[1:5]] == [t.id for t in pack.metadata.tokens[1:5]]
    assert found[-1].role == "pad"
    facts = [fact.value for fact in panel(pack, "encoder", texts).facts]
    assert facts[0] == f"6 of {len(pack.metadata.tokens)}" and facts[2] == "nothing"
    pack.metadata = msgspec.structs.replace(pack.metadata, dropped=("moon", "star"))
    assert panel(pack, "encoder", texts).facts[2].value == "moon star"


@pytest.mark.gl
def test_the_wall_says_what_fell_off_the_end(
    explore: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, list[str]] = {}

    def keep(name: str, lines: list[Line]) -> Any:
        said[name] = [line.text for line in lines]
        return letter(name, lines)

    monkeypatch.setattr(display, "letter", keep)
    app = explore()
    picture(app, "encoder", 2)
    metadata = app.world.run.pack.metadata
    total = len(metadata.tokens)
    assert (
        f"6 of {total} places for pieces used · nothing fell off the end" in said["station:encoder"]
    )
    run = app.world.run.pack
    run.metadata = msgspec.structs.replace(metadata, dropped=("moon", "star"))
    app.world.exhibition.built["station:encoder"].dress(Shown(app.world.run, {}), app.store.state)
    assert any(text.endswith("fell off the end: moon star") for text in said["station:encoder"])


def test_rows_are_compared_by_their_angle(pack: Pack) -> None:
    rows = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [-1.0, 0.0]], np.float32)
    assert alike(rows, rows)[0].tolist() == [1, 1, 0, -1]
    found = likeness(record(pack))
    assert found is not None and np.allclose(np.diag(found), 1, atol=1e-3)


def test_other_rows_change_wall_and_panel(
    pack: Pack, texts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = panel(pack, "encoder", texts).plot
    assert isinstance(chart, Bars)
    before = Derived(pack).get("prompt_rows")
    pack = Pack.open(pack.path)
    original = Pack.tensor

    def other(self: Pack, name: str) -> np.ndarray:
        values = original(self, name)
        return values + 2.0 if name == "prompt_embeds" and self is pack else values

    monkeypatch.setattr(Pack, "tensor", other)
    after = Derived(pack).get("prompt_rows")
    assert before is not None and after is not None
    assert np.abs(before.astype(int) - after).mean() > 5
    assert panel(pack, "encoder", texts).plot != chart


def test_the_same_piece_twice_is_found(pack: Pack) -> None:
    assert twins(pack.metadata) is None
    tokens = list(pack.metadata.tokens)
    tokens[4] = msgspec.structs.replace(tokens[4], id=tokens[1].id)
    assert twins(msgspec.structs.replace(pack.metadata, tokens=tuple(tokens))) == (1, 4)


@pytest.mark.gl
def test_a_chosen_clock_sends_light_to_the_rooms_that_hear_it(explore: Callable[..., Any]) -> None:
    app = explore()
    dark = picture(app, "overview", 2)
    app.store.update(selection="clock")
    lit = picture(app, "overview", 2)
    assert np.abs(lit.astype(int) - dark).mean() > 0.2
    beams = app.base.render.find("**/run/beams")
    assert beams.is_hidden(), "the words' light would hide that of the Clock"
    app.store.update(selection=None)
    assert np.abs(picture(app, "overview", 2).astype(int) - dark).mean() < 0.02
    assert not beams.is_hidden()
