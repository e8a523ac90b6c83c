"""What a panel asks: answers to press, and the small pictures that go with them."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.flow import Flow
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, SMALL
from explorer.hud.parts import badge
from explorer.hud.shapes import Box, Picture, Shape, disc
from explorer.hud.view import View, sheet_part
from explorer.hud.widget import Widget, change
from explorer.story.panel import Option, Panel, Shot

SHOT = 150
"""The largest side of a small picture, reference pixels."""


def set_options(flow: Flow, shown: Panel) -> None:
    """One row an answer; once one was chosen, the one that the data say is lit."""
    if not shown.options:
        return
    m = flow.view.metrics
    flow.space(4)
    for option in shown.options:
        shapes, widget, height = _option(flow, option)
        flow.shapes += shapes
        flow.widgets.append(widget)
        flow.y += height + m.px(8)
    flow.space(8)


def _option(flow: Flow, option: Option) -> tuple[list[Shape], Widget, float]:
    view, m = flow.view, flow.view.metrics
    lines = view.wrap(option.label, LABEL, flow.width - m.px(72))
    least = m.tx(44) if option.right is not None else max(m.px(60), view.finger)
    height = max(least, m.leading(LABEL) * len(lines) + m.px(14))
    rect = Rect(flow.x, round(flow.y), flow.width, round(height))
    widget_id = f"reading_body.option.{option.index}"
    known = option.right is not None
    fill = palette.HOVER if view.warm(widget_id) and not known else palette.RAISED
    edge = palette.MEANING if option.right else palette.MUTED if option.chosen else palette.CLEAR
    dot = palette.MEANING if option.right else palette.MUTED if option.chosen else palette.DIM
    ink = palette.INK if not known or option.right or option.chosen else palette.DIM
    shapes: list[Shape] = [
        Box(rect, m.px(12), fill, edge, max(m.px(2), 1.0)),
        disc(rect.x + m.px(26), rect.centre[1], m.tx(6), dot),
    ]
    y = rect.centre[1] - m.leading(LABEL) * (len(lines) - 1) / 2
    for line in lines:
        shapes.append(view.middle(rect.x + m.px(48), y, line, LABEL, ink))
        y += m.leading(LABEL)
    answers = (*view.state.answers, (option.question, option.index))
    action = None if known else change(answers=answers)
    widget = Widget(
        widget_id, "option", rect, option.label, action=action, checked=option.chosen or None
    )
    return shapes, widget, height


def set_shots(flow: Flow, shown: Panel) -> None:
    """Small pictures beside one another, each with its line."""
    if not shown.shots:
        return
    view, m = flow.view, flow.view.metrics
    gap = m.px(14)
    count = max(len(shown.shots), 2)
    side = min((flow.width - gap * (count - 1)) / count, m.px(SHOT))
    pitch = (flow.width + gap) / count
    captions = [view.wrap(shot.caption, SMALL, pitch - gap)[:3] for shot in shown.shots]
    for i, (shot, lines) in enumerate(zip(shown.shots, captions, strict=True)):
        rect = Rect(round(flow.x + i * pitch), round(flow.y), round(side), round(side))
        flow.shapes += _shot(view, shot, rect)
        y = rect.bottom + m.px(4)
        for line in lines:
            y += m.leading(SMALL)
            color = palette.INK if shot.warm else palette.MUTED
            flow.shapes.append(view.label(rect.x, y - m.tx(6), line, SMALL, color))
    flow.y += side + m.px(4) + m.leading(SMALL) * max(map(len, captions))
    flow.space(10)
    if shown.shots_badge is shown.badge:  # said at the head of the panel
        return
    drawn, pill = badge(view, flow.x, flow.y, shown.shots_badge, palette.BADGES[shown.shots_badge])
    flow.shapes += drawn
    flow.y = pill.bottom
    flow.space(16)


def _shot(view: View, shot: Shot, rect: Rect) -> list[Shape]:
    m = view.metrics
    shapes: list[Shape] = []
    if shot.warm:
        shapes.append(Box(rect.inset(-m.px(4)), m.px(11), palette.MEANING))
    ready = view.local.sheets.get(shot.sheet, ())
    if shot.cell in ready:
        part = sheet_part(ready.index(shot.cell), len(ready))
        return [*shapes, Picture(rect, shot.sheet, part)]
    return [*shapes, Box(rect, m.px(8), palette.SOLID if shot.warm else palette.RAISED)]
