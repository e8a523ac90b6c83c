"""A quiet question above the timeline when something happens at this step, and marks where it does."""

from __future__ import annotations

from collections.abc import Hashable

from explorer.hud import palette, strip
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL
from explorer.hud.parts import panel, round_button
from explorer.hud.shapes import Polygon, Shape, disc
from explorer.hud.timeline import Track
from explorer.hud.view import Section, View
from explorer.hud.widget import Widget, change
from explorer.story.ask import Ask
from explorer.story.discoveries import Finding
from explorer.story.questions import answer_to


def _open(view: View) -> tuple[Finding, ...]:
    """What was found and not yet answered. Where the step is the answer, nothing points to it."""
    record = view.record
    if record is None or record.notes is None:
        return ()
    ask = Ask(view.state, record, view.texts)
    findings = (f for f in record.notes.findings if not f.asks_when)
    return tuple(f for f in findings if answer_to(ask, f.id) is None)


def key(view: View) -> Hashable:
    s, record = view.state, view.record
    return (
        strip.key(view), s.whole_step, s.between, s.playing, s.menu, s.answers, s.nudges, s.track, s.tour is None,
        s.selection, record and id(record.notes), s.kiosk, view.touched("nudge"),
    )  # fmt: skip


def marks_key(view: View) -> Hashable:
    s, record = view.state, view.record
    return (s.run, s.steps, s.answers, record and id(record.notes), view.touched("marks"))


def _asks(view: View) -> bool:
    """Only to somebody who stands still and reads nothing else."""
    s = view.state
    quiet = s.menu is None and not s.playing and not s.between and not s.track
    visiting = s.kiosk is None or (s.kiosk.phase == "active" and not s.kiosk.welcome)
    return quiet and visiting and s.nudges and s.tour is None and s.selection is None


def build(view: View) -> Section:
    """`Notice anything about step 7?`, with a way to be left alone."""
    here = [f for f in _open(view) if f.step == view.state.whole_step]
    if not here or not _asks(view):
        return Section()
    m, area = view.metrics, view.areas.strip
    text = view.text("nudge.ask", step=view.state.whole_step + 1)
    text = view.fit(text, LABEL, area.width - m.px(180))
    high = max(m.px(60), view.finger)
    width = view.width(text, LABEL) + m.px(86) + high
    rect = Rect(area.x, round(strip.top(view) - high - m.px(14)), round(width), round(high))
    button = Rect(rect.x, rect.y, rect.width - high, high)
    warm = view.warm("nudge.ask")
    color = palette.INK if warm else palette.MEANING
    shapes: list[Shape] = [
        *panel(view, rect, 64),
        *_flag(view, rect.x + m.px(30), rect.centre[1] + m.px(9), m.px(18), palette.MEANING),
        view.middle(rect.x + m.px(58), rect.centre[1], text, LABEL, color),
    ]
    action = change(selection=f"discovery:{here[0].id}")
    ask = Widget("nudge.ask", "button", button, text, view.text("nudge.long"), action)
    close = Rect(rect.right - high, rect.y, high, high)
    drawn, closer = round_button(
        view, "nudge.close", close, "close", view.text("nudge.close"), change(nudges=False),
        icon_size=16,
    )  # fmt: skip
    group = Widget("nudge", "group", rect, text, children=(ask, closer))
    return Section((group,), (*shapes, *drawn), (rect,))


def build_marks(view: View) -> Section:
    """A small mark on the slider at each step that has an open question."""
    found = _open(view)
    if not found:
        return Section()
    m, track = view.metrics, Track.of(view)
    shapes: list[Shape] = []
    for step in sorted({f.step for f in found}):
        x, y = round(track.x(step)), track.slider_y + m.px(17)
        shapes.append(disc(x, y, m.px(3), palette.fade(palette.MEANING, 0.8)))
    return Section((), tuple(shapes))


def _flag(view: View, x: float, y: float, high: float, color: palette.Color) -> list[Shape]:
    """A pennant on a pole; (x, y) is its foot."""
    pole = max(view.metrics.px(2), 1.0)
    top = y - high
    return [
        Polygon(((x, top), (x + pole, top), (x + pole, y), (x, y)), color),
        Polygon(((x, top), (x + high * 0.75, top + high * 0.27), (x, top + high * 0.54)), color),
    ]
