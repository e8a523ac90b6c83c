"""What a visit leaves in the log: exhibits and how long they were read, runs, tours, answers, settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from explorer.kiosk.visits import Visits
from explorer.state import State

SETTINGS = ("text_scale", "contrast", "reduced_motion", "captions", "volume")
"""Fields of the state whose changes are counted: what people need to see and hear."""


class Diary:
    """Writes one visit after another. `clock` counts seconds, `today` says when it is."""

    def __init__(
        self, visits: Visits, clock: Callable[[], float], today: Callable[[], datetime]
    ) -> None:
        self.visits, self.clock, self.today = visits, clock, today
        self._shown: tuple[str, float] | None = None
        """The exhibit that is being read, and since when."""
        self._run = ""
        """The run shown last, or that comes by itself."""

    def begin(self, run: str) -> None:
        """A visit begins with a run; it may still be loading."""
        self._shown, self._run = None, run
        self.visits.begin(self.today())

    def end(self, how: str) -> None:
        """The visitor has gone; what was open until now counts."""
        self._close()
        self.visits.end(self.today(), how)

    def changed(self, new: State, old: State, given: str = "") -> None:
        """A visitor changed what is shown; `given` is a run that a tour chose."""
        if new.selection != old.selection:
            self._close()
            if new.selection is not None:
                self._shown = (new.selection, self.clock())
        if new.run and new.run != self._run:
            self._run = new.run
            if old.run and new.run != given:
                self.visits.note(self.today(), "run", new.run)
        for name in SETTINGS:
            if getattr(new, name) != getattr(old, name):
                self.visits.note(self.today(), "access", f"{name}={getattr(new, name)}")

    def told(self, notes: Iterable[tuple[str, str, float | None, bool | None]]) -> None:
        """Tours and answers, as the guide tells them: event, which, seconds, right."""
        for event, which, seconds, right in notes:
            self.visits.note(self.today(), event, which, seconds, right=right)

    def _close(self) -> None:
        if self._shown is not None:
            exhibit, since = self._shown
            self.visits.note(self.today(), "exhibit", exhibit, self.clock() - since)
        self._shown = None
