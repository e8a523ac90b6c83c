"""Rooms as lanterns: a light floor, slim columns, a deep roof with a lantern, and a dark wall that carries the data."""

from __future__ import annotations

from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, scaled
from explorer.world.valley import FLOOR, FORECOURT, Room

COVE = (0.62, 0.85, 1.0)


def build_room(mesh: Mesh, lights: Lights, room: Room, unit: int, palette: Palette) -> None:
    """One unit's pavilion in its own frame (origin: middle of the front, on the floor)."""
    w, d, h = room.width / 2, room.depth, room.height
    floor = scaled(palette.dark, 1.4)
    with mesh.at(room.frame, unit):
        _floor(mesh, w, d, floor, palette, room)
        _shell(mesh, w, d, h, palette)
        _roof(mesh, w, d, h, palette)
        _columns(mesh, w, d, h, palette)
        if room.kind == "attention":
            _bench(mesh, palette)
    frame = room.frame
    glow = min(1.25 * room.wall[0] * room.wall[1] * room.tile**2 / 30, 2.2)
    for i in range(max(2, round(room.width / 4))):
        x = -w + (i + 0.5) * room.width / max(2, round(room.width / 4))
        for z in (0.3, 0.7):
            lights.add((x, d - 1.1, h * z), cool=glow, frame=frame)
        lights.add((x, 0.2, h - 0.9), warm=0.14, cool=0.20, frame=frame)
    lights.add((0.0, -1.5, 1.2), warm=0.4, cool=0.5, frame=frame)
    lights.halo((0.0, d * 0.4, h * 0.5), room.width * 1.25, (0.10, 0.28, 0.42), 0.11, frame=frame)


def _floor(
    mesh: Mesh, w: float, d: float, floor: tuple[float, float, float], palette: Palette, room: Room
) -> None:
    mesh.box(
        (-w - 1.0, -FORECOURT, -0.6), (w + 1.0, d + 0.8, 0.0), floor,
        top=Material.POLISHED, split=1.6, faces="tfrkl",
    )  # fmt: skip
    lip = 0.09
    mesh.box(
        (-w - 1.02, -FORECOURT - 0.06, -0.24), (w + 1.02, -FORECOURT, -0.24 + lip), palette.machine,
        glow=1.15, faces="tf",
    )  # fmt: skip


def _shell(mesh: Mesh, w: float, d: float, h: float, palette: Palette) -> None:
    dark, concrete = scaled(palette.dark, 0.85), palette.concrete
    mesh.box((-w - 0.3, d, 0.0), (w + 0.3, d + 0.5, h), dark, ao=0.75, faces="fk", split=1.8)
    for side in (-1, 1):
        x0, x1 = sorted((side * w, side * (w + 0.4)))
        mesh.box(
            (x0, 1.4, 0.0), (x1, d + 0.5, h), scaled(concrete, 0.8), ao=0.8, split=1.6, faces="fklr"
        )
    # coves: one line of light above and one below the wall
    mesh.box(
        (-w + 0.25, d - 0.5, h - 0.16), (w - 0.25, d - 0.38, h - 0.08), COVE, glow=1.35, faces="fb"
    )
    mesh.box((-w + 0.25, d - 0.3, 0.0), (w - 0.25, d - 0.2, 0.05), COVE, glow=1.1, faces="tf")


def _roof(mesh: Mesh, w: float, d: float, h: float, palette: Palette) -> None:
    concrete = palette.concrete
    mesh.box(
        (-w - 1.2, -2.3, h), (w + 1.2, d + 1.1, h + 0.42), scaled(concrete, 0.85),
        ao=0.95, foot=0.8, split=1.8,
    )  # fmt: skip
    mesh.box(
        (-w - 1.22, -2.35, h + 0.10),
        (w + 1.22, -2.3, h + 0.17),
        palette.machine,
        glow=0.8,
        faces="f",
    )
    # a raised lantern: beams end on it, and its strip glows with the unit's magnitude
    mesh.box(
        (-w + 1.2, 0.9, h + 0.42),
        (w - 1.2, d - 0.9, h + 1.5),
        scaled(concrete, 0.55),
        faces="tfrkl",
    )
    mesh.box(
        (-w + 1.1, 0.84, h + 0.62), (w - 1.1, 0.9, h + 1.32), palette.machine, glow=0.42, faces="f"
    )
    count = max(int(w), 2)
    for i in range(count):
        x = -w + (i + 0.5) * 2 * w / count
        mesh.box(
            (x - 0.11, -2.1, h - 0.36), (x + 0.11, d - 0.9, h), scaled(concrete, 0.7),
            ao=0.62, faces="bfrl", split=2.5,
        )  # fmt: skip


def _columns(mesh: Mesh, w: float, d: float, h: float, palette: Palette) -> None:
    """Slim columns at the corners only: nothing stands between a visitor and the wall."""
    for x in (-w - 0.1, w + 0.1):
        for y in (-1.9, 0.4):
            mesh.box(
                (x - 0.09, y - 0.09, 0.0), (x + 0.09, y + 0.09, h), palette.metal, faces="frkl"
            )


def _bench(mesh: Mesh, palette: Palette) -> None:
    mesh.box((-1.5, -1.4, 0.0), (1.5, -0.85, 0.44), (0.30, 0.25, 0.21), faces="tfrkl", split=1.2)


__all__ = ["FLOOR", "build_room"]
