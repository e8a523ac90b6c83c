"""The reading panel, top right: one selected thing, told deeper the more is asked."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from explorer.hud import palette
from explorer.hud.areas import Areas
from explorer.hud.article import set_panel
from explorer.hud.charts import PLOT
from explorer.hud.flow import Flow
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, LINK
from explorer.hud.parts import badge, link, panel, round_button, scroll_bar
from explorer.hud.shapes import Line, Shape
from explorer.hud.view import Section, View
from explorer.hud.widget import Action, Command, Widget, change
from explorer.story.panel import Panel, PanelAction, Plot

PLOT_SMALL, PLOT_LEAST = 112, 72
"""Height of the plot: when it is the main thing, beside numbers, and at the least, before text scrolls."""
FOOT, ROW = 20, 56
"""Below the text, and of each row of links."""
LEAST = 40
"""Height of its text that comes before links, and without which there is no panel above the concept track."""


def key(view: View) -> Hashable:
    s = view.state
    focus = view.local.focus if view.local.focus_visible else None
    focus = focus if focus and focus.startswith("reading.") else None
    return (
        view.panel,
        s.depth,
        s.color_map,
        view.local.scroll.get("reading_body"),
        view.touched("reading"),
        view.touched("reading_body"),
        s.selection,
        s.answers,
        tuple(view.local.sheets.get(name) for name in ("predicted", "evidence", "cut")),
        focus,
    )


def build(view: View) -> Section:
    """The panel's frame: background and what stays in place when its text scrolls."""
    if view.panel is None:
        return Section()
    place = Place.of(view, view.panel)
    shapes = panel(view, place.rect)
    head, widgets = _head(view, view.panel, place)
    foot, foot_widgets = _actions(view, place)
    shapes += [*head, *foot, *scroll_bar(view, place.body, place.limit, place.scroll)]
    return Section((*widgets, *foot_widgets), tuple(shapes), (place.rect,))


def build_body(view: View) -> Section:
    """Title to legend: scrolls when the text is set large."""
    if view.panel is None:
        return Section()
    m, place = view.metrics, Place.of(view, view.panel)
    body = place.body
    flow = set_panel(
        view, view.panel, Flow(view, body.x, body.y - place.scroll, body.width), place.plot
    )
    clip = body.inset(-m.px(16), 0)  # a handle at the end of a plot is whole
    spoken = " ".join(view.panel.lines)
    text = Widget("reading_body.text", "text", body, view.panel.title, spoken)
    return Section((text, *flow.widgets), tuple(flow.shapes), clip=clip, scroll_limit=place.limit)


def fits(view: View, track_height: float) -> bool:
    """Whether a panel has room for some text above a concept track so high."""
    m = view.metrics
    area = Areas.of(m, 1.0, track_height).reading
    return area.height - _head_height(view) - m.px(FOOT) >= m.tx(LEAST)


def _head_height(view: View) -> float:
    m = view.metrics
    return m.px(28) + m.tx(32) + m.px(20)


class Place(msgspec.Struct, frozen=True):
    """Where the panel and its parts lie, how high its plot is and how far its text can scroll."""

    rect: Rect
    body: Rect
    plot: float
    limit: float
    scroll: float
    links: list[list[PanelAction]]
    """What can be done, in rows along the foot."""

    @staticmethod
    def of(view: View, shown: Panel) -> Place:
        m, area = view.metrics, view.areas.reading
        head, links = _head_height(view), _action_rows(view, shown)
        if area.height - head - m.px(FOOT + ROW * len(links)) < m.tx(LEAST):
            links = []
        foot = m.px(FOOT + ROW * len(links))
        width = area.width - 2 * m.px(32)
        room = area.height - head - foot
        plot = m.px(PLOT if view.state.depth == "look" else PLOT_SMALL)
        content = set_panel(view, shown, Flow(view, 0, 0, width, measuring=True), plot).y
        if shown.plot is not None and content > room:
            least = m.px(PLOT_LEAST) if isinstance(shown.plot, Plot) else -m.px(PLOT)
            plot = max(plot - (content - room), least)
            content = set_panel(view, shown, Flow(view, 0, 0, width, measuring=True), plot).y
        limit = max(content - room, 0.0)
        rect = Rect(area.x, area.y, area.width, round(head + min(content, room) + foot))
        body = Rect(area.x + m.px(32), area.y + head, width, rect.height - head - foot)
        scroll = min(view.local.scroll.get("reading_body", 0.0), limit)
        return Place(rect, body, plot, limit, scroll, links)


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
    shapes.append(
        view.middle(close.x + m.px(2), pill.centre[1], kicker, LABEL, palette.DIM, "right")
    )
    mark = Widget(
        "reading.badge", "text", pill, shown.badge, view.text(f"badge.{shown.badge.lower()}")
    )
    return [*shapes, *drawn], [mark, closer]


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


def _actions(view: View, place: Place) -> tuple[list[Shape], list[Widget]]:
    """The first link of a row at its left, the last at its right, others between."""
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    rows = place.links
    for number, row in enumerate(rows):
        widths = [view.width(action.label, LINK) for action in row]
        gap = (place.body.width - sum(widths)) / max(len(row) - 1, 1)
        x, base = place.body.x, place.rect.bottom - m.px(34) - m.px(ROW) * (len(rows) - 1 - number)
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
            return change(overlay=word is not None, word=None if word is None else int(str(word)))
        case "split":
            return change(split=action.value)
        case "decoded":
            return change(decoded=action.value)
        case "select":
            return change(selection=action.value)
        case "probe":
            return change(probe=action.value)
        case "mute":
            return change(muted=action.value)
        case "teleport":
            return Command("teleport", action.value)
        case "cost":
            return change(cost=action.value, selection="cost" if action.value else None)
        case "open_run":
            return Command("open_run", tuple(str(action.value).split("/", 1)))
        case "open_model":
            return Command("open_model", action.value)
        case "visit":
            place, _, step = str(action.value).rpartition("@")
            return change(selection=place or None, target=float(step), playing=False)
        case "noise_scene":
            return change(noise_scene=int(float(str(action.value))))
        case "checkpoint_word":
            return change(checkpoint_word=int(float(str(action.value))))
        case "menu":
            return change(menu=action.value)
        case "close":
            return change(selection=None)
