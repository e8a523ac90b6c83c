"""What changes on screen when the store changes, and that nothing does when it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from explorer.hud.shapes import Box, Label, Line
from explorer.story.record import Record
from tests.hud.conftest import Stage

UNIT = "unit:down_blocks.0.resnets.0"


def texts_of(stage: Stage, section: str) -> list[str]:
    return [s.text for s in stage.model.sections[section].shapes if isinstance(s, Label)]


def test_idle_frames_lay_out_nothing(stage: Stage) -> None:
    assert stage.model.take_changes()
    assert stage.model.take_changes() == set()
    stage.store.update(step=stage.state.step)
    assert stage.model.take_changes() == set()


@pytest.mark.parametrize(
    ("changes", "sections"),
    [
        ({"step": 0.4}, {"playhead"}),
        ({"playing": True}, {"timeline"}),
        ({"decoded": True}, {"strip"}),
        ({"hover": "unit:conv_in", "flying": True}, set()),
        ({"message": "hello"}, {"toast"}),
        ({"selection": "clock"}, {"reading", "reading_body"}),
        ({"selection": UNIT}, {"reading", "reading_body", "map"}),
    ],
)
def test_a_change_touches_only_its_sections(
    stage: Stage, changes: dict[str, Any], sections: set[str]
) -> None:
    stage.model.take_changes()
    stage.store.update(**changes)
    stage.inputs.pointer("move", 960, 500)
    assert stage.model.take_changes() == sections, "also if the pointer looked first"


def test_a_small_move_leaves_the_map_alone(stage: Stage) -> None:
    stage.model.set_pose(0.0, 20.0, 0.0)
    stage.model.take_changes()
    stage.model.set_pose(0.05, 20.0, 0.4)
    assert stage.model.take_changes() == set()
    stage.model.set_pose(0.0, 60.0, 90.0)
    assert stage.model.take_changes() == {"map_marker"}


def test_between_two_steps_it_says_so(stage: Stage) -> None:
    stage.store.update(step=4.4, target=5.0)
    stage.model.refresh()
    assert "between 5 and 6" in texts_of(stage, "playhead")
    stage.store.update(step=5.0)
    stage.model.refresh()
    assert "Step 6 of 12" in texts_of(stage, "playhead")


def test_the_timeline_quotes_the_recorded_step(stage: Stage) -> None:
    stage.store.update(step=3.2)
    stage.model.refresh()
    step = stage.model.view.record.step(3)  # type: ignore[union-attr]
    assert f"noise left  σ {step.sigma:.2f}" in texts_of(stage, "timeline")
    assert not any(text.startswith("t = ") for text in texts_of(stage, "playhead"))
    stage.store.update(step=3.0)
    stage.model.refresh()
    assert f"t = {step.timestep:g}" in texts_of(stage, "playhead")


def test_words_carry_their_attention(
    pack: Pack, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Corrupt the recorded mass of one word: its colour changes, and no other word's."""
    original = pack.tensor

    def tensor(key: str) -> np.ndarray:
        values = original(key).copy()
        if key == "attention_mass":
            values[:, :, 2] *= 0.01
        return values

    stage.model.refresh()
    before = {
        s.text: s.color for s in stage.model.sections["prompt"].shapes if isinstance(s, Label)
    }
    monkeypatch.setattr(pack, "tensor", tensor)
    stage.model.set_record(Record(pack, pack.architecture))
    stage.model.refresh()
    after = {s.text: s.color for s in stage.model.sections["prompt"].shapes if isinstance(s, Label)}
    assert before["castle"] != after["castle"]
    assert before["castle"][2] < after["castle"][2], "less attention is less amber"


def test_the_plot_follows_the_array(
    pack: Pack, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.store.update(selection=UNIT, step=5.0, target=5.0)
    stage.model.refresh()
    before = [s for s in stage.model.sections["reading_body"].shapes if isinstance(s, Line)]
    original = pack.tensor
    monkeypatch.setattr(pack, "tensor", lambda key: original(key)[::-1])
    stage.model.set_record(Record(pack, pack.architecture))
    stage.model.refresh()
    after = [s for s in stage.model.sections["reading_body"].shapes if isinstance(s, Line)]
    assert before != after


def test_a_focus_ring_is_for_the_keyboard(stage: Stage) -> None:
    stage.inputs.action("focus_next")
    stage.model.refresh()
    assert any(isinstance(s, Box) for s in stage.model.sections["focus"].shapes)
    stage.inputs.pointer("down", 960, 500)
    stage.model.refresh()
    assert stage.model.sections["focus"].shapes == ()
