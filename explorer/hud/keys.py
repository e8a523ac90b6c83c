"""The help overlay: what can be done, and with which keys, straight from the action map."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import NUMBER, SMALL
from explorer.hud.shapes import Shape
from explorer.hud.view import View
from explorer.hud.widget import Widget

ROW = 34


def merge(rows: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Rows with the same title as one: `1 … 9`."""
    keys: dict[str, list[str]] = {}
    for title, key in rows:
        keys.setdefault(title, []).append(key)
    return tuple(
        (title, f"{some[0]} … {some[-1]}" if len(some) > 2 else "  ".join(some))
        for title, some in keys.items()
    )


def _columns(view: View) -> int:
    return 2 if view.metrics.text_scale < 1.4 else 1


def _rows(view: View) -> int:
    """Rows of one column."""
    return -(-len(view.help_rows) // _columns(view))


def height(view: View) -> float:
    """Of all rows."""
    return _rows(view) * view.metrics.tx(ROW)


def rows(view: View, body: Rect) -> tuple[list[Widget], list[Shape]]:
    """What it does at the left of a column, its keys at the right."""
    m, gap, columns, count = view.metrics, view.metrics.px(56), _columns(view), _rows(view)
    width = (body.width - gap * (columns - 1)) / columns
    shapes: list[Shape] = []
    for index, (title, keys) in enumerate(view.help_rows):
        column, row = divmod(index, max(count, 1))
        x = body.x + (width + gap) * column
        y = body.y + m.tx(ROW) * (row + 0.5)
        room = width - view.width(title, SMALL) - m.px(16)
        shapes.append(view.middle(x, y, title, SMALL, palette.MUTED))
        keys = view.fit(keys, NUMBER, room)
        shapes.append(view.middle(x + width, y, keys, NUMBER, palette.INK, "right"))
    spoken = "; ".join(f"{title}: {keys}" for title, keys in view.help_rows)
    return [Widget("sheet_body.keys", "text", body, view.text("help.name"), spoken)], shapes
