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
from tests.e2e.screen import (
    SCREEN,
    Picture,
    Program,
    Screen,
    difference,
    eventually,
    keep,
    missing_tools,
)

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

    def finished(seen: Picture) -> bool:
        first, final = (shown(guide, seen, "predicted", step) for step in (0, last))
        return final > max(ALIKE, first)

    assert not finished(home)
    program.drag(guide.playhead(0), guide.playhead(last))
    program.until(finished, "the last picture")


def test_step_keys(program: Program, home: Picture, guide: Guide) -> None:
    for _ in range(3):
        program.key("period")

    def third(seen: Picture) -> bool:
        likenesses = [shown(guide, seen, "predicted", step) for step in range(guide.pack.steps)]
        return likenesses[3] > ALIKE and abs(int(np.argmax(likenesses)) - 3) <= 1

    program.until(third, "the picture of the fourth step")


def test_walking_and_coming_back(program: Program, home: Picture) -> None:
    program.hold("w", 2.0)
    program.until(lambda seen: difference(seen, home) > 3 * SAME, "another view")
    program.settled()
    program.key("8")
    program.until(lambda seen: difference(seen, home) < SAME, "the gallery again")


def test_a_key_that_is_held_when_the_keyboard_is_lost_does_not_stay_down(
    program: Program, home: Picture
) -> None:
    """Another window takes the keyboard, and the key is let go there."""
    screen = program.screen
    screen.tell("keydown", "w")
    program.until(lambda seen: difference(seen, home) > SAME, "another view")
    screen.tell("windowunmap", "--sync", program.window)
    screen.tell("keyup", "w")
    screen.tell("windowmap", "--sync", program.window)
    program.focus()
    stopped = program.settled(10)
    program.hold("s", 0.5)
    program.until(lambda seen: difference(seen, stopped) > SAME, "a step further")


def test_looking_around(program: Program, home: Picture) -> None:
    """A drag pulls the world along: what was in the middle is now further left."""
    program.drag((430, 120), (310, 120))
    program.until(lambda seen: difference(seen, home) > 3 * SAME, "another view")
    turned = program.settled()

    def fits(new: Picture, old: Picture) -> float:
        """Least difference of two views of which one is shifted to the left."""
        return min(difference(new[60:140, :-x], old[60:140, x:]) for x in range(40, 400, 4))

    assert fits(turned, home) < fits(home, turned)


def test_another_prompt(
    program: Program, home: Picture, guide: Guide, runs: tuple[str, str]
) -> None:
    """The same moment of another run: the timeline stays where it is."""
    last = guide.pack.steps - 1
    other = Guide.of(SIZE, runs[1], "gallery")
    program.key("ctrl+Right")
    program.until(lambda seen: shown(guide, seen, "predicted", last) > ALIKE, "the last picture")
    choose(program, guide, runs[1])

    def another(seen: Picture) -> bool:
        right, wrong = (shown(each, seen, "predicted", last) for each in (other, guide))
        return right > max(ALIKE, wrong)

    program.until(another, "the last picture of the other run")
    choose(program, guide, runs[0])
    program.until(lambda seen: shown(guide, seen, "predicted", last) > ALIKE, "the first run again")


def choose(program: Program, guide: Guide, run: str) -> None:
    """Open the list of prompts, click a run, close the list."""
    guide.set(menu="prompts")
    before = program.settled()
    program.key("p")
    program.until(lambda seen: difference(seen, before) > SAME, "the list of prompts")
    program.settled()
    program.click(*guide.widget(guide.row_of(run)))
    program.key("Escape")


def test_clicking_a_room_opens_its_panel(program: Program, home: Picture, guide: Guide) -> None:
    program.key("2")
    rim = Guide.of(SIZE, guide.pack.metadata.id, "rim")
    program.until(lambda seen: difference(seen, home) > 3 * SAME, "the view from the rim")
    before = program.settled()
    unit, pixel = rim.room()
    program.click(*pixel)
    rim.set(selection=unit)
    panel = rim.area("reading_body.text")

    def opened(seen: Picture) -> bool:
        letters = (seen[panel].min(axis=2) > 150).mean()
        return difference(seen[panel], before[panel]) > 5 * SAME and 0.01 < letters < 0.4

    program.until(opened, f"the panel of {unit}")
    program.key("Escape")
    program.until(
        lambda seen: difference(seen[panel], before[panel]) < 2 * SAME, "the panel closed"
    )


def test_the_window_can_be_resized(program: Program, home: Picture) -> None:
    def filled(seen: Picture) -> bool:
        corners = seen[:40, -60:], seen[-40:, -60:], seen[-40:, :60]
        return all(corner.std() > 1 for corner in corners)

    program.resize(800, 450)
    program.until(filled, "a picture that fills the larger window")
    for size in (SCREEN, (800, 450)):  # the full screen, and back to what it was
        program.key("F11")
        program.size = size
        eventually(lambda size=size: program.measured() == size or None, f"a window of {size}")  # type: ignore[misc]
        program.until(filled, f"a picture that fills {size}")
    program.resize(*SIZE)
    program.until(lambda seen: difference(seen, home) < SAME, "the first picture again")


def test_a_screenshot_is_what_is_seen(program: Program, home: Picture) -> None:
    program.key("F12")
    folder = program.screen.folder

    def saved() -> Path | None:
        return next(iter(folder.glob("screenshot-*.png")), None)

    file = eventually(saved, "a screenshot")
    program.settled()
    with Image.open(file) as image:
        assert difference(np.asarray(image.convert("RGB")), home) < SAME


def test_closing_the_window_ends_the_program(program: Program, home: Picture) -> None:
    assert program.close() == 0
    assert "Traceback" not in program.said
