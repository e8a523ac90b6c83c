"""The reading panel, top right: one selected thing, told deeper the more is asked."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import BODY, CODE, FACT, LABEL, LINK, SMALL, TITLE
from explorer.hud.parts import badge, link, panel, round_button, scroll_bar
from explorer.hud.plot import draw_plot
from explorer.hud.shapes import Box, Line, RampBar, Shape
from explorer.hud.view import Section, View
from explorer.hud.widget import Action, Command, Widget, change
from explorer.story.panel import Legend, Panel, PanelAction

PLOT, PLOT_SMALL, PLOT_LEAST = 164, 112, 88
"""Height of the plot: when it is the main thing, beside numbers, and at the least, before text scrolls."""


class Flow:
    """Puts things below one another and remembers how far it got."""

    def __init__(self, view: View, x: float, y: float, width: float) -> None:
        self.view, self.x, self.y, self.width = view, x, y, width
        self.shapes: list[Shape] = []
        self.widgets: list[Widget] = []

    @property
    def right(self) -> float:
        return self.x + self.width

    def space(self, reference: float) -> None:
        self.y += self.view.metrics.px(reference)

    def rule(self) -> None:
        y = round(self.y) + 0.5
        hair = max(self.view.metrics.px(1), 1.0)
        self.shapes.append(Line(((self.x, y), (self.right, y)), hair, palette.RULE))


def key(view: View) -> Hashable:
    s = view.state
    focus = view.local.focus if view.local.focus_visible else None
    focus = focus if focus and focus.startswith("reading.") else None
    return (view.panel, s.depth, s.color_map, view.local.scroll.get("reading_body"), view.touched("reading"), focus)


def build(view: View) -> Section:
    """The panel's frame: background and what stays in place when its text scrolls."""
    if view.panel is None:
        return Section()
    place = Place.of(view, view.panel)
    shapes = panel(view, place.rect)
    head, widgets = _head(view, view.panel, place)
    foot, foot_widgets = _actions(view, view.panel, place)
    shapes += [*head, *foot, *scroll_bar(view, place.body, place.limit, place.scroll)]
    return Section((*widgets, *foot_widgets), tuple(shapes), (place.rect,))


def build_body(view: View) -> Section:
    """Title to legend: scrolls when the text is set large."""
    if view.panel is None:
        return Section()
    m, place = view.metrics, Place.of(view, view.panel)
    body = place.body
    flow = _content(view, view.panel, Flow(view, body.x, body.y - place.scroll, body.width), place.plot)
    clip = body.inset(-m.px(6), 0)
    spoken = " ".join(view.panel.lines)
    text = Widget("reading_body.text", "text", body, view.panel.title, spoken)
    return Section((text,), tuple(flow.shapes), clip=clip, scroll_limit=place.limit)


@dataclass(frozen=True)
class Place:
    """Where the panel and its parts lie, how high its plot is and how far its text can scroll."""

    rect: Rect
    body: Rect
    plot: float
    limit: float
    scroll: float

    @staticmethod
    def of(view: View, shown: Panel) -> Place:
        m, area = view.metrics, view.areas.reading
        head = m.px(28) + m.tx(32) + m.px(20)
        foot = m.px(20) + m.px(56) * len(_action_rows(view, shown))
        width = area.width - 2 * m.px(32)
        room = area.height - head - foot
        plot = m.px(PLOT if view.state.depth == "look" else PLOT_SMALL)
        content = _content(view, shown, Flow(view, 0, 0, width), plot).y
        if shown.plot is not None and content > room:
            smaller = max(plot - (content - room), m.px(PLOT_LEAST))
            content -= plot - smaller
            plot = smaller
        limit = max(content - room, 0.0)
        rect = Rect(area.x, area.y, area.width, round(head + min(content, room) + foot))
        body = Rect(area.x + m.px(32), area.y + head, width, rect.height - head - foot)
        scroll = min(view.local.scroll.get("reading_body", 0.0), limit)
        return Place(rect, body, plot, limit, scroll)


def _head(view: View, shown: Panel, place: Place) -> tuple[list[Shape], list[Widget]]:
    m = view.metrics
    color = palette.BADGES[shown.badge]
    shapes, pill = badge(view, place.body.x, place.rect.y + m.px(28), shown.badge, color)
    close = Rect.around(place.body.right - m.px(8), pill.centre[1], m.px(60))
    drawn, closer = round_button(
        view, "reading.close", close, "close", view.text("reading.close"), change(selection=None),
        color=palette.MUTED, icon_size=20,
    )  # fmt: skip
    room = close.x - pill.right - m.px(24)
    kicker = view.fit(shown.kicker, LABEL, room)
    shapes.append(view.middle(close.x + m.px(2), pill.centre[1], kicker, LABEL, palette.DIM, "right"))
    mark = Widget("reading.badge", "text", pill, shown.badge, view.text(f"badge.{shown.badge.lower()}"))
    return [*shapes, *drawn], [mark, closer]


def _content(view: View, shown: Panel, flow: Flow, plot: float) -> Flow:
    """Everything between head and actions, set below one another into `flow`."""
    m, s = view.metrics, view.state
    for line in view.wrap(shown.title, TITLE, flow.width):
        flow.y += m.leading(TITLE)
        flow.shapes.append(view.label(flow.x, flow.y - m.tx(10), line, TITLE, palette.INK))
    flow.space(8)
    for paragraph in shown.lines:
        for line in view.wrap(paragraph, BODY, flow.width):
            flow.y += m.leading(BODY)
            flow.shapes.append(view.label(flow.x, flow.y - m.tx(9), line, BODY, palette.MUTED))
    flow.space(14)
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
        flow.y += m.tx(32) + m.tx(26) * (len(lines) - 1)
    flow.space(10)


def _formula(flow: Flow, shown: Panel) -> None:
    view, m = flow.view, flow.view.metrics
    assert shown.formula is not None
    flow.space(4)
    for line in view.wrap(shown.formula.text, FACT, flow.width):
        flow.y += m.tx(28)
        flow.shapes.append(view.label(flow.x, flow.y - m.tx(7), line, FACT, palette.INK))
    flow.space(12)
    pad = m.px(16)
    lines = [
        part for line in shown.formula.python for part in _code(view, line, flow.width - 2 * pad)
    ]
    height = m.leading(CODE) * len(lines) + 2 * m.px(12)
    flow.shapes.append(Box(Rect(flow.x, flow.y, flow.width, height), m.px(8), palette.RAISED))
    y = flow.y + m.px(12)
    for line in lines:
        y += m.leading(CODE)
        flow.shapes.append(view.label(flow.x + pad, y - m.tx(8), line, CODE, palette.MACHINE))
    flow.y += height
    flow.space(14)


def _code(view: View, line: str, width: float) -> list[str]:
    """A line of code, continued with an indent where it is too long."""
    parts = view.wrap(line, CODE, width - view.width("  ", CODE))
    return [parts[0], *(f"  {part}" for part in parts[1:])]


def _plot(flow: Flow, shown: Panel, tall: float) -> None:
    view, m = flow.view, flow.view.metrics
    assert shown.plot is not None
    flow.space(8)
    for line in view.wrap(shown.plot.title, LABEL, flow.width):
        flow.y += m.leading(LABEL)
        flow.shapes.append(view.label(flow.x, flow.y - m.tx(8), line, LABEL, palette.INK))
    flow.space(16)
    rect = Rect(flow.x, flow.y, flow.width, tall + m.tx(30))
    flow.shapes += draw_plot(view, shown.plot, rect)
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
                view.middle(pill.right + m.px(14), pill.centre[1], line, SMALL, palette.DIM)
            )
        else:
            y = flow.y + m.leading(SMALL) * (index + 0.8)
            flow.shapes.append(view.label(flow.x, y, line, SMALL, palette.DIM))
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
        view.middle(flow.x, mid, legend.low, SMALL, palette.DIM),
        RampBar(bar, legend.ramp),
        view.middle(flow.right, mid, legend.high, SMALL, palette.DIM, "right"),
    ]
    flow.y += m.tx(26)
    flow.space(8)


def _action_rows(view: View, shown: Panel) -> list[list[PanelAction]]:
    """The links along the foot, in as many rows as they need."""
    m = view.metrics
    room = view.areas.reading.width - 2 * m.px(32)
    rows: list[list[PanelAction]] = [[]]
    used = 0.0
    for action in shown.actions:
        width = view.width(action.label, LINK) + m.px(24)
        if rows[-1] and used + width > room + m.px(24):
            rows.append([])
            used = 0.0
        rows[-1].append(action)
        used += width
    return rows if rows[0] else []


def _actions(view: View, shown: Panel, place: Place) -> tuple[list[Shape], list[Widget]]:
    """The first link of a row at its left, the last at its right, others between."""
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    rows = _action_rows(view, shown)
    for number, row in enumerate(rows):
        widths = [view.width(action.label, LINK) for action in row]
        gap = (place.body.width - sum(widths)) / max(len(row) - 1, 1)
        x, base = place.body.x, place.rect.bottom - m.px(34) - m.px(56) * (len(rows) - 1 - number)
        for action, width in zip(row, widths, strict=True):
            name = f"reading.action.{len(widgets)}"
            drawn, widget = link(view, name, x, base, action.label, bind(action))
            shapes += drawn
            widgets.append(widget)
            x += width + gap
    if place.limit > 0:
        y = round(place.body.bottom) + 0.5
        ends = ((place.body.x, y), (place.body.right, y))
        shapes.append(Line(ends, max(m.px(1), 1.0), palette.RULE))
    return shapes, widgets


def bind(action: PanelAction) -> Action:
    """What pressing a panel's action does."""
    match action.name:
        case "depth":
            return change(depth=action.value)
        case "unfold":
            return change(unfolded=action.value)
        case "overlay":
            word = action.value
            return change(overlay=word is not None, word=None if word is None else int(word))
        case "split":
            return change(split=action.value)
        case "decoded":
            return change(decoded=action.value)
        case "select":
            return change(selection=action.value)
        case "teleport":
            return Command("teleport", action.value)
        case "close":
            return change(selection=None)
