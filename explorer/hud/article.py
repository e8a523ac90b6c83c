"""What a reading panel says, set line below line: title, words, numbers or formula, one plot, a legend."""

from __future__ import annotations

import re

from explorer.hud import palette
from explorer.hud.asking import set_options, set_shots
from explorer.hud.charts import chart_height, draw_chart
from explorer.hud.flow import Flow
from explorer.hud.geometry import Rect
from explorer.hud.metrics import BODY, CODE, FACT, LABEL, SMALL, TITLE
from explorer.hud.parts import badge
from explorer.hud.shapes import Box, RampBar
from explorer.hud.view import View
from explorer.story.panel import Legend, Panel

BREAKS = re.compile(r"(?<=[/-])|(?<= )|(?=\.\w)|(?=[\[(])")
"""Where a line of code may be broken."""


def set_panel(view: View, shown: Panel, flow: Flow, plot: float) -> Flow:
    """Everything between head and actions, set below one another into `flow`."""
    m, s = view.metrics, view.state
    for line in view.wrap(shown.title, TITLE, flow.width):
        flow.y += m.leading(TITLE)
        flow.shapes.append(view.label(flow.x, flow.y - m.tx(10), line, TITLE, palette.INK))
    flow.space(8)
    plain = s.depth != "engineer" or shown.formula is None
    for number, paragraph in enumerate(shown.lines if plain else ()):
        flow.space(6 if number and shown.options else 0)
        for line in view.wrap(paragraph, BODY, flow.width):
            flow.y += m.leading(BODY)
            flow.shapes.append(view.label(flow.x, flow.y - m.tx(9), line, BODY, palette.MUTED))
    flow.space(14)
    if plain:
        set_shots(flow, shown)
        set_options(flow, shown)
    if s.depth == "engineer" and shown.formula is not None:
        _formula(flow, shown)
    if shown.facts and s.depth == "understand":
        _facts(flow, shown)
    if shown.plot is not None:
        _plot(flow, shown, plot)
    if shown.legend is not None and s.depth == "look":
        flow.space(8)
        _legend(flow, shown.legend)
    flow.space(4)
    return flow


def _facts(flow: Flow, shown: Panel) -> None:
    view, m = flow.view, flow.view.metrics
    flow.space(4)
    flow.rule()
    flow.space(8)
    for fact in shown.facts:
        lines = view.wrap(fact.value, FACT, flow.width - view.width(fact.label, SMALL) - m.px(16))
        base = flow.y + m.tx(24)
        flow.shapes.append(view.label(flow.x, base, fact.label, SMALL, palette.MUTED))
        for index, line in enumerate(lines):
            y = base + index * m.tx(26)
            flow.shapes.append(view.label(flow.right, y, line, FACT, palette.INK, "right"))
        flow.y += m.tx(30) + m.tx(26) * (len(lines) - 1)
    flow.space(10)


def _formula(flow: Flow, shown: Panel) -> None:
    view, m = flow.view, flow.view.metrics
    assert shown.formula is not None
    flow.space(4)
    parts = shown.formula.text.split("; ")
    for line in (line for part in parts for line in view.wrap(part, FACT, flow.width)):
        flow.y += m.tx(28)
        flow.shapes.append(view.label(flow.x, flow.y - m.tx(7), line, FACT, palette.INK))
    flow.space(12)
    pad = m.px(16)
    lines = [
        part for line in shown.formula.python for part in _code(view, line, flow.width - 2 * pad)
    ]
    height = m.leading(CODE) * len(lines) + 2 * m.px(10)
    flow.shapes.append(Box(Rect(flow.x, flow.y, flow.width, height), m.px(8), palette.RAISED))
    y = flow.y + m.px(10)
    for line in lines:
        y += m.leading(CODE)
        flow.shapes.append(view.label(flow.x + pad, y - m.tx(8), line, CODE, palette.MACHINE))
    flow.y += height
    flow.space(4)
    for line in view.wrap(shown.formula.paper, SMALL, flow.width) if shown.formula.paper else ():
        flow.y += m.leading(SMALL)
        flow.shapes.append(view.label(flow.x, flow.y - m.tx(7), line, SMALL, palette.MUTED))
    flow.space(4)


def _code(view: View, line: str, width: float) -> list[str]:
    """A line of code, each statement on its own; one that is too long goes on below, indented."""
    lines: list[str] = []
    for statement in line.split("; "):
        lines.append("")
        for piece in BREAKS.split(statement):
            if lines[-1].strip() and view.width(lines[-1] + piece.rstrip(), CODE) > width:
                lines.append("  ")
            lines[-1] += piece
    return lines


def _plot(flow: Flow, shown: Panel, tall: float) -> None:
    view, m = flow.view, flow.view.metrics
    assert shown.plot is not None
    flow.space(8)
    for line in view.wrap(shown.plot.title, LABEL, flow.width):
        flow.y += m.leading(LABEL)
        flow.shapes.append(view.label(flow.x, flow.y - m.tx(8), line, LABEL, palette.INK))
    flow.space(16)
    rect = Rect(flow.x, flow.y, flow.width, chart_height(view, shown.plot, tall))
    if not flow.measuring:
        shapes, widgets = draw_chart(view, shown.plot, rect)
        flow.shapes += shapes
        flow.widgets += widgets
    flow.y = rect.bottom
    flow.space(18)
    drawn, pill = badge(view, flow.x, flow.y, shown.plot.badge, palette.BADGES[shown.plot.badge])
    flow.shapes += drawn
    room = flow.right - pill.right - m.px(14)
    words = view.wrap(shown.plot.formula, SMALL, room)
    beside = len(words) == 1
    if not beside:
        flow.y = pill.bottom + m.px(4)
        words = view.wrap(shown.plot.formula, SMALL, flow.width)
    for index, line in enumerate(words):
        if beside:
            flow.shapes.append(
                view.middle(pill.right + m.px(14), pill.centre[1], line, SMALL, palette.MUTED)
            )
        else:
            y = flow.y + m.leading(SMALL) * (index + 0.8)
            flow.shapes.append(view.label(flow.x, y, line, SMALL, palette.MUTED))
    flow.y = pill.bottom if beside else flow.y + m.leading(SMALL) * len(words)
    flow.space(18)


def _legend(flow: Flow, legend: Legend) -> None:
    view, m = flow.view, flow.view.metrics
    flow.rule()
    flow.space(18)
    height = m.px(14)
    mid = flow.y + m.tx(13)
    low, high = view.width(legend.low, SMALL), view.width(legend.high, SMALL)
    gap = m.px(16)
    bar = Rect(flow.x + low + gap, mid - height / 2, flow.width - low - high - 2 * gap, height)
    flow.shapes += [
        view.middle(flow.x, mid, legend.low, SMALL, palette.MUTED),
        RampBar(bar, legend.ramp),
        view.middle(flow.right, mid, legend.high, SMALL, palette.MUTED, "right"),
    ]
    flow.y += m.tx(26)
    flow.space(8)
