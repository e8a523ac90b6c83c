"""The valley from above: where one is, and where one can go with a click."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from math import cos, radians, sin

import msgspec

from explorer.hud import palette, prompt, sheet
from explorer.hud.geometry import Point, Rect
from explorer.hud.map_rows import MapRows
from explorer.hud.metrics import LABEL, SMALL
from explorer.hud.parts import panel
from explorer.hud.plan import EXHIBIT, Projection
from explorer.hud.shapes import Box, Icon, Line, Polygon, Shape, disc
from explorer.hud.view import MapPlan, Section, View
from explorer.hud.widget import Command, Widget, change

HEADING_STEP = 3.0
"""Degrees; a smaller turn does not redraw the map."""
HEAD, FOOT = 48, 32
"""Above and below the column of names."""
APART = 1.2
"""Least distance of two names in the column, by the size of the type."""


def placed(view: View) -> tuple[Rect, Rect]:
    """The map's panel and the part of it that the plan fills."""
    m, areas = view.metrics, view.areas
    if view.state.menu != "map" or view.plan is None:
        return areas.plan, areas.plan.inset(m.px(18))
    if (rows := _listed(view)) is not None:
        return rows.area, rows.plan
    top, high = _height(view)
    left = m.px(64) + view.width(view.text("map.long"), SMALL)
    names = [_place_name(view, name) for name, _ in view.plan.places]
    right = m.px(60) + max((view.width(name, LABEL) for name in names), default=0.0)
    tall = high - m.px(68) - m.px(36)
    plan = tall * view.plan.aspect
    wide = min(left + plan + right, areas.sheet.width)
    rect = Rect(areas.sheet.x, top, round(wide), high)
    inner = Rect(rect.x + left, top + m.px(68), wide - left - right, tall)
    return rect, inner


def _height(view: View) -> tuple[float, float]:
    """Top and height of the large map with a column of names."""
    top = prompt.beneath(view)
    return top, view.areas.sheet.bottom - top


def _listed(view: View) -> MapRows | None:
    """The large map with rows, while it is open: a kiosk's, or one whose names would lie over each other."""
    if view.state.menu != "map" or view.plan is None:
        return None
    m, count = view.metrics, len(view.plan.places)
    column = _height(view)[1] - m.px(HEAD + FOOT)
    if not view.finger and column >= max(count - 1, 0) * APART * m.size(LABEL):
        return None
    return MapRows.of(view, [_place_name(view, n) for n, _ in view.plan.places], view.plan.aspect)


def _place_name(view: View, name: str) -> str:
    name = name.removeprefix(EXHIBIT)
    return view.texts.first(f"hud.map.place.{name}", "hud.map.place_any", name=name)


def _shown(view: View) -> bool:
    """The small map gives way to a long prompt in large type."""
    if view.plan is None or view.state.menu not in (None, "map"):
        return False
    if view.state.menu is None and (view.cleared or (view.finger and view.track_height)):
        return False
    return view.state.menu == "map" or prompt.bottom(view) < view.areas.plan.y


def key(view: View) -> Hashable:
    return (view.plan, view.state.menu, view.state.selection, view.cleared, view.touched("map"))


def build(view: View) -> Section:
    """Terraces as lines, bridges, rooms; every room and place can be pressed, where a pointer is fine enough."""
    if view.plan is None or not _shown(view):
        return Section()
    large = view.state.menu == "map"
    area, inner = placed(view)
    to = Projection(view.plan, inner)
    shapes: list[Shape] = panel(view, area)
    widgets: list[Widget] = []
    if large:
        shapes, closer = sheet.title(view, area, "map")
        widgets.append(closer)
        if (rows := _listed(view)) is not None:
            return _with_rows(view, view.plan, rows, [*shapes], closer)
        shapes += _legend(view, area)
    else:
        opens = change(menu="map")
        name, long = view.text("map.name"), view.text("map.long")
        widgets.append(Widget("map.open", "button", area, name, long, opens))
    shapes += _terrain(view, view.plan, to, large)
    drawn, rooms = _rooms(view, view.plan, to, large)
    marks, places = _places(view, view.plan, to, area, large)
    if view.finger:  # too small for one; the whole small map opens the large one
        rooms, places = [], []
    group = Widget(
        "map", "group", area, view.text("map.name"), children=(*widgets, *rooms, *places)
    )
    return Section((group,), (*shapes, *drawn, *marks), (area,))


def _with_rows(
    view: View, plan: MapPlan, listed: MapRows, shapes: list[Shape], closer: Widget
) -> Section:
    """What is pressed is a row, its place on the plan lights up."""
    m, to = view.metrics, Projection(plan, listed.plan)
    order = sorted(plan.places, key=lambda place: -place[1][1])
    if listed.plan.width:
        shapes += [*_terrain(view, plan, to, True), *_rooms(view, plan, to, True)[0]]
        for name, place in order:
            warm = view.warm(f"map.{name}")
            color = palette.INK if warm else palette.PLACE
            shapes.append(disc(*to(place), m.px(9 if warm else 5.5), color))
    drawn, rows = listed.draw(view, [(name, _place_name(view, name)) for name, _ in order])
    group = Widget("map", "group", listed.area, view.text("map.name"), children=(closer, *rows))
    return Section((group,), (*shapes, *drawn), (listed.area,))


def _terrain(view: View, plan: MapPlan, to: Projection, large: bool) -> list[Shape]:
    hair = max(view.metrics.px(2 if large else 1.4), 1.0)
    shapes: list[Shape] = []
    for curve in plan.outline:
        points = tuple(to(p) for p in curve)
        shapes.append(Line(points, hair, palette.fade(palette.LINE, 0.34), closed=True))
    for a, b in plan.bridges:
        shapes.append(Line((to(a), to(b)), hair, palette.fade(palette.LINE, 0.55)))
    return shapes


def _legend(view: View, area: Rect) -> list[Shape]:
    """What the signs of the large map mean."""
    m = view.metrics
    x, y = area.x + m.px(32), area.bottom - m.px(40) - 3 * m.tx(34)
    side = m.px(11)
    signs: tuple[tuple[str, Shape], ...] = (
        ("room", Box(Rect.around(x + side, y, side * 1.6, side), 1.0, palette.MACHINE)),
        ("bridge", Line(((x, y), (x + 2 * side, y)), max(m.px(2), 1.0), palette.LINE)),
        ("spot", disc(x + side, y, m.px(5.5), palette.PLACE)),
        ("you", Icon(Rect.around(x + side, y, m.px(20)), "here", palette.MEANING)),
    )
    shapes: list[Shape] = []
    for row, (name, sign) in enumerate(signs):
        down = row * m.tx(34)
        shapes.append(_moved(sign, down))
        text = view.text(f"map.sign.{name}")
        shapes.append(view.middle(x + 2 * side + m.px(14), y + down, text, SMALL, palette.MUTED))
    return shapes


def _moved(sign: Shape, down: float) -> Shape:
    if isinstance(sign, Line):
        return msgspec.structs.replace(sign, points=tuple((x, y + down) for x, y in sign.points))
    assert isinstance(sign, Box | Icon)
    return msgspec.structs.replace(sign, rect=sign.rect.moved(0, down))


def _rooms(
    view: View, plan: MapPlan, to: Projection, large: bool
) -> tuple[list[Shape], list[Widget]]:
    shapes: list[Shape] = []
    names: list[Shape] = []
    widgets: list[Widget] = []
    for room_id, label, corners in plan.rooms:
        widget_id = f"map.{room_id}"
        warm, chosen = view.warm(widget_id), view.state.selection == room_id
        color = palette.MEANING if chosen else palette.INK if warm else palette.MACHINE
        points = _grown(tuple(to(p) for p in corners), 1.15 if large else 1.35)
        shapes.append(Polygon(points, palette.fade(color, 1.0 if chosen or warm else 0.82)))
        widgets.append(
            _target(widget_id, points, view.metrics.px(28 if large else 16), label, room_id)
        )
        if warm and large:
            names += _name_tag(view, points, label)
    return [*shapes, *names], widgets


def _name_tag(view: View, points: tuple[Point, ...], label: str) -> list[Shape]:
    """A room's name beside it."""
    m = view.metrics
    x = max(p[0] for p in points) + m.px(18)
    y = sum(p[1] for p in points) / len(points)
    back = Rect(x, y, view.width(label, SMALL), 0).inset(-m.px(10), -m.tx(15))
    return [
        Box(back, back.height / 2, palette.fade(palette.SOLID, 0.92)),
        view.middle(x, y, label, SMALL, palette.INK),
    ]


def _places(
    view: View, plan: MapPlan, to: Projection, area: Rect, large: bool
) -> tuple[list[Shape], list[Widget]]:
    """Named places; on the large map their names stand in a column beside it."""
    m = view.metrics
    shapes: list[Shape] = []
    widgets: list[Widget] = []
    column = to((plan.bounds[2], 0.0))[0] + m.px(28)
    top, foot = area.y + m.px(HEAD), area.bottom - m.px(FOOT)
    rows = _rows([to(place)[1] for _, place in plan.places], m.px(44), top, foot)
    for (name, place), row in zip(plan.places, rows, strict=True):
        x, y = to(place)
        widget_id = f"map.{name}"
        warm = view.warm(widget_id)
        label = _place_name(view, name)
        color = palette.INK if warm else palette.PLACE
        points: tuple[Point, ...] = ((x, y),)
        if large:
            bend, end = (column - m.px(36), row), (column - m.px(8), row)
            shapes.append(Line(((x, y), bend, end), max(m.px(1), 1.0), palette.RULE))
            shapes.append(
                view.middle(column, row, label, LABEL, palette.INK if warm else palette.MUTED)
            )
            points = ((column, row - m.px(20)), (column + view.width(label, LABEL), row + m.px(20)))
            widgets.append(_target(f"{widget_id}.spot", ((x, y),), m.px(28), label, name))
        shapes.append(disc(x, y, m.px(5.5 if large else 3.4), color))
        widgets.append(_target(widget_id, points, m.px(40 if large else 18), label, name))
    return shapes, widgets


def _rows(wanted: list[float], pitch: float, low: float, high: float) -> list[float]:
    """Where names stand, from `low` to `high`: near to `wanted`, in its order, `pitch` apart if there is room."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    pitch = min(pitch, (high - low) / max(len(wanted) - 1, 1))
    rows = [min(max(y, low), high) for y in wanted]
    for _ in range(60):
        for a, b in pairwise(order):
            if (short := pitch - (rows[b] - rows[a])) > 0:
                rows[a] -= short / 2
                rows[b] += short / 2
    # what was pushed out comes back in, and pushes its neighbours
    for edge, names, sign in ((low, order, 1.0), (high, order[::-1], -1.0)):
        for i in names:
            rows[i] = max(rows[i] * sign, edge * sign) * sign
            edge = rows[i] + sign * pitch
    return rows


def _grown(points: tuple[Point, ...], factor: float) -> tuple[Point, ...]:
    """Points moved away from their middle, so that a room stays visible on a small map."""
    x, y = (sum(p[i] for p in points) / len(points) for i in (0, 1))
    return tuple((x + (u - x) * factor, y + (v - y) * factor) for u, v in points)


def _target(
    widget_id: str, points: tuple[Point, ...], least: float, label: str, where: str
) -> Widget:
    """A target around some points, at least `least` on a side."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    rect = Rect.around(
        (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2,
        max(max(xs) - min(xs), least), max(max(ys) - min(ys), least),
    )  # fmt: skip
    return Widget(widget_id, "button", rect, label, action=Command("teleport", where))


def marker_key(view: View) -> Hashable:
    """Steps of half a metre and a few degrees; less changes nothing."""
    pose = view.pose
    turn = round(pose.heading / HEADING_STEP)
    return (view.plan, view.state.menu, view.cleared, round(pose.x * 2), round(pose.y * 2), turn)


def build_marker(view: View) -> Section:
    """Where the visitor stands, as a small arrow."""
    if view.plan is None or not _shown(view):
        return Section()
    m = view.metrics
    area, inner = placed(view)
    if not inner.width:
        return Section()
    to = Projection(view.plan, inner)
    x, y = to((view.pose.x, view.pose.y))
    x = min(max(x, area.x + m.px(10)), area.right - m.px(10))
    y = min(max(y, area.y + m.px(10)), area.bottom - m.px(10))
    turn = -round(view.pose.heading / HEADING_STEP) * HEADING_STEP
    side = m.px(22)
    ahead = (sin(radians(turn)), -cos(radians(turn)))
    tip = (x + ahead[0] * m.px(26), y + ahead[1] * m.px(26))
    return Section(
        (),
        (
            Line(((x, y), tip), max(m.px(2), 1.0), palette.fade(palette.MEANING, 0.45)),
            disc(x, y, side / 2, palette.SOLID),
            Icon(Rect.around(x, y, side), "here", palette.MEANING, turn),
        ),
    )
