"""Panels: provenance first, numbers from the pack only, code that returns the array that is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from explorer.state import Depth, State, Store
from explorer.story.build import build_panel, panel_for
from explorer.story.panel import Bars, Panel, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.texts import Texts
from tests.story.selections import everything

DEPTHS: tuple[Depth, ...] = ("look", "understand", "engineer")
UNIT = "unit:down_blocks.0.resnets.0"


def state(record: Record, **fields: Any) -> State:
    return msgspec.structs.replace(State(steps=record.steps, step=3.0, target=3.0), **fields)


def corrupt(record: Record, monkeypatch: pytest.MonkeyPatch, key: str) -> Record:
    """The same run with other numbers in one array."""
    original = record.pack.tensor

    def tensor(name: str) -> np.ndarray:
        values = original(name)
        return values * 0.25 + 0.125 if name == key else values

    monkeypatch.setattr(record.pack, "tensor", tensor)
    return Record(record.pack, record.architecture)


def numbers(panel: Panel) -> tuple[Any, Any]:
    return panel.plot and panel.plot.values, panel.facts


def test_a_panel_without_provenance_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="no provenance"):
        Panel("x", None, "title", "kicker", ())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no provenance"):
        Plot("title", (1.0,), 0, 1, "RECORDED", "formula", 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("depth", DEPTHS)
def test_everything_that_can_be_selected_has_a_panel(
    record: Record, texts: Texts, depth: Depth
) -> None:
    for selection in everything(record):
        panel = panel_for(selection, state(record, depth=depth), record, texts)
        assert panel.id == selection
        assert panel.title and panel.kicker and panel.lines


def test_build_panel_takes_a_pack(run_folder: Path, texts: Texts) -> None:
    pack = Pack.open(run_folder)
    panel = build_panel("clock", State(steps=6), pack, pack.architecture, texts)
    assert panel.badge is Provenance.RECORDED


@pytest.mark.parametrize(
    ("selection", "key"),
    [
        (UNIT, "unit_rms"),
        (UNIT, "unit_update"),
        ("skip:conv_in->up_blocks.2.resnets.1", "unit_rms"),
        ("word:1", "attention_mass"),
        ("word:bos", "attention_mass"),
        ("tower", "attention_mass"),
        ("canvas:x_t", "x_t"),
        ("canvas:x0", "x0"),
    ],
)
def test_other_numbers_in_the_array_change_the_panel(
    record: Record, texts: Texts, monkeypatch: pytest.MonkeyPatch, selection: str, key: str
) -> None:
    asked = state(record, depth="understand", magnitude_scale="absolute")
    if not any(selection == known for known in everything(record)):
        selection = next(s for s in everything(record) if s.startswith("skip:"))
    before = panel_for(selection, asked, record, texts)
    after = panel_for(selection, asked, corrupt(record, monkeypatch, key), texts)
    assert numbers(before) != numbers(after)


def test_layers_show_how_they_read(
    record: Record, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, key in (
        ("self_attention", "self_attention_entropy"),
        ("cross_attention", "attention_mass"),
    ):
        layer = next(
            layer for u in record.architecture.units for layer in u.layers if layer.kind == kind
        )
        before = panel_for(f"layer:{layer.id}", state(record), record, texts)
        other = corrupt(record, monkeypatch, key)
        assert numbers(before) != numbers(
            panel_for(f"layer:{layer.id}", state(record), other, texts)
        )


def test_the_relative_plot_is_the_recorded_one_over_its_maximum(
    record: Record, texts: Texts
) -> None:
    relative = panel_for(UNIT, state(record), record, texts).plot
    absolute = panel_for(UNIT, state(record, magnitude_scale="absolute"), record, texts).plot
    assert relative is not None and absolute is not None
    recorded = Provenance(record.metadata.arrays["unit_rms"].provenance)
    assert (relative.badge, absolute.badge) == (Provenance.DERIVED, recorded)
    rms = np.array(absolute.values, float)
    assert np.allclose(np.array(relative.values, float), rms / rms.max())


def test_numbers_are_those_of_the_recorded_step(record: Record, texts: Texts) -> None:
    panel = panel_for("clock", state(record, step=2.4, target=3.0), record, texts)
    assert panel.plot is not None
    assert panel.plot.present == 2
    assert panel.plot.value == record.metadata.steps[2].timestep


@pytest.mark.parametrize(
    ("selection", "array"),
    [
        (UNIT, "features"),
        ("canvas:x_t", "x_t"),
        ("canvas:noise", "eps"),
        ("canvas:x0", "predicted"),
    ],
)
def test_a_panel_carries_the_badge_of_what_it_shows(
    record: Record, texts: Texts, selection: str, array: str
) -> None:
    panel = panel_for(selection, state(record), record, texts)
    assert panel.badge is Provenance(record.metadata.arrays[array].provenance)


def test_the_decoded_view_has_the_badge_of_the_decoder(record: Record, texts: Texts) -> None:
    for name in ("x_t", "noise"):
        panel = panel_for(f"canvas:{name}", state(record, decoded=True), record, texts)
        assert panel.badge is Provenance.DERIVED


def test_what_was_not_recorded_says_so(
    record: Record, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record.pack, "has", lambda name: False)
    bare = Record(record.pack, record.architecture)
    panel = panel_for(UNIT, state(record, depth="understand"), bare, texts)
    assert panel.plot is None
    values = {fact.label: fact.value for fact in panel.facts}
    assert values[texts.get("panel.fact.rms")] == texts.get("number.not_recorded")
    assert values[texts.get("panel.fact.time")] == texts.get("number.not_recorded")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (UNIT, lambda pack: pack.tensor("unit_rms")[:, 1]),
        ("word:1", lambda pack: pack.tensor("attention_mass")[:, :, [2]].sum(axis=2).mean(axis=1)),
        ("canvas:noise", lambda pack: pack.tensor("eps")[3]),
        ("canvas:x0", lambda pack: pack.image("predicted", 3)),
    ],
)
def test_the_python_of_a_panel_returns_the_array_behind_it(
    record: Record, texts: Texts, selection: str, expected: Any
) -> None:
    panel = panel_for(selection, state(record, depth="engineer"), record, texts)
    assert panel.formula is not None
    *setup, expression = panel.formula.python
    scope: dict[str, Any] = {}
    exec("\n".join(setup), scope)
    assert np.array_equal(eval(expression, scope), expected(record.pack))


def test_every_line_of_python_runs(record: Record, texts: Texts) -> None:
    seen = set()
    for selection in everything(record):
        panel = panel_for(selection, state(record, depth="engineer"), record, texts)
        family = selection.partition(":")[0]
        if panel.formula is None or family in seen and family != "layer":
            continue
        seen.add(family)
        assert len(panel.formula.python) <= 3
        *setup, expression = panel.formula.python
        scope: dict[str, Any] = {}
        exec("\n".join(setup), scope)
        assert eval(expression, scope) is not None


def test_every_panel_about_data_has_code_and_a_paper(texts: Texts) -> None:
    """On a shipped run: what an engineer copies from the screen returns something, and says where to read on."""
    run = next(r for r in Library.open(data_dir("assets")).runs if r.profile != "light")
    pack = Pack.open(run.path)
    shipped = Record(pack, pack.architecture)
    done = set()
    for selection in everything(shipped):
        panel = panel_for(selection, state(shipped, depth="engineer"), shipped, texts)
        if panel.badge is Provenance.ILLUSTRATION and panel.formula is None:
            assert selection.startswith("station:") and panel.plot is None and not panel.facts
            continue
        assert panel.formula is not None and panel.formula.paper, selection
        assert 1 <= len(panel.formula.python) <= 3
        kind = (selection.partition(":")[0], panel.formula.text)
        if kind in done:  # the same code with another name in it
            continue
        done.add(kind)
        *setup, expression = panel.formula.python
        scope: dict[str, Any] = {}
        exec("\n".join(setup), scope)
        assert eval(expression, scope) is not None, selection


@pytest.mark.parametrize(
    "selection",
    ["clock", "tower", "word:1"]
    + [f"station:{name}" for name in ("choice", "clockwork", "decoder", "encoder", "lanes", "leaps", "noising",
                                      "pair", "road", "training")],
)  # fmt: skip
def test_what_is_charted_is_what_the_code_returns(texts: Texts, selection: str) -> None:
    """Of a shipped run that is one of a pair; bars may be the first of many, from 0 up."""
    pack = Pack.open(data_dir("assets") / "runs" / "miniature" / "castle-by-night")
    shipped = Record(pack, pack.architecture)
    panel = panel_for(selection, state(shipped, depth="engineer"), shipped, texts)
    assert panel.formula is not None and panel.plot is not None
    *setup, expression = panel.formula.python
    scope: dict[str, Any] = {}
    exec("\n".join(setup), scope)
    found = eval(expression, scope)
    values = np.array(list(found.values() if isinstance(found, dict) else found), float)
    if isinstance(panel.plot, Bars):
        want = np.array([row.value for row in panel.plot.rows], float)
        values = np.maximum(values[: len(want)], 0.0)
    else:
        want = np.array(panel.plot.values, float)
    assert np.allclose(values, want, rtol=1e-4, atol=1e-6, equal_nan=True)


def test_the_formula_is_offered_to_who_has_seen_the_numbers(record: Record, texts: Texts) -> None:
    store = Store(state(record))

    def offered() -> list[Any]:
        panel = panel_for(UNIT, store.state, record, texts)
        return [a.value for a in panel.actions if a.name == "depth"]

    assert offered() == ["understand"]
    store.update(depth="understand")
    assert offered() == ["look", "engineer"]
    store.update(depth="look")
    assert offered() == ["engineer", "understand"], "the way there stays open"
    assert store.state.opened == "understand"


@pytest.mark.parametrize(
    "selection", ["unit:nowhere", "word:99", "canvas:z", "skip:a->b", "layer:x", "cloud"]
)
def test_an_unknown_id_is_named(record: Record, texts: Texts, selection: str) -> None:
    with pytest.raises(KeyError, match=selection.partition(":")[2] or selection):
        panel_for(selection, State(steps=6), record, texts)


def test_a_kind_without_words_shows_its_class(record: Record, texts: Texts) -> None:
    first, *rest = record.architecture.units
    odd = msgspec.structs.replace(first, kind="wavelet", class_="WaveletBlock")
    model = msgspec.structs.replace(record.architecture, units=(odd, *rest))
    asked = state(record, depth="understand")
    panel = panel_for(f"unit:{odd.id}", asked, Record(record.pack, model), texts)
    assert panel.title == texts.get("panel.unit.other.name")
    assert "WaveletBlock" in [fact.value for fact in panel.facts]


def test_titles_tell_rooms_apart(record: Record, texts: Texts) -> None:
    titles = [
        panel_for(f"unit:{u.id}", state(record), record, texts).title
        for u in record.architecture.units
    ]
    assert len(set(titles)) == len(titles)
