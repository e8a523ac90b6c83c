"""Layout at many window and text sizes: inside the window, nothing over another, middle free, readable."""

from __future__ import annotations

import shutil
from itertools import combinations
from typing import Any

import msgspec
import pytest

from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import Metrics
from explorer.hud.shapes import Label
from explorer.hud.view import View
from explorer.modes import KioskShown, TourShown
from explorer.story.structure import Structure, structure_of
from tests.fixtures.packs import ARCHITECTURES
from tests.hud.conftest import PLAN, Stage
from tests.story.selections import everything

SIZES = [(1920, 1080), (1280, 720), (1280, 800), (1440, 1080), (2560, 1080), (3840, 2160)]
SCALES = [1.0, 1.5, 2.0]
UNIT = "unit:down_blocks.0.attentions.0"
STATES: dict[str, dict[str, Any]] = {
    "bare": {},
    "reading": {"selection": UNIT},
    "numbers": {"selection": UNIT, "depth": "understand"},
    "formula": {"selection": UNIT, "depth": "engineer"},
    "code": {"selection": "station:clockwork", "depth": "engineer"},
    "word": {"selection": "word:1", "word": 1, "overlay": True, "split": 0.3, "step": 3.4},
    "prompts": {"selection": "clock", "menu": "prompts"},
    "help": {"selection": "tower", "menu": "help"},
    "settings": {"selection": "canvas:x0", "menu": "settings"},
    "map": {"menu": "map"},
    "tours": {"menu": "tours"},
    "share": {"menu": "share"},
    "notebook": {"selection": "spotlight:unit.resnet", "menu": "discoveries"},
}
REST = ("prompt", "map", "strip", "reading", "timeline")


TOURS = tuple((f"t{i}", f"Tour {i}", "What it is about, in a line or two. " * 2) for i in range(6))


def show(stage: Stage, name: str, scale: float = 1.0) -> None:
    stage.model.set_tours(TOURS)
    stage.store.update(text_scale=scale, **STATES[name])
    stage.model.refresh()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", STATES)
def test_everything_is_inside_and_nothing_lies_over_another(
    pack: Pack, size: tuple[int, int], scale: float, name: str
) -> None:
    stage = Stage(pack, *size)
    show(stage, name, scale)
    window = Rect(0, 0, *size)
    for section in stage.model.sections.values():
        for rect in section.covers:
            assert window.encloses(rect, 1.0)
        for widget in (w for root in section.widgets for w in root.walk()):
            if section.clip is None:
                assert window.encloses(widget.rect, 2.0), widget.id
    names = REST if stage.state.menu is None else ("sheet", "reading", "timeline")
    covers = [(n, r) for n in names for r in stage.model.sections[n].covers]
    for (a, first), (b, second) in combinations(covers, 2):
        assert not first.overlaps(second, 1.0), (a, b)


@pytest.mark.parametrize("scale", SCALES)
def test_an_open_sheet_has_room_for_large_type(pack: Pack, scale: float) -> None:
    """Where it would have little under the prompt, it stands in the prompt's place."""
    stage = Stage(pack)
    show(stage, "tours", scale)
    (sheet,) = stage.model.sections["sheet"].covers
    assert sheet.height >= 0.5 * 1080
    prompt = stage.model.sections["prompt"].covers
    assert bool(prompt) == (scale < 2.0) and not any(sheet.overlaps(r, 1.0) for r in prompt)


@pytest.mark.parametrize("kiosk", [None, KioskShown(phase="active", finger=54.0)])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_news_hide_no_row_of_an_open_sheet(
    pack: Pack, size: tuple[int, int], scale: float, kiosk: KioskShown | None
) -> None:
    """Somebody has come through a door and opens the tours: what was said there is still to be read."""
    stage = Stage(pack, *size)
    stage.store.update(kiosk=kiosk)
    for name in ("tours", "prompts", "settings", "notebook"):
        for count in (1, 6):
            show(stage, name, scale)
            stage.model.set_tours(TOURS[:count])
            stage.store.update(message="Stable Diffusion 1.5: structure only, no run recorded")
            stage.model.refresh()
            (sheet,) = stage.model.sections["sheet"].covers
            (news,) = stage.model.sections["toast"].covers
            assert not sheet.overlaps(news, 1.0), (name, count)
            assert Rect(0, 0, *size).encloses(news), (name, count)
            assert sheet.height >= 0.2 * size[1] or count == 1, (name, count)


@pytest.mark.parametrize("kiosk", [None, KioskShown(phase="active", finger=54.0)])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [*SIZES, (1080, 1920)])
def test_the_way_back_into_a_tour_lies_over_nothing(
    pack: Pack, size: tuple[int, int], scale: float, kiosk: KioskShown | None
) -> None:
    stage = Stage(pack, *size)
    stage.store.update(kiosk=kiosk, text_scale=scale)
    for status, selection in (("left", None), ("left", UNIT), ("ended", None)):
        tour = TourShown("full", "Every part of the valley", (), 600.0, status=status)
        stage.store.update(tour=tour, selection=selection)
        stage.model.refresh()
        pills = stage.model.sections["tour"].covers
        assert pills or (kiosk is None and selection), "it waits for a panel to be closed"
        assert all(Rect(0, 0, *size).encloses(pill, 1.0) for pill in pills)
        for name in ("prompt", "map", "strip", "reading", "timeline", "kiosk"):
            for rect in stage.model.sections[name].covers:
                assert not any(pill.overlaps(rect, 1.0) for pill in pills), (name, status)
        for strip in stage.model.sections["strip"].covers:
            for panel in stage.model.sections["reading"].covers:
                assert not strip.overlaps(panel, 1.0), "large type on a narrow screen"


@pytest.fixture(scope="module")
def structure(tmp_path_factory: pytest.TempPathFactory) -> Structure:
    folder = tmp_path_factory.mktemp("assets") / "runs" / "sdxl"
    folder.mkdir(parents=True)
    shutil.copy(ARCHITECTURES / "sdxl.json", folder / "architecture.json")
    return structure_of(folder, Library.open(folder.parents[1]).architectures["sdxl"])


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_a_network_without_a_run_in_a_kiosk(
    pack: Pack, structure: Structure, size: tuple[int, int], scale: float
) -> None:
    """What stands where the words would be lies under no panel; a tour that was left is called by its name."""
    stage = Stage(pack, *size)
    stage.model.set_structure(structure)
    tour = TourShown("ride", "Ride through the network", (), 150.0, status="left")
    stage.store.update(
        kiosk=KioskShown(phase="active", finger=54.0), run="", tour=tour, text_scale=scale
    )
    stage.model.refresh()
    join = stage.model.find("tour.toggle")
    assert join is not None and join.label == stage.model.view.text("tour.join", title=tour.title)
    stage.store.update(selection="clock", message="Stable Diffusion XL: structure only, no run")
    stage.model.refresh()
    names = ("prompt", "map", "strip", "reading", "tour", "kiosk", "toast")
    covers = [(n, r) for n in names for r in stage.model.sections[n].covers]
    for (a, first), (b, second) in combinations(covers, 2):
        assert a == b or not first.overlaps(second, 1.0), (a, b)
    assert all(Rect(0, 0, *size).encloses(rect, 1.0) for _, rect in covers)
    stage.store.update(menu="discoveries", message=None)
    stage.model.refresh()
    shapes = [s for name in ("sheet", "sheet_body") for s in stage.model.sections[name].shapes]
    texts = [s.text for s in shapes if isinstance(s, Label)]
    assert not any("this run" in text or text.endswith("…") for text in texts)


@pytest.mark.parametrize("size", [*SIZES, (320, 180), (720, 1280)])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["map", "map beside a panel", "share"])
def test_no_line_of_a_sheet_lies_over_another(
    pack: Pack, size: tuple[int, int], scale: float, name: str
) -> None:
    stage = Stage(pack, *size)
    places = tuple((f"station:place_{i:02}", (30.0, 8.0 * i)) for i in range(20))
    stage.model.set_plan(msgspec.structs.replace(PLAN, places=places))
    stage.model.view.code = "ED6M0-0FZ2V-SFQXR-0002P"
    if name == "map beside a panel":
        stage.store.update(selection=UNIT)
    show(stage, name.split()[0], scale)
    sections, view = stage.model.sections, stage.model.view
    section = sections["sheet_body" if name == "share" else "map"]
    lines = [s for s in section.shapes if isinstance(s, Label)]
    assert len(lines) >= (20 if name != "share" else 4)
    boxes = [(s.text, _extent(view, s)) for s in lines]
    if name == "share" and (button := stage.model.find("sheet_body.postcard")):
        boxes = [(t, b) for t, b in boxes if not button.rect.encloses(b, 4.0)]
        boxes.append(("the button", button.rect.inset(0, 4 * view.metrics.scale)))
    for (a, first), (b, second) in combinations(boxes, 2):
        assert not first.overlaps(second, 1.0), (a, b)


@pytest.mark.parametrize("size", [(1920, 1080), (320, 180)])
def test_of_track_and_panel_the_last_is_shown_where_both_have_no_room(
    pack: Pack, size: tuple[int, int]
) -> None:
    stage = Stage(pack, *size)

    def shown() -> tuple[bool, bool]:
        stage.model.refresh()
        sections = stage.model.sections
        return bool(sections["reading"].covers), bool(sections["track"].covers)

    stage.store.update(text_scale=2.0, selection=UNIT)
    assert shown() == (True, False)
    stage.store.update(track=True)
    assert shown() == (False, True)
    stage.store.update(selection="word:1")
    assert shown() == (True, False)
    stage.store.update(selection=None)
    assert shown() == (False, True)
    stage.store.update(selection=UNIT, depth="engineer")
    assert shown() == (True, False)
    stage.store.update(track=False)
    assert shown() == (True, False)
    stage.store.update(track=True)
    stage.store.update(text_scale=1.0)
    assert size[0] < 1920 or shown() == (True, True)


def _extent(view: View, label: Label) -> Rect:
    """Of the letters that rise above the line."""
    width = view.measure.width(label.text, label.face, label.size)
    shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[label.align]
    return Rect(label.x - width * shift, label.y - label.size * 0.7, width, label.size * 0.7)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", STATES)
def test_text_stays_in_its_panel(pack: Pack, scale: float, name: str) -> None:
    stage = Stage(pack)
    show(stage, name, scale)
    view = stage.model.view
    sections = stage.model.sections
    homes = {"reading_body": "reading", "sheet_body": "sheet", "playhead": "timeline"}
    for key, section in sections.items():
        covers = sections[homes.get(key, key)].covers
        for label in (s for s in section.shapes if isinstance(s, Label)):
            box = _extent(view, label)
            if section.clip is not None and not section.clip.overlaps(box):
                continue
            sides = [(r.x - 2, r.right + 2) for r in covers]
            assert any(a <= box.x and box.right <= b for a, b in sides), (key, label.text)


@pytest.mark.parametrize("depth", ["look", "understand", "engineer"])
def test_at_normal_text_size_no_panel_needs_to_scroll(stage: Stage, depth: str) -> None:
    record = stage.model.view.record
    assert record is not None
    for selection in everything(record):
        stage.store.update(selection=selection, depth=depth)
        stage.model.refresh()
        assert stage.model.sections["reading_body"].scroll_limit == 0, selection


@pytest.mark.parametrize("run", ["castle-by-night", "fox-castle-moon"])
@pytest.mark.parametrize("depth", ["look", "understand", "engineer"])
def test_nor_does_that_of_an_exhibit_in_a_shipped_run(run: str, depth: str) -> None:
    """There they have something to say that a synthetic run lacks."""
    stage = Stage(Pack.open(data_dir("assets") / "runs" / "miniature" / run))
    record = stage.model.view.record
    assert record is not None
    exhibits = [id for id in everything(record) if id.startswith("station:")]
    for selection in [*exhibits, "annex:miniature", "annex:sdxl", "annex:flux", "clock", "tower"]:
        stage.store.update(selection=selection, depth=depth)
        stage.model.refresh()
        assert stage.model.view.panel is not None, selection
        assert stage.model.sections["reading_body"].scroll_limit == 0, selection


def test_the_middle_of_the_screen_is_free(stage: Stage) -> None:
    show(stage, "word")
    middle = Rect(480, 216, 864, 540)
    for section in stage.model.sections.values():
        for rect in section.covers:
            assert not rect.overlaps(middle)


def test_targets_are_as_large_as_a_finger(stage: Stage) -> None:
    for name in STATES:
        show(stage, name)
        for widget in stage.model.root.walk():
            if widget.focusable and not widget.id.startswith(("map.", "toast.")):
                least = 24 if widget.kind == "word" else 59  # a word is as wide as it is
                assert widget.rect.height >= 59 and widget.rect.width >= least, widget.id


@pytest.mark.parametrize("name", STATES)
def test_type_is_large_enough_and_stands_out(stage: Stage, name: str) -> None:
    show(stage, name)
    behind = palette.mix(palette.SOLID, palette.rgb("#3A5F8C"), 0.2)
    for section in stage.model.sections.values():
        for label in (s for s in section.shapes if isinstance(s, Label)):
            sentence = len(label.text.split()) > 4
            assert label.size >= (18 if sentence else 16), label.text
            least = 7.0 if sentence and label.color != palette.MACHINE else 4.5
            assert palette.contrast(label.color, behind) >= least, label.text


def test_sizes_follow_the_height_of_the_window() -> None:
    assert Metrics(1920, 1080).scale == 1.0
    assert Metrics(3840, 2160).scale == 2.0
    assert Metrics(1280, 720).px(60) == 40.0
    assert Metrics(720, 1080).scale == 0.5


def test_the_frame_stands_on_the_present_step(stage: Stage) -> None:
    from explorer.hud.timeline import Track

    for step in range(stage.state.steps):
        stage.store.update(step=float(step), target=float(step))
        track = Track.of(stage.model.view)
        slot = track.slot(track.nearest(step)).centre[0]
        spacing = track.slot(1).x - track.slot(0).x
        assert abs(slot - track.x(step)) <= spacing


def test_a_run_with_one_step_lays_out(pack: Pack) -> None:
    stage = Stage(pack)
    stage.store.update(steps=1, step=0.0, target=0.0)
    assert stage.model.find("timeline.thumb.0") is not None


def test_without_a_run_there_is_a_timeline_that_says_so(stage: Stage) -> None:
    stage.model.set_record(None)
    stage.store.update(selection="clock")
    stage.model.refresh()
    shown = [s.text for s in stage.model.sections["timeline"].shapes if isinstance(s, Label)]
    assert "no run is open" in shown
    assert stage.model.sections["reading"].shapes == ()
