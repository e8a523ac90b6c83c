"""A line of news, `State.message`: its words, the room it takes, and where it stands beside an open sheet."""

from __future__ import annotations

from explorer.hud.metrics import LABEL
from explorer.hud.view import View


def lines(view: View) -> list[str]:
    """Three at most; none where there is no news."""
    room = view.areas.prompt.width - view.metrics.px(80)
    return view.wrap(view.state.message or "", LABEL, room)[:3] if view.state.message else []


def height(view: View) -> float:
    """Of the whole pill."""
    count = len(lines(view))
    return view.metrics.leading(LABEL) * count + view.metrics.px(32) if count else 0.0


def above(view: View, top: float) -> float | None:
    """Where it begins over a sheet with this top: a kiosk's stand at the foot. None where there is no room."""
    begin = top - view.metrics.px(16) - height(view)
    return begin if view.state.kiosk is not None and begin >= view.areas.sheet.y else None


def foot(view: View, top: float) -> float:
    """What a sheet with this top leaves free at its foot, so that no row lies under the news."""
    high = height(view)
    return high + view.metrics.px(16) if high and above(view, top) is None else 0.0
