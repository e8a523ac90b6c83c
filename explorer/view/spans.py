"""Bridges and stairs."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, hypot

import numpy as np

from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, scaled
from explorer.world.valley import Bridge, Vec3

RAIL = 1.06


def build_bridge(mesh: Mesh, lights: Lights, bridge: Bridge, unit: int, palette: Palette) -> None:
    """A cambered deck with rails, two leaning arch ribs and hangers. Its light lines glow with the source unit."""
    a, b = np.array(bridge.start), np.array(bridge.end)
    length = float(hypot(b[0] - a[0], b[1] - a[1]))
    along = (b - a)[:2] / length
    across = np.array([-along[1], along[0], 0.0])
    half = bridge.width / 2
    count = max(ceil(length / 2.0), 6)
    line = np.array([bridge.deck(i / count) for i in range(count + 1)])
    mesh.unit = float(unit)

    def ribbon(y0: float, z0: float, y1: float, z1: float, color: Vec3, **kw: object) -> None:
        """A strip along the deck between two (across, up) offsets."""
        for p, q in pairwise(line):
            corners = [p + across * y0, q + across * y0, q + across * y1, p + across * y1]
            for c, z in zip(corners, (z0, z0, z1, z1), strict=True):
                c[2] += z
            mesh.quad(corners, color, split=9.0, **kw)  # type: ignore[arg-type]

    ribbon(-half, 0.0, half, 0.0, scaled(palette.paving, 0.85), material=Material.PAVING, ao=0.95)
    ribbon(half, -0.5, -half, -0.5, scaled(palette.dark, 0.9), ao=0.55)
    for side in (-1.0, 1.0):
        y = side * half
        face = (y, -0.5, y, 0.0) if side < 0 else (y, 0.0, y, -0.5)
        ribbon(*face, scaled(palette.concrete, 0.8), ao=0.9)
        edge = y + side * 0.03
        lit = (edge, -0.20, edge, -0.09) if side < 0 else (edge, -0.09, edge, -0.20)
        ribbon(*lit, palette.machine, glow=1.5)
        ribbon(y - 0.05, RAIL, y + 0.05, RAIL, palette.machine, glow=0.55)
        ribbon(
            *((y, RAIL - 0.06, y, RAIL) if side < 0 else (y, RAIL, y, RAIL - 0.06)), palette.metal
        )
        inner = y - side * 0.045  # the handrail's inner face: a line of light at the hand
        band = (RAIL - 0.07, RAIL - 0.02) if side > 0 else (RAIL - 0.02, RAIL - 0.07)
        ribbon(inner, band[0], inner, band[1], palette.machine, glow=1.0)
        foot = y - side * 0.06  # and one at the foot
        band = (0.02, 0.07) if side > 0 else (0.07, 0.02)
        ribbon(foot, band[0], foot, band[1], palette.machine, glow=0.8)
        for p in line[::2]:
            q = p + across * y
            mesh.box(
                q - 0.035,
                q + np.array([0.035, 0.035, RAIL]),
                palette.metal,
                split=9.0,
                faces="frkl",
            )
        _arch(mesh, bridge, across, side, length, palette)
    mesh.unit = -1.0
    for p in line[::3]:
        lights.add((p[0], p[1], p[2] + 1.0), cool=1.2)
        lights.add((p[0], p[1], p[2] - 1.5), cool=0.8)
    for end in (line[0], line[-1]):
        lights.halo((end[0], end[1], end[2] + 1.3), 5.0, (0.12, 0.32, 0.48), 0.28)


def _arch(
    mesh: Mesh, bridge: Bridge, across: np.ndarray, side: float, length: float, palette: Palette
) -> None:
    """One leaning rib with a line of light beneath it, and the hangers that carry the deck."""
    a, b = np.array(bridge.start), np.array(bridge.end)
    steps = max(int(length / 2.2), 16)

    def rib(s: float) -> np.ndarray:
        crown = 4 * s * (1 - s)
        p = a + (b - a) * s + across * side * (bridge.width / 2 + 0.35 + 0.9 * (1 - crown))
        return p + np.array([0, 0, bridge.arch * crown - 0.9])

    points = [rib(i / steps) for i in range(steps + 1)]
    n = across * 0.17
    for p, q in pairwise(points):
        along = (q - p) / np.linalg.norm(q - p)
        t = np.cross(across, along)
        t = t * (0.27 if t[2] > 0 else -0.27)
        for u, v in ((-n - t, -n + t), (-n + t, n + t), (n + t, n - t), (n - t, -n - t)):
            mesh.quad(
                [p + v, q + v, q + u, p + u], scaled(palette.concrete, 0.9), split=9.0, ao=0.95
            )
        low = -t * 1.06
        mesh.quad([p + low - n * 0.75, q + low - n * 0.75, q + low + n * 0.75, p + low + n * 0.75],
                  palette.machine, glow=0.95, split=9.0)  # fmt: skip
    hangers = max(int(length / 3.8), 4)
    for i in range(1, hangers):
        top, foot = rib(i / hangers), np.array(bridge.deck(i / hangers))
        foot = foot + across * side * bridge.width / 2
        if top[2] > foot[2] + 1.4:
            r = np.array([0.03, 0.03, 0.0])
            mesh.box(
                foot - r,
                np.array([foot[0], foot[1], top[2]]) + r,
                palette.metal,
                split=9.0,
                faces="frkl",
            )


def build_stairs(
    mesh: Mesh, lights: Lights, top: Vec3, bottom: Vec3, width: float, palette: Palette
) -> None:
    """A straight flight from `top` down to `bottom`, with lit strings and rails."""
    a, b = np.array(top), np.array(bottom)
    run = (b - a)[:2]
    length = float(np.linalg.norm(run))
    along = np.array([*(run / length), 0.0])
    across = np.array([-along[1], along[0], 0.0]) * width / 2
    treads = max(int((a[2] - b[2]) / 0.19), 2)
    rise = (a[2] - b[2]) / treads
    for i in range(treads):
        p = a + along * length * i / treads
        q = a + along * length * (i + 1) / treads
        z = a[2] - rise * (i + 1)
        p[2] = q[2] = z
        mesh.quad(
            [p - across, q - across, q + across, p + across], scaled(palette.paving, 0.8), split=5.0
        )
        up = np.array([0, 0, rise])
        mesh.quad([p - across, p + across, p + across + up, p - across + up],
                  scaled(palette.riser, 0.7), split=5.0, ao=(0.5, 0.5, 0.9, 0.9))  # fmt: skip
    down = np.array([0, 0, -0.45])
    for side in (-1.0, 1.0):
        p, q = a + across * side, b + across * side
        string = [p + down, q + down, q, p] if side < 0 else [q + down, p + down, p, q]
        mesh.quad(string, scaled(palette.concrete, 0.8), split=3.0)
        lift = np.array([0, 0, 0.98])
        rail = np.array([0, 0, 0.06])
        handrail = [p + lift, q + lift, q + lift + rail, p + lift + rail]
        mesh.quad(handrail, palette.machine, glow=0.5, split=9.0)
        for s in np.linspace(0.02, 0.98, max(int(length / 2.5), 3)):
            foot = p + (q - p) * s
            mesh.box(
                foot - 0.03,
                foot + np.array([0.03, 0.03, 1.0]),
                palette.metal,
                split=9.0,
                faces="frkl",
            )
    for s in (0.1, 0.4, 0.7, 0.95):
        p = a + (b - a) * s
        lights.add((p[0], p[1], p[2] + 1.2), cool=0.9, warm=0.2)
