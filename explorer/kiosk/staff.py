"""The way out for staff: a gesture in the corners, or four keys, opens a pad; the PIN ends the program."""

from __future__ import annotations

import time
from collections.abc import Callable

from explorer.kiosk.chord import Chord
from explorer.kiosk.pin import LENGTHS, Gate


class Staff:
    """Told of keys and fingers. `leave` is called once the PIN was right."""

    def __init__(self, gate: Gate, leave: Callable[[], None]) -> None:
        self.gate, self.leave = gate, leave
        self.typed: str | None = None
        """Digits typed so far; None while the pad is closed."""
        self._chord = Chord()
        self._pressed = False

    @property
    def wait(self) -> int:
        """Seconds until the pad takes another try."""
        return 0 if self.typed is None else round(self.gate.wait(time.time()))

    def follow(self, now: float, held: set[str], where: str | None) -> None:
        """Once a frame: the names of what is held down, and the corner in which the pointer is."""
        pressed = "mouse1" in held
        if pressed and not self._pressed:
            self._chord.pressed(where, now)
        elif self._pressed and not pressed:
            self._chord.released(now)
        self._pressed = pressed
        self.call(now, held)

    def call(self, now: float, held: set[str]) -> None:
        """Open the pad where the gesture is complete, and a PIN was set."""
        if self._chord.update(now, held) and self.gate.is_set:
            self.typed = ""

    def key(self, name: str) -> bool:
        """A key while the pad is open; True: it goes no further. Pointers go on to the pad's buttons."""
        if self.typed is None or name.startswith(("mouse", "wheel", "pointer")):
            return False
        if name.startswith("raw-"):  # the same key, told by its place as well
            return True
        if name.isdecimal() and len(name) == 1:
            self.typed = (self.typed + name)[: LENGTHS[1]]
        elif name == "backspace":
            self.typed = self.typed[:-1]
        elif name == "escape":
            self.typed = None
        elif name == "enter" and self.typed:  # an empty pad is no try
            if self.gate.check(self.typed, time.time()):
                self.leave()
            self.typed = ""
        return True
