"""A kiosk in the running application: connects `explorer.kiosk`'s rules to store, guide, input and window."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import panda3d.core as p3d

from assetgen.pack import RunEntry
from explorer import commands
from explorer.app import FRAME, first_state
from explorer.controls.input import Input
from explorer.kiosk.chord import corner
from explorer.kiosk.cli import LOG
from explorer.kiosk.config import KioskConfig
from explorer.kiosk.crashes import Crashes
from explorer.kiosk.diary import SETTINGS, Diary
from explorer.kiosk.machine import Machine, Rules
from explorer.kiosk.pin import Gate
from explorer.kiosk.schedule import drift, is_lit, restart_due
from explorer.kiosk.staff import Staff
from explorer.kiosk.visits import Visits
from explorer.kiosk.watch import Watch
from explorer.memory import give_back
from explorer.modes import KioskShown
from explorer.runs import NoRunError
from explorer.state import State
from explorer.touch import tapped

if TYPE_CHECKING:
    from explorer.app import App

STAFF_LEFT = 77
"""Exit code when staff left with the PIN: systemd does not start the kiosk again."""
CLOSE_REQUEST = "kiosk-close-request"
BLOCKED = frozenset(
    {"fullscreen", "screenshot", "capture_mouse", "settings", "help", "fly", "decoded"}
)
"""Actions that a visitor does not have."""
TARGET = 60
"""Side of the interface's own touch targets, reference pixels."""
MOST_ZOOM = 1.6
DARK = 0.96
"""How dark the screen is outside its hours, where no command turns it off."""


class Kiosk:
    """Runs visits one after another. `frame` once a frame instead of the application's own."""

    def __init__(
        self,
        app: App,
        config: KioskConfig,
        *,
        safe: bool = False,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = datetime.now,
        crashes: Crashes | None = None,
    ) -> None:
        self.app, self.config, self.safe = app, config, safe
        self.clock, self.today = clock, today
        now = clock()
        self.machine = Machine(Rules(config.idle, config.warning, config.narration), now)
        log = config.log
        self.visits = Visits(
            config.home / LOG, days=log.days, megabytes=log.megabytes, keep=log.keep
        )
        self.diary = Diary(self.visits, clock, today)
        self.staff = Staff(Gate(config.home), lambda: self.finish(STAFF_LEFT))
        self.watch = Watch(config.home, os.environ)
        self.crashes = crashes or Crashes(config.home)
        self.exit_code: int | None = None
        self._begun, self._born = today(), now
        self._welcome = False
        self._model = app.site.architecture.model
        """The network that visits begin in; a visitor may have walked through another."""
        self._deaf = False
        """An input of this frame woke the kiosk; the rest of it, like the same key by its place, does nothing."""
        self._lit: bool | None = None
        """None until its hours have been looked at."""
        self._resting = False
        """Being reset: what changes is no visitor's doing."""
        app.on_input, app.on_kiosk, app.on_quit = self._attach, self._command, lambda: None
        self._attach(app.input)
        app.store.subscribe(self._note, "selection", "run", *SETTINGS)
        if isinstance(app.base.win, p3d.GraphicsWindow):
            app.base.win.set_close_request_event(CLOSE_REQUEST)  # and nobody listens
        self.rest()
        self.watch.ready()

    def _attach(self, made: Input) -> None:
        made.watch, made.on_action = self._input, self._action

    # -- visits -----------------------------------------------------------------------------------

    def rest(self) -> None:
        """Everything as if nobody had ever been here; the tour plays itself."""
        self._fresh()
        give_back()
        self._show()
        self.app.guide.muted = not self.config.sound.attract
        with suppress(ValueError):  # the safe scene has no such tour
            self.app.guide.start(self.config.tour, asks=False, loop=True)

    def _wake(self) -> None:
        self._fresh()
        self.app.guide.muted = False
        self._lit = (
            self._lit or None
        )  # a touch after hours may have lit the screen: it is looked at again
        self.diary.begin(self.app.opening)
        self._welcome = any(name == self.config.tour for name, _, _ in self.app.guide.tours())

    def _leave(self, how: str) -> None:
        self._write_end(how)
        self.machine.leave()
        self.rest()

    def _write_end(self, how: str) -> None:
        """The log's last lines about a visit: also the tour in whose middle it ends."""
        guide = self.app.guide
        guide.note_tour()
        self.diary.told(guide.take_notes())
        self.diary.end(how)

    def _fresh(self) -> None:
        """Build the visit's state from the defaults, instead of undoing what was done."""
        app = self.app
        self._resting = True
        self.staff.typed, self._welcome = None, False
        app.guide.end()
        down = set(app.input.down)  # a finger that wakes may be staff's, in a corner
        app.input.release_all()
        app.input.down |= down
        if app.hud:
            app.hud.forget()
        state = app.store.state
        first = first_state(app.settings, state.quality)
        kept = {"model", "run", "steps", "quality", "kiosk"}
        changes = {f: getattr(first, f) for f in State.__struct_fields__ if f not in kept}
        app.store.update(**{**changes, "volume": self.config.sound.volume})
        entry = self._first_run()
        if (entry.model, entry.id) != (state.model, state.run) or app.opening != entry.id:
            app.open(entry.model, entry.id)
        if entry.model != app.site.architecture.model:  # the tour needs its valley
            app.load_now(complete=False)
        app.rig.place(app.site.view())
        app.rig.fade = 0.0
        self._resting = False

    def _first_run(self) -> RunEntry:
        """The run shown first, where there is one of that name."""
        runs, settings = self.app.runs, self.app.settings
        if self.config.run:
            with suppress(NoRunError):
                return runs.choose(self._model, self.config.run)
        return runs.choose(self._model, None, settings.run)

    # -- what comes in ----------------------------------------------------------------------------

    def _input(self, name: str) -> bool:
        """Every key, button and movement. True: it goes no further."""
        now, pointer = self.clock(), name == "pointer"
        if pointer and self.machine.phase == "attract" and not self.config.screen.cursor:
            return True
        event = self.machine.touched(now)
        if event == "wake":
            self._wake()
        self._deaf = self._deaf or event is not None
        self.staff.call(now, self.app.input.down)  # four keys may come and go within one frame
        if not pointer and self._locked(name, self.app.input):
            return True
        return self.staff.key(name) if self.staff.typed is not None else self._deaf

    def _locked(self, name: str, made: Input) -> bool:
        """Whether a key or button is not for visitors: any with Control or Alt, and what leads outside."""
        pointer = name.startswith(("mouse", "wheel"))
        if pointer:
            return not name.startswith(("mouse1", "wheel"))
        plain = name.removeprefix("raw-")
        if plain in ("control", "alt", "menu", "print_screen") or {"control", "alt"} & made.down:
            return True
        action = made.actions.for_key(name, made.held) or made.actions.by_gamepad.get(name)
        return action is not None and action.id in BLOCKED

    def _action(self, name: str, at: tuple[float, float] | None) -> None:
        if name in BLOCKED:
            return
        if name == "select" and at is not None:
            tapped(self.app, at)
        elif self.app.hud and name in commands.FOR_HUD:
            self.app.hud.action(commands.FOR_HUD[name])
        else:
            commands.run(self.app, name, at)

    def _command(self, name: str, value: Any) -> None:
        """The kiosk's own buttons."""
        if name == "keep":
            self.machine.touched(self.clock())
        elif name == "done":
            self._leave("done")
        elif name == "tour":
            self._welcome = False
            self.app.guide.start(self.config.tour)
        elif name == "free":
            self._welcome = False
        elif name == "pin":
            self.staff.key({"back": "backspace", "close": "escape"}.get(str(value), str(value)))

    def _note(self, new: State, old: State) -> None:
        if not self._resting and self.machine.phase != "attract":
            self.diary.changed(new, old, self.app.guide.opened)

    # -- every frame --------------------------------------------------------------------------------

    def frame(self, dt: float) -> None:
        """Let time pass: the visit, the application, staff's gestures, signs of life, hours."""
        now, app = self.clock(), self.app
        self._deaf = False
        busy = app.guide.narrating or app.runs.loading or app.input.engaged
        event = self.machine.tick(now, busy=busy)
        if event == "reset":
            self._write_end("idle")
            self.rest()
        made = app.input
        self.staff.follow(
            now, made.down, corner(*made.pointer, *app.size) if made.pointer else None
        )
        state = app.store.state
        begun = state.menu or state.selection or state.tour or app.rig.speed > 0.2
        if self._welcome and self.machine.phase == "active" and begun:
            self._welcome = False
        notes = app.guide.take_notes()
        if self.machine.phase != "attract":
            self.diary.told(notes)
        self._show()
        app.frame(dt)
        self._hours()
        if self.watch.beat(now, self._facts()):
            self.crashes.alive(time.time())
            self._come_forward()

    def _show(self) -> None:
        """What the overlay needs to know."""
        now, app = self.clock(), self.app
        width, height = app.size
        finger = self.config.finger(width, height)
        scale = min(height / 1080, width / 1440)
        care, attract = self.config.care, self.machine.phase == "attract"
        dim = care.dim if attract else 0.0
        app.store.update(
            kiosk=KioskShown(
                phase=self.machine.phase,
                seconds=self.machine.remaining(now),
                finger=round(finger, 1),
                pin=None if self.staff.typed is None else len(self.staff.typed),
                pin_wait=self.staff.wait,
                welcome=self._welcome,
                zoom=round(min(max(finger / (TARGET * scale), 1.0), MOST_ZOOM), 3),
                dim=DARK if self._lit is False else dim,
                shift=drift(now - self._born, care.shift, care.every),
                safe=self.safe,
            )
        )

    def _hours(self) -> None:
        """The screen's hours and the nightly restart; never in the middle of a visit."""
        if self.machine.phase != "attract":
            return
        today, display = self.today(), self.config.display
        lit = is_lit(today, display.on, display.off)
        if lit != self._lit:
            self._lit = lit
            run_aside(display.command_on if lit else display.command_off)
        if restart_due(today, self._begun, self.config.restart):
            self.finish(0)

    def _facts(self) -> dict[str, object]:
        state = self.app.store.state
        return {
            "at": self.today().isoformat(timespec="seconds"),
            "phase": self.machine.phase,
            "run": state.run,
            "up": round(self.clock() - self._born),
            "safe": self.safe,
            "lost_lines": self.visits.lost,
            "message": state.message,
        }

    def _come_forward(self) -> None:
        """Ask for the front of the screen again, if something took it."""
        window = self.app.base.win
        if isinstance(window, p3d.GraphicsWindow) and not window.get_properties().foreground:
            properties = p3d.WindowProperties()
            properties.foreground = True
            window.request_properties(properties)

    def finish(self, code: int) -> None:
        """End the program with an exit code, cleanly."""
        if self.machine.phase != "attract":
            self._write_end("staff")
        self.crashes.end()
        self.watch.notify("STOPPING=1")
        self.exit_code = code
        self.app.base.task_mgr.stop()

    def run(self) -> int:
        """Hand over to Panda3D's loop; the exit code."""
        clock = p3d.ClockObject.get_global_clock()

        def step(task: Any) -> int:
            self.frame(clock.get_dt())
            return int(task.cont)

        self.app.base.task_mgr.add(step, "kiosk", sort=FRAME)
        try:
            self.app.base.run()
        finally:
            self.app.abandon()
        return self.exit_code or 0


def run_aside(command: Sequence[str]) -> None:
    """Start a command and forget it; one that is missing is no reason to stop."""
    if command:
        with suppress(OSError):
            subprocess.Popen(list(command), stdin=subprocess.DEVNULL, start_new_session=True)
