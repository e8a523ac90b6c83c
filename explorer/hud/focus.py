"""Where the keyboard goes next: round the tree in reading order, or to the nearest widget in a direction."""

from __future__ import annotations

from explorer.hud.widget import Widget

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
SIDEWAYS = 2.5
"""How much worse a way to the side is than one straight on."""


def ring(root: Widget) -> list[Widget]:
    """Everything that can have the focus, in reading order."""
    return [widget for widget in root.walk() if widget.focusable]


def next_focus(root: Widget, current: str | None, forward: bool = True) -> Widget | None:
    """The widget after (before) `current`, round and round."""
    widgets = ring(root)
    if not widgets:
        return None
    ids = [widget.id for widget in widgets]
    if current not in ids:
        return widgets[0 if forward else -1]
    return widgets[(ids.index(current) + (1 if forward else -1)) % len(widgets)]


def toward(root: Widget, origin: Widget, direction: str) -> Widget | None:
    """The nearest widget whose middle lies in `direction`; None at the edge."""
    dx, dy = DIRECTIONS[direction]
    x, y = origin.rect.centre
    best: tuple[float, Widget] | None = None
    for widget in ring(root):
        if widget.id == origin.id:
            continue
        u, v = widget.rect.centre
        along = (u - x) * dx + (v - y) * dy
        across = abs((u - x) * dy) + abs((v - y) * dx)
        if along <= 1.0:
            continue
        cost = along + SIDEWAYS * across
        if best is None or cost < best[0]:
            best = (cost, widget)
    return None if best is None else best[1]
