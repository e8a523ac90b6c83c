"""Quality `auto`: watches frame times and steps the preset down when they are bad, up once when there is room."""

from __future__ import annotations

from explorer.state import QualityName
from explorer.view.quality import ORDER

SLOW, FAST = 1 / 28, 1 / 90
"""Seconds a frame: worse than this is stepped down, better than this is stepped up."""
WINDOW = 90
"""Frames that are judged together."""


class Tuner:
    """Never goes back up to a preset that was too slow before, so that it cannot oscillate."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._ceiling = len(ORDER) - 1

    def measure(self, dt: float, quality: QualityName) -> QualityName | None:
        """Take a frame's time; returns another preset when it should change."""
        self._times.append(dt)
        if len(self._times) < WINDOW:
            return None
        median = sorted(self._times)[len(self._times) // 2]
        self._times.clear()
        now = ORDER.index(quality)
        if median > SLOW and now > 0:
            self._ceiling = now - 1
            return ORDER[now - 1]
        if median < FAST and now < self._ceiling:
            return ORDER[now + 1]
        return None
