"""The cost meter: shares of a whole, from the architecture and from what was measured."""

from __future__ import annotations

from math import prod
from typing import get_args

import msgspec
import pytest

from assetgen.pack.schema import Timing
from explorer.state import Cost, State
from explorer.story.build import panel_for
from explorer.story.cost import costs, unit_bytes
from explorer.story.panel import Treemap
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.texts import Texts


def treemap(record: Record, texts: Texts, kind: Cost) -> Treemap | None:
    state = State(steps=record.steps, cost=kind)
    chart = panel_for("cost", state, record, texts).plot
    assert chart is None or isinstance(chart, Treemap)
    return chart


def timed(record: Record) -> Record:
    units = {u.id: 0.5 + i for i, u in enumerate(record.architecture.units)}
    record.pack.__dict__["timing"] = Timing(units=units)
    return record


@pytest.mark.parametrize("kind", get_args(Cost))
def test_the_fields_are_shares_of_the_whole(record: Record, texts: Texts, kind: Cost) -> None:
    shown = treemap(timed(record), texts, kind)
    assert shown is not None
    tiles = [tile for group in shown.groups for tile in group]
    assert {tile.id for tile in tiles} == {f"unit:{u.id}" for u in record.architecture.units}
    assert sum(tile.share for tile in tiles) == pytest.approx(1.0)
    assert max(tile.heat for tile in tiles) == pytest.approx(1.0)
    found = costs(kind, record.architecture, record)
    assert found is not None
    largest = max(found, key=lambda id: found[id])
    assert max(tiles, key=lambda tile: tile.share).id == f"unit:{largest}"


def test_operations_follow_the_architecture(record: Record, texts: Texts) -> None:
    before = treemap(record, texts, "flops")
    first, *others = record.architecture.units
    units = (msgspec.structs.replace(first, flops=first.flops * 50 + 10**9), *others)
    other = Record(record.pack, msgspec.structs.replace(record.architecture, units=units))
    after = treemap(other, texts, "flops")
    assert before and after and before != after
    assert after.groups[0][0].share > before.groups[0][0].share


def test_bytes_count_weights_and_maps_once(record: Record) -> None:
    unit = record.architecture.units[1]
    written = sum(prod(layer.output) for layer in unit.layers if layer.output)
    assert unit_bytes(unit) == 4 * (unit.parameters + prod(unit.input) + written)


def test_times_are_recorded_or_not_there(record: Record, texts: Texts) -> None:
    record.pack.__dict__["timing"] = None
    panel = panel_for("cost", State(steps=record.steps, cost="time"), record, texts)
    assert panel.plot is None and "no times" in panel.lines[-1]
    assert panel.badge is Provenance.DERIVED and panel.facts[-1].value == texts.get(
        "number.not_recorded"
    )
    panel = panel_for("cost", State(steps=record.steps, cost="time"), timed(record), texts)
    assert panel.plot is not None and panel.badge is Provenance.RECORDED


def test_the_time_of_the_whole_call_is_that_of_the_step(record: Record, texts: Texts) -> None:
    timed(record)
    units = record.pack.__dict__["timing"].units
    calls = tuple(0.04 + step / 1000 for step in range(record.steps))
    for kept, said in (
        (calls, ["40 ms", "42 ms"]),
        (calls[1:], [texts.get("number.not_recorded")] * 2),  # not one call a step
    ):
        record.pack.__dict__["timing"] = Timing(calls=kept, units=units)
        states = (State(steps=record.steps, step=float(step), cost="time") for step in (0, 2))
        panels = [panel_for("cost", state, record, texts) for state in states]
        assert [panel.facts[-1].value for panel in panels] == said


def test_the_panel_switches_between_the_kinds(record: Record, texts: Texts) -> None:
    state = State(steps=record.steps, cost="flops")
    switches = [
        a.value for a in panel_for("cost", state, record, texts).actions if a.name == "cost"
    ]
    assert switches == ["time", "bytes", None]
    other = panel_for("cost", msgspec.structs.replace(state, cost="bytes"), record, texts)
    assert other.title != panel_for("cost", state, record, texts).title
