"""Panels come and go softly: 240 ms in, 160 ms out. A frame without time (a still) shows the end at once."""

from __future__ import annotations

from collections.abc import Mapping

SECONDS_IN, SECONDS_OUT = 0.24, 0.16

GROUPS: dict[str, tuple[str, ...]] = {
    "reading": ("reading", "reading_body"),
    "sheet": ("sheet", "sheet_body"),
    "toast": ("toast",),
}
"""Sections that fade together; the first decides whether the group is shown."""


def smootherstep(t: float) -> float:
    return t * t * t * (t * (6 * t - 15) + 10)


class Motion:
    """How far each group has come: 0 away, 1 there."""

    def __init__(self) -> None:
        self._part = dict.fromkeys(GROUPS, 0.0)

    def alpha(self, group: str) -> float:
        return smootherstep(self._part[group])

    def gone(self, group: str) -> bool:
        return self._part[group] == 0.0

    def advance(self, dt: float, shown: Mapping[str, bool]) -> list[str]:
        """Bring every group nearer to where it belongs; the groups that moved."""
        moved = []
        for group, wanted in shown.items():
            part, goal = self._part[group], 1.0 if wanted else 0.0
            if part == goal:
                continue
            step = 1.0 if dt <= 0 else dt / (SECONDS_IN if wanted else SECONDS_OUT)
            self._part[group] = min(part + step, 1.0) if wanted else max(part - step, 0.0)
            moved.append(group)
        return moved
