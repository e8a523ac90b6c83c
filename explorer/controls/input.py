"""Keys, mouse, touch and gamepad of a Panda3D window → actions, intents and looks.

Buttons arrive as events of the window's ButtonThrower (by meaning and, as `raw-…`, by position);
the pointer is polled once a frame. The HUD is offered every pointer event first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import panda3d.core as p3d

from explorer.controls.actions import MODIFIERS, Action, Actions
from explorer.controls.gamepad import Gamepads
from explorer.controls.rig import Rig
from explorer.state import Store

LOOK_SPEED = 0.11
"""Degrees a pixel of a 1080-pixel-high window, at sensitivity 1."""
TAP_DISTANCE = 7.0
"""A press that moves less is a tap, pixels at 1080."""
STIR = 0.1
"""A stick that moved less since it was last told of is at rest: a worn one is nobody's hand."""

Point = tuple[float, float]
OnAction = Callable[[str, Point | None], None]


class Hud(Protocol):
    """What the input needs of the interface: True means the event was meant for it."""

    def pointer(self, kind: str, x: float, y: float, amount: float = 0.0) -> bool:
        """`down`, `move`, `up` or `wheel` at a pixel, from the top left."""


class Input:
    """Connects a window to the rig and to `on_action(id, pixel or None)`."""

    def __init__(
        self,
        base: Any,
        actions: Actions,
        rig: Rig,
        hud: Hud,
        store: Store,
        on_action: OnAction,
    ) -> None:
        self.base, self.actions, self.rig = base, actions, rig
        self.hud, self.store, self.on_action = hud, store, on_action
        self.held: set[str] = set()
        """Keys and buttons that are down."""
        self.down: set[str] = set()
        """The same, with those that were swallowed."""
        self.holding: set[str] = set()
        """Actions that are held by keys."""
        self.captured = False
        """The mouse looks without a button, and its pointer is hidden."""
        self.watch: Callable[[str], bool] = lambda name: False
        """Told of every key, button and movement of a person; True: the event is swallowed."""
        self.typing: Callable[[str], bool] = lambda name: False
        """Told of every key first; True: it was typed into a field and does nothing else."""
        self.touch_holding: set[str] = set()
        """Actions that buttons on the screen hold."""
        self._twins: dict[str, str] = {}
        """Keys that are down, by meaning → the same key by its place."""
        self._latest: str | None = None
        """The press before, if it was in this frame and its twin has not come yet."""
        self._begun: set[str] = set()
        """Actions whose hold began since the last frame: they act in it, even where they are over already."""
        self._stirred: dict[str, float] = {}
        """Controls of gamepads that are held, and how far they were when last told of."""
        self._refused: set[str] = set()
        """Those that were swallowed, until they are let go."""
        self._pointer: Point | None = None
        self._pressed = False
        """The left button is down, on the interface or on the world."""
        self._down_at: Point | None = None
        """Where it went down on the world."""
        self._dragging = False
        self._foreground = False
        self._gamepads = Gamepads(base)
        self._listen()

    # -- connection -------------------------------------------------------------------------------

    def _listen(self) -> None:
        for thrower in self.base.buttonThrowers or ():
            node = thrower.node()
            node.set_button_down_event("explorer-button-down")
            node.set_button_up_event("explorer-button-up")
            node.set_raw_button_down_event("explorer-raw-down")
            node.set_raw_button_up_event("explorer-raw-up")
        accept = self.base.accept
        accept("explorer-button-down", self.press)
        accept("explorer-button-up", self.release)
        accept("explorer-raw-down", lambda name: self.press(f"raw-{name}"))
        accept("explorer-raw-up", lambda name: self.release(f"raw-{name}"))

    def close(self) -> None:
        """Stop listening and give the pointer back."""
        for event in ("button-down", "button-up", "raw-down", "raw-up"):
            self.base.ignore(f"explorer-{event}")
        self.capture(False)

    # -- buttons ----------------------------------------------------------------------------------

    def press(self, name: str) -> None:
        """A key or mouse button went down, by its Panda3D name."""
        name = _plain(name)
        self._pair(name)
        self.down.add(name)
        if name.startswith(("mouse", "wheel")) and not self.captured:
            # read now: a finger comes down somewhere else than where the last one left
            self._pointer = self._read_pointer() or self._pointer
        if self.watch(name) or self.typing(name):
            return
        if name.startswith(("mouse", "wheel")):
            self._press_pointer(name)
            return
        repeated = name in self.held
        self.held.add(name)
        action = self.actions.for_key(name, self.held)
        if action is None or repeated:
            return
        if action.hold:
            self.holding.add(action.id)
            self._begun.add(action.id)
        else:
            self.act(action)

    def _pair(self, name: str) -> None:
        """One key comes under two names, one right after the other.

        A window that loses the keyboard tells of keys that come up by their meaning only: both have to go then.
        """
        before, self._latest = self._latest, None
        if name in self._twins:  # a modifier has two meanings: any, and the left or right one
            return
        self._latest = name
        if before is not None and before.startswith("raw-") != name.startswith("raw-"):
            meaning, place = sorted((before, name), key=lambda each: each.startswith("raw-"))
            self._twins[meaning] = place
            self._latest = None

    def hold(self, action: str, down: bool) -> None:
        """A button on the screen is pressed or let go."""
        if down:
            self.touch_holding.add(action)
            self._begun.add(action)
        else:
            self.touch_holding.discard(action)

    @property
    def engaged(self) -> bool:
        """Whether a key, a button or a stick is held right now."""
        return bool(self.down or self._stirred)

    def release(self, name: str) -> None:
        """A key or mouse button came up."""
        name = _plain(name)
        self._latest = None
        for each in (name, self._twins.pop(name, name)):
            self.held.discard(each)
            self.down.discard(each)
        if name == "mouse1":
            self._release_pointer()
        for action in self.actions:
            if action.hold and action.id in self.holding and self.held.isdisjoint(action.keys):
                self.holding.discard(action.id)

    def release_all(self) -> None:
        """Nothing is held any more: the window lost the keyboard."""
        self.held.clear()
        self.down.clear()
        self.holding.clear()
        self.touch_holding.clear()
        self._begun.clear()
        self._pressed, self._down_at, self._dragging = False, None, False

    def act(self, action: Action, at: Point | None = None) -> None:
        if action.id == "capture_mouse":
            self.capture(not self.captured)
        elif action.id == "back" and self.captured:
            self.capture(False)
        else:
            self.on_action(action.id, at)

    # -- pointer ----------------------------------------------------------------------------------

    @property
    def pointer(self) -> Point | None:
        """The pointer in pixels from the top left; the middle while captured; None outside."""
        if self.captured:
            width, height = self._size()
            return width / 2, height / 2
        return self._pointer

    def capture(self, on: bool) -> None:
        """Hide the pointer and let the mouse look freely, or end that."""
        if on == self.captured or not isinstance(self.base.win, p3d.GraphicsWindow):
            return
        self.captured = on
        properties = p3d.WindowProperties()
        properties.cursor_hidden = on
        properties.mouse_mode = (
            p3d.WindowProperties.M_relative if on else (p3d.WindowProperties.M_absolute)
        )
        self.base.win.request_properties(properties)
        width, height = self._size()
        self.base.win.move_pointer(0, int(width / 2), int(height / 2))
        self._pointer = (float(int(width / 2)), float(int(height / 2)))

    def _size(self) -> Point:
        return float(self.base.win.get_x_size()), float(self.base.win.get_y_size())

    def _press_pointer(self, name: str) -> None:
        at = self.pointer
        if at is None:
            return
        if name.startswith("wheel"):
            self.hud.pointer("wheel", *at, 1.0 if name == "wheel_up" else -1.0)
            return
        if name == "mouse1":
            self._pressed = True
            if not self.captured and self.hud.pointer("down", *at):
                return
            self.held.add(name)
            self._down_at, self._dragging = at, False
            return
        self.held.add(name)
        for action in self.actions:
            if name in action.mouse and not action.hold:
                self.act(action, at)

    def _release_pointer(self) -> None:
        at = self._read_pointer() or self._pointer
        if self._down_at is not None and not self.captured:
            self.move_pointer(at)  # a drag may be over before the next frame
        start, self._down_at, self._pressed = self._down_at, None, False
        if start is None:
            if at is not None:
                self.hud.pointer("up", *at)
        elif not self._dragging and "select" in self.actions.by_id:
            self.act(self.actions.by_id["select"], self.pointer if self.captured else start)
        self._dragging = False

    def _read_pointer(self) -> Point | None:
        window = self.base.win
        if not isinstance(window, p3d.GraphicsWindow):
            return self._pointer
        data = window.get_pointer(0)
        return (data.x, data.y) if data.in_window else None

    def move_pointer(self, at: Point | None) -> None:
        """The pointer is at a pixel now (None: outside the window)."""
        before, self._pointer = self._pointer, at
        if at is None or before is None or at == before:
            return
        if self.watch("pointer"):
            return
        dx, dy = at[0] - before[0], at[1] - before[1]
        scale = 1080 / max(self._size()[1], 1.0)
        if self._down_at is not None:
            moved = max(abs(at[0] - self._down_at[0]), abs(at[1] - self._down_at[1]))
            self._dragging = self._dragging or moved * scale > TAP_DISTANCE
            if self._dragging:
                # the world is dragged along: pulling to the right turns to the left
                self._look(dx * scale, dy * scale)
        elif self.captured:
            self._look(-dx * scale, -dy * scale)
        else:
            self.hud.pointer("move", *at)

    def _look(self, right: float, down: float) -> None:
        state = self.store.state
        speed = LOOK_SPEED * state.sensitivity
        self.rig.look(right * speed, down * speed * (-1 if state.inverted else 1))

    # -- every frame ------------------------------------------------------------------------------

    def update(self, dt: float) -> None:
        """Read the pointer and the gamepads, and tell the rig what is wanted."""
        window = self.base.win
        if isinstance(window, p3d.GraphicsWindow):
            foreground = window.get_properties().foreground
            if self._foreground and not foreground:
                self.release_all()
            self._foreground = bool(foreground)
            self._poll_pointer(window)
        self._latest = None
        wanted = {name: 1.0 for name in self.holding | self.touch_holding | self._begun}
        self._begun.clear()
        for name, value in self._read_gamepads().items():
            wanted[name] = max(wanted.get(name, 0.0), value)
        self._set_intent(wanted)

    def _read_gamepads(self) -> dict[str, float]:
        """Act on what was pressed; actions that are held, and how far."""
        for name in self._gamepads.pressed():
            self._stirred[name] = 1.0
            if self.watch(name):
                self._refused.add(name)
            elif action := self.actions.by_gamepad.get(name):
                self.act(action)
        values = self._gamepads.values()
        for name in self._stirred.keys() - values.keys():
            del self._stirred[name]
            self._refused.discard(name)
        held: dict[str, float] = {}
        for name, value in values.items():
            if abs(value - self._stirred.get(name, 0.0)) > STIR:
                self._stirred[name] = value
                if self.watch(name):
                    self._refused.add(name)
            action = self.actions.by_gamepad.get(name)
            if action and action.hold and name in self._stirred and name not in self._refused:
                held[action.id] = max(held.get(action.id, 0.0), value)
        return held

    def _poll_pointer(self, window: p3d.GraphicsWindow) -> None:
        data = window.get_pointer(0)
        inside = data.in_window or self.captured or self._pressed
        self.move_pointer((data.x, data.y) if inside else None)
        if self.captured and window.get_properties().mouse_mode != p3d.WindowProperties.M_relative:
            width, height = self._size()  # a system without relative mode: keep it in the middle
            if window.move_pointer(0, int(width / 2), int(height / 2)):
                self._pointer = (float(int(width / 2)), float(int(height / 2)))

    def _set_intent(self, wanted: dict[str, float]) -> None:
        def axis(plus: str, minus: str) -> float:
            return wanted.get(plus, 0.0) - wanted.get(minus, 0.0)

        state, intent = self.store.state, self.rig.intent
        tilt = axis("look_up", "look_down") * (-1 if state.inverted else 1)
        intent.forward, intent.right = axis("forward", "backward"), axis("right", "left")
        intent.up, intent.run = axis("up", "down"), wanted.get("run", 0.0) > 0.5
        intent.turn = axis("look_left", "look_right") * state.sensitivity
        intent.tilt = tilt * state.sensitivity


def _plain(name: str) -> str:
    """A button's own name: Panda3D writes held modifiers before it, and tells left from right."""
    raw = "raw-" if name.startswith("raw-") else ""
    name = name.removeprefix("raw-")
    for modifier in MODIFIERS:
        name = name.removeprefix(f"{modifier}-")
        if name in (f"l{modifier}", f"r{modifier}"):
            return raw + modifier
    return raw + name
