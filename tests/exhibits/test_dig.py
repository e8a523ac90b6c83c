"""The Dig: every layer is one recorded x_t, the picture lies at the bottom, the probe reads the pixel it points at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.record import Record, pixel_at
from explorer.view.textures import load_full
from explorer.world.dig import DigPlan
from explorer.world.stations import Dig

STATION = Dig(id="dig", at={"anchor": "origin"})  # type: ignore[arg-type]
PLAN = DigPlan.of(STATION)
PROBE = (0.5, 0.62)
CUT = PLAN.section(PROBE[1])


@pytest.fixture
def pack(assets: Path) -> Pack:
    return Pack.open(assets / "runs" / "miniature" / "a-fox-on-grass")


def test_the_surface_sinks_one_layer_a_step_and_the_picture_stays() -> None:
    levels = [PLAN.level(step, 6) for step in range(6)]
    assert levels[0] == PLAN.height
    assert np.diff(levels) == pytest.approx(-PLAN.height / 7)
    assert levels[-1] == pytest.approx(2 * PLAN.height / 7), (
        "x_t of the last step lies on the picture"
    )


@pytest.mark.parametrize(
    ("eye", "ray", "expected"),
    [
        ((1.1, -9.0, 1.5), (0, 1, 0), (0.5 + 1.1 / 8.8, 0.62)),  # the section: its row stays
        ((0.0, 6.0, 6.0), (0.0, -0.5, -0.5), None),  # over the surface: where it falls
        ((0.0, -9.0, 1.0), (0.0, 0.5, -0.125), None),  # the floor in front
        ((0.0, -9.0, 1.5), (0, -1, 0), "nothing"),
        ((9.0, -9.0, 1.5), (0, 1, 0), "nothing"),
    ],
)
def test_a_look_meets_the_ground(eye: Any, ray: Any, expected: Any) -> None:
    level = 1.0
    found = PLAN.meets(eye, ray, PROBE, level)
    if expected == "nothing":
        assert found is None
        return
    assert found
    if expected:
        assert found == pytest.approx(expected)
    else:
        behind = found[1] < PROBE[1]
        z = level if behind else 0.0
        y = PLAN.section(found[1])
        assert (y - eye[1]) / ray[1] == pytest.approx((z - eye[2]) / ray[2])


def test_the_panel_quotes_the_pixel_under_the_probe(pack: Pack, texts: Any) -> None:
    probe = (0.3, 0.7)
    state = State(steps=pack.steps, step=2.0, probe=probe)
    record = Record(pack, pack.architecture)
    panel = panel_for("station:dig", state, record, texts)
    row, column = pixel_at(probe, 128, 128)
    assert (row, column) == (89, 38)
    rgb = pack.image("steps", 2)[row, column]
    facts = {f.label: f.value for f in panel.facts}
    assert facts["Red, green, blue"] == " ".join(str(v) for v in rgb)
    assert facts["Pixel"] == "row 90, column 39"
    assert panel.plot and panel.plot.value == pytest.approx(
        float(rgb @ np.array([0.2126, 0.7152, 0.0722])) / 255
    )
    first = pack.tensor("x_t")[2, 0, 11, 4]
    assert facts["Latent x_t here"].startswith(f"{first:+.2f} ")
    record._pictures["steps"] = np.zeros((6, 128, 128, 3), np.uint8)
    assert panel_for("station:dig", state, record, texts).plot != panel.plot


def test_what_was_not_recorded_is_said(pack: Pack, texts: Any) -> None:
    record = Record(pack, pack.architecture)
    record._pictures["steps"], record._tensors["x_t"] = None, None
    panel = panel_for("station:dig", State(steps=pack.steps), record, texts)
    assert panel.plot is None
    assert [f.value for f in panel.facts][1:] == ["not recorded", "not recorded"]


@pytest.mark.gl
def test_section_surface_and_floor_show_their_arrays(
    explore: Callable[..., Any], seen: Callable[..., Any]
) -> None:
    app = explore()
    run = load_full(app.world.run.pack)
    for k in range(6):  # each layer its own grey, the picture at the bottom as recorded
        run.images["steps"][k] = 40 + 30 * k
    app.world.set_run(app.world.prepare(run), app.store.state)
    layer = PLAN.height / 7

    def middle(eye: Any, look: Any, step: int) -> float:
        image = seen(app, "dig", eye, look, step, probe=PROBE)
        return float(np.median(image[86:94, 164:172].astype(float)))

    for k in range(6):
        z = PLAN.height - (k + 0.5) * layer
        assert middle((1.0, CUT - 3.0, z), (1.0, CUT, z), 0) == pytest.approx(40 + 30 * k, abs=14)
    above = (1.0, CUT + 1.5, 6.5), (1.0, CUT + 2.5, 0.0)
    assert [middle(*above, step) for step in (0, 2, 5)] == pytest.approx([40, 100, 190], abs=14)
    z = PLAN.height - 0.5 * layer
    gone = middle((1.0, CUT - 3.0, z), (1.0, CUT, z), 4)
    assert gone < 35, "what is dug away is dark"
    final = app.world.run.pack.final()
    y = PLAN.front + 1.2
    image = seen(app, "dig", (1.0, y - 1.0, 4.0), (1.0, y, 0.0), 0, probe=PROBE)
    row, column = pixel_at((0.5 + 1.0 / PLAN.size, (PLAN.back - y) / PLAN.size), 128, 128)
    stored = final[row - 2 : row + 3, column - 2 : column + 3].mean((0, 1))
    assert np.abs(image[88:92, 158:162].mean((0, 1)) - stored).max() < 16


@pytest.mark.gl
def test_a_click_on_the_section_moves_the_probe(
    explore: Callable[..., Any], seen: Callable[..., Any]
) -> None:
    app = explore()
    before = seen(app, "dig", (0.0, CUT - 6.0, 1.6), (0.0, CUT, 1.6), 3, probe=PROBE)
    app.select(220, 90)
    state = app.store.state
    assert state.selection == "station:dig" and state.probe[1] == PROBE[1] and state.probe[0] > 0.6
    after = seen(app, "dig", (0.0, CUT - 6.0, 1.6), (0.0, CUT, 1.6), 3)
    changed = np.abs(after.astype(int) - before).sum(-1) > 40
    assert changed[80:100, 155:165].any() and changed[80:100, 210:230].any(), "the warm line moved"
