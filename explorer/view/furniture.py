"""Static geometry of stations: gallery, tower, jetty, lamps, benches, boxes, light lines, and the warm path of x_t."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, linear, scaled
from explorer.world import stations as kinds
from explorer.world.places import (
    LOOKOUT,
    NOTICE,
    NOTICE_FOOT,
    PLINTH,
    CanvasPlace,
    GalleryPlace,
    Places,
)
from explorer.world.valley import Frame, Valley, Vec3


def build_furniture(
    mesh: Mesh, lights: Lights, valley: Valley, places: Places, palette: Palette
) -> None:
    """Everything that stands in the world besides ground, rooms and bridges."""
    for gallery in places.galleries:
        _gallery(mesh, lights, gallery, palette)
    for canvas in places.canvases:
        _canvas_frame(mesh, lights, canvas, palette)
    if places.tower:
        _tower(mesh, lights, *places.tower, palette)
    for station, frame in places.others:
        _other(mesh, lights, station, frame, palette)
    _promenade(mesh, lights, valley, palette)
    for line in valley.path:
        _path_line(mesh, lights, line, palette)


def _gallery(mesh: Mesh, lights: Lights, gallery: GalleryPlace, palette: Palette) -> None:
    w, h = gallery.width / 2, gallery.height
    floor, concrete = scaled(palette.dark, 1.35), palette.concrete
    with mesh.at(gallery.frame):
        mesh.box(
            (-w - 0.4, -0.2, -13), (w + 0.4, 6.2, -0.2), scaled(palette.dark, 1.2), faces="frkl"
        )
        for x in np.linspace(-w, w, max(int(w * 2 / 3.2), 4)):
            mesh.box(
                (x - 0.2, -0.5, -13), (x + 0.2, -0.2, -0.2), scaled(concrete, 0.7), faces="frl"
            )
        mesh.box(
            (-w - 0.6, -0.6, -0.2), (w + 0.6, 6.4, PLINTH), floor, top=Material.POLISHED, split=1.6
        )
        mesh.box(
            (-w - 0.62, -0.68, 0.18), (w + 0.62, -0.6, 0.27), palette.meaning, glow=1.15, faces="tf"
        )
        mesh.box((-w, 5.75, PLINTH), (w, 6.3, h), scaled(palette.dark, 1.05), split=1.4, ao=0.85)
        mesh.box(
            (-w - 0.9, 0.4, h), (w + 0.9, 6.6, h + 0.5), scaled(concrete, 0.9), foot=0.8, split=1.8
        )
        mesh.box(
            (-w - 0.92, 0.34, h + 0.14),
            (w + 0.92, 0.4, h + 0.22),
            palette.meaning,
            glow=0.95,
            faces="f",
        )
        mesh.box(
            (-w + 0.3, 5.2, h - 0.16),
            (w - 0.3, 5.36, h - 0.06),
            palette.lamp,
            glow=1.25,
            faces="fb",
        )
        for x in (-w + 0.3, w - 0.3):  # none between the canvases: no column before a picture
            mesh.box((x - 0.10, 0.9, PLINTH), (x + 0.10, 1.1, h), palette.metal, faces="frkl")
    for canvas in gallery.canvases:
        x, _, z = gallery.frame.to_local(canvas.frame.origin)
        for dx in (-0.3, 0.3):
            lights.add(
                (x + dx * canvas.size, 4.4, h - 0.6), warm=2.6, cool=0.7, frame=gallery.frame
            )
        lights.add((x, 3.0, z - canvas.size / 2), warm=0.9, cool=0.5, frame=gallery.frame)
    lights.add((0.0, -1.5, 1.0), warm=1.4, frame=gallery.frame)


def _canvas_frame(mesh: Mesh, lights: Lights, canvas: CanvasPlace, palette: Palette) -> None:
    s, b = canvas.size / 2, canvas.border
    with mesh.at(canvas.frame):
        mesh.box((-s - b, 0.04, -s - b), (s + b, 0.3, s + b), palette.frame, ao=0.8)
        inner = min(0.14, b * 0.4)
        mesh.box(
            (-s - inner, 0.02, -s - inner), (s + inner, 0.06, s + inner), palette.mat, faces="f"
        )
    if canvas.batch:
        lights.add((0.0, -0.9, s + 0.3), warm=0.8, cool=0.1, frame=canvas.frame)


def _tower(
    mesh: Mesh, lights: Lights, tower: kinds.WordTower, frame: Frame, palette: Palette
) -> None:
    w, h, concrete = tower.width / 2, tower.height, palette.concrete
    with mesh.at(frame):
        mesh.box((-w - 4.5, -8, -0.5), (w + 4.5, 8, 1.0), concrete, split=2.5)
        mesh.box((-w - 2.0, -6, 1.0), (w + 2.0, 6, 2.0), scaled(concrete, 0.9), split=2.5)
        for x in (-w * 0.8, w * 0.8):
            for y in (-3.0, 3.0):
                mesh.box(
                    (x - 0.4, y - 0.4, 2.0), (x + 0.4, y + 0.4, h), scaled(concrete, 1.1), split=3.0
                )
        mesh.box(
            (-w * 0.55, -2.0, 2.0), (w * 0.55, 2.4, h - 2.0), scaled(palette.dark, 0.5), split=3.0
        )
        for z in (3.0, h * 0.5, h - 0.4):
            mesh.box((-w, -3.4, z - 0.1), (w, 3.4, z + 0.1), scaled(concrete, 0.8), faces="tbfrkl")
        for x in (-w * 0.8 - 0.42, w * 0.8 + 0.42):
            mesh.box(
                (x - 0.02, -3.46, 3.0),
                (x + 0.02, -3.40, h - 1.0),
                palette.meaning,
                glow=0.7,
                faces="flr",
            )
    for z in np.linspace(5.0, h - 3.0, 9):
        lights.add((0.0, -5.5, float(z)), warm=2.4, frame=frame)
    lights.add((0.0, -9.0, 2.0), warm=4.0, frame=frame)
    lights.halo((0.0, -4.5, h * 0.6), h * 0.42, (0.50, 0.27, 0.09), 0.10, frame=frame)


def _other(
    mesh: Mesh, lights: Lights, station: kinds.AnyStation, frame: Frame, palette: Palette
) -> None:
    tint = linear(station.colour) if station.colour else None
    k = station.scale
    with mesh.at(frame):
        match station:
            case kinds.Jetty():
                _jetty(mesh, lights, station, frame, palette)
            case kinds.Lamp():
                h = station.height * k
                mesh.box((-0.07, -0.07, 0.0), (0.07, 0.07, h), (0.25, 0.26, 0.29), faces="frkl")
                mesh.box(
                    (-0.10, -0.10, h - 0.3),
                    (0.10, 0.10, h + 0.05),
                    tint or palette.meaning,
                    glow=2.4,
                )
                lights.add((0.0, 0.0, h - 0.8), warm=2.8, frame=frame)
                lights.halo((0.0, 0.0, h - 0.1), 1.5, (0.55, 0.30, 0.12), 0.20, frame=frame)
            case kinds.Notice():
                w = station.width / 2
                for x in (-w + 0.12, w - 0.12):
                    mesh.box(
                        (x - 0.04, 0.0, 0.0),
                        (x + 0.04, 0.08, NOTICE_FOOT + 0.06),
                        palette.metal,
                        faces="frkl",
                    )
                mesh.box(
                    (-w, -0.02, NOTICE_FOOT),
                    (w, 0.05, NOTICE),
                    scaled(palette.dark, 0.75),
                    split=0.9,
                    ao=0.9,
                )
                mesh.box(
                    (-w, -0.035, NOTICE - 0.02),
                    (w, -0.02, NOTICE),
                    palette.meaning,
                    glow=1.1,
                    faces="tf",
                )
                lights.add((0.0, -0.7, 1.1), warm=0.35, frame=frame)
            case kinds.Bench():
                w = station.width * k / 2
                mesh.box((-w, -0.3, 0.0), (w, 0.3, 0.44 * k), tint or (0.30, 0.25, 0.21), split=1.2)
            case kinds.Box():
                w, d, h = (s * k for s in station.size)
                mesh.box((-w / 2, -d / 2, 0.0), (w / 2, d / 2, h), tint or palette.concrete)
            case kinds.LightLine():
                for a, b in pairwise(station.points):
                    _beam_box(mesh, a, b, station.width * k, tint or palette.meaning)


def _beam_box(mesh: Mesh, a: Vec3, b: Vec3, width: float, color: Vec3) -> None:
    low = np.minimum(a, b) - width / 2
    mesh.box(low, np.maximum(a, b) + width / 2, color, glow=1.3)


def _jetty(mesh: Mesh, lights: Lights, jetty: kinds.Jetty, frame: Frame, palette: Palette) -> None:
    """A pier that comes down from a lookout over the sea; slim piers carry it, small lights line it."""
    half, far, rise = jetty.width / 2, -jetty.length, jetty.rise
    stone, metal = scaled(palette.paving, 0.85), (0.20, 0.21, 0.24)
    profile = [(far, rise), (far + LOOKOUT, rise), (0.0, 0.0), (4.4, 0.0)]
    for (y0, z0), (y1, z1) in pairwise(profile):
        mesh.quad(
            [(-half, y0, z0), (half, y0, z0), (half, y1, z1), (-half, y1, z1)], stone,
            material=Material.PAVING, split=1.5,
        )  # fmt: skip
        for x, sign in ((-half, -1), (half, 1)):
            side = [(x, y1, z1 - 0.6), (x, y0, z0 - 0.6), (x, y0, z0), (x, y1, z1)]
            mesh.quad(side if sign < 0 else side[::-1], scaled(palette.concrete, 0.7), split=2.0)
            rail = [(x, y1, z1 + 0.96), (x, y0, z0 + 0.96), (x, y0, z0 + 1.02), (x, y1, z1 + 1.02)]
            if y1 <= 0:
                mesh.quad(rail, scaled(palette.metal, 0.5), split=9.0)
    mesh.box((-half, far - 0.12, rise), (half, far, rise + 1.02), scaled(palette.concrete, 0.7))
    mesh.box((-half, far - 0.14, rise - 0.6), (half, far, rise), scaled(palette.concrete, 0.7))
    for y in np.arange(far + 0.4, 0.2, 2.2):
        z = float(np.interp(y, [p[0] for p in profile], [p[1] for p in profile]))
        for x in (-half + 0.05, half - 0.05):
            mesh.box((x - 0.03, y - 0.03, z), (x + 0.03, y + 0.03, z + 1.0), metal, faces="frkl")
            mesh.box(
                (x - 0.04, y - 0.04, z + 0.10),
                (x + 0.04, y + 0.04, z + 0.16),
                palette.meaning,
                glow=1.5,
            )
            lights.add((x * 0.85, y, z + 0.5), warm=0.26, frame=frame)
    for y in np.arange(far + 2.0, -4.0, 8.0):
        z = float(np.interp(y, [p[0] for p in profile], [p[1] for p in profile]))
        mesh.box(
            (-0.5, y - 0.3, -4.0), (0.5, y + 0.3, z - 0.5), scaled(palette.concrete, 0.6), split=3.0
        )


def _promenade(mesh: Mesh, lights: Lights, valley: Valley, palette: Palette) -> None:
    """The quay: a stone edge on the sea with a warm line under its lip."""
    y = valley.terrain.shore_y
    x = valley.terrain.lip_x(valley.terrain.rim, y + 0.5) + 60
    mesh.box(
        (-x, y, -4.0),
        (x, y + 4.0, 0.30),
        scaled(palette.concrete, 0.85),
        top=Material.PAVING,
        split=2.2,
    )
    mesh.box((-x, y - 0.06, 0.02), (x, y, 0.10), palette.meaning, glow=0.5, faces="tf")


def _path_line(mesh: Mesh, lights: Lights, points: list[Vec3], palette: Palette) -> None:
    """The way of x_t as a thin warm line set into the ground, with small lights along it."""
    ground = [np.array((x, y, z + 0.035)) for x, y, z in points]
    for a, b in pairwise(ground):
        length = float(np.linalg.norm(b - a))
        if length < 0.05:
            continue
        side = np.cross(b - a, (0, 0, 1.0))
        near = a[1] < 3.0
        side *= (0.022 if near else 0.11) / max(float(np.linalg.norm(side)), 1e-6)
        mesh.quad(
            [a - side, b - side, b + side, a + side][::-1],
            palette.meaning,
            glow=0.7 if near else 1.1,
            split=9.0,
        )
        for i in range(max(1, int(length / 3.2))):
            q = a + (b - a) * (i + 0.5) / max(1, int(length / 3.2))
            lights.add((q[0], q[1], q[2] + 0.7), warm=0.30)
