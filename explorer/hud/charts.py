"""Charts of a reading panel besides curves: shares as bars, a whole as areas, a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.hud import palette
from explorer.hud.geometry import Rect
from explorer.hud.metrics import SMALL, TICK
from explorer.hud.palette import Color
from explorer.hud.plot import draw_plot, draw_slider, number
from explorer.hud.shapes import Box, Line, Polygon, Shape
from explorer.hud.view import View
from explorer.hud.widget import Widget, change
from explorer.story.panel import Bars, Chart, Plot, Profile, Tile, Treemap
from explorer.story.ramps import ramp

ROW, LEAST_ROW = 25, 19
PLOT, TREEMAP, PROFILE = 164, 292, 164
"""Heights where there is room for all of it, reference pixels."""
LEAST = 84
"""Height of a treemap or a profile where there is hardly any."""

Drawn = tuple[list[Shape], list[Widget]]


def chart_height(view: View, chart: Chart, plot: float) -> float:
    """How high a chart is, pixels; `plot` is what a curve gets, and others give way as far as it does."""
    m = view.metrics
    less = m.px(PLOT) - plot
    match chart:
        case Plot():
            return plot + m.tx(30)
        case Bars():
            return max(m.tx(ROW) * len(chart.rows) - less, m.tx(LEAST_ROW) * len(chart.rows))
        case Treemap():
            return max(m.px(TREEMAP) - less, m.px(LEAST))
        case Profile():
            return max(m.px(PROFILE) - less, m.px(LEAST)) + m.tx(30)


def draw_chart(view: View, chart: Chart, rect: Rect) -> Drawn:
    """Shapes of a chart inside `rect`, and what of it can be pressed."""
    match chart:
        case Plot():
            drawn, pressed = draw_slider(view, chart, rect)
            return [*draw_plot(view, chart, rect), *drawn], pressed
        case Bars():
            return _bars(view, chart, rect), []
        case Treemap():
            return _treemap(view, chart, rect)
        case Profile():
            return _profile(view, chart, rect), []


def _bars(view: View, chart: Bars, rect: Rect) -> list[Shape]:
    """One line a row: name, bar on a quiet track, number."""
    m = view.metrics
    names = [view.fit(row.label, SMALL, rect.width * 0.36) for row in chart.rows]
    values = [number(row.value) for row in chart.rows]
    left = rect.x + max((view.width(n, SMALL) for n in names), default=0.0) + m.px(14)
    right = rect.right - max((view.width(v, TICK) for v in values), default=0.0) - m.px(14)
    thick = m.px(10)
    shapes: list[Shape] = []
    for i, (row, name, value) in enumerate(zip(chart.rows, names, values, strict=True)):
        y = rect.y + rect.height / len(chart.rows) * (i + 0.5)
        color = palette.MEANING if row.warm else palette.MUTED
        shapes.append(view.middle(rect.x, y, name, SMALL, palette.INK if row.warm else color))
        shapes.append(Box(Rect(left, y - thick / 2, right - left, thick), thick / 2, palette.RULE))
        share = min(max(row.value / max(chart.high, 1e-12), 0.0), 1.0)
        long = (right - left) * share
        if long >= 1.0:
            bar = Rect(left, y - thick / 2, max(long, m.px(3)), thick)
            shapes.append(Box(bar, min(thick, bar.width) / 2, color))
        if row.value > chart.high * 1.001:  # it goes on beyond the scale: a gap says so
            cut = Rect(right - m.px(16), y - thick / 2 - 1, m.px(4), thick + 2)
            shapes.append(Box(cut, 1.0, palette.SOLID))
        shapes.append(view.middle(rect.right, y, value, TICK, color, "right"))
    return shapes


def _profile(view: View, chart: Profile, rect: Rect) -> list[Shape]:
    """Thin bars up and down from zero."""
    m = view.metrics
    names = [number(chart.high), "0", number(chart.low)]
    gutter = max(view.width(n, TICK) for n in names) + m.px(12)
    area = Rect(rect.x + gutter, rect.y, rect.width - gutter, rect.height - m.tx(30))
    span = max(chart.high - chart.low, 1e-12)
    hair = max(m.px(1), 1.0)
    shapes: list[Shape] = []
    for name, value in zip(names, (chart.high, 0.0, chart.low), strict=True):
        y = round(area.bottom - area.height * (value - chart.low) / span) + 0.5
        shapes.append(Line(((area.x, y), (area.right, y)), hair, palette.RULE))
        shapes.append(view.middle(area.x - m.px(12), y, name, TICK, palette.DIM, "right"))
    zero = area.bottom + area.height * chart.low / span
    step = area.width / max(len(chart.values), 1)
    for i, value in enumerate(chart.values):
        top = (
            area.bottom - area.height * (min(max(value, chart.low), chart.high) - chart.low) / span
        )
        x = area.x + step * i
        low, high = min(top, zero), max(top, zero)
        wide = max(step * 0.68, 1.0)
        corners = ((x, low), (x + wide, low), (x + wide, high + 1), (x, high + 1))
        shapes.append(Polygon(corners, palette.MEANING if value > 0 else palette.MACHINE))
    base = rect.bottom - m.tx(4)
    shapes.append(view.label(area.x, base, chart.first, TICK, palette.DIM))
    shapes.append(view.label(area.right, base, chart.last, TICK, palette.DIM, "right"))
    return shapes


def _treemap(view: View, chart: Treemap, rect: Rect) -> Drawn:
    """Groups beside one another as wide as what they hold; in a group, tiles as large as their share."""
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    groups = [(sum(t.share for t in g), g) for g in chart.groups if g]
    gap = m.px(6)
    room = rect.width - gap * max(len(groups) - 1, 0)
    whole = sum(share for share, _ in groups) or 1.0
    x = rect.x
    for share, group in groups:
        wide = room * share / whole
        for tile, place in zip(
            group,
            squarify([t.share for t in group], Rect(x, rect.y, wide, rect.height)),
            strict=True,
        ):
            drawn, pressed = _tile(view, tile, place.inset(min(m.px(1), place.width / 4)))
            shapes += drawn
            widgets += pressed
        x += wide + gap
    return shapes, widgets


def _tile(view: View, tile: Tile, rect: Rect) -> Drawn:
    m = view.metrics
    name = f"reading_body.{tile.id}"
    back = heat_color(tile.heat)
    ink = max((palette.SOLID, palette.INK), key=lambda c: palette.contrast(c, back))
    radius = min(m.px(4), rect.width / 3, rect.height / 3)
    shapes: list[Shape] = [Box(rect, radius, back)]
    framed = bool(tile.id) and (view.warm(name) or view.state.selection == tile.id)
    if framed and min(rect.width, rect.height) > m.px(14):
        shapes.append(Box(rect, radius, edge=palette.MEANING, edge_width=max(m.px(3), 1.0)))
    pad, room = m.px(8), rect.width - 2 * m.px(8)
    if room >= view.width(tile.value, TICK) and rect.height >= m.tx(24):
        label = next((n for n in (tile.label, tile.short) if view.width(n, TICK) <= room), "")
        if rect.height >= m.tx(46) and label:
            shapes.append(view.label(rect.x + pad, rect.y + m.tx(20), label, TICK, ink))
            shapes.append(view.label(rect.x + pad, rect.y + m.tx(40), tile.value, TICK, ink))
        else:
            shapes.append(view.label(rect.x + pad, rect.y + m.tx(20), tile.value, TICK, ink))
    if not tile.id or min(rect.width, rect.height) < view.finger:  # a kiosk's finger needs more
        return shapes, []
    action = change(selection=tile.id)
    return shapes, [Widget(name, "button", rect, tile.label, tile.value, action=action)]


def heat_color(heat: float) -> Color:
    """The colour of a share of the hottest, on the ramp of the feature maps without its darkest end."""
    table = ramp("deep", 256)
    r, g, b = (int(v) / 255 for v in table[int(30 + 215 * min(max(heat, 0.0), 1.0))])
    return (r, g, b, 1.0)


def squarify(shares: Sequence[float], rect: Rect) -> list[Rect]:
    """Rectangles with areas in proportion to `shares`, filling `rect`, none thinner than need be.

    Splits the list where both halves come closest to the same size, along the longer side; order is kept.
    """
    if len(shares) <= 1:
        return [rect] * len(shares)
    total = sum(shares) or 1.0
    best, at, so_far = float("inf"), 1, 0.0
    for i, share in enumerate(shares[:-1], 1):
        so_far += share
        if abs(so_far - total / 2) < best:
            best, at = abs(so_far - total / 2), i
    part = sum(shares[:at]) / total
    if rect.width >= rect.height:
        a = Rect(rect.x, rect.y, rect.width * part, rect.height)
        b = Rect(a.right, rect.y, rect.width - a.width, rect.height)
    else:
        a = Rect(rect.x, rect.y, rect.width, rect.height * part)
        b = Rect(rect.x, a.bottom, rect.width, rect.height - a.height)
    return squarify(shares[:at], a) + squarify(shares[at:], b)
