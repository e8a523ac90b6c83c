"""The concept track: nothing is shown before the guess, and then what was recorded."""

from __future__ import annotations

from math import log10
from typing import Any

import msgspec
import pytest

from assetgen.pack import Pack
from assetgen.pack.schema import Concept, Recognition
from explorer.hud import concept_curves, emergence, palette
from explorer.hud.geometry import Rect
from explorer.hud.shapes import Box, Label, Line
from explorer.story.emergence import asked, rows, signal
from explorer.story.record import Record
from tests.hud.conftest import Stage


def texts_of(stage: Stage, section: str) -> list[str]:
    stage.model.refresh()
    return [s.text for s in stage.model.sections[section].shapes if isinstance(s, Label)]


def shapes_of(stage: Stage, kind: type) -> list[Any]:
    stage.model.refresh()
    return [s for s in stage.model.sections["track"].shapes if isinstance(s, kind)]


def bars(stage: Stage) -> list[Any]:
    fill = palette.fade(palette.MEANING, concept_curves.BAR)
    return [box for box in shapes_of(stage, Box) if box.fill == fill]


def with_concepts(pack: Pack, **changes: Any) -> Pack:
    """The same run with other fields in its first concept."""
    first, *rest = pack.metadata.concepts
    concepts = (msgspec.structs.replace(first, **changes), *rest)
    other = Pack(pack.path, msgspec.structs.replace(pack.metadata, concepts=concepts))
    return other


def show(stage: Stage, pack: Pack, **state: Any) -> Record:
    record = Record(pack, pack.architecture)
    stage.model.set_record(record)
    stage.store.update(track=True, **state)
    stage.model.refresh()
    return record


@pytest.fixture
def recognised(pack: Pack) -> Pack:
    steps = pack.steps
    seen = tuple(0.05 if k < 5 else 0.95 for k in range(steps))
    return with_concepts(pack, recognition=Recognition(seen, 5, None))


def test_nothing_is_given_away_before_the_guess(stage: Stage, recognised: Pack) -> None:
    record = show(stage, recognised, asked=0)
    word = record.metadata.concepts[0].text
    assert any("recogniser" in text and word in text for text in texts_of(stage, "track"))
    assert not bars(stage)
    numbers = texts_of(stage, "flag")
    assert numbers == ["your guess · 6"]


def test_the_flag_is_dragged_to_a_whole_step_and_then_met(stage: Stage, recognised: Pack) -> None:
    show(stage, recognised, asked=0)
    slider = stage.model.find("flag.slider")
    assert slider is not None and slider.slide is not None
    slide, y = slider.slide, slider.rect.centre[1]
    x = slide.left + (slide.right - slide.left) * 2.2 / slide.high
    stage.inputs.pointer("down", x, y)
    stage.inputs.pointer("up", x, y)
    assert stage.state.guess == 2.0
    stage.click("track.reveal")
    assert stage.state.revealed and stage.model.find("flag.slider") is None
    said = " ".join(texts_of(stage, "track"))
    assert "You said 3." in said and "from step 6 on: 3 steps later" in said
    stage.store.update(guess=5.0)
    assert "just as you said" in " ".join(texts_of(stage, "track"))
    stage.store.update(guess=7.0)
    assert "2 steps earlier" in " ".join(texts_of(stage, "track"))


def test_other_probabilities_are_another_track(stage: Stage, pack: Pack, recognised: Pack) -> None:
    show(stage, recognised, revealed=True, guess=2.0)
    before = bars(stage), texts_of(stage, "track"), texts_of(stage, "flag")
    late = Recognition(tuple(0.9 if k > 8 else 0.1 for k in range(pack.steps)), 9, None)
    show(stage, with_concepts(pack, recognition=late), revealed=True, guess=2.0)
    after = bars(stage), texts_of(stage, "track"), texts_of(stage, "flag")
    assert all(a != b for a, b in zip(before, after, strict=True))


def test_the_numbers_are_those_of_the_step(stage: Stage, recognised: Pack) -> None:
    show(stage, recognised, revealed=True, step=4.0, target=4.0)
    assert "0.05" in texts_of(stage, "flag")
    stage.store.update(step=5.0, target=5.0)
    assert "0.95" in texts_of(stage, "flag")


def test_without_a_recogniser_it_says_so_and_shows_settling(stage: Stage, pack: Pack) -> None:
    told = pack.metadata.concepts[0].settling
    assert told is not None
    apart = msgspec.structs.replace(told, peak=told.peak[::-1], agreement=(0.5,) * pack.steps)
    record = show(stage, with_concepts(pack, settling=apart))
    assert record.metadata.concepts[0].recognition is None
    assert "No recogniser looked at this run" in " ".join(texts_of(stage, "track"))
    row = rows(record)[0]
    settling = record.metadata.concepts[0].settling
    assert settling is not None and row.values == tuple(settling.confidence)
    parts = (settling.localisation, settling.peak, settling.agreement)
    assert row.components == tuple(tuple(part) for part in parts) and len(set(parts)) == 3


def test_a_word_that_is_never_seen_is_told_kindly(stage: Stage, pack: Pack) -> None:
    never = Recognition((0.1,) * pack.steps, None, "never")
    other = with_concepts(pack, recognition=never)
    first = rows(Record(other, other.architecture))[0]
    show(stage, other, revealed=True, asked=first.index)
    assert "That can happen" in " ".join(texts_of(stage, "track"))


def test_controls_stand_beneath_the_words(stage: Stage, recognised: Pack) -> None:
    show(stage, recognised, revealed=True)
    band = emergence.Band.of(stage.model.view)
    kinds = [row.control for row, _ in band.lanes]
    assert kinds == sorted(kinds)
    for (_, a), (_, b) in zip(band.lanes, band.lanes[1:], strict=False):
        assert a.bottom <= b.y


def test_words_that_were_not_asked_for_come_first_among_controls(stage: Stage, pack: Pack) -> None:
    """With a recogniser, a word that is not in the prompt is the fairer control."""
    absent = Concept(None, "rainbow", None, Recognition((0.02,) * pack.steps, None, "never"))
    function = [msgspec.structs.replace(pack.metadata.concepts[0], text="a") for _ in range(2)]
    controls = (*function, absent)
    other = Pack(pack.path, msgspec.structs.replace(pack.metadata, controls=controls))
    show(stage, other, revealed=True)
    band = emergence.Band.of(stage.model.view)
    assert [row.text for row, _ in band.lanes if row.control] == ["rainbow", "a"]


def test_nothing_recorded_is_said(stage: Stage, pack: Pack) -> None:
    bare = Pack(pack.path, msgspec.structs.replace(pack.metadata, concepts=(), controls=()))
    record = show(stage, bare)
    assert asked(record, None) is None
    assert "Nothing was recorded" in " ".join(texts_of(stage, "track"))


def test_signal_to_noise_is_the_recorded_one(stage: Stage, pack: Pack) -> None:
    record = show(stage, pack)
    known = [v for v in signal(record) if v is not None]
    assert known == [pytest.approx(log10(step.snr)) for step in record.metadata.steps if step.snr]
    assert known == sorted(known) and known[0] < known[-1]
    lines = [s for s in shapes_of(stage, Line) if len(s.points) == len(known)]
    assert len(lines) == 1


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (2560, 1080)])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_it_stands_between_the_world_and_the_timeline(
    pack: Pack, recognised: Pack, size: tuple[int, int], scale: float
) -> None:
    stage = Stage(pack, *size)
    stage.store.update(text_scale=scale)
    show(stage, recognised, revealed=True, selection="clock")
    sections = stage.model.sections
    (band,), (timeline,) = sections["track"].covers, sections["timeline"].covers
    assert Rect(0, 0, *size).encloses(band) and not band.overlaps(timeline)
    assert not band.overlaps(sections["reading"].covers[0])
    assert not sections["map"].covers and not sections["strip"].covers
    for widget in (w for root in sections["track"].widgets for w in root.walk()):
        assert band.encloses(widget.rect, 2.0), widget.id
    stage.click("track.close")
    stage.model.refresh()
    assert sections["map"].covers == () or stage.model.sections["map"].covers
