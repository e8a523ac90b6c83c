"""Pointer and keys: what they change in the store, and what they ask the application to do."""

from __future__ import annotations

import pytest

from explorer.hud.focus import ring, toward
from explorer.hud.timeline import Track
from explorer.hud.widget import Widget
from tests.hud.conftest import STEPS, Stage

UNIT = "unit:down_blocks.0.attentions.0"


def centre(stage: Stage, widget_id: str) -> tuple[float, float]:
    stage.model.refresh()
    widget = stage.model.find(widget_id)
    assert widget is not None, widget_id
    return widget.rect.centre


def test_a_press_acts_on_release_over_the_same_widget(stage: Stage) -> None:
    x, y = centre(stage, "timeline.play")
    stage.inputs.pointer("down", x, y)
    assert not stage.state.playing
    stage.inputs.pointer("up", x + 400, y)
    assert not stage.state.playing
    stage.click("timeline.play")
    assert stage.state.playing


def test_only_panels_take_the_pointer(stage: Stage) -> None:
    assert not stage.inputs.pointer("move", 960, 500)
    assert not stage.inputs.pointer("down", 960, 500)
    assert not stage.inputs.pointer("up", 960, 500)
    assert stage.inputs.pointer("move", *centre(stage, "timeline"))
    assert stage.inputs.pointer("down", *centre(stage, "prompt"))
    assert not stage.inputs.pointer("down", 960, 500, button=3)


def test_the_other_buttons_do_nothing(stage: Stage) -> None:
    x, y = centre(stage, "timeline.play")
    assert stage.inputs.pointer("down", x, y, button=3)
    stage.inputs.pointer("up", x, y, button=3)
    assert not stage.state.playing


def test_dragging_the_timeline_scrubs_and_settles_on_a_recorded_step(stage: Stage) -> None:
    stage.store.update(playing=True)
    slider = stage.model.find("playhead.slider") or stage.model.root.find("playhead.slider")
    assert slider is not None and slider.slide is not None
    left, right = slider.slide.left, slider.slide.right
    y = slider.rect.centre[1]
    stage.inputs.pointer("down", left, y)
    stage.inputs.pointer("move", left + 0.53 * (right - left), y - 300)
    assert stage.state.step == stage.state.target == pytest.approx(0.53 * (STEPS - 1))
    assert stage.state.between and not stage.state.playing
    stage.inputs.pointer("up", left + 0.53 * (right - left), y - 300)
    assert stage.state.target == round(0.53 * (STEPS - 1))
    stage.inputs.pointer("down", right + 10, y)
    stage.inputs.pointer("up", right + 10, y)
    assert stage.state.target == STEPS - 1


def test_a_drag_ends_where_it_is_let_go(stage: Stage) -> None:
    """A slow machine tells of no move between the press and the release."""
    track = Track.of(stage.model.view)
    stage.inputs.pointer("down", track.x(0), track.slider_y)
    stage.inputs.pointer("up", track.x(3) + 2, track.slider_y)
    assert stage.state.target == 3.0


def test_quick_presses_are_all_counted(stage: Stage) -> None:
    """The second comes while the first is still cross-fading."""
    stage.click("timeline.next")
    stage.store.update(step=0.2)
    stage.click("timeline.next")
    assert stage.state.target == 2.0
    stage.click("timeline.previous")
    assert stage.state.target == 1.0


def test_timeline_buttons(stage: Stage) -> None:
    stage.click("timeline.next")
    assert stage.state.target == 1.0
    stage.click("timeline.thumb.3")
    assert stage.state.target == Track.of(stage.model.view).shown[3]
    stage.store.update(step=5.0, target=5.0)
    stage.click("timeline.previous")
    assert stage.state.target == 4.0
    speed = stage.state.speed
    stage.click("timeline.speed")
    assert stage.state.speed > speed
    stage.click("timeline.loop")
    assert not stage.state.loop


def test_a_word_is_chosen_and_let_go(stage: Stage) -> None:
    stage.click("prompt.word.1")
    state = stage.state
    assert (state.word, state.overlay, state.selection) == (1, True, "word:1")
    stage.click("prompt.word.1")
    assert (stage.state.word, stage.state.overlay) == (None, False)


def test_the_reading_panel_goes_deeper_and_closes(stage: Stage) -> None:
    stage.store.update(selection=UNIT)
    for depth in ("understand", "engineer"):
        stage.model.refresh()
        panel = stage.model.view.panel
        assert panel is not None
        index = len(panel.actions) - 1
        stage.click(f"reading.action.{index}")
        assert stage.state.depth == depth
        stage.model.refresh()
    stage.click("reading.action.1")
    assert stage.state.unfolded == UNIT.partition(":")[2]
    stage.click("reading.close")
    assert stage.state.selection is None


def test_the_strip_changes_what_is_shown(stage: Stage) -> None:
    stage.click("strip.magnitude")
    assert stage.state.magnitude_scale == "absolute"
    stage.click("strip.decoded")
    assert stage.state.decoded
    stage.click("strip.split")
    assert stage.state.split == 0.5
    divider = stage.model.root.find("strip.divider")
    assert divider is not None and divider.slide is not None
    y = divider.rect.centre[1]
    stage.inputs.pointer("down", divider.slide.left, y)
    stage.inputs.pointer("move", divider.slide.right, y)
    stage.inputs.pointer("up", divider.slide.right, y)
    assert stage.state.split == 1.0
    stage.store.update(overlay=True, word=1)
    for scale in ("unit", "map", "run"):
        stage.click("strip.attention")
        assert stage.state.attention_scale == scale


@pytest.mark.parametrize(
    ("absent", "gone"),
    [
        ("unit_rms", {"strip.magnitude"}),
        ("predicted", {"strip.split"}),
        ("steps", {"strip.split"}),
    ],
)
def test_the_strip_offers_no_view_of_what_was_not_recorded(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, absent: str, gone: set[str]
) -> None:
    """As in an imported run."""
    pieces = ("strip.magnitude", "strip.split", "strip.decoded")
    record = stage.model.view.record
    assert record is not None
    real = record.array
    monkeypatch.setattr(record, "array", lambda name: None if name == absent else real(name))
    stage.model.refresh()
    assert {name for name in pieces if stage.model.find(name) is None} == gone


def test_a_run_is_opened_and_a_place_is_visited(stage: Stage) -> None:
    stage.click("prompt.prompts")
    assert stage.state.menu == "prompts"
    stage.click("sheet_body.run.2")
    stage.inputs.action("back")
    assert stage.state.menu is None
    stage.click("map.unit:down_blocks.0.resnets.0")
    stage.click("map.tower")
    assert stage.commands == [
        ("open_run", ("miniature", "run-2")),
        ("teleport", "unit:down_blocks.0.resnets.0"),
        ("teleport", "tower"),
    ]


def test_settings_are_fields_of_the_store(stage: Stage) -> None:
    stage.store.update(menu="settings")
    for field, value in (
        ("color_map", "clear"), ("quality", "high"), ("inverted", True), ("reduced_motion", True),
        ("text_scale", 1.5),
    ):  # fmt: skip
        stage.click(f"sheet_body.{field}.{value}")
        assert getattr(stage.state, field) == value
    assert stage.model.view.metrics.text_scale == 1.5


def test_a_click_beside_an_overlay_closes_it(stage: Stage) -> None:
    stage.store.update(menu="help")
    assert stage.inputs.pointer("down", 1250, 500)
    assert stage.state.menu is None


def test_the_wheel_scrolls_what_does_not_fit(stage: Stage) -> None:
    stage.store.update(selection=UNIT, depth="understand", text_scale=2.0)
    stage.model.refresh()
    body = stage.model.sections["reading_body"]
    assert body.scroll_limit > 0 and body.clip is not None
    x, y = body.clip.centre
    stage.inputs.pointer("wheel", x, y, delta=-1.0)
    assert stage.model.view.local.scroll["reading_body"] > 0
    stage.inputs.pointer("wheel", x, y, delta=100.0)
    assert stage.model.view.local.scroll["reading_body"] == 0
    assert not stage.inputs.pointer("wheel", 700, 400, delta=1.0)


def test_tab_goes_round_everything_once(stage: Stage) -> None:
    stage.store.update(selection=UNIT)
    ids = [w.id for w in ring(stage.model.root)]
    assert len(ids) == len(set(ids))
    seen = []
    for _ in ids:
        assert stage.inputs.action("focus_next")
        assert stage.model.focused is not None
        seen.append(stage.model.focused.id)
    assert seen == ids
    stage.inputs.action("focus_next")
    assert stage.model.focused is not None and stage.model.focused.id == ids[0]
    stage.inputs.action("focus_previous")
    assert stage.model.focused is not None and stage.model.focused.id == ids[-1]
    stage.model.refresh()
    assert stage.model.sections["focus"].shapes


def test_under_an_overlay_the_focus_stays_in_it(stage: Stage) -> None:
    stage.inputs.action("settings")
    for _ in range(30):
        stage.inputs.action("focus_next")
        assert stage.model.focused is not None
        assert stage.model.focused.id.startswith("sheet")


def test_focus_scrolls_into_sight(stage: Stage) -> None:
    stage.store.update(menu="prompts", text_scale=2.0)
    for _ in range(len(ring(stage.model.root))):
        stage.inputs.action("focus_next")
        stage.model.refresh()
        widget, clip = stage.model.focused, stage.model.sections["sheet_body"].clip
        assert widget is not None and clip is not None
        if widget.id.startswith("sheet_body."):
            assert clip.encloses(widget.rect, 8.0)


def test_enter_presses_and_arrows_move(stage: Stage) -> None:
    assert not stage.inputs.action("activate")
    play = stage.model.root.find("timeline.play")
    assert play is not None
    stage.model.focus(play)
    stage.inputs.action("activate")
    assert stage.state.playing
    stage.inputs.action("focus_right")
    assert stage.model.focused is not None and stage.model.focused.id == "timeline.next"
    slider = stage.model.root.find("playhead.slider")
    assert slider is not None
    stage.store.update(step=4.0, target=4.0)
    stage.model.refresh()
    stage.model.focus(slider)
    stage.inputs.action("focus_right")
    assert stage.state.target == 5.0 and not stage.state.playing


def test_back_leaves_one_thing_after_the_other(stage: Stage) -> None:
    stage.store.update(selection=UNIT, menu="help")
    for expected in ((None, UNIT), (None, None)):
        assert stage.inputs.action("back")
        assert (stage.state.menu, stage.state.selection) == expected
    assert not stage.inputs.action("back")
    assert not stage.inputs.action("fly")


def test_every_widget_has_a_name(stage: Stage) -> None:
    for menu in (None, "prompts", "help", "settings", "map"):
        stage.store.update(menu=menu, selection="word:1", overlay=True, word=1, split=0.5)
        widgets: list[Widget] = list(stage.model.root.walk())
        assert all(w.label for w in widgets)
        assert len({w.id for w in widgets}) == len(widgets)


def test_toward_stays_in_its_direction(stage: Stage) -> None:
    root = stage.model.root
    for widget in ring(root):
        right = toward(root, widget, "right")
        if right is not None:
            assert right.rect.centre[0] > widget.rect.centre[0]


def test_a_selection_of_another_run_shows_no_panel(stage: Stage) -> None:
    stage.store.update(selection="word:77")
    stage.model.refresh()
    assert stage.model.view.panel is None


def test_a_message_can_be_put_away(stage: Stage) -> None:
    stage.store.update(message="The pack in runs/x is damaged: final.png is missing")
    stage.click("toast.message")
    assert stage.state.message is None
