"""A rail under a display's pictures, on which one can point: noise levels, or levers."""

from __future__ import annotations

from explorer.world import stations as kinds
from explorer.world.displays import FACE, FLOOR, lay_display
from explorer.world.valley import Vec3

LOW, HIGH = 0.22, 0.36
"""The rail's lower edge above the step; its height over the room that the station keeps under its pictures."""
OUT = 0.09
"""How far it stands before the wall's face."""


def rail(station: kinds.Display) -> tuple[float, float, float, float]:
    """Left, right, low and high of the rail, in the exhibit's axes: under all pictures."""
    hung = lay_display(station).pictures
    k = station.scale
    return (
        hung[0].x - hung[0].size / 2, hung[-1].x + hung[-1].size / 2,
        FLOOR + LOW * k, FLOOR + (HIGH + station.under) * k,
    )  # fmt: skip


def share_at(station: kinds.Display, eye: Vec3, ray: Vec3) -> float | None:
    """Where along the rail (0 left … 1 right) a look falls on it; eye and ray in the exhibit's axes."""
    left, right, low, high = rail(station)
    if ray[1] < 1e-9:  # from behind, or along the wall
        return None
    t = (FACE - OUT - eye[1]) / ray[1]
    x, z = eye[0] + ray[0] * t, eye[2] + ray[2] * t
    if t <= 0 or not (left <= x <= right and low <= z <= high):
        return None
    return (x - left) / (right - left)
