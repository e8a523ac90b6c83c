"""Quality `auto`: watches frame times and steps the preset down when they are bad, up once when there is room."""

from __future__ import annotations

from explorer.state import QualityName
from explorer.view.quality import ORDER

SLOW, FAST = 1 / 28, 1 / 45
"""Seconds a frame: worse than this is stepped down, better than this is stepped up. Frames come no faster than the
screen, often 60 a second, so whether there is room for more is not seen but tried."""
WINDOW = 90
"""Frames that are judged together."""


class Tuner:
    """Never goes back up to a preset that was too slow before, so that it cannot oscillate.

    A preset that it did not choose was chosen by a person, and stays.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        self._ceiling = len(ORDER) - 1
        self._chosen: QualityName | None = None
        self._tried = False
        """The present preset was just stepped up to: it has to be as good as the one below."""

    def measure(self, dt: float, quality: QualityName) -> QualityName | None:
        """Take a frame's time; returns another preset when it should change."""
        if quality != (self._chosen or quality):
            return None
        self._chosen = quality
        self._times.append(dt)
        if len(self._times) < WINDOW:
            return None
        median = sorted(self._times)[len(self._times) // 2]
        self._times.clear()
        now = ORDER.index(quality)
        if median > (FAST if self._tried else SLOW) and now > 0:
            self._ceiling = now - 1
            self._chosen, self._tried = ORDER[now - 1], False
        elif median < FAST and now < self._ceiling:
            self._chosen, self._tried = ORDER[now + 1], True
        else:
            self._tried = False
            return None
        return self._chosen
