"""Small things that several sections are made of: panels, badges, buttons, links, chips."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import BADGE, LABEL, LINK, Style
from explorer.hud.palette import Color
from explorer.hud.shapes import Box, Icon, Shape, disc
from explorer.hud.view import View
from explorer.hud.widget import Action, Widget


def panel(view: View, rect: Rect, radius: float = 16) -> list[Shape]:
    """The background that everything stands on; the scene behind it is blurred by the composite."""
    corner = view.metrics.px(radius)
    return [
        Box(
            rect,
            min(corner, rect.height / 2),
            palette.PANEL,
            palette.EDGE,
            max(view.metrics.scale, 1),
        )
    ]


def badge(view: View, x: float, y: float, text: str, color: Color) -> tuple[list[Shape], Rect]:
    """A provenance pill with its top left corner at (x, y)."""
    m = view.metrics
    height = m.tx(32)
    rect = Rect(x, y, round(view.width(text, BADGE)) + m.tx(44), height)
    mid = rect.centre[1]
    shapes: list[Shape] = [
        Box(rect, height / 2, edge=color, edge_width=max(2 * m.scale, 1)),
        disc(x + m.tx(18), mid, m.tx(4), color),
        view.middle(x + m.tx(30), mid, text, BADGE, color),
    ]
    return shapes, rect


def link(
    view: View,
    widget_id: str,
    x: float,
    y: float,
    text: str,
    action: Action,
    *,
    right: bool = False,
    style: Style = LINK,
    height: float = 60,
) -> tuple[list[Shape], Widget]:
    """A word that can be pressed; (x, y) is its baseline. The target around it is a full finger high."""
    m = view.metrics
    width = view.width(text, style)
    tall = max(m.px(height), m.tx(style.size * 1.6))
    left = x - width if right else x
    pad = max(m.px(12), (view.finger - width) / 2)
    rect = Rect(left - pad, y - m.size(style) * 0.36 - tall / 2, width + 2 * pad, tall)
    color = palette.INK if view.warm(widget_id) else palette.MACHINE
    return (
        [view.label(left, y, text, style, color)],
        Widget(widget_id, "link", rect, text, action=action),
    )


def round_button(
    view: View,
    widget_id: str,
    rect: Rect,
    icon: str,
    label: str,
    action: Action,
    *,
    color: Color = palette.MUTED,
    ring: Color | None = None,
    icon_size: float = 28,
    checked: bool | None = None,
) -> tuple[list[Shape], Widget]:
    """A pictogram in a circle; the circle shows only when it means something or the pointer is there."""
    m = view.metrics
    shapes: list[Shape] = []
    warm = view.warm(widget_id)
    if ring is not None or warm:
        fill = palette.HOVER if warm else palette.CLEAR
        edge = ring or palette.CLEAR
        shapes.append(Box(rect, rect.height / 2, fill, edge, max(2 * m.scale, 1)))
    shapes.append(
        Icon(
            Rect.around(*rect.centre, m.tx(icon_size)),
            icon,
            palette.INK if warm and ring is None else color,
        )
    )
    return shapes, Widget(widget_id, "button", rect, label, action=action, checked=checked)


def chip(
    view: View,
    widget_id: str,
    x: float,
    y: float,
    text: str,
    action: Action,
    *,
    on: bool = False,
    height: float = 60,
    style: Style = LABEL,
    description: str = "",
) -> tuple[list[Shape], Widget]:
    """A word that is on or off: a dot before it, lit when on. (x, y) is its left middle."""
    m = view.metrics
    width = view.width(text, style) + m.tx(24) + m.px(28)
    rect = Rect(x, y - m.px(height) / 2, width, m.px(height))
    warm = view.warm(widget_id)
    dot = palette.MEANING if on else palette.fade(palette.DIM, 0.8)
    shapes: list[Shape] = []
    if warm:
        shapes.append(Box(rect.inset(0, m.px(8)), (rect.height - m.px(16)) / 2, palette.RAISED))
    shapes += [
        disc(x + m.px(14) + m.tx(5), y, m.tx(5), dot),
        view.middle(
            x + m.px(14) + m.tx(20), y, text, style, palette.INK if on or warm else palette.MUTED
        ),
    ]
    widget = Widget(widget_id, "toggle", rect, text, description, action=action, checked=on)
    return shapes, widget


def scroll_bar(view: View, body: Rect, limit: float, scroll: float) -> list[Shape]:
    """How far down one is in `body`; nothing when everything fits."""
    if limit <= 0:
        return []
    m = view.metrics
    length = body.height * body.height / (body.height + limit)
    y = body.y + (body.height - length) * scroll / limit
    bar = Rect(body.right + m.px(14), y, m.px(4), length)
    return [Box(bar, bar.width / 2, palette.fade(palette.MUTED, 0.6))]
