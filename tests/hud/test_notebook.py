"""Questions on screen: the notebook, the quiet line above the timeline, answers that are pressed."""

from __future__ import annotations

import msgspec
import pytest

from assetgen.pack import Pack
from explorer.hud.geometry import Rect
from explorer.hud.shapes import Box, Label
from explorer.modes import KioskShown
from explorer.story.discoveries import Finding
from explorer.story.discoveries.event import WHEN, Evidence
from explorer.story.notes import Notes
from tests.hud.conftest import STEPS, Stage

CURVE = Evidence(tuple(k / STEPS for k in range(STEPS)), '.tensor("x0")')
WHERE = Finding("shapes_first", 4, 2, 0, {"shapes": "5", "detail": "9"}, "canvas:x0", CURVE)
WHEN_IT_IS = Finding("half_way", 7, WHEN, 2, {"step": "8", "steps": str(STEPS)}, "canvas:x0", CURVE)


@pytest.fixture
def noted(stage: Stage) -> Stage:
    record = stage.model.view.record
    assert record is not None
    stage.model.set_notes(Notes(record.metadata.id, (WHERE, WHEN_IT_IS)))
    stage.model.refresh()
    return stage


def labels(stage: Stage, section: str) -> list[str]:
    stage.model.refresh()
    return [s.text for s in stage.model.sections[section].shapes if isinstance(s, Label)]


def at(stage: Stage, step: int) -> None:
    stage.store.update(step=float(step), target=float(step))
    stage.model.refresh()


def test_it_asks_where_something_happens_and_only_there(noted: Stage) -> None:
    at(noted, 4)
    assert labels(noted, "nudge") == ["Notice anything about step 5?"]
    at(noted, 5)
    assert not labels(noted, "nudge")
    at(noted, 7)
    assert not labels(noted, "nudge"), "there the step is the answer"


@pytest.mark.parametrize(
    "busy", [{"playing": True}, {"menu": "help"}, {"selection": "clock"}, {"track": True}]
)
def test_it_never_interrupts(noted: Stage, busy: dict[str, object]) -> None:
    at(noted, 4)
    noted.store.update(**busy)
    assert not labels(noted, "nudge")


def test_it_can_be_sent_away(noted: Stage) -> None:
    at(noted, 4)
    noted.click("nudge.close")
    assert not noted.state.nudges and not labels(noted, "nudge")


def test_a_question_is_answered_by_a_press_and_then_shown(noted: Stage) -> None:
    at(noted, 4)
    noted.click("nudge.ask")
    assert noted.state.selection == "discovery:shapes_first"
    before = labels(noted, "reading_body")
    assert not any("step 5" in text for text in before)
    noted.click("reading_body.option.1")
    assert noted.state.answers == (("a-castle-on-water-under-a-sunset-sky/shapes_first", 1),)
    after = " ".join(labels(noted, "reading_body"))
    assert "A fair guess" in after and "from step 5 on" in after
    assert noted.model.find("reading_body.option.0") is not None
    noted.click("reading_body.option.1")
    assert len(noted.state.answers) == 1, "an answer is given once"


def test_the_marks_go_as_questions_are_answered(noted: Stage) -> None:
    marks = [s for s in noted.model.sections["marks"].shapes if isinstance(s, Box)]
    assert len(marks) == 1
    run = noted.model.view.record.metadata.id  # type: ignore[union-attr]
    noted.store.update(answers=((f"{run}/shapes_first", 0),))
    noted.model.refresh()
    assert not noted.model.sections["marks"].shapes


def test_the_notebook_counts_kindly(noted: Stage) -> None:
    noted.store.update(menu="discoveries")
    assert "0 of 2 looked at; 0 guessed as the data say." in labels(noted, "sheet_body")
    run = noted.model.view.record.metadata.id  # type: ignore[union-attr]
    noted.store.update(answers=((f"{run}/shapes_first", 0), (f"{run}/half_way", 0)))
    assert "2 of 2 looked at; 1 guessed as the data say." in labels(noted, "sheet_body")
    noted.click("sheet_body.note.discovery:half_way")
    assert noted.state.selection == "discovery:half_way"


def test_without_notes_it_says_that_it_still_reads(stage: Stage) -> None:
    stage.store.update(menu="discoveries")
    assert any("still being read" in text for text in labels(stage, "sheet_body"))


def test_notes_about_another_run_are_dropped(stage: Stage) -> None:
    stage.model.set_notes(Notes("another", (WHERE,)))
    assert stage.model.view.record is not None and stage.model.view.record.notes is None


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (2560, 1080)])
@pytest.mark.parametrize("kiosk", [None, KioskShown(phase="active", finger=90.0)])
def test_the_question_lies_over_nothing(
    pack: Pack, size: tuple[int, int], kiosk: KioskShown | None
) -> None:
    stage = Stage(pack, *size)
    stage.store.update(
        kiosk=msgspec.structs.replace(kiosk, finger=90.0 * size[1] / 1080) if kiosk else None
    )
    record = stage.model.view.record
    assert record is not None
    stage.model.set_notes(Notes(record.metadata.id, (WHERE,)))
    at(stage, 4)
    (pill,) = stage.model.sections["nudge"].covers
    assert Rect(0, 0, *size).encloses(pill)
    for name in ("strip", "map", "prompt", "timeline", "kiosk"):
        for rect in stage.model.sections[name].covers if name in stage.model.sections else ():
            assert not pill.overlaps(rect, 1.0), name
