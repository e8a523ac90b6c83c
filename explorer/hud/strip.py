"""The slim line above the timeline: what the light means, and how the canvases are shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, SMALL, TICK
from explorer.hud.parts import chip, panel
from explorer.hud.shapes import Box, Line, RampBar, Shape, disc
from explorer.hud.view import Section, View
from explorer.hud.widget import Action, Slide, Widget, change

SCALES = ("run", "unit", "map")


def key(view: View) -> Hashable:
    s = view.state
    return (
        s.run, s.word, s.overlay, s.attention_scale, s.magnitude_scale, s.split, s.decoded, s.menu,
        view.touched("strip"),
    )  # fmt: skip


def build(view: View) -> Section:
    """Legend at the left, toggles after it; hidden while a sheet is open or nothing is loaded."""
    if view.state.menu is not None or view.record is None:
        return Section()
    m, area = view.metrics, view.areas.strip
    first = _attention if view.state.overlay else _particles
    rows = _rows(view, [first, _split, _decoded], area.width - 2 * m.px(14))
    top = area.bottom - area.height * len(rows)
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    right = area.x
    for number, row in enumerate(rows):
        x, y = area.x + m.px(14), top + area.height * (number + 0.5)
        for index, piece in enumerate(row):
            if index:
                ends = ((x, y - m.px(12)), (x, y + m.px(12)))
                shapes.append(Line(ends, max(m.px(1), 1.0), palette.RULE))
                x += m.px(8)
            drawn, made, x = piece(view, x, y)
            shapes += drawn
            widgets += made
        right = max(right, x)
    rect = Rect(area.x, top, right - area.x + m.px(6), area.bottom - top)
    group = Widget("strip", "group", rect, view.text("strip.name"), children=tuple(widgets))
    return Section((group,), (*panel(view, rect, 30), *shapes), (rect,))


Piece = tuple[list[Shape], list[Widget], float]
"""Shapes, widgets and where it ends."""
Draw = Callable[[View, float, float], Piece]


def _rows(view: View, pieces: list[Draw], room: float) -> list[list[Draw]]:
    """The pieces in as many rows as their width needs."""
    rows: list[list[Draw]] = [[]]
    used = 0.0
    for piece in pieces:
        width = piece(view, 0.0, 0.0)[2] + view.metrics.px(8)
        if rows[-1] and used + width > room:
            rows.append([])
            used = 0.0
        rows[-1].append(piece)
        used += width
    return rows


def _particles(view: View, x: float, y: float) -> Piece:
    s = view.state
    relative = s.magnitude_scale == "relative"
    text = view.text(f"strip.magnitude.{s.magnitude_scale}")
    action = change(magnitude_scale="absolute" if relative else "relative")
    shapes, widget, end = _quiet(
        view, "strip.magnitude", x, y, text, view.text("strip.magnitude.long"), action
    )
    return shapes, [widget], end


def _attention(view: View, x: float, y: float) -> Piece:
    m, s, record = view.metrics, view.state, view.record
    assert record is not None
    word = record.words[s.word].text if s.word is not None and s.word < len(record.words) else ""
    array = record.array("attention")
    high = {
        "run": "—" if array is None or array.scale_p995 is None else f"{array.scale_p995:.2f}",
        "unit": "1",
        "map": view.text("strip.attention.map_high"),
    }[s.attention_scale]
    name = view.text("strip.attention.name", word=word)
    following = SCALES[(SCALES.index(s.attention_scale) + 1) % len(SCALES)]
    shapes: list[Shape] = []
    start = x
    x += m.px(10)
    shapes.append(view.middle(x, y, name, LABEL, palette.MEANING))
    x += view.width(name, LABEL) + m.px(14)
    shapes.append(view.middle(x, y, "0", TICK, palette.MUTED))
    x += view.width("0", TICK) + m.px(8)
    bar = Rect(round(x), y - m.px(6), m.px(120), m.px(12))
    shapes.append(RampBar(bar, "warm"))
    x = bar.right + m.px(8)
    shapes.append(view.middle(x, y, high, TICK, palette.MUTED))
    x += view.width(high, TICK) + m.px(14)
    note = view.text(f"strip.attention.{s.attention_scale}")
    warm = view.warm("strip.attention")
    shapes.append(view.middle(x, y, note, SMALL, palette.INK if warm else palette.MUTED))
    x += view.width(note, SMALL) + m.px(16)
    rect = Rect(start, y - m.px(30), x - start, m.px(60))
    widget = Widget(
        "strip.attention", "button", rect, f"{name}: {note}", view.text("strip.attention.long"),
        change(attention_scale=following),
    )  # fmt: skip
    return shapes, [widget], x


def _quiet(
    view: View, widget_id: str, x: float, y: float, text: str, long: str, action: Action
) -> tuple[list[Shape], Widget, float]:
    m = view.metrics
    width = view.width(text, SMALL) + m.px(28) + m.px(26)
    rect = Rect(x, y - m.px(30), width, m.px(60))
    warm = view.warm(widget_id)
    color = palette.INK if warm else palette.MUTED
    left = x + m.px(12)
    shapes: list[Shape] = [
        disc(left + m.px(2), y + m.px(4), m.px(2), palette.rgb("#95DDFF", 0.7)),
        disc(left + m.px(9), y - m.px(3), m.px(3), palette.rgb("#CEF8FF")),
        disc(left + m.px(16), y + m.px(2), m.px(2.4), palette.rgb("#95DDFF", 0.85)),
        view.middle(left + m.px(28), y, text, SMALL, color),
    ]
    return shapes, Widget(widget_id, "button", rect, text, long, action), x + width


def _split(view: View, x: float, y: float) -> Piece:
    m, s = view.metrics, view.state
    on = s.split is not None
    shapes, widget = chip(
        view, "strip.split", x, y, view.text("strip.split.name"), change(split=None if on else 0.5),
        on=on, style=SMALL, description=view.text("strip.split.long"),
    )  # fmt: skip
    x = widget.rect.right
    if s.split is None:
        return shapes, [widget], x
    noisy, clean = view.text("strip.split.noisy"), view.text("strip.split.clean")
    shapes.append(view.middle(x, y, noisy, SMALL, palette.DIM))
    left = x + view.width(noisy, SMALL) + m.px(20)
    right = left + m.px(120)
    now = left + (right - left) * s.split
    thick = max(m.px(4), 1.0)
    shapes += [
        Line(((left, y), (right, y)), thick, palette.TRACK),
        disc(now, y, m.px(10), palette.SOLID),
        Box(Rect.around(now, y, m.px(8), m.px(24)), m.px(4), palette.INK),
        view.middle(right + m.px(20), y, clean, SMALL, palette.DIM),
    ]
    slide = Slide(("split",), 0.0, 1.0, left, right, s.split, 0.05)
    rect = Rect(left - m.px(16), y - m.px(30), right - left + m.px(32), m.px(60))
    slider = Widget("strip.divider", "slider", rect, view.text("strip.split.divider"), slide=slide)
    return shapes, [widget, slider], right + m.px(20) + view.width(clean, SMALL) + m.px(14)


def _decoded(view: View, x: float, y: float) -> Piece:
    shapes, widget = chip(
        view, "strip.decoded", x, y, view.text("strip.decoded.name"),
        change(decoded=not view.state.decoded), on=view.state.decoded, style=SMALL,
        description=view.text("strip.decoded.long"),
    )  # fmt: skip
    return shapes, [widget], widget.rect.right
