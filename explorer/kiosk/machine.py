"""Attract → active → warning → reset. Seconds come from whoever calls; nothing here waits."""

from __future__ import annotations

from math import ceil
from typing import Literal

import msgspec

Phase = Literal["attract", "active", "warning"]
Event = Literal["wake", "warn", "stay", "reset"]
STALL = 2.0
"""Longest that a frame counts, seconds: while the picture stands still nobody can be expected to touch it."""


class Rules(msgspec.Struct, frozen=True):
    """All in seconds."""

    idle: float = 60.0
    warning: float = 20.0
    narration: float = 300.0
    """The longest that a narrator keeps a visit alive without a touch."""


class Machine:
    """Who is there. `touched` on every input, `tick` once a frame."""

    def __init__(self, rules: Rules, now: float) -> None:
        self.rules = rules
        self.phase: Phase = "attract"
        self._touched = now
        """The last input."""
        self._quiet = now
        """Since when nothing keeps the visit alive."""
        self._warned = self._seen = now

    def touched(self, now: float) -> Event | None:
        """An input of any device. What it caused; an input that wakes or stays does nothing else."""
        phase, self._touched, self._quiet = self.phase, now, now
        if phase == "active":
            return None
        self.phase = "active"
        return "wake" if phase == "attract" else "stay"

    def tick(self, now: float, *, busy: bool = False) -> Event | None:
        """Let time pass. While somebody listens or holds something (`busy`) the idle clock stands, up to a cap."""
        lost = max(now - self._seen - STALL, 0.0)
        self._quiet, self._warned = min(self._quiet + lost, now), min(self._warned + lost, now)
        self._seen = now
        if self.phase == "active":
            if busy and now - self._touched < self.rules.narration:
                self._quiet = now
            if now - self._quiet >= self.rules.idle:
                self.phase, self._warned = "warning", now
                return "warn"
        elif self.phase == "warning" and now - self._warned >= self.rules.warning:
            self.phase = "attract"
            return "reset"
        return None

    def leave(self) -> None:
        """Back to attract at once: the visitor said that they are done."""
        self.phase = "attract"

    def remaining(self, now: float) -> int:
        """Whole seconds until the reset, while warning; at least 1."""
        if self.phase != "warning":
            return 0
        return max(ceil(self.rules.warning - (now - self._warned) - 1e-6), 1)
