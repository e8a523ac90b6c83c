"""How staff calls the PIN pad: hold one corner, then the opposite one; or four keys at once."""

from __future__ import annotations

CORNER = 0.09
"""Side of a corner, part of the screen's shorter side."""
HOLD = 3.0
"""How long each corner is held, seconds."""
BETWEEN = 6.0
"""Longest time from one to the other, seconds."""
KEYS = frozenset({"control", "shift", "alt", "q"})
OPPOSITE = {"top left": "bottom right", "bottom left": "top right"}


def corner(x: float, y: float, width: float, height: float) -> str | None:
    """The corner a point lies in, or None."""
    side = CORNER * min(width, height)
    across = "left" if x < side else "right" if x >= width - side else ""
    along = "top" if y < side else "bottom" if y >= height - side else ""
    return f"{along} {across}" if across and along else None


class Chord:
    """Fed with what is pressed; `update` is True in the moment in which the chord is complete."""

    def __init__(self) -> None:
        self._corner: str | None = None
        self._since = 0.0
        self._first: tuple[str, float] | None = None
        self._keys = False

    def pressed(self, where: str | None, now: float) -> None:
        """A finger came down in a corner, or somewhere else."""
        self._corner, self._since = where, now

    def released(self, now: float) -> None:
        """The finger went up."""
        if self._corner and now - self._since >= HOLD:
            self._first = (self._corner, now)
        elif self._corner is None:
            self._first = None
        self._corner = None

    def update(self, now: float, held: set[str] | frozenset[str]) -> bool:
        """Once a frame; `held` names the keys that are down."""
        together = held >= KEYS
        by_keys = together and not self._keys
        self._keys = together
        return by_keys or self._by_corners(now)

    def _by_corners(self, now: float) -> bool:
        if self._corner is None or self._first is None or now - self._since < HOLD:
            return False
        first, at = self._first
        pair = {first, self._corner}
        done = any(pair == {a, b} for a, b in OPPOSITE.items()) and self._since - at <= BETWEEN
        self._first = None
        return done
