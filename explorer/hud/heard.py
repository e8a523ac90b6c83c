"""Caption of the music that is heard at a place: `State.heard`, low in the middle, out of the way of the rest."""

from __future__ import annotations

from collections.abc import Hashable

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL
from explorer.hud.shapes import Box, Shape, disc
from explorer.hud.view import Section, View
from explorer.hud.widget import Widget, change


def key(view: View) -> Hashable:
    s = view.state
    return (
        s.heard,
        s.captions,
        s.muted,
        s.menu,
        s.tour is None,
        view.panel is None,
        view.touched("heard"),
    )


def build(view: View) -> Section:
    """One or two lines over the strip; a press mutes the music. Nothing while a tour speaks."""
    s = view.state
    if not s.heard or not s.captions or s.menu is not None or s.tour is not None:
        return Section()
    m, areas = view.metrics, view.areas
    text = view.text("heard.muted", caption=s.heard) if s.muted else s.heard
    # above the line in which a discovery asks its question
    room = areas.strip.width - m.px(80)
    lines = view.wrap(text, LABEL, room)[:3]
    width = max(view.width(line, LABEL) for line in lines) + m.px(80)
    height = m.leading(LABEL) * len(lines) + m.px(28)
    rect = Rect(
        areas.strip.x, round(areas.strip.y - m.px(92) - height), round(width), round(height)
    )
    color = palette.MUTED if s.muted else palette.MACHINE
    shapes: list[Shape] = [
        Box(rect, m.px(26), palette.fade(palette.SOLID, 0.92), palette.EDGE, max(m.scale, 1)),
        disc(rect.x + m.px(28), rect.y + m.px(14) + m.leading(LABEL) / 2, m.px(5), color),
    ]
    for index, line in enumerate(lines):
        y = rect.y + m.px(14) + m.leading(LABEL) * (index + 0.5)
        shapes.append(view.middle(rect.x + m.px(48), y, line, LABEL, palette.INK))
    name = view.text("heard.unmute" if s.muted else "heard.mute")
    widget = Widget("heard.caption", "button", rect, name, s.heard, change(muted=not s.muted))
    return Section((widget,), tuple(shapes), (rect,))
