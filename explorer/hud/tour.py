"""A tour under way: what the narrator says, what is asked, and the bar to pause, go back, go on and leave."""

from __future__ import annotations

from collections.abc import Hashable

from explorer.hud import palette, prompt, strip
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, SMALL, Style
from explorer.hud.parts import panel, round_button
from explorer.hud.shapes import Box, Line, Shape, disc
from explorer.hud.view import Section, View
from explorer.hud.widget import Command, Slide, Widget
from explorer.modes import TourShown

CAPTION = Style("Inter-Medium", 30, 42)
WIDEST = 1240
"""Reference width of the card."""


def key(view: View) -> Hashable:
    s, tour = view.state, view.state.tour
    if tour is None:
        return None
    shown = (
        tour.name, tour.status, tour.caption, tour.question, tour.chosen, tour.ring,
        _chapter(tour), s.kiosk and (s.kiosk.phase, s.kiosk.finger),
    )  # fmt: skip
    below = None if view.led else strip.key(view)
    return (*shown, below, s.captions, s.menu, view.panel is None, view.touched("tour"))


def time_key(view: View) -> Hashable:
    tour = view.state.tour
    if tour is None:
        return None
    return (key(view), tour.time, view.touched("tour_time"))


def _chapter(tour: TourShown) -> str:
    """Title of the chapter under way."""
    passed = [title for title, start in tour.chapters if start <= tour.time]
    return passed[-1] if passed else tour.title


def _attract(view: View) -> bool:
    kiosk = view.state.kiosk
    return kiosk is not None and kiosk.phase == "attract"


class Card:
    """Where the card and its parts lie."""

    def __init__(self, view: View, tour: TourShown) -> None:
        m, areas = view.metrics, view.areas
        self.pad = m.px(28)
        self.button = max(m.px(60), view.finger)
        beside = m.pad + m.px(16) if m.pad else 0.0  # a kiosk's accessibility button stays
        left = areas.timeline.x + beside
        width = areas.timeline.width - 2 * beside
        if view.panel is not None:
            width = areas.reading.x - m.px(32) - left
        width = min(width, m.px(WIDEST))
        self.lines: list[str] = []
        self.answers: list[list[str]] = []
        text = tour.caption if view.state.captions or tour.question else ""
        if text:
            self.lines = view.wrap(text, CAPTION, width - 2 * self.pad)
        if tour.status in ("asking", "replying"):
            self.answers = [
                view.wrap(a, LABEL, width - 2 * self.pad - m.px(72)) for a in tour.answers
            ]
        self.row = max(m.px(66), view.finger + m.px(6))
        high = self.pad if self.lines else m.px(12)
        high += m.leading(CAPTION) * len(self.lines)
        self.answer_y = high + m.px(10)
        for lines in self.answers:
            high += max(self.row, m.leading(LABEL) * len(lines) + m.px(30))
        high += m.px(20) if self.answers else 0
        self.bar = not _attract(view)
        high += (self.button + m.px(12)) if self.bar else m.px(16)
        x = left
        if view.panel is None:
            x = areas.timeline.x + (areas.timeline.width - width) / 2
        bottom = view.card_bottom
        self.rect = Rect(round(x), round(bottom - high), round(width), round(high))
        y = self.rect.bottom - m.px(8) - self.button / 2
        self.middle = y
        left = self.rect.x + m.px(16)
        self.buttons = [
            Rect.around(left + self.button * (i + 0.5) + m.px(4) * i, y, self.button)
            for i in range(3)
        ]
        self.close = Rect.around(self.rect.right - m.px(16) - self.button / 2, y, self.button)
        self.track = Rect(
            self.buttons[-1].right + m.px(28),
            y,
            self.close.x - self.buttons[-1].right - m.px(56),
            0,
        )


def build(view: View) -> Section:
    """The card, or outside the tour a pill to come back."""
    tour = view.state.tour
    if tour is None or view.state.menu is not None:
        return Section()
    if not view.led:
        return Section() if _attract(view) else _return(view, tour)
    card = Card(view, tour)
    if not card.bar and not card.lines:
        return Section((), tuple(_ring(view, tour)))
    m = view.metrics
    shapes: list[Shape] = [*_ring(view, tour), *panel(view, card.rect, 22)]
    base = card.rect.y + card.pad + m.size(CAPTION) * 0.86
    for line in card.lines:
        shapes.append(view.label(card.rect.x + card.pad, base, line, CAPTION, palette.INK))
        base += m.leading(CAPTION)
    widgets: list[Widget] = []
    _answers(view, tour, card, shapes, widgets)
    if card.bar:
        _bar(view, tour, card, shapes, widgets)
    spoken = " ".join((tour.caption, *tour.answers))
    group = Widget("tour", "group", card.rect, tour.title, spoken, children=tuple(widgets))
    return Section((group,), tuple(shapes), (card.rect,))


def _ring(view: View, tour: TourShown) -> list[Shape]:
    """A calm ring around what is being told of."""
    if tour.ring is None:
        return []
    x, y, radius = tour.ring
    m = view.metrics
    return [
        Box(Rect.around(x, y, 2 * radius + m.px(6)), radius + m.px(3), edge=palette.fade(palette.SOLID, 0.5),
            edge_width=m.px(8)),
        Box(Rect.around(x, y, 2 * radius), radius, edge=palette.MEANING, edge_width=max(m.px(3), 1.5)),
    ]  # fmt: skip


def _answers(
    view: View, tour: TourShown, card: Card, shapes: list[Shape], widgets: list[Widget]
) -> None:
    m, y = view.metrics, card.rect.y + card.answer_y
    for index, lines in enumerate(card.answers):
        high = max(card.row, m.leading(LABEL) * len(lines) + m.px(30))
        rect = Rect(card.rect.x + card.pad, y, card.rect.width - 2 * card.pad, high - m.px(6))
        y += high
        widget_id = f"tour.answer.{index}"
        known = tour.chosen is not None
        right = known and (tour.right is None or tour.right == index)
        lit = tour.chosen == index or right
        fill = palette.HOVER if view.warm(widget_id) and not known else palette.RAISED
        edge = palette.MEANING if lit else palette.CLEAR
        shapes.append(Box(rect, m.px(12), fill, edge, max(m.px(2), 1.0)))
        dot = palette.MEANING if right and lit else palette.MUTED if lit else palette.DIM
        shapes.append(disc(rect.x + m.px(28), rect.centre[1], m.tx(7), dot))
        ink = palette.MUTED if known and not lit else palette.INK
        base = rect.centre[1] - m.leading(LABEL) * (len(lines) - 1) / 2
        for line in lines:
            shapes.append(view.middle(rect.x + m.px(52), base, line, LABEL, ink))
            base += m.leading(LABEL)
        action = None if known else Command("tour", ("answer", index))
        label = tour.answers[index]
        widgets.append(Widget(widget_id, "option", rect, label, action=action, checked=lit))


def _bar(
    view: View, tour: TourShown, card: Card, shapes: list[Shape], widgets: list[Widget]
) -> None:
    playing, asking = tour.status == "playing", tour.status == "asking"
    names = (("back", "previous"), ("toggle", "pause" if playing else "play"), ("next", "next"))
    for (name, icon), rect in zip(names, card.buttons, strict=True):
        word = "pause" if name == "toggle" and playing else "play" if name == "toggle" else name
        idle = asking and name == "toggle"  # an answer is what it waits for
        color = palette.MEANING if name == "toggle" else palette.MUTED
        drawn, widget = round_button(
            view, f"tour.{name}", rect, icon, view.text(f"tour.{word}"), Command("tour", (name, None)),
            color=palette.DIM if idle else color, icon_size=26,
            ring=palette.MEANING if name == "toggle" and not idle else None,
        )  # fmt: skip
        shapes += drawn
        widgets += [] if idle else [widget]
    drawn, widget = round_button(
        view, "tour.end", card.close, "close", view.text("tour.end"), Command("tour", ("end", None)),
        icon_size=20,
    )  # fmt: skip
    shapes += drawn
    widgets.append(widget)


def _return(view: View, tour: TourShown) -> Section:
    """Outside: go on with the tour where it was left, or forget it."""
    m = view.metrics
    ended = tour.status == "ended"
    text = view.text("tour.again" if ended else "tour.join", title=tour.title)
    high = max(m.px(60), view.finger)
    beside = m.px(72) + high
    x, top, room = _room(view, high, view.width(text, LABEL) + beside)
    if room < beside + m.tx(60):  # it waits until the panel is closed
        return Section()
    text = view.fit(text, LABEL, room - beside)
    width = view.width(text, LABEL) + beside
    rect = Rect(round(x), round(top), round(width), round(high))
    button = Rect(rect.x, rect.y, rect.width - high, high)
    warm = view.warm("tour.toggle")
    shapes = panel(view, rect, 64)
    if warm:
        shapes.append(Box(button, high / 2, palette.RAISED))
    color = palette.INK if warm else palette.MEANING
    shapes.append(view.middle(rect.x + m.px(30), rect.centre[1], text, LABEL, color))
    join = Widget("tour.toggle", "button", button, text, action=Command("tour", ("toggle", None)))
    drawn, close = round_button(
        view, "tour.end", Rect(rect.right - high, rect.y, high, high), "close",
        view.text("tour.end"), Command("tour", ("end", None)), icon_size=18,
    )  # fmt: skip
    group = Widget("tour", "group", rect, tour.title, children=(join, close))
    return Section((group,), (*shapes, *drawn), (rect,))


def _room(view: View, high: float, wanted: float) -> tuple[float, float, float]:
    """Where the pill begins, and how wide it may be: over the legends, or where those leave it room."""
    m, areas = view.metrics, view.areas
    above = min(areas.strip.y - m.px(60), strip.top(view))
    if wanted <= areas.strip.width:
        top = above - m.px(20) - high - max(view.finger - m.px(60), 0)
        return areas.strip.x, top, areas.strip.width
    low = min(areas.plan.y, areas.pad.y if m.pad else areas.plan.y)
    top = min(low, above) - m.px(20) - high
    if top >= prompt.bottom(view) + m.px(12):  # over the map, too
        return (
            m.safe.x,
            top,
            (areas.reading.x - m.px(32) if view.panel else m.safe.right) - m.safe.x,
        )
    if view.panel is None and not m.pad:  # where a panel would be
        return areas.reading.x, areas.strip.bottom - high, m.safe.right - areas.reading.x
    return m.safe.x, low - m.px(20) - high, areas.strip.x - m.px(12) - m.safe.x


def build_time(view: View) -> Section:
    """How far the tour has come, its chapters as marks; dragging goes anywhere."""
    tour = view.state.tour
    if tour is None or view.state.menu is not None or not view.led:
        return Section()
    card = Card(view, tour)
    if not card.bar:
        return Section()
    m, track = view.metrics, card.track
    left, right = track.x, track.right
    low = card.middle + m.px(14)
    now = left + (right - left) * min(tour.time / max(tour.duration, 1e-6), 1.0)
    thick = max(m.px(4), 1.0)
    shapes: list[Shape] = [
        Line(((now, low), (right, low)), thick, palette.TRACK),
        Line(((left, low), (now, low)), thick, palette.MEANING),
    ]
    for _, start in tour.chapters[1:]:
        x = left + (right - left) * start / tour.duration
        shapes.append(
            Line(((x, low - m.px(7)), (x, low + m.px(7))), max(m.px(2), 1.0), palette.DIM)
        )
    shapes += [disc(now, low, m.px(11), palette.SOLID), disc(now, low, m.px(8), palette.MEANING)]
    name = view.fit(_chapter(tour), SMALL, (right - left) * 0.72)
    clock = f"{_clock(tour.time)} / {_clock(tour.duration)}"
    y = card.middle - m.px(12)
    shapes.append(view.middle(left, y, name, SMALL, palette.MUTED))
    shapes.append(view.middle(right, y, clock, SMALL, palette.DIM, "right"))
    slide = Slide((), 0.0, tour.duration, left, right, tour.time, 5.0, command="tour")
    area = Rect(
        left - m.px(12), card.middle - card.button / 2, right - left + m.px(24), card.button
    )
    widget = Widget("tour_time.slider", "slider", area, view.text("tour.slider"), slide=slide)
    return Section((widget,), tuple(shapes))


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
