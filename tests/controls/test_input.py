"""Buttons and pointer become actions, intents and looks; the interface is asked first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from explorer.controls.actions import load_actions
from explorer.controls.gamepad import live
from explorer.controls.input import Input
from explorer.controls.rig import Rig
from explorer.state import Store
from tests.world.small_valley import small_valley

CONTROLS = Path(__file__).parents[2] / "config" / "controls.yaml"


class Desk:
    """An input without a window, and all that came out of it."""

    def __init__(self) -> None:
        self.said: list[tuple[str, tuple[float, float] | None]] = []
        self.pointed: list[str] = []
        self.store = Store()
        self.rig = Rig(small_valley())
        window = SimpleNamespace(get_x_size=lambda: 1920, get_y_size=lambda: 1080)
        base = SimpleNamespace(
            win=window, buttonThrowers=[], accept=lambda *a: None, ignore=lambda *a: None
        )
        self.input = Input(
            base, load_actions(CONTROLS), self.rig, self, self.store, self.act
        )  # fmt: skip

    def act(self, name: str, at: tuple[float, float] | None) -> None:
        self.said.append((name, at))

    def pointer(self, kind: str, x: float, y: float, amount: float = 0.0) -> bool:
        self.pointed.append(kind)
        return y > 900

    def tap(self, *keys: str) -> None:
        for key in keys:
            self.input.press(key)
        for key in reversed(keys):
            self.input.release(key)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_keys_become_actions_once(desk: Desk) -> None:
    desk.tap("space")
    desk.tap("lshift", "shift-tab")
    desk.tap("3")
    desk.input.press("f1")
    desk.input.press("f1")
    assert desk.said == [("play", None), ("previous_focus", None), ("spot_3", None), ("help", None)]


def test_held_keys_become_an_intent_and_end(desk: Desk) -> None:
    desk.input.press("w")
    desk.input.press("raw-w")
    desk.input.press("lshift")
    desk.input.update(1 / 60)
    assert desk.rig.intent.forward == 1.0 and desk.rig.intent.run
    desk.input.release("shift-w")
    desk.input.release("raw-w")
    desk.input.release("lshift")
    desk.input.update(1 / 60)
    assert not desk.rig.intent.active and not desk.rig.intent.run and not desk.input.held


def test_a_press_that_is_over_before_the_next_frame_is_felt(desk: Desk) -> None:
    """On a slow machine a short press lies between two frames; it must not be lost."""
    desk.tap("raw-w")
    desk.input.hold("look_left", True)
    desk.input.hold("look_left", False)
    desk.input.update(1.0)
    assert desk.rig.intent.forward == 1.0 and desk.rig.intent.turn == 1.0
    desk.input.update(1.0)
    assert not desk.rig.intent.active


class Pad:
    """A gamepad, by the names of its controls."""

    def __init__(self) -> None:
        self.down: list[str] = []
        self.sticks: dict[str, float] = {}

    def pressed(self) -> list[str]:
        new, self.down = self.down, []
        self.sticks |= dict.fromkeys(new, 1.0)
        return new

    def values(self) -> dict[str, float]:
        return dict(self.sticks)


@pytest.fixture
def pad(desk: Desk) -> Pad:
    made = Pad()
    desk.input._gamepads = made  # type: ignore[assignment]
    return made


def test_a_stick_is_told_of_when_it_is_stirred(desk: Desk, pad: Pad) -> None:
    """One that lies on the desk, or is worn, keeps no visit alive and moves nobody."""
    told: list[str] = []

    def watch(name: str) -> bool:
        told.append(name)
        return False

    desk.input.watch = watch
    pad.sticks = {"left_y+": 0.05}
    for _ in range(5):
        desk.input.update(0.1)
    assert told == [] and not desk.rig.intent.active and not desk.input.engaged
    pad.sticks = {"left_y+": 0.6}
    for _ in range(5):
        desk.input.update(0.1)
    assert told == ["left_y+"] and desk.rig.intent.forward == 0.6 and desk.input.engaged
    pad.sticks = {}
    desk.input.update(0.1)
    assert not desk.rig.intent.active and not desk.input.engaged


def test_a_control_that_was_swallowed_does_nothing_until_it_is_let_go(desk: Desk, pad: Pad) -> None:
    """What wakes a kiosk does not walk as well."""
    desk.input.watch = lambda name: True
    pad.sticks, pad.down = {"left_y+": 0.9}, ["right_trigger", "start"]
    desk.input.update(0.1)
    desk.input.watch = lambda name: False
    desk.input.update(0.1)
    pad.sticks["left_y+"] = 0.5
    desk.input.update(0.1)
    assert not desk.rig.intent.active and desk.said == []
    pad.sticks = {}
    desk.input.update(0.1)
    pad.sticks = {"left_y+": 0.9}
    desk.input.update(0.1)
    assert desk.rig.intent.forward == 0.9


def test_losing_the_keyboard_lets_go_of_everything(desk: Desk) -> None:
    desk.input.press("raw-d")
    desk.input.release_all()
    desk.input.update(1 / 60)
    assert not desk.rig.intent.active


def test_a_key_that_comes_up_by_its_meaning_only_is_up(desk: Desk) -> None:
    """So it is when the keyboard is lost and comes back before the next frame."""
    for one, other in (("w", "raw-w"), ("raw-w", "w"), ("z", "raw-w")):
        desk.input.press(one)
        desk.input.press(other)
        desk.input.update(1 / 60)
        assert desk.rig.intent.forward == 1.0
        desk.input.release(one if not one.startswith("raw-") else other)
        desk.input.update(1 / 60)
        assert not desk.rig.intent.active and not desk.input.engaged


def test_letting_go_of_shift_goes_on_walking(desk: Desk) -> None:
    """All in one frame, in the order in which a window tells of it."""
    for name in ("raw-lshift", "shift", "lshift", "raw-w", "shift-w"):
        desk.input.press(name)
    desk.input.update(1 / 60)
    for name in ("raw-lshift", "shift", "lshift"):
        desk.input.release(name)
    desk.input.update(1 / 60)
    assert desk.rig.intent.forward == 1.0 and not desk.rig.intent.run
    for name in ("raw-w", "w"):
        desk.input.release(name)
    desk.input.update(1 / 60)
    assert not desk.rig.intent.active and not desk.input.engaged


def test_a_key_of_another_script_has_its_place_only(desk: Desk) -> None:
    """Other keys that come and go meanwhile do not end it."""
    desk.input.press("raw-w")
    desk.input.update(1 / 60)
    desk.tap("space", "raw-space")
    desk.input.update(1 / 60)
    assert desk.rig.intent.forward == 1.0
    desk.input.release("raw-w")
    desk.input.update(1 / 60)
    assert not desk.rig.intent.active


def test_a_tap_selects_and_a_drag_looks(desk: Desk) -> None:
    desk.input.move_pointer((500.0, 400.0))
    desk.tap("mouse1")
    assert desk.said == [("select", (500.0, 400.0))]
    desk.input.press("mouse1")
    desk.input.move_pointer((600.0, 450.0))
    desk.input.release("mouse1")
    assert len(desk.said) == 1
    assert desk.rig.heading == pytest.approx(11.0) and desk.rig.pitch == pytest.approx(5.5)


def test_a_drag_that_is_over_before_the_next_frame_is_no_tap(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow machine; the window tells where the pointer is at the release."""
    desk.input.move_pointer((500.0, 400.0))
    desk.input.press("mouse1")
    monkeypatch.setattr(desk.input, "_read_pointer", lambda: (600.0, 450.0))
    desk.input.release("mouse1")
    assert desk.said == []
    assert desk.rig.heading == pytest.approx(11.0) and desk.rig.pitch == pytest.approx(5.5)


def test_a_finger_that_comes_down_elsewhere_does_not_throw_the_view(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finger has no way there: it looks by how far it moves, not by how far the last one was away."""
    desk.input.move_pointer((200, 500))
    monkeypatch.setattr(desk.input, "_read_pointer", lambda: (1500.0, 500.0))
    heading = desk.rig.heading
    desk.input.press("mouse1")
    desk.input.move_pointer((1520, 500))
    assert abs(desk.rig.heading - heading) == pytest.approx(20 * 0.11, abs=0.01)


def test_sensitivity_and_inverted_look(desk: Desk) -> None:
    desk.store.update(sensitivity=2.0, inverted=True)
    desk.input.move_pointer((500.0, 400.0))
    desk.input.press("mouse1")
    desk.input.move_pointer((600.0, 450.0))
    assert desk.rig.heading == pytest.approx(22.0) and desk.rig.pitch == pytest.approx(-11.0)


def test_the_interface_takes_its_pointer_events(desk: Desk) -> None:
    desk.input.move_pointer((500.0, 990.0))
    desk.input.move_pointer((500.0, 1000.0))
    desk.tap("mouse1")
    desk.input.press("wheel_up")
    assert desk.pointed == ["move", "down", "up", "wheel"] and desk.said == []
    assert desk.rig.heading == 0


def test_screen_buttons_move_too(desk: Desk) -> None:
    desk.input.touch_holding.add("backward")
    desk.input.update(1 / 60)
    assert desk.rig.intent.forward == -1.0


def test_sticks_have_a_dead_zone() -> None:
    assert live(0.1) == 0 and live(-1.0) == -1 and 0 < live(0.4) < 0.4
