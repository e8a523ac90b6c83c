"""The notebook overlay: what was noticed in this run, ideas put to the test, and the parts of the network."""

from __future__ import annotations

import msgspec

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, SMALL
from explorer.hud.shapes import Box, Shape, disc
from explorer.hud.view import View
from explorer.hud.widget import Widget, change
from explorer.state import State
from explorer.story.ask import Ask
from explorer.story.questions import PROBES, answer_to
from explorer.story.record import Record
from explorer.story.spotlights import kinds
from explorer.story.texts import Texts

ROW, GAP = 60, 6


class Entry(msgspec.Struct, frozen=True):
    """One line of the notebook."""

    id: str
    title: str
    met: bool | None = None
    """Whether it was guessed as the data say; None while it was not."""
    asks: bool = True


class Chapter(msgspec.Struct, frozen=True):
    """Entries under a heading, with a line about how far the visitor came."""

    name: str
    line: str
    entries: tuple[Entry, ...]


def chapters(state: State, record: Record, texts: Texts) -> tuple[Chapter, ...]:
    """All that this run has to offer, in reading order."""
    ask = Ask(state, record, texts)
    notes = record.notes
    findings = () if notes is None else notes.findings
    noticed = []
    for finding in findings:
        chosen = answer_to(ask, finding.id)
        met = None if chosen is None else chosen == finding.right
        title = texts.get(f"discovery.{finding.id}.title")
        noticed.append(Entry(f"discovery:{finding.id}", title, met))
    ideas = []
    for name in PROBES:
        chosen = answer_to(ask, f"probe.{name}")
        title = texts.get(f"probe.{name}.title")
        ideas.append(Entry(f"probe:{name}", title, None if chosen is None else True))
    parts = tuple(
        Entry(
            kind.id,
            texts.first(f"panel.{kind.family}.{kind.kind}.name", f"panel.{kind.family}.other.name"),
            asks=False,
        )
        for kind in kinds(record)
    )
    done = [e.met for e in noticed if e.met is not None]
    line = texts.get("hud.notebook.none")
    if noticed:
        line = texts.get("hud.notebook.score", count=len(noticed), done=len(done), met=sum(done))
    if notes is None:
        line = texts.get("hud.notebook.reading")
    if record.steps == 0:  # a model without a run: there is nothing to notice
        return (Chapter("parts", texts.get("hud.notebook.parts_traced"), parts),)
    return (
        Chapter("noticed", line, tuple(noticed)),
        Chapter("ideas", texts.get("hud.notebook.ideas_long"), tuple(ideas)),
        Chapter("parts", texts.get("hud.notebook.parts_long"), parts),
    )


def _columns(view: View) -> int:
    return 2 if view.metrics.text_scale < 1.4 else 1


def _of(view: View) -> tuple[Chapter, ...]:
    record = view.known
    return () if record is None else chapters(view.state, record, view.texts)


def _said(view: View, chapter: Chapter) -> list[str]:
    """The line under a heading; two where the type is large."""
    width = view.areas.sheet.width - view.metrics.px(64)
    lines = view.wrap(chapter.line, SMALL, width)
    return lines if len(lines) < 3 else [view.fit(chapter.line, SMALL, width)]


def _head(view: View, chapter: Chapter) -> float:
    m = view.metrics
    return m.leading(LABEL) + m.leading(SMALL) * len(_said(view, chapter)) + m.px(16)


def _row(view: View) -> float:
    m = view.metrics
    return max(m.tx(ROW), view.finger)


def height(view: View) -> float:
    """Of all chapters."""
    m, columns = view.metrics, _columns(view)
    known = _of(view)
    rows = sum(-(-len(chapter.entries) // columns) for chapter in known)
    heads = sum(_head(view, chapter) + m.px(18) for chapter in known)
    return rows * (_row(view) + m.px(GAP)) + heads


def rows(view: View, body: Rect) -> tuple[list[Widget], list[Shape]]:
    """Pressing an entry opens its panel."""
    m, columns = view.metrics, _columns(view)
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    gap = m.px(GAP)
    width = (body.width - gap * (columns - 1)) / columns
    y = body.y
    for chapter in _of(view):
        name = view.text(f"notebook.{chapter.name}")
        base = y + m.leading(LABEL)
        shapes.append(view.label(body.x, base - m.tx(6), name, LABEL, palette.INK))
        for line in _said(view, chapter):
            base += m.leading(SMALL)
            shapes.append(view.label(body.x, base - m.tx(4), line, SMALL, palette.MUTED))
        y += _head(view, chapter)
        for index, entry in enumerate(chapter.entries):
            row, column = divmod(index, columns)
            rect = Rect(
                round(body.x + column * (width + gap)),
                round(y + row * (_row(view) + gap)),
                round(width),
                round(_row(view)),
            )
            drawn, widget = _entry(view, entry, rect)
            shapes += drawn
            widgets.append(widget)
        y += -(-len(chapter.entries) // columns) * (_row(view) + gap) + m.px(18)
    return widgets, shapes


def _entry(view: View, entry: Entry, rect: Rect) -> tuple[list[Shape], Widget]:
    """A dot says how far one is: open, answered, answered as the data say."""
    m = view.metrics
    widget_id = f"sheet_body.note.{entry.id}"
    chosen = view.state.selection == entry.id
    warm = view.warm(widget_id)
    fill = palette.HOVER if warm else palette.RAISED
    edge = palette.fade(palette.MEANING, 0.6) if chosen else palette.CLEAR
    shapes: list[Shape] = [Box(rect, m.px(12), fill, edge, max(m.px(2), 1.0))]
    x, y = rect.x + m.px(18), rect.centre[1]
    if entry.asks:
        x += m.tx(6)
        ring = palette.MEANING if entry.met else palette.MUTED
        size = m.tx(14)
        if entry.met:
            shapes.append(disc(x, y, size / 2, palette.MEANING))
        else:
            inside = palette.MUTED if entry.met is False else palette.CLEAR
            shapes.append(Box(Rect.around(x, y, size), size / 2, inside, ring, max(m.px(2), 1.0)))
        x += m.tx(20)
    room = rect.right - x - m.px(14)
    ink = palette.MUTED if entry.met is not None and not warm else palette.INK
    text = view.fit(entry.title, SMALL, room)
    shapes.append(view.middle(x, y, text, SMALL, ink))
    action = change(selection=entry.id)
    return shapes, Widget(
        widget_id, "option", rect, entry.title, action=action, checked=entry.met is not None
    )
