"""One finger does all: a tap chooses what stands there, or goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.seen import look_through
from explorer.world.rails import Pose
from explorer.world.solids import Solids
from explorer.world.valley import Vec3
from explorer.world.walk import EYE

if TYPE_CHECKING:
    from explorer.app import App

NEAR = 26.0
"""What is nearer is chosen from where one stands, metres."""
FAR = 60.0
"""Farthest ground that a tap goes to, metres."""
STRIDE = 0.5


def tapped(app: App, at: tuple[float, float]) -> None:
    """Choose what lies under a pixel; go to it first when it is far; on bare ground, go there."""
    pose, direction = app.rig.pose, look_through(app, *at)
    hit = app.picker.pick(pose.eye, direction)
    ground = ground_at(app.rig.body.solids, pose.eye, direction)
    if hit is None and ground is not None:
        app.store.update(selection=None)
        goal = Pose((ground[0], ground[1], ground[2] + EYE), pose.heading, 0.0, pose.fov)
        app.rig.teleport(goal, reduced_motion=app.store.state.reduced_motion)
    elif hit is not None and hit.distance > NEAR and hit.id.startswith("unit:"):
        app.go_to(hit.id)
        app.store.update(selection=hit.id)
    else:
        app.select(*at)


def ground_at(solids: Solids, eye: Vec3, direction: Vec3) -> Vec3 | None:
    """Where a ray meets land that one can stand on, or None."""
    length = sum(d * d for d in direction) ** 0.5
    x, y, z = eye
    dx, dy, dz = (d / length * STRIDE for d in direction)
    for _ in range(int(FAR / STRIDE)):
        before = z
        x, y, z = x + dx, y + dy, z + dz
        floor = solids.floor(x, y, before)
        if z <= floor:
            return (x, y, floor) if solids.is_land(x, y, floor) else None
    return None
