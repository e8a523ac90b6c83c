"""Names on the rooms' walls, captions under canvases, and the Clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import panda3d.core as p3d

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.ask import Ask
from explorer.story.record import Record
from explorer.story.rooms import unit_title
from explorer.story.texts import Texts
from explorer.view.exhibits import CANVAS_COLUMNS, wall_top
from explorer.view.flows import additive
from explorer.view.lettering import Line, letter, wrapped
from explorer.view.mesh import make_geom, make_node
from explorer.view.palette import Palette, linear
from explorer.view.shaders import load_shader
from explorer.world import stations as kinds
from explorer.world.places import NOTICE, Places
from explorer.world.valley import Frame, Valley

MUTED, NOTICED = (150, 178, 212), (206, 220, 242)
ARRAYS = {"x_t": ("x_t", "steps"), "noise": ("eps", "noise"), "x0": ("predicted",)}
"""Canvas → arrays that it can show."""


def make_signs(valley: Valley, places: Places, pack: Pack, texts: Texts) -> p3d.NodePath:
    """Every label that depends on the run, as one Geom."""
    lines: list[Line] = []
    features = {r.id: r for r in pack.array("features").units} if pack.has("features") else {}
    ask = Ask(State(), Record(pack, pack.architecture), texts)
    units = {u.id: u for u in pack.architecture.units}
    for room in valley.rooms:
        unit, rect = units.get(room.unit), features.get(room.unit)
        if unit is None:
            continue
        top = wall_top(room, len(rect.channels) if rect else 0)
        left = -room.width / 2 + 0.7
        place = Frame(room.frame.to_world((left, room.depth - 0.06, top + 0.42)), room.frame.yaw)
        below = Frame(room.frame.to_world((left, room.depth - 0.06, top + 0.14)), room.frame.yaw)
        lines.append(Line(unit_title(ask, unit), place, 0.25))
        if rect:
            shown = min(len(rect.channels), room.wall[0] * room.wall[1])
            channels, height, width = unit.output
            subtitle = texts.get(
                "sign.wall", shown=shown, channels=channels, height=height, width=width
            )
        else:
            subtitle = texts.get("sign.not_recorded")
        lines.append(Line(subtitle, below, 0.12, MUTED, "Inter-Regular", pixels=28))
    for station, frame in places.others:
        if station.text and isinstance(station, kinds.Sign | kinds.Billboard):
            size = station.size * station.scale * (1.0 if isinstance(station, kinds.Sign) else 0.2)
            up = 0.0 if isinstance(station, kinds.Sign) else station.size * 0.5
            place = Frame(frame.to_world((0.0, 0.0, up)), frame.yaw)
            lines.append(Line(texts.get(station.text), place, size, align="centre"))
        elif isinstance(station, kinds.Notice):
            lines += _notice(station, frame, texts, recorded=bool(pack.steps))
    for canvas in places.canvases:
        if canvas.batch:
            continue
        at = canvas.frame.to_world(
            (-canvas.size / 2, -0.02, -canvas.size / 2 - canvas.border - 0.62)
        )
        if not any(pack.has(name) for name in ARRAYS.get(canvas.shows, ())):
            middle = Frame(canvas.frame.to_world((0.0, -0.05, 0.0)), canvas.frame.yaw)
            said = texts.get("sign.not_recorded")
            lines.append(Line(said, middle, 0.07 * canvas.size, MUTED, align="centre"))
        lines.append(
            Line(
                texts.get(f"sign.{canvas.shows}"),
                Frame(at, canvas.frame.yaw),
                0.30,
                (255, 230, 196),
            )
        )
    return letter("signs", lines)


def _notice(station: kinds.Notice, frame: Frame, texts: Texts, *, recorded: bool) -> Iterator[Line]:
    """Title, and the sentences in as many lines as they need; others, where there are any, without a run."""
    key = f"{station.text}.look"
    said = texts.get(key) if recorded else texts.first(f"{station.text}.structure", key)
    size, left = station.size * station.scale, -station.width / 2 + 0.1
    z = NOTICE - 0.06 - 1.6 * size
    yield Line(texts.get(f"{station.text}.title"), Frame(frame.to_world((left, -0.03, z)), frame.yaw), 1.35 * size,
               font="InterDisplay-SemiBold")  # fmt: skip
    for i, row in enumerate(wrapped(said, size, station.width - 0.2)):
        at = frame.to_world((left, -0.03, z - (2.1 + 1.62 * i) * size))
        yield Line(row, Frame(at, frame.yaw), size, NOTICED, "Inter-Medium")


def make_clock(places: Places, palette: Palette) -> p3d.NodePath:
    """One quad whose shader draws a tick per step of the run."""
    if places.clock is None:
        return p3d.NodePath("clock")
    clock, frame = places.clock
    r = clock.radius * clock.scale
    rows = [
        (*frame.to_world((x * r, 0.0, z * r)), (x + 1) / 2, (z + 1) / 2)
        for x, z in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    geom = make_geom(
        np.array(rows, np.float32), np.array((0, 1, 2, 0, 2, 3), np.uint32), CANVAS_COLUMNS
    )
    node = p3d.NodePath(make_node("clock", geom))
    node.set_shader(load_shader("canvas.vert", "clock.frag"))
    warm = linear(clock.colour) if clock.colour else palette.meaning
    node.set_shader_inputs(warm=p3d.LVecBase3f(*warm), cool=p3d.LVecBase3f(*palette.machine))
    additive(node, 12)
    return node
