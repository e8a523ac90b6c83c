"""Things that lie over all others: a line of news, and the ring around what has the focus."""

from __future__ import annotations

from collections.abc import Hashable

from explorer.hud import minimap, news, palette, prompt, sheet
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL
from explorer.hud.shapes import Box, Shape, disc
from explorer.hud.view import Section, View
from explorer.hud.widget import Widget, change


def key(view: View) -> Hashable:
    if not view.state.message:
        return None
    return (view.state.message, view.state.menu, sheet.key(view), view.touched("toast"))


def build(view: View) -> Section:
    """`State.message`, below the prompt; over an open sheet, or at its foot."""
    message, lines = view.state.message, news.lines(view)
    top = _top(view) if message else None
    if not message or top is None:
        return Section()
    m = view.metrics
    width = max(view.width(line, LABEL) for line in lines) + m.px(80)
    beside = view.areas.prompt if view.state.menu is None else view.areas.sheet
    rect = Rect(beside.x, round(top), round(width), round(news.height(view)))
    edge = max(m.scale, 1)
    shapes: list[Shape] = [
        Box(rect, m.px(30), palette.fade(palette.SOLID, 0.97), palette.EDGE, edge)
    ]
    shapes.append(
        disc(rect.x + m.px(28), rect.y + m.px(16) + m.leading(LABEL) / 2, m.px(5), palette.MEANING)
    )
    for index, line in enumerate(lines):
        y = rect.y + m.px(16) + m.leading(LABEL) * (index + 0.5)
        shapes.append(view.middle(rect.x + m.px(48), y, line, LABEL, palette.INK))
    widget = Widget("toast.message", "button", rect, message, action=change(message=None))
    return Section((widget,), tuple(shapes), (rect,))


def _top(view: View) -> float | None:
    """None where they wait: on a large map that takes all the room, every row is pressed."""
    menu = view.state.menu
    if menu is None:
        return prompt.bottom(view) + view.metrics.px(20)
    listed = menu in sheet.MENUS
    opened = sheet.place(view)[0] if listed else minimap.placed(view)[0]
    over = news.above(view, opened.y)
    if over is not None or (view.state.kiosk and not listed):
        return over
    return view.areas.sheet.bottom - news.height(view)


def focus_ring(view: View, rect: Rect | None) -> Section:
    """A calm outline around the focused widget; only while the keyboard is in use."""
    if rect is None or not view.local.focus_visible:
        return Section()
    m = view.metrics
    ring = rect.inset(-m.px(3))
    radius = min(m.px(14), ring.height / 2)
    shapes = (
        Box(ring.inset(-m.px(2)), radius + m.px(2), edge=palette.SOLID, edge_width=m.px(7)),
        Box(ring, radius, edge=palette.MACHINE, edge_width=max(m.px(3), 1.0)),
    )
    return Section((), shapes)
