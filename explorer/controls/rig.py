"""The visitor's eye: a body on foot or in flight, a free look, rides on rails, and cuts with a fade.

Pure logic: the application reads `eye`, `heading`, `pitch`, `fov` and `fade` after each `update`.
"""

from __future__ import annotations

from math import cos, exp, hypot, radians, sin

import msgspec

from explorer.world.rails import Pose, Rail, Stop
from explorer.world.solids import STEP, Solids
from explorer.world.valley import Frame, Valley, Vec3
from explorer.world.walk import EYE, FLY, RUN, WALK, Body

TURN = 60.0
"""Turning by keys or stick, degrees a second."""
STEEPEST = 85.0
WALK_FOV = 70.0
"""Field of view on the move, degrees; views may have their own while standing."""
FADE = 0.15
"""Seconds to black, and again back, at a cut."""
LONGEST_GLIDE = 4.0
"""A teleport glides if that takes no longer, seconds; otherwise it cuts."""

LOWEST = STEP + 0.3
"""What is nearer below a view's eye than this is not its floor, metres."""


class Intent(msgspec.Struct):
    """What the visitor wants right now; every number in −1..1."""

    forward: float = 0.0
    right: float = 0.0
    up: float = 0.0
    run: bool = False
    turn: float = 0.0
    """To the left."""
    tilt: float = 0.0
    """Upwards."""

    @property
    def active(self) -> bool:
        return any((self.forward, self.right, self.up, self.turn, self.tilt))


class Rig:
    """One visitor in a valley."""

    def __init__(self, valley: Valley) -> None:
        self.body = Body(Solids(valley))
        self.intent = Intent()
        self.heading = self.pitch = 0.0
        self.fov = WALK_FOV
        self.fade = 0.0
        """0: the world is seen; 1: black."""
        self._turning = self._tilting = 0.0
        self._rail: Rail | None = None
        self._time = 0.0
        self._by_cuts = False
        self._shown = 0
        """Stops already shown, when riding by cuts."""
        self._next: Pose | None = None
        """What a cut under way leads to."""
        self._ride: Pose | None = None
        self._lean: Vec3 = (0.0, 0.0, 0.0)
        """From the body's eye to the view asked for, where no body can stand; goes as one moves."""

    @property
    def eye(self) -> Vec3:
        if self._ride:
            return self._ride.eye
        x, y, z = self.body.eye
        dx, dy, dz = self._lean
        return (x + dx, y + dy, z + dz)

    @property
    def pose(self) -> Pose:
        return Pose(self.eye, self.heading, self.pitch, self.fov)

    @property
    def flying(self) -> bool:
        return self.body.flying

    @property
    def riding(self) -> bool:
        """Whether a flight is under way; moving or looking ends it."""
        return self._rail is not None

    @property
    def speed(self) -> float:
        vx, vy, vz = self.body.velocity
        return hypot(vx, vy, vz if self.flying else 0.0)

    @property
    def run_part(self) -> float | None:
        """Part of the run (0..1) that the flight under way wants to show."""
        return self._rail.step(self._time) if self._rail else None

    def set_flying(self, flying: bool) -> bool:
        """Start or end flight; False where there is nothing to land on."""
        self.stop()
        return self.body.set_flying(flying)

    def look(self, turn: float, tilt: float) -> None:
        """Turn to the left and upwards by degrees, at once."""
        if turn or tilt:
            self.stop()
            self.heading = (self.heading + turn + 180) % 360 - 180
            self.pitch = min(max(self.pitch + tilt, -STEEPEST), STEEPEST)

    def place(self, pose: Pose) -> None:
        """Be there at once, without a fade."""
        self._rail = self._next = None
        self._settle(pose)

    def teleport(self, to: Pose | Frame, *, reduced_motion: bool = False) -> None:
        """Go to a view, or to stand in a frame looking into it: by a short glide or a faded cut."""
        if isinstance(to, Frame):
            to = standing_in(to)
        self.stop()
        here = self.pose
        rail = Rail([_stop(here), _stop(to)], 1.2)
        glide = rail.duration <= LONGEST_GLIDE and self.body.solids.is_open(here.eye, to.eye)
        if glide and not reduced_motion:
            self.fly_rail(rail)
        else:
            self._next = to

    def fly_rail(self, rail: Rail, *, reduced_motion: bool = False) -> None:
        """Ride along a rail; with reduced motion as cuts from stop to stop."""
        self._rail, self._time, self._next = rail, 0.0, None
        self._by_cuts, self._shown = reduced_motion, 0
        if not reduced_motion:
            self._show(rail.pose(0.0))

    def carry(self, pose: Pose, fade: float = 0.0) -> None:
        """Be shown a view by a guide, frame by frame; moving or looking ends it."""
        self._rail = self._next = None
        self.fade = fade
        self._show(pose)

    @property
    def carried(self) -> bool:
        """Whether a guide shows the view."""
        return self._rail is None and self._next is None and self._ride is not None

    def stop(self) -> None:
        """End a ride where it is."""
        self._next = None
        if self._rail or self._ride:
            pose = self.pose
            self._rail = None
            self._settle(pose)

    def update(self, dt: float) -> None:
        """Advance by `dt` seconds."""
        dt = min(max(dt, 0.0), 0.25)
        if self.intent.active and (self._rail or self._next or self.carried):
            self.stop()
        if self.carried:
            return
        self._update_fade(dt)
        if self._rail:
            self._advance(self._rail, dt)
        elif not self._next:
            self._steer(dt)
            self.body.move(dt, self._wish())
            if self.speed > 0.5:
                left = exp(-dt / 0.25)
                self._lean = (self._lean[0] * left, self._lean[1] * left, self._lean[2] * left)
                self.fov += (WALK_FOV - self.fov) * (1 - exp(-dt / 0.8))

    # -- parts of an update -------------------------------------------------------------------------

    def _update_fade(self, dt: float) -> None:
        if self._next is None:
            self.fade = max(self.fade - dt / FADE, 0.0)
            return
        self.fade = min(self.fade + dt / FADE, 1.0)
        if self.fade >= 1.0:
            pose, self._next = self._next, None
            if self._rail:
                self._show(pose)
            else:
                self._settle(pose)

    def _advance(self, rail: Rail, dt: float) -> None:
        self._time += dt
        if not self._by_cuts:
            self._show(rail.pose(self._time))
        else:
            due = [pose for time, pose in rail.cuts() if time <= self._time]
            if len(due) > self._shown:
                self._shown, self._next = len(due), due[-1]
        if self._time >= rail.duration and self._next is None:
            self.stop()

    def _steer(self, dt: float) -> None:
        ease = 1 - exp(-dt / 0.08)
        self._turning += (self.intent.turn - self._turning) * ease
        self._tilting += (self.intent.tilt - self._tilting) * ease
        if abs(self._turning) + abs(self._tilting) > 1e-3:
            self.look(self._turning * TURN * dt, self._tilting * TURN * dt)

    def _wish(self) -> Vec3:
        """The velocity wanted, in the world, m/s."""
        i = self.intent
        h, p = radians(self.heading), radians(self.pitch)
        size = max(hypot(i.forward, i.right, i.up if self.flying else 0.0), 1.0)
        speed = (FLY * (1.8 if i.run else 1) if self.flying else RUN if i.run else WALK) / size
        ahead = cos(p) if self.flying else 1.0
        x = -sin(h) * ahead * i.forward + cos(h) * i.right
        y = cos(h) * ahead * i.forward + sin(h) * i.right
        z = sin(p) * i.forward + i.up if self.flying else 0.0
        return (x * speed, y * speed, z * speed)

    def _show(self, pose: Pose) -> None:
        self._ride = pose
        self.heading, self.pitch, self.fov = pose.heading, pose.pitch, pose.fov

    def _settle(self, pose: Pose) -> None:
        """Put the body under the pose's eye: on foot where there is a floor, else in flight."""
        self._ride = None
        x, y, z = pose.eye
        solids = self.body.solids
        floor = solids.floor(x, y, z - LOWEST)
        self.body.flying = z - EYE - floor > 0.9 or not solids.is_land(x, y, floor)
        self.body.place(x, y, z - EYE if self.body.flying else floor)
        bx, by, bz = self.body.eye
        self._lean = (x - bx, y - by, z - bz)
        self.heading, self.pitch, self.fov = pose.heading, pose.pitch, pose.fov


def standing_in(frame: Frame) -> Pose:
    """Standing on a frame's origin, looking along its back axis."""
    x, y, z = frame.origin
    return Pose((x, y, z + EYE), frame.yaw)


def _stop(pose: Pose) -> Stop:
    x, y, z = pose.eye
    dx, dy, dz = pose.direction
    return Stop(pose.eye, (x + 20 * dx, y + 20 * dy, z + 20 * dz), pose.fov)
