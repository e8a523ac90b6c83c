"""A place of the picture and what it reads: the numbers are those of the maps, and sum to one."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.panel import Bars
from explorer.story.pixels import Place, lanes_of, shares
from explorer.story.record import Record
from explorer.story.texts import Texts
from explorer.story.words import layer_of

NAMES = {"bos": "begin", "eos": "end", "pad": "padding"}
PLACE = Place("x0", 0.3, 0.7)


def bars(record: Record, texts: Texts, place: Place, step: float = 3.0) -> Bars:
    state = State(steps=record.steps, step=step, target=step)
    chart = panel_for(place.id, state, record, texts).plot
    assert isinstance(chart, Bars)
    return chart


def test_an_id_names_a_place_and_comes_back() -> None:
    for place in (PLACE, PLACE.within("mid_block.attentions.0.transformer_blocks.0.attn2")):
        assert Place.parse(place.id) == place
    assert Place.parse("canvas:x0") is None and Place.parse(None) is None
    for bad in ("pixel:x0:0.5", "pixel:x0:a,b", "pixel:x0:0.5,1.5"):
        with pytest.raises(KeyError, match="pixel"):
            Place.parse(bad)


def test_over_all_lanes_a_place_reads_one(record: Record) -> None:
    pack = record.pack
    lanes = lanes_of(pack, NAMES)
    assert [lane.text for lane in lanes] == ["begin", "a", "fox", "on", "grass", "end", "padding"]
    atlas = np.stack([pack.attention_atlas(step) for step in range(pack.steps)])
    for layer in (None, pack.array("attention").layers[0].id):
        read = shares(pack, atlas, PLACE.within(layer), lanes)
        assert read.shape == (pack.steps, len(lanes))
        assert np.allclose(read.sum(-1), 1.0, atol=0.03)


def test_the_bars_are_the_cells_of_the_maps(record: Record, texts: Texts) -> None:
    rect = record.pack.array("attention").layers[0]
    place = PLACE.within(rect.id)
    row, column = place.cell(rect.height, rect.width)
    fox = record.pack.attention_map(rect.id, record.words[1].tokens[0], 3)[row, column]
    shown = bars(record, texts, place)
    assert [bar.label for bar in shown.rows][1] == "fox"
    assert shown.rows[1].value == pytest.approx(float(fox))
    assert not shown.rows[-1].warm
    total = sum(bar.value for bar in shown.rows)
    assert total == pytest.approx(1.0, abs=0.03)


def test_other_maps_give_other_bars(
    record: Record, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bars(record, texts, PLACE)
    assert before != bars(record, texts, PLACE, step=5.0)
    assert before != bars(record, texts, msgspec.structs.replace(PLACE, u=0.9, v=0.1))
    monkeypatch.setattr(
        Pack, "attention_atlas", lambda self, step: np.full(self.array("attention").shape[1:], 90, np.uint8)
    )  # fmt: skip
    assert before != bars(record, texts, PLACE)


def test_the_layers_come_one_after_the_other(record: Record, texts: Texts) -> None:
    """“Next layer” goes through all of them and ends at the mean again."""
    seen, selection = [], PLACE.id
    for _ in range(len(record.pack.array("attention").layers) + 1):
        state = State(steps=record.steps, opened="understand")
        panel = panel_for(selection, state, record, texts)
        selection = str(panel.actions[2].value)
        seen.append(selection)
    assert seen[-1] == PLACE.id and len(set(seen)) == len(seen)


def test_a_word_can_be_followed_layer_by_layer(
    record: Record, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the mean through all layers and back; each curve is that layer's own column."""

    def panel(selection: str) -> Any:
        state = State(steps=record.steps, overlay=True, word=1, opened="understand")
        return panel_for(selection, state, record, texts)

    mass, (token,) = record.pack.tensor("attention_mass"), record.words[1].tokens
    selection, seen = "word:1", []
    for _ in range(len(record.pack.array("attention").layers) + 1):
        shown = panel(selection)
        layer = layer_of(selection, 1)
        column = None if layer is None else record.layer_column("attention_mass", layer)
        want = mass.mean(1)[:, token] if column is None else mass[:, column, token]
        assert shown.plot.values == pytest.approx(want.tolist())
        seen.append(selection)
        selection = str(next(a.value for a in shown.actions if str(a.value).startswith("word:")))
    assert selection == "word:1" and len(set(seen)) == len(seen) > 2
    assert layer_of("word:1:x", 2) is None and layer_of("clock", 1) is None
    with pytest.raises(KeyError, match="nowhere"):
        panel("word:1:nowhere")


def test_a_run_without_maps_says_so(record: Record, texts: Texts) -> None:
    arrays = {k: v for k, v in record.metadata.arrays.items() if k != "attention"}
    import msgspec

    record.pack.metadata = msgspec.structs.replace(record.metadata, arrays=arrays)
    panel = panel_for(PLACE.id, State(steps=record.steps), record, texts)
    assert panel.plot is None and "no attention maps" in panel.lines[-1]
