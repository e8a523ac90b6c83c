"""The slim line above the timeline: what the light means, and how the canvases are shown."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import LABEL, SMALL, TICK
from explorer.hud.parts import chip, panel
from explorer.hud.shapes import Box, Line, RampBar, Shape, disc
from explorer.hud.view import Section, View
from explorer.hud.widget import Slide, Widget, change
from explorer.state import AttentionScale
from explorer.story.cost import KINDS
from explorer.story.places import can_decode, can_split

SCALES: tuple[AttentionScale, ...] = ("run", "unit", "map")
TRACK = 120
"""Reference width of the ramp and of the divider's track."""

Piece = tuple[list[Shape], list[Widget], float]
"""Shapes, widgets and where it ends."""
Draw = Callable[[View, float, float, float], Piece]
"""Draws a piece from x on, around height y, in at most `room` pixels."""


def key(view: View) -> Hashable:
    s = view.state
    return (
        s.run, s.word, s.overlay, s.attention_scale, s.magnitude_scale, s.split, s.decoded, s.menu,
        s.cost, s.selection == "cost", s.track, view.plan, view.cleared, view.panel is None,
        view.touched("strip"),
    )  # fmt: skip


def build(view: View) -> Section:
    """Legend at the left, toggles after it; hidden while a sheet is open or nothing is loaded."""
    rows = _shown(view)
    if not rows:
        return Section()
    m, area = view.metrics, view.areas.strip
    pad, gap = m.px(14), m.px(8)
    room = area.width - 2 * pad
    top = area.bottom - area.height * len(rows)
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    right = area.x
    for number, row in enumerate(rows):
        x, y = area.x + pad, top + area.height * (number + 0.5)
        for index, piece in enumerate(row):
            if index:
                ends = ((x, y - m.px(12)), (x, y + m.px(12)))
                shapes.append(Line(ends, max(m.px(1), 1.0), palette.RULE))
                x += gap
            drawn, made, x = piece(view, x, y, room)
            shapes += drawn
            widgets += made
        right = max(right, x)
    rect = Rect(area.x, top, right - area.x + gap, area.bottom - top)
    group = Widget("strip", "group", rect, view.text("strip.name"), children=tuple(widgets))
    return Section((group,), (*panel(view, rect, 30), *shapes), (rect,))


def top(view: View) -> float:
    """Where the strip begins: what floats above it ends there."""
    area = view.areas.strip
    return area.bottom - area.height * len(_shown(view))


def _shown(view: View) -> list[list[Draw]]:
    """What the strip shows now, in rows; none while a sheet is open or nothing is loaded."""
    if view.state.menu is not None or view.record is None or view.cleared:
        return []
    first = _attention if _word(view) is not None else _costs if view.state.cost else _particles
    pieces: list[Draw] = [first]
    pieces += [_split] if can_split(view.record) else []
    pieces += [_decoded] if can_decode(view.record) else []
    if first is not _attention or view.state.cost is not None:  # the word has the rooms' light
        pieces.append(_meter)
    if first is not _attention:
        pieces.append(_track)
    room = view.areas.strip.width - 2 * view.metrics.px(14)
    widest = max(piece(view, 0.0, 0.0, room)[2] for piece in pieces)
    # large type on a narrow screen: a panel comes first
    if widest > room and view.panel is not None:
        return []
    return _rows(view, pieces, room)


def _rows(view: View, pieces: list[Draw], room: float) -> list[list[Draw]]:
    """The pieces in as many rows as their width needs."""
    rows: list[list[Draw]] = [[]]
    used = 0.0
    for piece in pieces:
        width = piece(view, 0.0, 0.0, room)[2] + view.metrics.px(8)
        if rows[-1] and used + width > room:
            rows.append([])
            used = 0.0
        rows[-1].append(piece)
        used += width
    return rows


def _word(view: View) -> str | None:
    """The word whose attention lies over the canvases."""
    index, record = view.state.word, view.record
    if not view.state.overlay or record is None or index is None or index >= len(record.words):
        return None
    return record.words[index].text


def _particles(view: View, x: float, y: float, room: float) -> Piece:
    """What glow and particles mean; pressing it takes the other scale, where a scale was recorded."""
    m, s = view.metrics, view.state
    recorded = view.record is not None and view.record.array("unit_rms") is not None
    shown = s.magnitude_scale if recorded else "not_recorded"
    other = "absolute" if s.magnitude_scale == "relative" else "relative"
    edge = m.px(54)
    text = view.fit(view.text(f"strip.magnitude.{shown}"), SMALL, room - edge)
    width = view.width(text, SMALL) + edge
    color = palette.INK if view.warm("strip.magnitude") else palette.MUTED
    left = x + m.px(12)
    shapes: list[Shape] = [
        disc(left + m.px(2), y + m.px(4), m.px(2), palette.fade(palette.PARTICLE, 0.7)),
        disc(left + m.px(9), y - m.px(3), m.px(3), palette.SPARK),
        disc(left + m.px(16), y + m.px(2), m.px(2.4), palette.fade(palette.PARTICLE, 0.85)),
        view.middle(left + m.px(28), y, text, SMALL, color),
    ]
    if not recorded:
        return shapes, [], x + width
    rect = Rect(x, y - m.px(30), width, m.px(60))
    long, action = view.text("strip.magnitude.long"), change(magnitude_scale=other)
    return shapes, [Widget("strip.magnitude", "button", rect, text, long, action)], x + width


def _attention(view: View, x: float, y: float, room: float) -> Piece:
    """The ramp of the attention overlay with its ends; pressing it takes the next scale."""
    m, scale = view.metrics, view.state.attention_scale
    low, high, note = "0", _high(view), view.text(f"strip.attention.{scale}")
    ends = view.width(low, TICK) + view.width(high, TICK)
    fixed = m.px(10 + 14 + 8 + TRACK + 8 + 14 + 16) + ends
    spelled = fixed + view.width(note, SMALL) + view.width("“”…", LABEL) < room
    fixed += view.width(note, SMALL) if spelled else 0.0
    full = view.text("strip.attention.name", word=_word(view) or "")
    name = view.fit(full, LABEL, room - fixed)
    start, x = x, x + m.px(10)
    shapes: list[Shape] = [view.middle(x, y, name, LABEL, palette.MEANING)]
    x += view.width(name, LABEL) + m.px(14)
    shapes.append(view.middle(x, y, low, TICK, palette.MUTED))
    x += view.width(low, TICK) + m.px(8)
    shapes.append(RampBar(Rect(round(x), y - m.px(6), m.px(TRACK), m.px(12)), "warm"))
    x += m.px(TRACK) + m.px(8)
    shapes.append(view.middle(x, y, high, TICK, palette.MUTED))
    x += view.width(high, TICK) + m.px(14)
    if spelled:
        color = palette.INK if view.warm("strip.attention") else palette.MUTED
        shapes.append(view.middle(x, y, note, SMALL, color))
        x += view.width(note, SMALL) + m.px(16)
    rect = Rect(start, y - m.px(30), x - start, m.px(60))
    following = SCALES[(SCALES.index(scale) + 1) % len(SCALES)]
    long, action = view.text("strip.attention.long"), change(attention_scale=following)
    widget = Widget("strip.attention", "button", rect, f"{full}: {note}", long, action)
    return shapes, [widget], x


def _high(view: View) -> str:
    """What the bright end of the attention ramp stands for."""
    scale = view.state.attention_scale
    if scale == "unit":
        return "1"
    if scale == "map":
        return view.text("strip.attention.map_high")
    array = None if view.record is None else view.record.array("attention")
    known = array is not None and array.scale_p995 is not None
    return f"{array.scale_p995:.2f}" if array and known else view.texts.get("number.not_recorded")


def _split(view: View, x: float, y: float, room: float) -> Piece:
    """The split view, and its divider while it is open."""
    m, split = view.metrics, view.state.split
    on = split is not None
    shapes, widget = chip(
        view, "strip.split", x, y, view.text("strip.split.name"), change(split=None if on else 0.5),
        on=on, style=SMALL, description=view.text("strip.split.long"),
    )  # fmt: skip
    start, x = x, widget.rect.right
    if split is None:
        return shapes, [widget], x
    noisy, clean = view.text("strip.split.noisy"), view.text("strip.split.clean")
    ends = view.width(noisy, SMALL) + view.width(clean, SMALL)
    if x - start + m.px(TRACK + 54) + ends > room:
        noisy = clean = ""
    left = x + view.width(noisy, SMALL) + m.px(20)
    right = left + m.px(TRACK)
    now = left + (right - left) * split
    shapes += [
        view.middle(x, y, noisy, SMALL, palette.DIM),
        Line(((left, y), (right, y)), max(m.px(4), 1.0), palette.TRACK),
        disc(now, y, m.px(10), palette.SOLID),
        Box(Rect.around(now, y, m.px(8), m.px(24)), m.px(4), palette.INK),
        view.middle(right + m.px(20), y, clean, SMALL, palette.DIM),
    ]
    slide = Slide(("split",), 0.0, 1.0, left, right, split, 0.05)
    rect = Rect(left - m.px(16), y - m.px(30), right - left + m.px(32), m.px(60))
    slider = Widget("strip.divider", "slider", rect, view.text("strip.split.divider"), slide=slide)
    return shapes, [widget, slider], right + m.px(34) + view.width(clean, SMALL)


def _decoded(view: View, x: float, y: float, room: float) -> Piece:
    """Latent channels or their decoded view."""
    shapes, widget = chip(
        view, "strip.decoded", x, y, view.text("strip.decoded.name"),
        change(decoded=not view.state.decoded), on=view.state.decoded, style=SMALL,
        description=view.text("strip.decoded.long"),
    )  # fmt: skip
    return shapes, [widget], widget.rect.right


def _costs(view: View, x: float, y: float, room: float) -> Piece:
    """What the light of the rooms shows while the cost meter is on; pressing it takes the next kind."""
    m, kind = view.metrics, view.state.cost or "flops"
    note = view.text("strip.cost.most")
    ends = view.width("0", TICK) + view.width(note, SMALL)
    fixed = m.px(10 + 14 + 8 + TRACK + 8 + 16) + ends
    full = view.text(f"strip.cost.{kind}")
    name = view.fit(full, LABEL, room - fixed)
    start, x = x, x + m.px(10)
    shapes: list[Shape] = [view.middle(x, y, name, LABEL, palette.INK)]
    x += view.width(name, LABEL) + m.px(14)
    shapes.append(view.middle(x, y, "0", TICK, palette.MUTED))
    x += view.width("0", TICK) + m.px(8)
    shapes.append(RampBar(Rect(round(x), y - m.px(6), m.px(TRACK), m.px(12)), "deep"))
    x += m.px(TRACK) + m.px(8)
    shapes.append(view.middle(x, y, note, SMALL, palette.MUTED))
    x += view.width(note, SMALL) + m.px(16)
    rect = Rect(start, y - m.px(30), x - start, m.px(60))
    following = KINDS[(KINDS.index(kind) + 1) % len(KINDS)]
    action = change(cost=following, selection="cost")
    long = view.text("strip.cost.long")
    return shapes, [Widget("strip.costs", "button", rect, full, long, action)], x


def _meter(view: View, x: float, y: float, room: float) -> Piece:
    """The cost meter, on or off."""
    on = view.state.cost is not None
    shut = None if view.state.selection == "cost" else view.state.selection
    action = change(cost=None, selection=shut) if on else change(cost="flops", selection="cost")
    shapes, widget = chip(
        view, "strip.meter", x, y, view.text("strip.cost.name"), action, on=on, style=SMALL,
        description=view.text("strip.cost.long"),
    )  # fmt: skip
    return shapes, [widget], widget.rect.right


def _track(view: View, x: float, y: float, room: float) -> Piece:
    """The concept track, open or closed."""
    on = view.state.track
    shapes, widget = chip(
        view, "strip.track", x, y, view.text("strip.track.name"), change(track=not on), on=on,
        style=SMALL, description=view.text("track.long"),
    )  # fmt: skip
    return shapes, [widget], widget.rect.right
