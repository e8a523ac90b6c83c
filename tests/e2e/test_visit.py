"""A visit to the real program on a virtual screen, with real key and mouse events.

The tests share one running explorer and begin, each, where `home` puts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assetgen.pack import Library
from assetgen.pack.resources import data_dir
from tests.e2e.guide import Guide, likeness
from tests.e2e.screen import Picture, Program, Screen, difference, eventually, keep, missing_tools

SIZE = (640, 360)
SAME, ALIKE = 2.0, 0.75
"""Mean difference (of 255) below which two looks show the same; likeness above which a picture is it."""

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.gl,
    pytest.mark.slow,
    pytest.mark.xdist_group("screen"),
]


@pytest.fixture(scope="module")
def runs() -> tuple[str, str]:
    """Two runs of the shipped model: the one that is opened and another."""
    entries = [each for each in Library.open(data_dir("assets")).runs if each.profile != "light"]
    first = entries[0]
    other = next(x for x in entries[1:] if x.model == first.model and x.pair is None)
    return first.id, other.id


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    if missing := missing_tools():
        pytest.skip(f"not installed: {', '.join(missing)}")
    shown = Screen(tmp_path_factory.mktemp("screen"))
    yield shown
    shown.close()


@pytest.fixture(scope="module")
def program(screen: Screen, runs: tuple[str, str]) -> Iterator[Program]:
    """The explorer in the Decoder Gallery, at the first step."""
    options = ("--quality", "low", "--prompt", runs[0], "--view", "gallery", "--step", "1")
    started = Program(screen, *options, size=SIZE)
    eventually(lambda: started.look().std() > 20 or None, "a first picture", 60)
    yield started
    if started.process.poll() is None:
        started.close()
    print(started.said)


@pytest.fixture
def guide(runs: tuple[str, str]) -> Guide:
    return Guide.of(SIZE, runs[0], "gallery")


@pytest.fixture
def home(program: Program, request: pytest.FixtureRequest) -> Iterator[Picture]:
    """What is seen in the gallery at the first step; a failing test leaves its last picture."""
    program.focus()
    program.key("Escape")
    program.key("Escape")
    program.key("ctrl+Left")
    program.key("8")
    failed = request.session.testsfailed
    yield program.settled()
    if request.session.testsfailed > failed:
        keep(program.look(), request.node.name)


def shown(guide: Guide, picture: Picture, name: str, step: int) -> float:
    """How much what hangs in the x0 canvas resembles an array of the guide's run at a step."""
    seen = guide.seen_on(guide.canvas("x0"), picture)
    return likeness(seen, guide.pack.image(name, step))


def test_the_gallery_shows_the_recorded_prediction(home: Picture, guide: Guide) -> None:
    assert shown(guide, home, "predicted", 0) > ALIKE


def test_the_timeline_shows_recorded_pictures(home: Picture, guide: Guide) -> None:
    last = guide.pack.steps - 1
    slot = max(
        int(widget.id.rsplit(".", 1)[1])
        for widget in guide.hud.root.walk()
        if widget.id.startswith("timeline.thumb.")
    )
    thumbnail = home[guide.area(f"timeline.thumb.{slot}")]
    assert likeness(thumbnail, guide.pack.image("predicted", last)) > ALIKE


def test_dragging_the_timeline_moves_through_time(
    program: Program, home: Picture, guide: Guide
) -> None:
    last = guide.pack.steps - 1
    before = shown(guide, home, "predicted", last)
    program.drag(guide.playhead(0), guide.playhead(last))
    after = shown(guide, program.settled(), "predicted", last)
    assert after > max(ALIKE, before + 0.1)


def test_step_keys(program: Program, home: Picture, guide: Guide) -> None:
    for _ in range(3):
        program.key("period")
    seen = program.settled()
    likenesses = [shown(guide, seen, "predicted", step) for step in range(guide.pack.steps)]
    assert likenesses[3] > ALIKE
    assert likenesses[3] > likenesses[-1]


def test_walking_and_coming_back(program: Program, home: Picture) -> None:
    program.hold("w", 2.0)
    walked = program.settled()
    assert difference(walked, home) > 3 * SAME
    program.key("8")
    back = eventually(lambda: near(program, home), "the gallery again")
    assert difference(back, home) < SAME


def near(program: Program, picture: Picture) -> Picture | None:
    now = program.settled()
    return now if difference(now, picture) < SAME else None


def test_looking_around(program: Program, home: Picture) -> None:
    """A drag to the left turns to the right: what was at the right edge moves left."""
    program.drag((430, 120), (310, 120))
    turned = program.settled()
    assert difference(turned, home) > 3 * SAME


def test_another_prompt(
    program: Program, home: Picture, guide: Guide, runs: tuple[str, str]
) -> None:
    guide.set(menu="prompts")
    program.key("p")
    sheet = program.settled()
    assert difference(sheet, home) > SAME
    program.click(*guide.widget(guide.row_of(runs[1])))
    program.key("Escape")
    program.key("ctrl+Right")
    other = Guide.of(SIZE, runs[1], "gallery")
    last = other.pack.steps - 1
    seen = program.settled()
    assert shown(other, seen, "predicted", last) > ALIKE
    assert shown(guide, seen, "predicted", last) < shown(other, seen, "predicted", last)
    program.key("p")
    program.settled()
    program.click(*guide.widget(guide.row_of(runs[0])))


def test_clicking_a_room_opens_its_panel(program: Program, home: Picture, guide: Guide) -> None:
    program.key("2")
    rim = Guide.of(SIZE, guide.pack.metadata.id, "rim")
    before = program.settled()
    unit, pixel = rim.room()
    program.click(*pixel)
    rim.set(selection=unit)
    panel = rim.area("reading_body.text")
    opened = program.settled()
    assert difference(opened[panel], before[panel]) > 5 * SAME
    ink = (opened[panel].min(axis=2) > 150).mean()
    assert 0.01 < ink < 0.4, "letters cover part of the panel"
    program.key("Escape")
    closed = program.settled()
    assert difference(closed[panel], before[panel]) < 2 * SAME


def test_a_screenshot_is_what_is_seen(program: Program, home: Picture) -> None:
    program.key("F12")
    folder = program.screen.folder

    def saved() -> Path | None:
        return next(iter(folder.glob("screenshot-*.png")), None)

    file = eventually(saved, "a screenshot")
    program.settled()
    with Image.open(file) as image:
        assert difference(np.asarray(image.convert("RGB")), home) < SAME


def test_the_window_can_be_resized(program: Program, home: Picture) -> None:
    width, height = 800, 450
    program.screen.tell("windowsize", program.window, str(width), str(height))
    program.size = (width, height)
    large = program.settled()
    for corner in (large[:40, -60:], large[-40:, -60:], large[-40:, :60]):
        assert corner.std() > 1, "the picture fills the window"
    program.screen.tell("windowsize", program.window, *map(str, SIZE))
    program.size = SIZE
    eventually(lambda: near(program, home), "the first picture again")


def test_closing_the_window_ends_the_program(program: Program, home: Picture) -> None:
    assert program.close() == 0
    assert "Traceback" not in program.said
