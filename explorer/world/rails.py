"""Camera paths: a smooth way through given views, never turning or moving too fast, without roll.

A rail is computed once into samples: eye and target follow centripetal Catmull-Rom curves, time is
eased with smootherstep, and wherever a limit would be broken the flight takes longer instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, cos, degrees, hypot, radians, sin

import msgspec
import numpy as np
from numpy.typing import NDArray

from explorer.world.scene import Flight, Scene
from explorer.world.scene_load import view_of
from explorer.world.valley import Valley, Vec3

Floats = NDArray[np.float64]

MAX_SPEED = 12.0
"""Guided flight, m/s."""
MAX_TURN, MAX_TILT = 35.0, 20.0
"""Guided change of heading and pitch, degrees a second."""
RATE = 120
"""Samples a second."""


class Pose(msgspec.Struct, frozen=True):
    """A view: eye in metres, heading counter-clockwise from +y and pitch upwards in degrees."""

    eye: Vec3
    heading: float = 0.0
    pitch: float = 0.0
    fov: float = 70.0
    """Horizontal field of view at 16:9, degrees."""

    @property
    def direction(self) -> Vec3:
        h, p = radians(self.heading), radians(self.pitch)
        return (-sin(h) * cos(p), cos(h) * cos(p), sin(p))


class Stop(msgspec.Struct, frozen=True):
    """A view that a rail passes."""

    eye: Vec3
    look: Vec3
    fov: float = 70.0
    at: float | None = None
    """Part of the flight's time, 0..1; None spreads by distance."""
    step: float | None = None
    """Part of the run to show here, 0..1."""

    @property
    def pose(self) -> Pose:
        return look_at(self.eye, self.look, self.fov)


def look_at(eye: Vec3, target: Vec3, fov: float = 70.0) -> Pose:
    """The pose at `eye` that sees `target` in the middle."""
    dx, dy, dz = (b - a for a, b in zip(eye, target, strict=True))
    return Pose(eye, degrees(atan2(-dx, dy)), degrees(atan2(dz, hypot(dx, dy))), fov)


class Rail:
    """A sampled flight. `pose(t)` and `step(t)` take seconds in `[0, duration]`."""

    def __init__(self, stops: Sequence[Stop], seconds: float) -> None:
        if len(stops) < 2:
            raise ValueError("a rail needs at least two stops")
        self.stops = tuple(stops)
        eye, look = np.array([s.eye for s in stops]), np.array([s.look for s in stops])
        count = int(min(max(seconds * RATE, 128), 60_000)) + 1
        u = np.linspace(0.0, 1.0, count)
        knots, part = _spread(stops, eye)
        along = _monotone(knots, np.arange(len(stops), dtype=float), _smoother(u))
        self.eyes, targets = _curve(eye, along), _curve(look, along)
        self.headings, self.pitches = _angles(targets - self.eyes)
        self.fovs = np.interp(along, range(len(stops)), [s.fov for s in stops])
        self.times = _limited(u * seconds, self.eyes, self.headings, self.pitches)
        self.passed = np.interp(part, u, self.times)
        """When each stop is passed, seconds."""
        shown = [(t, s.step) for t, s in zip(self.passed, stops, strict=True) if s.step is not None]
        self._steps = shown

    @property
    def duration(self) -> float:
        return float(self.times[-1])

    def pose(self, t: float) -> Pose:
        x, y, z = (float(np.interp(t, self.times, self.eyes[:, i])) for i in range(3))
        heading, pitch, fov = (
            float(np.interp(t, self.times, values))
            for values in (self.headings, self.pitches, self.fovs)
        )
        return Pose((x, y, z), heading, pitch, fov)

    def step(self, t: float) -> float | None:
        """Part of the run to show, or None when the flight leaves it alone."""
        if not self._steps:
            return None
        times, steps = zip(*self._steps, strict=True)
        return float(np.interp(t, times, steps))

    def cuts(self) -> list[tuple[float, Pose]]:
        """The same flight without motion: each stop, from the time at which it would be passed."""
        return [(float(t), s.pose) for t, s in zip(self.passed, self.stops, strict=True)]


def rail_of(flight: Flight, scene: Scene, valley: Valley) -> Rail:
    """The rail of a scene's flight in a valley; raises `SceneError` for a missing anchor."""
    stops = []
    for key in flight.keys:
        camera = scene.cameras[key.camera]
        step = camera.step if key.step is None else key.step
        stops.append(Stop(*view_of(camera, valley), camera.fov, key.at, step))
    return Rail(stops, flight.seconds)


def _smoother(u: Floats) -> Floats:
    return u * u * u * (u * (6 * u - 15) + 10)


def _spread(stops: Sequence[Stop], eye: Floats) -> tuple[Floats, Floats]:
    """Where each stop lies on the eased time (knots) and on plain time (parts), both 0..1.

    Stops without `at` are spread by distance between those that have one.
    """
    fine = np.linspace(0.0, 1.0, 4097)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(eye, axis=0), axis=1) + 0.5)])
    known = {0: 0.0, len(stops) - 1: 1.0}
    for i in range(1, len(stops) - 1):
        at = stops[i].at
        if at is not None:
            known[i] = float(np.interp(at, fine, _smoother(fine)))
    order = sorted(known)
    knots = np.interp(length, length[order], [known[i] for i in order])
    knots = np.maximum.accumulate(knots + np.arange(len(stops)) * 1e-9)
    return knots, np.interp(knots, _smoother(fine), fine)


def _monotone(x: Floats, y: Floats, at: Floats) -> Floats:
    """Monotone cubic interpolation (Fritsch-Carlson) of rising `y` over rising `x`."""
    h, slope = np.diff(x), np.diff(y) / np.diff(x)
    m = np.empty_like(x)
    m[0], m[-1] = slope[0], slope[-1]
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    m[1:-1] = (w1 + w2) / (w1 / slope[:-1] + w2 / slope[1:])
    i = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(h) - 1)
    s, d = (at - x[i]) / h[i], h[i]
    return np.asarray(
        y[i] * (1 + 2 * s) * (1 - s) ** 2
        + y[i + 1] * s * s * (3 - 2 * s)
        + d * (m[i] * s * (1 - s) ** 2 - m[i + 1] * s * s * (1 - s))
    )


def _curve(points: Floats, along: Floats) -> Floats:
    """Centripetal Catmull-Rom through `points`; `along` counts them (1.5: half-way from 1 to 2)."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    gaps = np.sqrt(np.linalg.norm(np.diff(padded, axis=0), axis=1)) + 1e-6
    i = np.clip(along.astype(int), 0, len(points) - 2)
    s = (along - i)[:, None]
    d0, d1, d2 = gaps[i][:, None], gaps[i + 1][:, None], gaps[i + 2][:, None]
    p0, p1, p2, p3 = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    m1 = (p2 - p1) + d1 * ((p1 - p0) / d0 - (p2 - p0) / (d0 + d1))
    m2 = (p2 - p1) + d1 * ((p3 - p2) / d2 - (p3 - p1) / (d1 + d2))
    a, b = 2 * (p1 - p2) + m1 + m2, -3 * (p1 - p2) - 2 * m1 - m2
    return np.asarray(p1 + s * (m1 + s * (b + s * a)))


def _angles(direction: Floats) -> tuple[Floats, Floats]:
    """Heading (without jumps) and pitch of each direction, degrees."""
    flat = np.hypot(direction[:, 0], direction[:, 1])
    heading = np.degrees(np.unwrap(np.arctan2(-direction[:, 0], direction[:, 1])))
    pitch = np.degrees(np.arctan2(direction[:, 2], flat))
    return heading, np.clip(pitch, -85.0, 85.0)


def _limited(times: Floats, eyes: Floats, heading: Floats, pitch: Floats) -> Floats:
    """`times` stretched so that no limit is broken, and smoothly so."""
    needed = np.maximum.reduce(
        [
            np.diff(times),
            np.linalg.norm(np.diff(eyes, axis=0), axis=1) / MAX_SPEED,
            np.abs(np.diff(heading)) / MAX_TURN,
            np.abs(np.diff(pitch)) / MAX_TILT,
        ]
    )
    reach = max(len(needed) // 24, 1)
    wide = np.pad(needed, 2 * reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * reach + 1)
    highest = windows.max(axis=1)  # then averaged over the same width: never below what is needed
    kernel = np.full(2 * reach + 1, 1 / (2 * reach + 1))
    smooth = np.maximum(np.convolve(highest, kernel, mode="valid"), needed)
    return np.concatenate([[0.0], np.cumsum(smooth)])
