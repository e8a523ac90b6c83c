"""The tours overlay: one row a tour, its title and a line about it."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, LINK, SMALL
from explorer.hud.shapes import Box, Icon, Shape
from explorer.hud.view import View
from explorer.hud.widget import Command, Widget


def _lines(view: View, about: str) -> list[str]:
    m = view.metrics
    return view.wrap(about, SMALL, view.areas.sheet.width - m.px(64) - m.tx(48) - m.px(48))


def _row(view: View, about: str) -> float:
    m = view.metrics
    return m.leading(LINK) + m.leading(SMALL) * len(_lines(view, about)) + m.px(40)


def _none(view: View) -> list[str]:
    """What is said where there is nothing to be shown around in."""
    m = view.metrics
    return view.wrap(view.text("tours.none"), LABEL, view.areas.sheet.width - m.px(64))


def height(view: View) -> float:
    """Of all rows."""
    if not view.tours:
        return view.metrics.leading(LABEL) * len(_none(view))
    return sum(_row(view, about) for _, _, about in view.tours)


def rows(view: View, body: Rect) -> tuple[list[Widget], list[Shape]]:
    """Pressing a row begins its tour."""
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    y = body.y
    if not view.tours:
        lines = enumerate(_none(view))
        base, step = y + m.size(LABEL), m.leading(LABEL)
        return [], [view.label(body.x, base + i * step, t, LABEL, palette.INK) for i, t in lines]
    for name, title, about in view.tours:
        rect = Rect(body.x, y, body.width, _row(view, about) - m.px(8))
        widget_id = f"sheet_body.tour.{name}"
        fill = palette.HOVER if view.warm(widget_id) else palette.RAISED
        shapes.append(Box(rect, m.px(12), fill))
        icon = Rect.around(rect.x + m.px(20) + m.tx(14), rect.centre[1], m.tx(28))
        shapes.append(Icon(icon, "play", palette.MEANING))
        x, base = rect.x + m.px(24) + m.tx(48), rect.y + m.px(14) + m.size(LINK)
        shapes.append(view.label(x, base, title, LINK, palette.INK))
        for line in _lines(view, about):
            base += m.leading(SMALL)
            shapes.append(view.label(x, base + m.px(2), line, SMALL, palette.MUTED))
        action = Command("tour", ("start", name))
        widgets.append(Widget(widget_id, "option", rect, title, about, action=action))
        y += _row(view, about)
    return widgets, shapes
