"""Charts of reading panels: areas and lengths are the numbers, and what can be pressed does what it says."""

from __future__ import annotations

import pytest

from explorer.hud.charts import squarify
from explorer.hud.geometry import Rect
from explorer.hud.shapes import Box
from tests.hud.conftest import Stage


def test_areas_are_shares_and_fill_the_field() -> None:
    shares = [0.4, 0.1, 0.2, 0.05, 0.25]
    field = Rect(10, 20, 300, 200)
    rects = squarify(shares, field)
    assert [r.width * r.height for r in rects] == pytest.approx([s * 60_000 for s in shares])
    assert all(field.encloses(r) for r in rects)
    for i, a in enumerate(rects):
        assert not any(a.overlaps(b) for b in rects[i + 1 :])
    assert squarify([], field) == [] and squarify([1.0], field) == [field]


def test_the_cost_meter_opens_from_the_strip_and_a_field_leads_to_its_room(stage: Stage) -> None:
    stage.click("strip.meter")
    assert (stage.state.cost, stage.state.selection) == ("flops", "cost")
    stage.model.refresh()
    fields = [w for w in stage.model.sections["reading_body"].widgets if w.kind == "button"]
    assert len(fields) == len(stage.model.view.record.architecture.units)  # type: ignore[union-attr]
    stage.click(max(fields, key=lambda w: w.rect.width * w.rect.height).id)
    assert (stage.state.selection or "").startswith("unit:") and stage.state.cost == "flops"
    stage.click("strip.costs")
    assert stage.state.cost == "time"
    stage.click("strip.meter")
    assert stage.state.cost is None


def test_bars_are_as_long_as_their_values(stage: Stage) -> None:
    from explorer.hud import palette
    from explorer.story.panel import Bars

    stage.store.update(selection="pixel:x0:0.500,0.500", step=5.0, target=5.0)
    stage.model.refresh()
    panel = stage.model.view.panel
    assert panel is not None and isinstance(panel.plot, Bars)
    drawn = [
        s.rect.width
        for s in stage.model.sections["reading_body"].shapes
        if isinstance(s, Box) and s.fill == palette.MEANING
    ]
    words = [bar.value for bar in panel.plot.rows if bar.warm]
    assert len(drawn) == len(words)
    ratio = [
        width / min(value / panel.plot.high, 1.0) for width, value in zip(drawn, words, strict=True)
    ]
    assert max(ratio) - min(ratio) < 3
