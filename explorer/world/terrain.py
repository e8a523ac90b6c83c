"""The valley's ground: closed superellipse terraces around a long axis, as a height function and as rings to mesh.

A ring is named by its half-width `a`; its half-length is `a + stretch`. The ground is a profile over `a`, from the lake
outwards: flat terraces joined by bands of risers, then hills that open towards the sea.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from math import exp

import msgspec
import numpy as np
from numpy.typing import NDArray

EXPONENT = 2.5
"""Superellipse exponent: straighter banks than an ellipse, softer ends than a box (ART.md section 2)."""
SEA_BED = -4.0


class Terrain(msgspec.Struct, frozen=True, dict=True):
    """Ground of a valley. Profiles are `(half_width, z)` pairs with increasing half-width."""

    centre_y: float
    stretch: float
    """Half-length minus half-width of every ring, metres."""
    profile: tuple[tuple[float, float], ...]
    lips: tuple[float, ...]
    """Half-width of each main terrace's lip, outermost first."""
    rim: float
    """Outer edge of the top terrace; hills begin here."""
    water: float
    """Height of the lake's surface."""
    shore_y: float = 2.0

    def ring(self, a: float, turns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points `[n, 2]` of the ring with half-width `a` at angles `turns` (0 = right, counter-clockwise)."""
        c, s = np.cos(turns), np.sin(turns)
        x = np.sign(c) * np.abs(c) ** (2 / EXPONENT)
        y = np.sign(s) * np.abs(s) ** (2 / EXPONENT)
        return np.stack([a * x, self.centre_y + (a + self.stretch) * y], -1)

    def lip_x(self, a: float, y: float) -> float:
        """Half-width of ring `a` measured at `y`; 0 beyond its ends."""
        t = abs(y - self.centre_y) / (a + self.stretch)
        return a * max(1.0 - t**EXPONENT, 0.0) ** (1 / EXPONENT)

    def half_width(self, x: float, y: float) -> float:
        """The ring through `(x, y)`, by bisection (the ring grows monotonically with `a`)."""
        ax, ay = abs(x), abs(y - self.centre_y)
        low, high = 1e-3, 700.0
        for _ in range(22):
            a = (low + high) / 2
            inside = (ax / a) ** EXPONENT + (ay / (a + self.stretch)) ** EXPONENT < 1
            low, high = (low, a) if inside else (a, high)
        return (low + high) / 2

    def height(self, x: float, y: float) -> float:
        """Ground height in metres, decks not counted."""
        if y < self.shore_y:
            return SEA_BED
        a = self.half_width(x, y)
        z = self._profile_z(a)
        return z if a <= self.rim else z * self.hill(x, y)

    def _profile_z(self, a: float) -> float:
        """Height of the profile at half-width `a`."""
        i = bisect_right(self._widths, a)
        if i == 0 or i == len(self._widths):
            return self.profile[min(i, len(self.profile) - 1)][1]
        (a0, z0), (a1, z1) = self.profile[i - 1], self.profile[i]
        return z0 + (z1 - z0) * (a - a0) / (a1 - a0) if a1 > a0 else z1

    @cached_property
    def _widths(self) -> list[float]:
        return [p[0] for p in self.profile]

    def hill(self, x: float, y: float) -> float:
        """How much of the hills stands at `(x, y)`: 0 at the mouth, 1 around the sides and the far end."""
        s = (y - self.centre_y) / (self.half_width(x, y) + self.stretch)
        return 1 / (1 + exp(-(s + 0.55) * 9))


def steps_down(
    outer: float, inner: float, top: float, bottom: float, risers: int
) -> list[tuple[float, float]]:
    """Profile of a band of `risers` from `(outer, top)` down to `(inner, bottom)`, inwards."""
    run, rise = (outer - inner) / risers, (top - bottom) / risers
    points: list[tuple[float, float]] = [(outer, top)]
    for i in range(risers):
        points.append((outer - run * i - 0.35, top - rise * (i + 1)))
        points.append((outer - run * (i + 1), top - rise * (i + 1)))
    return points


def make_terrain(
    front: float,
    far: float,
    lips: list[float],
    *,
    drop: float,
    risers: int,
    band: float,
    rim_width: float,
    lake: float,
    lake_drop: float,
    shore_y: float,
) -> Terrain:
    """Terraces whose outermost lip runs from `front` to `far` (y, metres); `lake` is the water's half-width."""
    centre, stretch = (front + far) / 2, (far - front) / 2 - lips[0]
    profile: list[tuple[float, float]] = []
    for level, lip in enumerate(lips):
        z = -drop * level
        last = level == len(lips) - 1
        inner, bottom = (lake, z - lake_drop) if last else (lip - band, z - drop)
        profile += steps_down(lip, inner, z, bottom, max(2, risers * 2 // 3) if last else risers)
    water = profile[-1][1] + 0.9
    profile += [(max(lake - 1.5, 0.5), profile[-1][1] - 1.6), (0.0, profile[-1][1] - 1.6)]
    profile.reverse()
    rim = lips[0] + rim_width
    heights = (0.0, 3.4, 6.8, 10.4, 14.2, 18.6, 23.5, 29.0, 35.0, 42.0)
    for i, z in enumerate(heights):
        a = rim + 1.0 + 9.0 * i
        profile += [(a - 1.0, heights[max(i - 1, 0)]), (a, z)]
    return Terrain(centre, stretch, tuple(profile), tuple(lips), rim, water, shore_y)
