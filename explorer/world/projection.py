"""Where a point of the world lies on the screen; the inverse of `picking.ray`."""

from __future__ import annotations

from math import atan, cos, degrees, radians, sin, tan

from explorer.world.rails import Pose
from explorer.world.valley import Vec3

NEAR = 0.25
NARROW = 0.6
"""Part of a view's width that a screen on end shows at least."""


def fitted(fov: float, width: float, height: float) -> float:
    """Field of view for a window: as given where it is wide; wider where a narrow one would cut off too much.

    All in degrees, horizontally at 16:9, as everywhere.
    """
    wide = tan(radians(fov) / 2)
    tall = max(wide * 9 / 16, NARROW * wide * height / max(width, 1.0))
    return 2 * degrees(atan(tall * 16 / 9))


def project(
    pose: Pose, point: Vec3, width: float, height: float
) -> tuple[float, float, float] | None:
    """Pixel (from the top left) and pixels a metre at `point`; None behind the eye."""
    h, p = radians(pose.heading), radians(pose.pitch)
    dx, dy, dz = (b - a for a, b in zip(pose.eye, point, strict=True))
    across = dx * cos(h) + dy * sin(h)
    level = -dx * sin(h) + dy * cos(h)
    depth = level * cos(p) + dz * sin(p)
    up = dz * cos(p) - level * sin(p)
    if depth < NEAR:
        return None
    scale = height / 2 / (tan(radians(fitted(pose.fov, width, height)) / 2) * 9 / 16) / depth
    return width / 2 + across * scale, height / 2 - up * scale, scale
