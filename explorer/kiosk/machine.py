"""Attract → active → warning → reset. Seconds come from whoever calls; nothing here waits."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

Phase = Literal["attract", "active", "warning"]
Event = Literal["wake", "warn", "stay", "reset"]


@dataclass(frozen=True)
class Rules:
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
        self._warned = now

    def touched(self, now: float) -> Event | None:
        """An input of any device. What it caused; an input that wakes or stays does nothing else."""
        phase, self._touched, self._quiet = self.phase, now, now
        if phase == "active":
            return None
        self.phase = "active"
        return "wake" if phase == "attract" else "stay"

    def tick(self, now: float, *, narrating: bool = False) -> Event | None:
        """Let time pass. While somebody is being told something the idle clock stands, up to a cap."""
        if self.phase == "active":
            if narrating and now - self._touched < self.rules.narration:
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
