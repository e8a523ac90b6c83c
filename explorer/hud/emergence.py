"""The concept track above the timeline: guess when a word appears, then see what was recorded."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from explorer.hud import palette
from explorer.hud.areas import Areas
from explorer.hud.concept_curves import draw_curve, draw_signal
from explorer.hud.geometry import Rect
from explorer.hud.metrics import BADGE, LABEL, SMALL, TICK
from explorer.hud.parts import badge, panel, round_button
from explorer.hud.shapes import Box, Line, Shape, disc
from explorer.hud.timeline import Track
from explorer.hud.view import Section, View
from explorer.hud.widget import Slide, Widget, change
from explorer.story.emergence import Row, asked, shown
from explorer.story.record import Record

WORDS, CONTROLS = 6, 3
ROW, SMALL_ROW, HEAD, FOOT = 38, 24, 76, 66


def size(view: View) -> float:
    """Height of the band; 0 while it is closed."""
    s, record = view.state, view.record
    if not s.track or view.track_yields or record is None or view.quiet or s.menu is not None:
        return 0.0
    m = view.metrics
    rows = sum(_height(view, row) for row in _found(view, record)) or m.tx(ROW)
    return round(m.tx(HEAD) + rows + m.tx(FOOT))


def _found(view: View, record: Record) -> tuple[Row, ...]:
    """The rows for which there is room: with large type controls go first, never the word that is asked about."""
    m, plain = view.metrics, Areas.of(view.metrics)
    foot = plain.pad.y - m.px(16) if m.pad else plain.timeline.y - m.px(12)
    room = foot - m.safe.y - m.tx(HEAD) - m.tx(FOOT)
    about = asked(record, view.state.asked)
    found = list(shown(record, WORDS, CONTROLS))
    while len(found) > 1 and sum(_height(view, row) for row in found) > room:
        found.remove(next(row for row in reversed(found) if row != about))
    return tuple(found)


def _height(view: View, row: Row) -> float:
    """Of a lane; those that can be chosen are as high as a kiosk's finger."""
    m = view.metrics
    return m.tx(SMALL_ROW) if row.control else max(m.tx(ROW), view.finger)


class Band(msgspec.Struct, frozen=True):
    """Where the parts of the band lie."""

    rect: Rect
    left: float
    """Where names begin."""
    lanes: tuple[tuple[Row, Rect], ...]
    foot: Rect
    """The lane of signal to noise."""

    @staticmethod
    def of(view: View) -> Band:
        m, track, record = view.metrics, Track.of(view), view.record
        rect = view.areas.track
        lanes = []
        y = rect.y + m.tx(HEAD)
        for row in _found(view, record) if record else ():
            high = _height(view, row)
            lane = Rect(track.left, y + m.px(2), track.right - track.left, high - m.px(6))
            lanes.append((row, lane))
            y += high
        foot = Rect(track.left, y + m.px(16), track.right - track.left, m.tx(FOOT) - m.px(32))
        return Band(rect, rect.x + m.px(24), tuple(lanes), foot)


def key(view: View) -> Hashable:
    s = view.state
    if not s.track:
        return None
    return (
        id(view.record), s.revealed, s.asked, s.guess, s.menu, view.quiet, s.steps,
        view.touched("track"),
    )  # fmt: skip


def build(view: View) -> Section:
    """The band; before the reveal it holds names and a question only."""
    if size(view) <= 0 or view.record is None:
        return Section()
    s, band = view.state, Band.of(view)
    about = asked(view.record, s.asked)
    shapes = panel(view, band.rect)
    head, widgets = _head(view, band, about)
    shapes += head
    for row, lane in band.lanes:
        drawn, widget = _lane(view, band, row, lane, about)
        shapes += drawn
        widgets += widget
    shapes += draw_signal(view, band.left, band.foot)
    group = Widget(
        "track", "group", band.rect, view.text("track.name"), view.text("track.long"),
        children=tuple(widgets),
    )  # fmt: skip
    return Section((group,), tuple(shapes), (band.rect,))


def _head(view: View, band: Band, about: Row | None) -> tuple[list[Shape], list[Widget]]:
    """The question or its answer at the left, the button that reveals, and the way out."""
    m, s = view.metrics, view.state
    y = band.rect.y + m.tx(HEAD) / 2 - m.px(4)
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    close = Rect.around(band.rect.right - m.px(44), y, m.px(60))
    drawn, closer = round_button(
        view, "track.close", close, "close", view.text("track.close"), change(track=False),
        icon_size=18,
    )  # fmt: skip
    right = close.x - m.px(8)
    if about is None:
        text = view.text("track.none")
    elif s.revealed:
        text = _verdict(view, about)
    else:
        text = view.text(f"track.ask.{about.badge_array}", word=about.text)
    if about is not None:
        name = view.text("track.hide" if s.revealed else "track.reveal")
        width = round(view.width(name, LABEL) + m.px(48))
        rect = Rect(round(right - width), round(y - m.px(30)), width, m.px(60))
        warm = view.warm("track.reveal")
        inner = rect.inset(0, m.px(6))
        fill = palette.HOVER if warm else palette.fade(palette.MEANING, 0.14)
        shapes.append(Box(inner, m.px(12), fill, palette.MEANING, max(m.px(2), 1.0)))
        shapes.append(view.middle(*rect.centre, name, LABEL, palette.INK, "centre"))
        guess = middle(view) if s.guess is None else s.guess
        action = (
            change(revealed=False, guess=None) if s.revealed else change(revealed=True, guess=guess)
        )
        widgets.append(Widget("track.reveal", "button", rect, name, action=action))
        right = rect.x - m.px(20)
    if s.revealed and about is not None:
        legend = view.text(f"track.legend.{about.badge_array}")
        wide = view.width(legend, SMALL)
        if right - band.left - wide > view.width(text, LABEL) + m.tx(180):
            shapes.append(view.middle(right, y, legend, SMALL, palette.DIM, "right"))
            right -= wide + m.px(20)
    x = band.left
    if s.revealed or about is None:
        mark, pill = badge(view, x, y - m.tx(16), "DERIVED", palette.BADGES["DERIVED"])
        shapes += mark
        x = pill.right + m.px(16)
    shapes.append(view.middle(x, y, view.fit(text, LABEL, right - x), LABEL, palette.INK))
    return [*shapes, *drawn], [*widgets, closer]


def middle(view: View) -> float:
    """Where the flag stands before anybody moved it."""
    return float((view.state.steps - 1) // 2)


def _verdict(view: View, about: Row) -> str:
    """What the data say about the word, beside the guess; no guess is called wrong."""
    guess = round(middle(view) if view.state.guess is None else view.state.guess)
    if about.step is None:
        return view.text(f"track.reason.{about.reason or 'never'}", word=about.text)
    apart = about.step - guess
    name = "met" if apart == 0 else "later" if apart > 0 else "earlier"
    return view.text(
        f"track.{name}.{about.badge_array}", word=about.text, step=about.step + 1, guess=guess + 1,
        apart=abs(apart),
    )  # fmt: skip


def _lane(
    view: View, band: Band, row: Row, lane: Rect, about: Row | None
) -> tuple[list[Shape], list[Widget]]:
    """A word's name; its curve once it may be seen."""
    m, s = view.metrics, view.state
    chosen = about is not None and row.index == about.index
    y = lane.centre[1]
    shapes: list[Shape] = [
        Box(lane, m.px(4), palette.fade(palette.RAISED, 1.0 if not row.control else 0.5))
    ]
    widget_id = f"track.word.{row.index}"
    room = lane.x - band.left - m.px(24)
    if row.control:
        text = view.fit(view.text("track.control", word=row.text), SMALL, room)
        shapes.append(view.middle(band.left, y, text, SMALL, palette.DIM))
        widgets: list[Widget] = []
    else:
        color = (
            palette.MEANING if chosen else palette.INK if view.warm(widget_id) else palette.MUTED
        )
        shapes.append(view.middle(band.left, y, view.fit(row.text, LABEL, room), LABEL, color))
        rect = Rect.around(band.left + room / 2, y, room + m.px(16), max(m.px(36), view.finger))
        action = change(asked=row.index)
        widgets = [Widget(widget_id, "option", rect, row.text, action=action, checked=chosen)]
    if s.revealed:
        shapes += draw_curve(view, row, lane)
    return shapes, widgets


# -- what moves ------------------------------------------------------------------------------------


def flag_key(view: View) -> Hashable:
    s = view.state
    if not s.track:
        return None
    return (
        id(view.record), s.step, s.guess, s.revealed, s.asked, s.menu, view.quiet,
        view.touched("flag"),
    )  # fmt: skip


def build_flag(view: View) -> Section:
    """The visitor's flag, the line of the present step, and the numbers at it."""
    record = view.record
    if size(view) <= 0 or record is None:
        return Section()
    m, s, band, track = view.metrics, view.state, Band.of(view), Track.of(view)
    if not band.lanes:
        return Section()
    top, bottom = band.lanes[0][1].y, band.foot.bottom
    now = track.x(s.step)
    shapes: list[Shape] = [
        Line(((now, top), (now, bottom)), max(m.px(2), 1.0), palette.fade(palette.MEANING, 0.7))
    ]
    if s.revealed:
        for row, lane in band.lanes:
            value = row.values[s.whole_step] if s.whole_step < len(row.values) else None
            text = view.texts.get("number.not_recorded") if value is None else f"{value:.2f}"
            color = palette.DIM if row.control else palette.INK
            shapes.append(view.middle(lane.right + m.px(14), lane.centre[1], text, TICK, color))
    about = asked(record, s.asked)
    if about is None:
        return Section((), tuple(shapes))
    guess = middle(view) if s.guess is None else s.guess
    x = track.x(guess)
    shapes += _pennant(view, x, top, bottom, round(guess) + 1)
    if s.revealed:
        return Section((), tuple(shapes))
    slide = Slide(
        ("guess",), 0.0, float(max(s.steps - 1, 0)), track.left, track.right, guess, 1.0,
        settle="guess",
    )  # fmt: skip
    rect = Rect(track.left - m.px(20), top, track.right - track.left + m.px(40), bottom - top)
    label = view.text("track.flag", step=round(guess) + 1)
    widget = Widget("flag.slider", "slider", rect, label, view.text("track.drag"), slide=slide)
    return Section((widget,), tuple(shapes))


def _pennant(view: View, x: float, top: float, bottom: float, step: int) -> list[Shape]:
    """A flag on a pole with the step that it stands on."""
    m = view.metrics
    text = view.text("track.guess", step=step)
    wide, high = view.width(text, BADGE) + m.px(28), m.tx(30)
    left = x + wide > view.areas.track.right - m.px(20)
    x0 = x - wide if left else x
    hot = view.warm("flag.slider")
    back = palette.INK if hot else palette.mix(palette.INK, palette.MACHINE, 0.35)
    y = top - m.px(8)
    return [
        Line(((x, y), (x, bottom)), max(m.px(3), 1.0), back),
        Box(Rect(round(x0), round(y), round(wide), round(high)), m.px(6), back),
        view.middle(x0 + m.px(14), y + high / 2, text, BADGE, palette.SOLID),
        disc(x, bottom, m.px(5), back),
    ]
