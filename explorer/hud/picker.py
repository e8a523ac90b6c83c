"""The prompt picker: every recorded run with its final picture."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import BODY, LABEL
from explorer.hud.shapes import Box, Picture, Shape
from explorer.hud.view import LibraryEntry, View, sheet_part
from explorer.hud.widget import Command, Widget

SHEET = "finals"
PICTURE = 100
GAP = 12


def _columns(view: View) -> int:
    return 2 if view.metrics.text_scale < 1.4 else 1


def _row(view: View) -> float:
    return view.metrics.px(PICTURE) + view.metrics.px(20)


def height(view: View) -> float:
    """Of all rows."""
    rows = -(-len(view.library) // _columns(view))
    return max(rows * (_row(view) + view.metrics.px(GAP)), view.metrics.tx(60))


def rows(view: View, body: Rect) -> tuple[list[Widget], list[Shape]]:
    """One card a run; `body` is where they begin, scrolled."""
    m, gap, columns = view.metrics, view.metrics.px(GAP), _columns(view)
    width = (body.width - gap * (columns - 1)) / columns
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    for index, entry in enumerate(view.library):
        x = body.x + (width + gap) * (index % columns)
        y = body.y + (_row(view) + gap) * (index // columns)
        drawn, widget = _card(
            view, index, entry, Rect(round(x), round(y), round(width), _row(view))
        )
        shapes += drawn
        widgets.append(widget)
    if not view.library:
        base = body.y + m.tx(30)
        shapes.append(view.label(body.x, base, view.text("prompts.none"), BODY, palette.MUTED))
    return widgets, shapes


def _card(view: View, index: int, entry: LibraryEntry, rect: Rect) -> tuple[list[Shape], Widget]:
    m, s = view.metrics, view.state
    widget_id = f"sheet_body.run.{index}"
    present = (entry.model, entry.run) == (s.model, s.run)
    fill = palette.HOVER if view.warm(widget_id) else palette.RAISED
    edge = palette.MEANING if present else palette.CLEAR
    side = m.px(PICTURE)
    place = Rect(rect.x + m.px(10), rect.y + m.px(10), side, side)
    shapes: list[Shape] = [Box(rect, m.px(12), fill, edge, max(m.px(3), 1.0))]
    ready = view.local.sheets.get(SHEET, ())
    if (entry.model, entry.run) in ready:
        part = sheet_part(ready.index((entry.model, entry.run)), len(ready))
        shapes.append(Picture(place, SHEET, part))
    else:
        shapes.append(Box(place, m.px(7), palette.RAISED))
    left = place.right + m.px(16)
    lines = view.wrap(entry.prompt or entry.title, LABEL, rect.right - left - m.px(16))
    lines = lines[: int(rect.height / m.leading(LABEL))]
    first = rect.centre[1] - m.leading(LABEL) * len(lines) / 2
    color = palette.MEANING if present else palette.INK
    for number, line in enumerate(lines):
        y = first + m.leading(LABEL) * (number + 0.5)
        shapes.append(view.middle(left, y, line, LABEL, color))
    note = view.text("prompts.present") if present else ""
    action = Command("open_run", (entry.model, entry.run))
    return shapes, Widget(widget_id, "picture", rect, entry.prompt, note, action, checked=present)
