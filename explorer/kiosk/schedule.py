"""Hours: when the screen is lit, when the program begins anew, and where the interface drifts to."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from math import cos, sin, tau

PLACES = 12
"""Places on the way round of the drift."""


def at(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


def is_lit(now: datetime, on: str | None, off: str | None) -> bool:
    """Whether the screen is lit; hours may go over midnight."""
    if on is None or off is None or on == off:
        return True
    begin, end, here = at(on), at(off), now.time()
    return begin <= here < end if begin < end else here >= begin or here < end


def restart_due(now: datetime, started: datetime, restart: str | None) -> bool:
    """Whether the time of the nightly restart has passed since the start."""
    if restart is None:
        return False
    due = datetime.combine(started.date(), at(restart), started.tzinfo)
    if due <= started:
        due += timedelta(days=1)
    return now >= due


def drift(seconds: float, reach: int, every: float) -> tuple[int, int]:
    """Offset of the interface, pixels: slowly round a circle, never still for long."""
    if reach <= 0:
        return (0, 0)
    place = int(seconds // every) % PLACES
    angle = tau * place / PLACES
    return (round(reach * cos(angle)), round(reach * sin(angle)))
