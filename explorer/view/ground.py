"""Terraces, lip lights, hills and ridges: the valley itself, swept as strips so that edges stay crisp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, scaled
from explorer.world.terrain import Terrain

TURNS = 400
SPLIT = 2.8
"""Metres between rows where lights are baked …"""
HILL_SPLIT = 9.0
"""… and where none are."""


def build_ground(mesh: Mesh, lights: Lights, terrain: Terrain, palette: Palette) -> None:
    """Add the whole ground to `mesh`, lip lights to `lights`."""
    turns = np.linspace(-np.pi, np.pi, TURNS + 1)
    for (a0, z0), (a1, z1) in zip(terrain.profile[:-1], terrain.profile[1:], strict=True):
        if a1 - a0 < 1e-6 or a0 < 0.6:
            a0 = max(a0, 0.6)
        _sweep(mesh, terrain, turns, (a0, z0), (a1, z1), palette)
    for level, lip in enumerate(terrain.lips):
        _lip_light(mesh, lights, terrain, turns, lip, level, palette)
    _ridges(mesh, terrain, palette)


def _sweep(
    mesh: Mesh,
    terrain: Terrain,
    turns: NDArray[np.float64],
    inner: tuple[float, float],
    outer: tuple[float, float],
    palette: Palette,
) -> None:
    """One strip of the profile, from ring `inner` to ring `outer`, skipping what lies in the sea."""
    (a0, z0), (a1, z1) = inner, outer
    hills = a0 >= terrain.rim - 1.01
    rows = max(2, int(np.ceil(np.hypot(a1 - a0, z1 - z0) / (HILL_SPLIT if hills else SPLIT))) + 1)
    t = np.linspace(0, 1, rows)
    widths, heights = a0 + (a1 - a0) * t, z0 + (z1 - z0) * t
    rings = np.stack([terrain.ring(a, turns) for a in widths])
    if hills:
        rings += np.stack(
            [_roughness(turns, h, a - terrain.rim) for a, h in zip(widths, heights, strict=True)]
        )
    z = np.broadcast_to(heights[:, None], rings.shape[:2]).copy()
    if hills:
        z *= _hill_mask(terrain, rings) * (1 + 0.16 * _wave(turns * 2.0 + 1.0))[None]
    keep = np.asarray(rings[..., 1] > terrain.shore_y - 0.01)
    points = np.concatenate([rings, z[..., None]], -1)
    points[..., 1] = np.maximum(points[..., 1], terrain.shore_y)
    dz, da = z1 - z0, a1 - a0
    out = rings[0] - terrain.ring(max(a0 - 1.0, 0.3), turns)
    out /= np.linalg.norm(out, axis=-1, keepdims=True) + 1e-9
    steep = dz > da * 0.8
    if steep:
        normals = np.concatenate([-out, np.full((len(turns), 1), 0.15)], -1)
        ao = 0.40 + 0.55 * t
    else:
        normals = np.tile((0.0, 0.0, 1.0), (len(turns), 1))
        ao = np.full(rows, 0.95)
        ao[-1] = 0.62 if z1 >= z0 and not hills else 0.95
    normals = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    if hills:
        color = palette.hills if not steep else scaled(palette.riser, 0.42)
        material = Material.HILL
    else:
        wide = a1 - a0 > 4.0
        color = palette.paving if wide else palette.riser if steep else palette.stone
        material = Material.PAVING if wide else Material.STONE
    bake = np.zeros((rows, len(turns), 4))
    bake[..., 2], bake[..., 3] = ao[:, None], material
    columns = np.asarray(keep.any(0))
    for run in np.split(np.arange(len(turns)), np.flatnonzero(np.diff(columns.astype(int))) + 1):
        if not columns[run[0]] or len(run) < 2:
            continue
        run = np.r_[run, (run[-1] + 1) % len(turns)] if run[-1] + 1 < len(turns) else run
        run = run[::-1]  # counter-clockwise seen from above
        mesh.grid(points[:, run], normals[None, run], (*scaled(color, 0.8), 0.0), bake[:, run])


def _lip_light(
    mesh: Mesh,
    lights: Lights,
    terrain: Terrain,
    turns: NDArray[np.float64],
    lip: float,
    level: int,
    palette: Palette,
) -> None:
    """A continuous light line just under the edge of a main terrace: it draws the U."""
    drop = next(z for a, z in terrain.profile if abs(a - lip) < 1e-6)
    ring = terrain.ring(lip, turns)
    inward = ring - terrain.ring(lip + 0.5, turns)
    inward /= np.linalg.norm(inward, axis=-1, keepdims=True)
    rows = []
    for height, out in ((drop - 0.06, 0.05), (drop - 0.30, 0.05)):
        p = ring + inward * out
        rows.append(np.concatenate([p, np.full((len(p), 1), height)], -1))
    normals = np.concatenate([inward, np.zeros((len(turns), 1))], -1)
    edge = [
        np.concatenate([ring + inward * o, np.full((len(ring), 1), drop + 0.02)], -1)
        for o in (-0.16, 0.06)
    ]
    mesh.grid(np.stack(edge), (0, 0, 1), (*palette.machine, 1.1), (0, 0, 1, Material.STONE))
    mesh.grid(np.stack(rows), normals[None], (*palette.machine, 1.5), (0, 0, 1, Material.STONE))
    spacing = max(1, int(6.0 / np.linalg.norm(ring[1] - ring[0]).clip(0.4)))
    for x, y in ring[::spacing] + inward[::spacing] * 0.6:
        lights.add((float(x), float(y), drop - 0.7), cool=0.6)


def _wave(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sin(x * 2 + 0.3) + 0.6 * np.sin(x * 4 + 1.7) + 0.35 * np.sin(x * 9 + 4.0))


def _roughness(turns: NDArray[np.float64], z: float, beyond: float) -> NDArray[np.float64]:
    """Horizontal displacement of the hill terraces: no two follow each other exactly."""
    amplitude = np.clip(beyond / 30, 0, 1) * 5.0
    d = amplitude * _wave(turns + z * 0.35)
    return np.stack([d * np.cos(turns), d * np.sin(turns)], -1)


def _hill_mask(terrain: Terrain, rings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hills stand around the sides and the far end and open at the mouth."""
    a = terrain.rim + 50.0 + terrain.stretch  # the same for all strips: they share their edges
    s = (rings[..., 1] - terrain.centre_y) / a
    return np.asarray(1 / (1 + np.exp(-(s + 0.55) * 9)))


def _ridges(mesh: Mesh, terrain: Terrain, palette: Palette) -> None:
    """Layered ridges behind the hills, darker towards the horizon."""
    reach = terrain.rim + 85.0
    turns = np.linspace(-0.35 * np.pi, 1.35 * np.pi, 380)
    for radius, base, height, shade, seed in (
        (1.22, 14, 30, 0.55, 1.0), (1.62, 26, 52, 0.45, 2.0), (2.3, 42, 92, 0.36, 3.0),
    ):  # fmt: skip
        crest = np.abs(
            sum(np.sin(turns * f + seed * 2.1 * f) / f**0.85 for f in (2.3, 5.1, 9.7, 19.3, 37.1))
            / 1.9
        )
        z = (base + height * (0.5 + 0.5 * crest) ** 1.25) * np.clip(
            (np.sin(turns) + 0.62) * 1.7, 0, 1
        )
        x, y = (
            np.cos(turns) * reach * radius,
            np.sin(turns) * (reach * radius * 0.9 + terrain.stretch),
        )
        top = np.stack([x, terrain.centre_y + y, z], -1)
        foot = np.stack([x * 0.86, terrain.centre_y + y * 0.86, np.full_like(z, -4.0)], -1)
        points = np.stack([top, foot])
        normals = np.cross(np.gradient(points, axis=1), (foot - top)[None])
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        normals *= np.where(normals[..., 2:] < 0, -1, 1)
        mesh.grid(points, normals, (*scaled(palette.hills, shade), 0.0), (0, 0, 0.9, Material.HILL))
