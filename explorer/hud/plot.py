"""A small plot: three grid lines, the past bright, the future dim, now an amber dot with its value."""

from __future__ import annotations

from explorer.hud import palette
from explorer.hud.geometry import Point, Rect
from explorer.hud.metrics import NUMBER, TICK
from explorer.hud.shapes import Line, Shape, disc
from explorer.hud.view import View
from explorer.hud.widget import Slide, Widget
from explorer.story.panel import Plot


def draw_plot(view: View, plot: Plot, rect: Rect) -> list[Shape]:
    """Shapes of `plot` with its ticks inside `rect`."""
    m = view.metrics
    ticks = [plot.low + (plot.high - plot.low) * share for share in (0.0, 0.5, 1.0)]
    names = [tick(value, plot.high - plot.low) for value in ticks]
    area = plot_area(view, plot, rect)
    hair = max(m.px(1), 1.0)
    shapes: list[Shape] = []
    for share, name in zip((0.0, 0.5, 1.0), names, strict=True):
        y = round(area.bottom - area.height * share) + 0.5
        shapes.append(Line(((area.x, y), (area.right, y)), hair, palette.RULE))
        shapes.append(view.middle(area.x - m.px(12), y, name, TICK, palette.DIM, "right"))
    count = len(plot.values)
    points = [_place(plot, area, index, value, count) for index, value in enumerate(plot.values)]
    shapes += _curve(points, plot.present, m.scale)
    base = rect.bottom - m.tx(4)
    first, last = plot.first or view.text("plot.first"), plot.last or str(count)
    shapes.append(view.label(area.x, base, first, TICK, palette.DIM))
    shapes.append(view.label(area.right, base, last, TICK, palette.DIM, "right"))
    here = points[plot.present] if plot.present < count else None
    if here is not None and plot.value is not None:
        curve = [p for p in points if p is not None]
        shapes += _present(view, area, here, number(plot.value), curve)
    return shapes


def plot_area(view: View, plot: Plot, rect: Rect) -> Rect:
    """Where the curve itself lies: right of the numbers, above the names of the ends."""
    m = view.metrics
    names = [
        tick(v, plot.high - plot.low) for v in (plot.low, (plot.low + plot.high) / 2, plot.high)
    ]
    gutter = max(view.width(name, TICK) for name in names) + m.px(12)
    return Rect(rect.x + gutter, rect.y, rect.width - gutter, rect.height - m.tx(30))


def draw_slider(view: View, plot: Plot, rect: Rect) -> tuple[list[Shape], list[Widget]]:
    """A handle under the dot of a plot that is dragged: the whole plot takes the finger."""
    if plot.moves is None:
        return [], []
    m, area, last = view.metrics, plot_area(view, plot, rect), max(len(plot.values) - 1, 1)
    x = area.x + area.width * plot.present / last
    name = "reading_body.slider"
    hot = view.warm(name)
    color = palette.INK if hot else palette.MEANING
    shapes: list[Shape] = [
        Line(
            ((area.x, area.bottom), (area.right, area.bottom)), max(m.px(3), 1.0), palette.MACHINE
        ),
        disc(x, area.bottom, m.px(14), palette.SOLID),
        disc(x, area.bottom, m.px(11), color),
    ]
    slide = Slide(
        (plot.moves,),
        0.0,
        float(last),
        area.x,
        area.right,
        float(plot.present),
        1.0,
        settle=plot.moves,
    )
    reach = m.px(20)
    whole = Rect(area.x - reach, rect.y, area.width + 2 * reach, rect.height)
    return shapes, [Widget(name, "slider", whole, plot.named, plot.title, slide=slide)]


def _place(plot: Plot, area: Rect, index: int, value: float | None, count: int) -> Point | None:
    if value is None:
        return None
    share = (value - plot.low) / max(plot.high - plot.low, 1e-12)
    share = min(max(share, 0.0), 1.0)
    return (area.x + area.width * index / max(count - 1, 1), area.bottom - area.height * share)


def _curve(points: list[Point | None], present: int, scale: float) -> list[Shape]:
    """The curve in pieces: it breaks where a step was not recorded."""
    shapes: list[Shape] = []
    future = palette.fade(palette.MACHINE, 0.42)
    spans = (
        (present, len(points), 2.4, future),
        (0, present + 1, 3.0, palette.MACHINE),
    )
    for first, last, width, color in spans:
        piece: list[Point] = []
        for point in [*points[first:last], None]:
            if point is not None:
                piece.append(point)
                continue
            if len(piece) > 1:
                shapes.append(Line(tuple(piece), max(width * scale, 1.2), color))
            piece = []
    return shapes


def _present(view: View, area: Rect, here: Point, text: str, curve: list[Point]) -> list[Shape]:
    """Dot, upright and value."""
    m = view.metrics
    x, y = here
    upright = ((round(x) + 0.5, area.y), (round(x) + 0.5, area.bottom))
    box = _beside(area, here, (view.width(text, NUMBER), m.size(NUMBER) * 0.74), m.px(13), curve)
    return [
        Line(upright, max(m.px(1), 1.0), palette.fade(palette.MEANING, 0.38)),
        disc(x, y, m.px(9), palette.SOLID),
        disc(x, y, m.px(6.5), palette.MEANING),
        view.label(box.x, box.bottom, text, NUMBER, palette.MEANING),
    ]


def _beside(
    area: Rect, here: Point, size: tuple[float, float], gap: float, curve: list[Point]
) -> Rect:
    """A place for the value near its dot, best one that the curve does not cross."""
    x, y = here
    width, height = size
    places = [
        Rect(
            x + gap if right else x - gap - width,
            y - gap - height if up else y + gap,
            width,
            height,
        )
        for right, up in ((True, True), (True, False), (False, True), (False, False))
    ]
    inside = [p for p in places if p.x >= area.x and p.right <= area.right]
    inside = [p for p in inside if p.y >= area.y - gap and p.bottom <= area.bottom - 2] or places
    near = [q for q in curve if abs(q[0] - x) < width + 2 * gap]
    free = [p for p in inside if not _crossed(p.inset(-gap / 3), near)]
    return (free or inside)[0]


def _crossed(box: Rect, curve: list[Point]) -> bool:
    return any(box.contains(*point) for point in curve)


def tick(value: float, span: float) -> str:
    """An axis number with no more digits than the axis needs."""
    digits = 0 if span >= 20 else 1 if span >= 1 else 2 if span >= 0.1 else 3
    return f"{value:.{digits}f}"


def number(value: float) -> str:
    """A value in three significant digits, without exponents where people can read it."""
    size = abs(value)
    if size and not 1e-3 <= size < 1e5:
        return f"{value:.1e}"
    return (
        f"{value:.0f}"
        if size >= 100
        else f"{value:.1f}"
        if size >= 10
        else f"{value:.2f}"
        if size >= 0.1
        else f"{value:.3f}"
    )
