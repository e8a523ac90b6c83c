"""A kiosk in the real application, with its own clock: visits, lock, PIN, log, targets, reset."""

from __future__ import annotations

import argparse
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from assetgen.pack.resources import data_dir
from explorer import kiosk_main
from explorer.app import App
from explorer.kiosk import pin
from explorer.kiosk.config import KioskConfig
from explorer.kiosk.visits import log_files, read
from explorer.kiosk_shell import STAFF_LEFT, Kiosk
from explorer.runs import Runs
from explorer.settings import Settings
from explorer.state import State
from tests.soak.soak import Pad

if TYPE_CHECKING:
    from direct.showbase.ShowBase import ShowBase

pytestmark = pytest.mark.gl
NOON = datetime(2026, 11, 24, 12)


def eventually(there: Callable[[], bool], what: str) -> None:
    """A command that was started aside has done its work."""
    for _ in range(200):
        if there():
            return
        time.sleep(0.05)
    raise AssertionError(what)


class Museum:
    """A kiosk, its clock, and a visitor's finger."""

    def __init__(self, base: ShowBase, folder: Path, **config: Any) -> None:
        self.now = 0.0
        runs = Runs(data_dir("assets"))
        self.app = App(base, runs, Settings(), data_dir("scenes") / "unet_valley.yaml")
        self.app.load_now()
        self.folder = folder
        self.kiosk = Kiosk(
            self.app, KioskConfig(folder=str(folder), run="castle-by-night", **config),
            clock=lambda: self.now, today=lambda: NOON + timedelta(seconds=self.now),
        )  # fmt: skip

    @property
    def state(self) -> State:
        return self.app.store.state

    @property
    def phase(self) -> str:
        assert self.state.kiosk
        return self.state.kiosk.phase

    def wait(self, seconds: float, tick: float = 0.25) -> None:
        for _ in range(round(seconds / tick)):
            self.now += tick
            self.kiosk.frame(tick)
            self.app.load_now()

    def key(self, *names: str) -> None:
        for name in names:
            self.app.input.press(name)
        self.wait(0.25)
        for name in reversed(names):
            self.app.input.release(name)
        self.wait(0.25)

    def tap(self, widget_id: str) -> None:
        assert self.app.hud
        self.app.hud.model.refresh()
        widget = self.app.hud.model.find(widget_id)
        assert widget is not None, widget_id
        self.press(*widget.rect.centre)
        self.wait(0.25)
        self.app.input.release("mouse1")
        self.wait(0.25)

    def press(self, x: float, y: float) -> None:
        self.app.input._pointer = (x, y)
        self.app.input.press("mouse1")

    def log(self) -> list[dict[str, Any]]:
        return [event for _, file in log_files(self.folder / "visits") for event in read(file)]


@pytest.fixture
def museum(showbase: ShowBase, tmp_path: Path) -> Iterator[Museum]:
    made = Museum(showbase, tmp_path)
    made.wait(1)
    yield made
    made.app.close()
    made.app.runs.close()


def test_the_tour_plays_itself_until_somebody_comes(museum: Museum) -> None:
    museum.wait(30, 1.0)
    assert museum.phase == "attract" and museum.app.rig.carried
    player = museum.app.guide.player
    assert player and 25 < player.time < 40 and not player.asks


def test_the_input_that_wakes_does_nothing_else(museum: Museum) -> None:
    """Wherever the finger falls, and whatever the key would do."""
    for name in ("space", "arrow_right", "mouse1", "p", "w", "f1", "mouse3", "face_a"):
        if name == "mouse1":
            museum.press(320 / 2, 180 * 0.85)  # on the timeline
        elif name == "face_a":
            assert museum.kiosk._input(name)
        else:
            museum.app.input.press(name)
            museum.app.input.press(f"raw-{name}")
        before = museum.app.rig.pose
        museum.wait(0.5)
        for key in (name, f"raw-{name}"):
            museum.app.input.release(key)
        museum.wait(0.25)
        state = museum.state
        assert museum.phase == "active" and state.step == 0.0 and not state.playing, name
        assert museum.app.rig.pose == before and not museum.app.input.captured, name
        assert state.menu is None and state.selection is None and state.tour is None, name
        museum.app.on_kiosk("done", None)
        museum.wait(0.5)


def test_a_visit_ends_by_itself(museum: Museum) -> None:
    museum.key("space")
    museum.wait(59)
    assert museum.phase == "active"
    museum.wait(2)
    assert museum.phase == "warning" and museum.state.kiosk and museum.state.kiosk.seconds >= 18
    museum.tap("kiosk_over.keep")
    assert museum.phase == "active"
    museum.wait(60)
    assert museum.phase == "warning"
    museum.wait(20.5)
    assert museum.phase == "attract" and museum.app.rig.carried


def test_a_visit_needs_no_network(
    showbase: ShowBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the start of the program to the reset nothing is looked up, connected to or waited for."""
    asked: list[object] = []

    class Blocked(socket.socket):
        def __init__(self, family: int = -1, *more: Any, **named: Any) -> None:
            if family != socket.AF_UNIX:  # the watchdog's datagrams stay on this machine
                asked.append(family)
                raise OSError("the network is blocked")
            super().__init__(family, *more, **named)

        def listen(self, *backlog: int) -> None:
            asked.append("listen")
            raise OSError("the network is blocked")

    def look_up(*host: object, **named: object) -> None:
        asked.append(host)
        raise OSError("the network is blocked")

    monkeypatch.setattr(socket, "socket", Blocked)
    for name in ("getaddrinfo", "gethostbyname", "gethostname", "getfqdn"):
        monkeypatch.setattr(socket, name, look_up)
    with pytest.raises(OSError, match="blocked"):  # it does block
        socket.create_connection(("localhost", 9))
    asked.clear()
    made = Museum(showbase, tmp_path)
    made.wait(2)
    made.key("space")
    made.app.command("open_run", ("miniature", "fox-on-grass"))
    made.app.on_kiosk("tour", None)
    made.wait(30, 0.5)
    made.app.on_kiosk("done", None)
    made.wait(5)
    assert made.phase == "attract" and made.log() and (tmp_path / "heartbeat.json").is_file()
    made.app.close()
    made.app.runs.close()
    assert asked == []


def test_any_input_keeps_the_visit(museum: Museum) -> None:
    museum.key("space")
    for name in ("space", "raw-w", "mouse1"):
        museum.wait(65, 0.5)
        assert museum.phase == "warning"
        if name == "mouse1":
            museum.press(10, 10)
        museum.key(name)
        assert museum.phase == "active" and not museum.state.playing


def snapshot(museum: Museum) -> dict[str, Any]:
    """All that a visitor could have changed."""
    app = museum.app
    assert app.hud
    state = {f: getattr(app.store.state, f) for f in State.__struct_fields__}
    local = app.hud.model.view.local
    kiosk = state["kiosk"]
    return {
        **state,
        "kiosk": msgspec.structs.replace(kiosk, shift=(0, 0)),
        "pose": app.rig.pose,
        "flying": app.rig.flying,
        "local": (local.focus, local.focus_visible, local.hover, local.pressed, dict(local.scroll)),
        "input": (app.input.held, app.input.holding, app.input.touch_holding, app.input.captured),
        "text": app.hud.model.view.metrics,
        "word": app.world.run and app.world.run.pack.metadata.id,
    }


def test_after_a_reset_all_is_as_if_nobody_had_been_there(museum: Museum) -> None:
    museum.app.guide.command("seek", 10.0)
    museum.wait(1)
    museum.app.guide.command("seek", 10.0)
    museum.wait(0.25)
    fresh = snapshot(museum)
    museum.key("space")
    museum.app.command("open_run", ("miniature", "fox-on-grass"))
    museum.wait(1)
    museum.app.store.update(
        noise_level=2.0, noise_scene=4,
        word=1, overlay=True, split=0.3, decoded=True, depth="engineer", text_scale=2.0, contrast=True,
        captions=False, volume=1.0, color_map="grey", speed=2.0, loop=False, magnitude_scale="absolute",
        attention_scale="map", reduced_motion=True, selection="clock", step=20.0, target=20.0,
        unfolded="down_blocks.0.attentions.0", menu="prompts", message="hello",
    )  # fmt: skip
    museum.app.input.holding.add("forward")
    museum.key("tab")
    museum.app.go_to("deep")
    museum.wait(70)
    museum.app.input.holding.discard("forward")
    museum.wait(100, 1.0)
    assert museum.phase == "attract"
    museum.app.guide.command("seek", 10.0)
    museum.wait(0.25)
    again = snapshot(museum)
    assert {k: v for k, v in again.items() if v != fresh[k]} == {}


@pytest.mark.parametrize("model", ["sdxl", "flux"])
def test_a_visitor_who_went_to_another_network_leaves_ours_behind(
    museum: Museum, model: str
) -> None:
    """The Annex has doors; whoever comes next begins where everybody begins."""
    museum.key("space")
    first = snapshot(museum)
    museum.app.command("open_model", model)
    museum.wait(1)
    assert museum.app.site.architecture.model == model
    museum.app.on_kiosk("done", None)
    museum.wait(5)
    assert museum.phase == "attract" and museum.app.rig.carried
    assert museum.app.guide.player and museum.app.guide.player.status == "playing"
    museum.key("space")
    assert snapshot(museum) == first


def test_a_second_visitor_begins_like_the_first(museum: Museum) -> None:
    museum.key("space")
    first = snapshot(museum)
    museum.app.store.update(text_scale=2.0, selection="clock", menu="access")
    museum.tap("kiosk.access")
    museum.wait(2)
    museum.app.on_kiosk("done", None)
    museum.wait(5)
    assert museum.phase == "attract"
    museum.key("space")
    assert snapshot(museum) == first


def test_a_long_walk_is_no_absence_but_a_stuck_key_is(museum: Museum) -> None:
    """A held key makes no further event; up to the cap somebody is taken to hold it."""
    museum.key("space")
    museum.app.input.press("raw-w")
    museum.wait(100, 0.5)
    assert museum.phase == "active"
    museum.wait(300, 0.5)
    assert museum.phase == "attract" and museum.app.rig.carried
    museum.wait(20, 0.5)
    assert museum.phase == "attract" and museum.app.rig.carried, "still held, by nobody"


def test_a_tour_keeps_the_visit_alive_up_to_a_cap(museum: Museum) -> None:
    museum.key("space")
    museum.app.on_kiosk("tour", None)
    museum.wait(100, 0.5)
    assert museum.phase == "active", "somebody listens"
    museum.wait(400, 0.5)
    assert museum.phase == "attract"


# -- the lock ------------------------------------------------------------------------------------

LOCKED = [
    ("escape",), ("alt", "f4"), ("alt", "tab"), ("control", "q"), ("control", "w"), ("f11",), ("f12",),
    ("control", "alt", "delete"), ("c",), ("f2",), ("f1",), ("f",), ("menu",), ("control", "arrow_right"),
]  # fmt: skip


def test_no_key_leads_outside(museum: Museum) -> None:
    museum.key("space")
    museum.wait(0.5)
    before = snapshot(museum)
    for keys in LOCKED:
        museum.key(*keys)
        assert museum.kiosk.exit_code is None and snapshot(museum) == before, keys


def test_closing_the_window_is_refused(museum: Museum) -> None:
    museum.app.on_quit()
    assert museum.kiosk.exit_code is None


def test_who_leaves_waits_for_nothing(museum: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun in the background for a visitor is dropped, not finished first."""
    museum.key("space")
    museum.app.command("open_run", ("miniature", "fox-on-grass"))
    waiting = museum.app.runs._pool.submit(time.sleep, 0.3), museum.app.runs._pool.submit(print)
    monkeypatch.setattr(museum.app.base, "run", lambda: museum.kiosk.finish(STAFF_LEFT))
    assert museum.kiosk.run() == STAFF_LEFT
    museum.app.base.task_mgr.remove("kiosk")
    assert waiting[1].cancelled()


def test_staff_leaves_with_the_pin(museum: Museum) -> None:
    pin.store(museum.folder, "482915")
    museum.kiosk.staff.gate = pin.Gate(museum.folder)
    museum.key("space")
    museum.key("control", "shift", "alt", "q")
    assert museum.state.kiosk and museum.state.kiosk.pin == 0
    for digit in "482914":
        museum.tap(f"kiosk_over.pin.{digit}")
    museum.tap("kiosk_over.pin.enter")
    assert museum.kiosk.exit_code is None
    for digit in "482915":
        museum.key(f"raw-{digit}", digit)
    assert museum.state.kiosk.pin == 6
    museum.key("enter")
    assert museum.kiosk.exit_code == STAFF_LEFT


def test_corners_call_the_pad_and_it_closes(museum: Museum) -> None:
    pin.store(museum.folder, "482915")
    museum.kiosk.staff.gate = pin.Gate(museum.folder)
    width, height = museum.app.size
    for x, y in ((3, 3), (width - 3, height - 3)):
        museum.press(x, y)
        museum.wait(3.5)
        museum.app.input.release("mouse1")
        museum.wait(0.5)
    assert museum.state.kiosk and museum.state.kiosk.pin == 0
    museum.tap("kiosk_over.pin.close")
    assert museum.state.kiosk.pin is None


def test_corners_call_the_pad_on_a_touchscreen(
    museum: Museum, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finger is in its corner from the moment it comes down; no pointer goes there before."""
    pin.store(museum.folder, "482915")
    museum.kiosk.staff.gate = pin.Gate(museum.folder)
    width, height = museum.app.size
    for x, y in ((3.0, 3.0), (width - 3.0, height - 3.0)):
        museum.app.input._pointer = (width / 2, height / 2)
        monkeypatch.setattr(museum.app.input, "_read_pointer", lambda at=(x, y): at)
        museum.app.input.press("mouse1")
        museum.wait(3.5)
        museum.app.input.release("mouse1")
        museum.wait(0.5)
    assert museum.state.kiosk and museum.state.kiosk.pin == 0


def test_the_pad_over_the_tour_begins_a_visit(museum: Museum) -> None:
    """Closed again, it leaves a visitor's screen behind, not a tour that plays for nobody."""
    pin.store(museum.folder, "482915")
    museum.kiosk.staff.gate = pin.Gate(museum.folder)
    museum.key("control", "shift", "alt", "q")
    assert museum.state.kiosk and museum.state.kiosk.pin == 0 and museum.phase == "active"
    museum.key("4")
    assert museum.state.kiosk.pin == 1
    museum.key("escape")
    assert museum.state.kiosk.pin is None and museum.state.tour is None
    assert [event["event"] for event in museum.log()] == ["begin"]


def test_an_empty_pad_is_no_try(museum: Museum) -> None:
    """Whoever only presses OK locks nobody out."""
    pin.store(museum.folder, "482915")
    museum.kiosk.staff.gate = pin.Gate(museum.folder)
    museum.key("space")
    museum.key("control", "shift", "alt", "q")
    for _ in range(5):
        museum.tap("kiosk_over.pin.enter")
    assert museum.state.kiosk and museum.state.kiosk.pin == 0 and museum.state.kiosk.pin_wait == 0


def test_without_a_pin_there_is_no_pad(museum: Museum) -> None:
    museum.key("space")
    museum.key("control", "shift", "alt", "q")
    assert museum.state.kiosk and museum.state.kiosk.pin is None


# -- one finger ----------------------------------------------------------------------------------


def test_arrows_walk_while_they_are_pressed(museum: Museum) -> None:
    museum.key("space")
    start = museum.app.rig.eye
    assert museum.app.hud
    widget = museum.app.hud.model.find("kiosk.forward")
    assert widget
    museum.press(*widget.rect.centre)
    museum.wait(2, 0.1)
    moved = museum.app.rig.eye
    museum.app.input.release("mouse1")
    museum.wait(1, 0.1)
    rest = museum.app.rig.eye
    museum.wait(2, 0.1)
    assert abs(moved[1] - start[1]) > 2
    assert museum.app.rig.eye == pytest.approx(rest, abs=0.01)


def test_a_finger_that_slides_off_does_nothing(museum: Museum) -> None:
    museum.key("space")
    assert museum.app.hud
    widget = museum.app.hud.model.find("kiosk.access")
    assert widget
    museum.press(*widget.rect.centre)
    museum.app.input._pointer = (160.0, 60.0)
    museum.app.input.release("mouse1")
    museum.wait(0.5)
    assert museum.state.menu is None


def test_a_tap_on_the_ground_goes_there(museum: Museum) -> None:
    museum.key("space")
    museum.app.on_kiosk("free", None)
    start = museum.app.rig.eye
    width, height = museum.app.size
    museum.kiosk._action("select", (width * 0.5, height * 0.72))
    museum.wait(4, 0.1)
    x, y, _ = museum.app.rig.eye
    assert ((x - start[0]) ** 2 + (y - start[1]) ** 2) ** 0.5 > 1
    assert not museum.app.rig.flying


PLAIN: dict[str, Any] = {
    "menu": None, "selection": None, "text_scale": 1.0, "depth": "look", "track": False, "cost": None,
    "unfolded": None, "overlay": False, "word": None, "split": None,
}  # fmt: skip


class Keys:
    """A visitor with a keyboard and nothing else."""

    forth, press, out = "tab", "enter", "escape"

    def __init__(self, museum: Museum) -> None:
        self.museum = museum

    def strike(self, name: str) -> None:
        self.museum.key(name)

    def choose(self, widget_id: str) -> None:
        """Go round the interface until the ring is on something, and press it."""
        hud = self.museum.app.hud
        assert hud
        for _ in range(80):
            if hud.model.view.local.focus == widget_id:
                self.strike(self.press)
                return
            self.strike(self.forth)
        raise AssertionError(f"{widget_id} cannot be reached")


class Gamepad(Keys):
    """The same with the cross and the buttons of a gamepad."""

    forth, press, out = "dpad_down", "face_a", "face_b"

    def __init__(self, museum: Museum) -> None:
        super().__init__(museum)
        self.pad = Pad()
        museum.app.input._gamepads = self.pad  # type: ignore[assignment]

    def strike(self, name: str) -> None:
        self.pad.press(name)
        self.museum.wait(0.25)
        self.pad.down.clear()
        self.museum.wait(0.25)


@pytest.mark.parametrize("device", [Keys, Gamepad])
def test_a_whole_visit_without_a_pointer(museum: Museum, device: type[Keys]) -> None:
    """Wake it, make the type larger, take the tour, answer it, leave it, go somewhere, and be done."""
    hand = device(museum)
    hand.strike(hand.press)
    assert museum.phase == "active" and museum.state.kiosk and museum.state.kiosk.welcome
    hand.choose("kiosk.access")
    hand.choose("sheet_body.text_scale.1.5")
    assert museum.state.text_scale == 1.5
    hand.strike(hand.out)
    assert museum.state.menu is None
    hand.choose("kiosk.tours")
    hand.choose("sheet_body.tour.highlights")
    player = museum.app.guide.player
    assert player and player.status == "playing"
    shot = next(s for s in player.timeline.shots if s.stop.ask)
    museum.app.guide.command("seek", shot.end - 0.1)
    museum.wait(1)
    hand.choose("tour.answer.1")
    assert player.status == "replying" and player.chosen == 1
    hand.choose("tour.end")
    hand.choose("kiosk.places")
    before = museum.app.rig.pose
    hand.choose("map.deep")
    museum.wait(6)
    assert museum.app.rig.pose != before
    hand.choose("kiosk.done")
    assert museum.phase == "attract" and museum.state.text_scale == 1.0


SHOWN: tuple[dict[str, Any], ...] = (
    {}, {"overlay": True, "word": 1}, {"split": 0.5}, {"track": True}, {"unfolded": "down_blocks.0.attentions.0"},
    *({"menu": menu} for menu in ("access", "tours", "prompts", "map", "discoveries", "share")),
    {"cost": "flops", "selection": "cost"}, {"cost": "flops", "selection": "cost", "depth": "understand"},
    *({"selection": chosen} for chosen in (
        "clock", "tower", "unit:down_blocks.0.resnets.0", "canvas:x0", "word:1", "annex:sdxl",
        *(f"station:{name}" for name in ("noising", "choice", "leaps", "sculptor", "orchestra", "dig", "scales")),
    )),
)  # fmt: skip
"""All that a visitor can open."""


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
def test_every_target_is_as_large_as_a_finger(museum: Museum, size: tuple[int, int]) -> None:
    """15 mm on a screen of 24 inches, lying and standing."""
    museum.key("space")
    assert museum.app.hud
    finger = 15 * max(size) / 531
    zoom = max(finger / (60 * min(size[1] / 1080, size[0] / 1440)), 1.0)
    museum.app.hud.resize(*size)

    def small(**shows: Any) -> dict[str, tuple[int, int]]:
        assert museum.app.hud and museum.state.kiosk
        model = museum.app.hud.model
        kiosk = msgspec.structs.replace(museum.state.kiosk, finger=finger, zoom=zoom)
        museum.app.store.update(kiosk=kiosk, **{**PLAIN, **shows})
        model.refresh()
        if kiosk.phase == "active":
            button = model.find("kiosk.access")
            assert button and button.rect.centre[1] > size[1] * 2 / 3, "in the lower third"
        for w in model.root.walk():
            r, inside = w.rect, not w.id.startswith(("sheet_body", "reading_body"))
            if w.focusable and inside:
                assert r.x >= 0 and r.y >= 0 and r.right <= size[0] and r.bottom <= size[1], w.id
        return {
            w.id: (round(w.rect.width), round(w.rect.height))
            for w in model.root.walk()
            if w.focusable and min(w.rect.width, w.rect.height) < finger - 1.5
        }

    assert small() == {}, "the welcome"
    museum.app.on_kiosk("free", None)
    museum.wait(0.25)
    for shows in SHOWN:
        for text_scale in (1.0, 2.0):
            assert small(text_scale=text_scale, **shows) == {}, (text_scale, shows)
    museum.app.on_kiosk("tour", None)
    museum.wait(2)
    assert small() == {}
    museum.app.guide.end()
    museum.wait(62)
    assert museum.phase == "warning" and small() == {}


def test_a_place_on_the_large_map_is_a_row(museum: Museum) -> None:
    museum.key("space")
    museum.tap("kiosk.places")
    assert museum.state.menu == "map"
    before = museum.app.rig.pose
    museum.tap("map.deep")
    museum.wait(6)
    assert museum.app.rig.pose != before and museum.state.menu is None


# -- what is written -------------------------------------------------------------------------------


def test_the_log_of_a_visit(museum: Museum) -> None:
    museum.key("space")
    museum.app.store.update(selection="clock")
    museum.wait(12)
    museum.app.store.update(selection="tower")
    museum.wait(5)
    museum.app.store.update(text_scale=1.5)
    museum.app.command("open_run", ("miniature", "fox-on-grass"))
    museum.wait(1)
    museum.app.on_kiosk("tour", None)
    player = museum.app.guide.player
    assert player
    shot = next(s for s in player.timeline.shots if s.stop.ask)
    museum.wait(2)
    museum.app.guide.command("seek", shot.end - 0.1)
    museum.wait(1)
    museum.app.guide.command("answer", 1)
    museum.wait(1)
    museum.app.on_kiosk("done", None)
    museum.wait(1)
    events = [(e["event"], e.get("exhibit")) for e in museum.log()]
    assert events[0] == ("begin", None) and events[-1] == ("end", "done")
    assert ("exhibit", "clock") in events and ("exhibit", "tower") in events
    assert ("access", "text_scale=1.5") in events and ("run", "fox-on-grass") in events
    answer = next(e for e in museum.log() if e["event"] == "answer")
    assert answer["exhibit"] == "highlights.ask" and answer["right"] is True
    clock = next(e for e in museum.log() if e.get("exhibit") == "clock")
    assert clock["seconds"] == pytest.approx(12, abs=1)


def runs_of(museum: Museum) -> list[str]:
    return [event["exhibit"] for event in museum.log() if event["event"] == "run"]


def test_only_runs_that_a_visitor_chose_are_logged(museum: Museum) -> None:
    """Neither what the first touch brings back from where the tour was, nor what a tour shows; but what one
    chooses after leaving it, or while it has none of its own."""
    player = museum.app.guide.player
    assert player
    for shot in player.timeline.shots:
        player.seek(shot.end - 0.5)
        museum.wait(0.5)
        if museum.state.run != "castle-by-night":
            break
    assert museum.state.run != "castle-by-night"
    museum.key("space")
    museum.wait(1)
    assert museum.state.run == "castle-by-night" and runs_of(museum) == []
    museum.app.guide.command("start", "highlights")
    museum.wait(1)
    museum.app.guide.command("seek", shot.end - 0.5)
    museum.wait(1)
    assert museum.state.run != "castle-by-night" and runs_of(museum) == []
    museum.app.rig.stop()
    museum.wait(0.5)
    assert museum.state.tour and museum.state.tour.status == "left"
    museum.app.command("open_run", ("miniature", "frog-on-grass"))
    museum.wait(1)
    museum.app.guide.command("start", "ride")
    museum.wait(1)
    museum.app.command("open_run", ("miniature", "fox-on-grass"))
    museum.wait(1)
    assert runs_of(museum) == ["frog-on-grass", "fox-on-grass"]


@pytest.mark.parametrize("how", ["idle", "done", "staff"])
def test_the_tour_in_whose_middle_a_visit_ends_is_logged(museum: Museum, how: str) -> None:
    """Most tours end so: one walks away, from the middle or after the last word."""
    museum.key("space")
    museum.app.command("open_model", "sdxl")
    museum.wait(1)
    museum.app.guide.command("start", "ride")
    museum.wait(12)
    museum.app.rig.stop()
    if how == "idle":
        museum.wait(90)
    elif how == "done":
        museum.app.on_kiosk("done", None)
    else:
        museum.kiosk.finish(STAFF_LEFT)
    museum.wait(1)
    *_, tour, end = museum.log()
    assert (tour["event"], tour["exhibit"]) == ("tour", "ride")
    assert tour["seconds"] == pytest.approx(12, abs=1)
    assert (end["event"], end["exhibit"]) == ("end", how)


def test_signs_of_life(museum: Museum) -> None:
    museum.wait(12)
    facts = json.loads((museum.folder / "heartbeat.json").read_text())
    assert facts["phase"] == "attract" and facts["run"] == "castle-by-night"


def test_a_crash_is_written_down_and_the_fourth_start_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program ends with 1, and systemd starts it again."""
    config = tmp_path / "kiosk.yaml"
    config.write_text(f"folder: {tmp_path}\n")
    safe: list[bool] = []

    def crash(*given: object, **named: Any) -> Kiosk:
        safe.append(named["safe"])
        raise ZeroDivisionError("in the middle of a frame")

    monkeypatch.setattr(kiosk_main, "open_kiosk", crash)
    args = argparse.Namespace(config=config, size="640x360")
    for _ in range(4):
        assert kiosk_main.run_kiosk(args, Runs(data_dir("assets")), Settings(), Path()) == 1
    assert safe == [False, False, False, True]
    (report, *_) = (tmp_path / "crashes").iterdir()
    assert "ZeroDivisionError: in the middle of a frame" in report.read_text()
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_nightly_restart_waits_for_visitors(museum: Museum) -> None:
    museum.kiosk.today = lambda: NOON + timedelta(hours=16) + timedelta(seconds=museum.now)
    museum.key("space")
    museum.wait(30)
    assert museum.kiosk.exit_code is None
    museum.wait(60)
    assert museum.kiosk.exit_code == 0


def test_the_screen_goes_dark_after_hours(showbase: ShowBase, tmp_path: Path) -> None:
    from explorer.kiosk.config import Display

    lit, dark = str(tmp_path / "lit"), str(tmp_path / "dark")
    display = Display(
        on="09:00", off="18:00", command_off=["touch", dark], command_on=["touch", lit]
    )
    museum = Museum(showbase, tmp_path, display=display)
    museum.wait(1)
    assert museum.state.kiosk and museum.state.kiosk.dim < 0.5
    eventually(Path(lit).exists, "the command at the start, in case the screen was off")
    museum.kiosk.today = lambda: NOON + timedelta(hours=7)
    museum.wait(1)
    assert museum.state.kiosk.dim > 0.9
    eventually(Path(dark).exists, "the command at closing time")
    Path(dark).unlink()
    museum.key("space")
    assert museum.phase == "active"
    museum.app.on_kiosk("done", None)
    museum.wait(1)
    assert museum.state.kiosk.dim > 0.9
    eventually(Path(dark).exists, "again, after somebody came at night")
    museum.app.close()
    museum.app.runs.close()


def test_a_scene_without_the_tour_still_receives_visitors(
    showbase: ShowBase, tmp_path: Path
) -> None:
    """The safe scene."""
    runs = Runs(data_dir("assets"))
    app = App(showbase, runs, Settings(), data_dir("scenes") / "minimal.yaml")
    app.load_now()
    now = [0.0]
    kiosk = Kiosk(app, KioskConfig(folder=str(tmp_path)), safe=True, clock=lambda: now[0])
    for _ in range(4):
        kiosk.frame(0.25)
    app.input.press("space")
    kiosk.frame(0.25)
    assert kiosk.machine.phase == "active"
    app.close()
    runs.close()
