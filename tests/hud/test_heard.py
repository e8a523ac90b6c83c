"""The caption of what is heard: read without sound, pressed to mute; and the buttons of the exhibits' panels."""

from __future__ import annotations

from explorer.hud.shapes import Label
from tests.hud.conftest import Stage

CAPTION = "Breath, like wind through pipes: 99 % noise."


def said(stage: Stage) -> str:
    stage.model.refresh()
    return " ".join(s.text for s in stage.model.sections["heard"].shapes if isinstance(s, Label))


def test_a_caption_stands_where_something_is_heard(stage: Stage) -> None:
    assert said(stage) == ""
    stage.store.update(heard=CAPTION)
    assert said(stage) == CAPTION
    strip, shown = stage.model.sections["strip"], stage.model.sections["heard"]
    assert shown.covers[0].bottom <= min(c.y for c in strip.covers), "above the strip"
    for change in ({"captions": False}, {"menu": "help"}, {"heard": None}):
        stage.store.update(heard=CAPTION, captions=True, menu=None)
        stage.store.update(**change)
        assert said(stage) == "", change


def test_a_press_mutes_and_says_so(stage: Stage) -> None:
    stage.store.update(heard=CAPTION)
    stage.click("heard.caption")
    assert stage.state.muted and said(stage) == f"(muted) {CAPTION}"
    stage.click("heard.caption")
    assert not stage.state.muted


def press(stage: Stage, label: str) -> None:
    """Press the panel's button that says `label`."""
    stage.model.refresh()
    found = [
        stage.model.find(f"reading.{part}action.{i}") for part in ("", "foot.") for i in range(6)
    ]
    stage.click(next(w.id for w in found if w is not None and w.label == label))


def test_the_panels_mute_and_move_the_row_of_the_dig(stage: Stage) -> None:
    stage.store.update(selection="station:orchestra")
    press(stage, "Mute")
    assert stage.state.muted
    stage.store.update(selection="station:dig")
    right, down = stage.state.probe
    press(stage, "Row ↑")
    assert stage.state.probe == (right, down - 0.08)
