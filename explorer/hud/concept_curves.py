"""What the concept track draws once it may be seen: a word's curve over the steps, and signal to noise."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.geometry import Point, Rect
from explorer.hud.metrics import SMALL, TICK
from explorer.hud.shapes import Align, Box, Line, Shape, disc
from explorer.hud.view import View
from explorer.story.emergence import Row, half, signal
from explorer.story.record import Series

BAR, CONTROL = 0.34, 0.20
"""How strong the bars of words and of controls are."""


def draw_curve(view: View, row: Row, lane: Rect) -> list[Shape]:
    """Bars under the curve, the parts of settling as fine lines, a mark where the word counts as there."""
    m = view.metrics
    color = palette.MUTED if row.control else palette.MEANING
    shapes: list[Shape] = []
    points = _points(lane, row.values)
    fill = palette.fade(color, CONTROL if row.control else BAR)
    pitch, last = lane.width / max(len(row.values) - 1, 1), len(row.values) - 1
    edges = [round(lane.x + pitch * (i - 0.5)) for i in range(len(row.values) + 1)]
    edges[0], edges[-1] = round(lane.x), round(lane.right)
    for i, value in enumerate(row.values if last > 0 else ()):  # one bar a recorded step
        if value is not None:
            top = lane.bottom - lane.height * min(max(value, 0.0), 1.0)
            wide, high = edges[i + 1] - edges[i], lane.bottom - top
            shapes.append(Box(Rect(edges[i], top, wide, high), 0, fill))
    if not row.control:
        for part in row.components:
            line = _points(lane, part)
            if len(line) > 1:
                shapes.append(
                    Line(tuple(line), max(m.px(1), 1.0), palette.fade(palette.MACHINE, 0.55))
                )
    if len(points) > 1:
        shapes.append(Line(tuple(points), max(m.px(2), 1.0), color))
    if row.step is not None and not row.control:
        x = lane.x + lane.width * row.step / max(len(row.values) - 1, 1)
        shapes.append(Line(((x, lane.y), (x, lane.bottom)), max(m.px(2), 1.0), palette.INK))
        shapes.append(disc(x, lane.y + m.px(2), m.px(5), palette.INK))
    return shapes


def _points(lane: Rect, values: Series) -> list[Point]:
    """A curve of values 0..1 in a lane; what was not recorded is passed over."""
    last = max(len(values) - 1, 1)
    return [
        (lane.x + lane.width * i / last, lane.bottom - lane.height * min(max(v, 0.0), 1.0))
        for i, v in enumerate(values)
        if v is not None
    ]


def draw_signal(view: View, left: float, foot: Rect) -> list[Shape]:
    """Signal to noise on a logarithmic scale, and where picture and noise are even; named from `left` on."""
    m, record = view.metrics, view.record
    assert record is not None
    values = signal(record)
    known = [v for v in values if v is not None]
    y = foot.centre[1]
    name = view.fit(view.text("track.signal"), SMALL, foot.x - left - m.px(24))
    shapes: list[Shape] = [view.middle(left, y, name, SMALL, palette.MUTED)]
    if len(known) < 2:
        return shapes
    low, high = min(known), max(known)
    span = max(high - low, 1e-6)
    scaled = tuple(None if v is None else (v - low) / span for v in values)
    shapes.append(Line(tuple(_points(foot, scaled)), max(m.px(2), 1.0), palette.MACHINE))
    even = half(record)
    if even is not None and low < 0 < high:
        height = foot.bottom - foot.height * (0 - low) / span
        ends = ((foot.x, height), (foot.right, height))
        shapes.append(Line(ends, max(m.px(1), 1.0), palette.RULE))
        x = foot.x + foot.width * even / max(len(values) - 1, 1)
        shapes.append(disc(x, height, m.px(4), palette.MACHINE))
        text = view.text("track.even", step=even + 1)
        room_left = x - foot.x > view.width(text, TICK) + m.px(16)
        at = x - m.px(10) if room_left else x + m.px(10)
        align: Align = "right" if room_left else "left"
        shapes.append(view.label(at, height - m.px(7), text, TICK, palette.MUTED, align))
    for value, at in ((high, foot.y), (low, foot.bottom)):
        ratio = 10**value
        text = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"
        shapes.append(view.middle(foot.right + m.px(14), at, text, TICK, palette.DIM))
    return shapes
