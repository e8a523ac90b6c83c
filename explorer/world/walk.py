"""A body that walks, runs and flies through a valley, never through a floor or off the world.

Time advances in fixed steps of 1/60 s and what is shown is interpolated between the last two, so
the path does not depend on the frame rate. Every accepted step is a valid place; a step that would
not be one is turned aside until it is, or not taken.
"""

from __future__ import annotations

from math import cos, exp, hypot, radians, sin, tau

import msgspec

from explorer.world.solids import HEIGHT, RADIUS, SLAB, STEP, Solids
from explorer.world.valley import Vec3

WALK, RUN, FLY = 2.2, 5.0, 12.0
"""Speeds, m/s."""
EYE = 1.7
LEDGE = 0.8
"""A floor this much higher or lower a radius ahead acts as a wall or a railing, metres."""
TICK = 1 / 60
GRAVITY = 9.81
TERMINAL = 25.0
SKY = 110.0
"""Highest a body can fly, metres."""
HOVER = 0.25
"""Least distance of flying feet from what is below, metres."""
LIFT = 0.2
"""How far a tick of flight is lifted over what is in its way, metres: 12 m/s."""
_SIDESTEPS = tuple(
    (cos(radians(a)), sin(radians(s * a))) for a in (0, 12, 24, 36, 48, 60, 68) for s in (1, -1)
)[1:]
"""Cosine and sine of the turns tried when a step is not possible, smallest first."""
_FEELERS = ((1.0, 0.0), (cos(0.9), sin(0.9)), (cos(0.9), -sin(0.9)))
"""Where a step feels ahead for ledges, relative to its direction."""


class Body(msgspec.Struct):
    """A capsule of radius 0.35 m and height 1.8 m. `move` is called once a frame."""

    solids: Solids
    feet: Vec3 = (0.0, 0.0, 0.0)
    velocity: Vec3 = (0.0, 0.0, 0.0)
    flying: bool = False
    eye_height: float = EYE
    """Height of the eye over the feet right now: lags behind steps so that stairs feel smooth."""
    _before: tuple[Vec3, float] = ((0.0, 0.0, 0.0), EYE)
    _pending: float = 0.0

    @property
    def eye(self) -> Vec3:
        """The eye as shown: between the last two ticks."""
        s = self._pending / TICK
        (ax, ay, az), old = self._before
        x, y, z = self.feet
        eye_before, eye_now = az + old, z + self.eye_height
        return (ax + (x - ax) * s, ay + (y - ay) * s, eye_before + (eye_now - eye_before) * s)

    @property
    def on_ground(self) -> bool:
        return not self.flying and self.feet[2] - self.solids.floor(*self.feet) < 1e-3

    def place(self, x: float, y: float, z: float) -> None:
        """Put the feet at a place, or the nearest free one; on foot they stand on what is below."""
        self.feet = self._free_place(x, y, z)
        self.velocity, self.eye_height, self._pending = (0.0, 0.0, 0.0), EYE, 0.0
        self._before = (self.feet, EYE)

    def set_flying(self, flying: bool) -> bool:
        """Start or end flight; False when there is no land below."""
        x, y, z = self.feet
        if not flying and not self.solids.is_land(x, y, self.solids.floor(x, y, z)):
            return False
        self.flying = flying
        return True

    def move(self, dt: float, wish: Vec3) -> None:
        """Advance by `dt` seconds, wanting the velocity `wish` (m/s; z only counts in flight)."""
        self._pending += min(max(dt, 0.0), 0.25)
        while self._pending >= TICK - 1e-9:
            self._pending = max(self._pending - TICK, 0.0)
            self._before = (self.feet, self.eye_height)
            self._tick(wish)

    # -- one tick ---------------------------------------------------------------------------------

    def _tick(self, wish: Vec3) -> None:
        ease = 1 - exp(-TICK / (0.30 if self.flying else 0.11))
        vx, vy, vz = self.velocity
        vx, vy = vx + (wish[0] - vx) * ease, vy + (wish[1] - vy) * ease
        if hypot(vx, vy) < 1e-3:
            vx = vy = 0.0
        if self.flying:
            vz = vz + (wish[2] - vz) * ease
            x, y, z = self._fly(vx, vy, vz)
        else:
            x, y = self._stride(vx * TICK, vy * TICK)
            z, vz = self._fall(x, y, vz)
        ax, ay, az = self.feet
        self.velocity = ((x - ax) / TICK, (y - ay) / TICK, (z - az) / TICK if self.flying else vz)
        self._smooth_eye(z - az, falling=vz < 0 and not self.flying)
        self.feet = (x, y, z)

    def _stride(self, dx: float, dy: float) -> tuple[float, float]:
        """Where a step on foot of `(dx, dy)` metres ends: straight, turned aside, or nowhere."""
        x, y, z = self.feet
        if dx == 0.0 and dy == 0.0:
            return x, y
        for c, s in _SIDESTEPS:
            # turning by an angle keeps only its cosine of the speed: sliding along, not around
            to = self.solids.push_out(x + c * (c * dx - s * dy), y + c * (s * dx + c * dy), z)
            if to is not None and self._walkable(*to):
                return to
        return x, y

    def _walkable(self, x: float, y: float) -> bool:
        """Whether feet may come from where they are to `(x, y)`."""
        ax, ay, z = self.feet
        length = hypot(x - ax, y - ay)
        if length < 1e-7:
            return True
        falling = self.velocity[2] < 0
        ux, uy = (x - ax) / length * RADIUS, (y - ay) / length * RADIUS
        for c, s in () if falling else _FEELERS:
            px, py = x + c * ux - s * uy, y + s * ux + c * uy
            if abs(self.solids.floor(px, py, z, exact=False) - z) > LEDGE:
                return False
        floor = self.solids.floor(x, y, z)
        if floor - z > STEP or (not falling and floor - z < -STEP):
            return False
        if not self.solids.is_land(x, y, floor):
            return False
        return self.solids.ceiling(x, y, max(floor, z)) - max(floor, z) >= HEIGHT

    def _fall(self, x: float, y: float, vz: float) -> tuple[float, float]:
        """Height of the feet and vertical speed at `(x, y)`, one tick later."""
        z = self.feet[2]
        floor = self.solids.floor(x, y, z)
        if z - floor <= (STEP if vz == 0.0 else 1e-6):
            return floor, 0.0
        vz = max(vz - GRAVITY * TICK, -TERMINAL)
        return (floor, 0.0) if z + vz * TICK <= floor else (z + vz * TICK, vz)

    def _fly(self, vx: float, vy: float, vz: float) -> Vec3:
        """Where a tick of flight ends: around walls, over what rises ahead, below ceilings."""
        x, y, z = self.feet
        z = self._between(x, y, z, z + vz * TICK)
        to = self.solids.push_out(x + vx * TICK, y + vy * TICK, z)
        if to is not None:
            rise = self.solids.floor(*to, z) + HOVER - z
            if rise > LIFT:
                return self._lifted(x, y, z)
            there = z + max(rise, 0.0)
            if self.solids.ceiling(*to, there) - SLAB - there >= HEIGHT and self.solids.is_free(
                *to, there
            ):
                return (*to, there)
        return (x, y, z) if self.solids.is_free(x, y, z) else self.feet

    def _lifted(self, x: float, y: float, z: float) -> Vec3:
        higher = self._between(x, y, z, z + LIFT)
        return (x, y, higher) if self.solids.is_free(x, y, higher) else self.feet

    def _between(self, x: float, y: float, z: float, wanted: float) -> float:
        """`wanted` kept over the floor and under the ceiling that feet at `z` have."""
        low = self.solids.floor(x, y, z) + HOVER
        high = min(SKY, self.solids.ceiling(x, y, z) - SLAB - HEIGHT)
        return min(max(wanted, low), max(high, low))

    def _smooth_eye(self, rise: float, *, falling: bool) -> None:
        """Steps move the feet at once and the eye within a fifth of a second."""
        if not self.flying and not falling:
            self.eye_height = min(max(self.eye_height - rise, EYE - 0.6), EYE + 0.6)
        self.eye_height += (EYE - self.eye_height) * (1 - exp(-TICK / 0.09))

    def _free_place(self, x: float, y: float, z: float) -> Vec3:
        """The nearest place with room for a body: at about the height asked for, if there is one."""
        for slack in (1.0, 1000.0):
            for ring in range(40):
                for turn in range(max(6 * ring, 1)):
                    angle = tau * turn / max(6 * ring, 1)
                    px, py = x + 0.25 * ring * cos(angle), y + 0.25 * ring * sin(angle)
                    if (found := self._stand(px, py, z, slack)) is not None:
                        return found
        return (x, y, max(z, self.solids.floor(x, y, z)))

    def _stand(self, x: float, y: float, z: float, slack: float) -> Vec3 | None:
        """Where a body put down at a point is, or None where it cannot be."""
        to = self.solids.push_out(x, y, z)
        if to is None:
            return None
        floor = self.solids.floor(*to, z)
        there = max(z, floor + HOVER) if self.flying else floor
        if not self.flying and (
            abs(floor - z) > slack
            or not self.solids.is_land(*to, floor)
            or not self._level(*to, floor)
        ):
            return None
        free = self.solids.is_free(*to, there)
        return (*to, there) if free and self.solids.ceiling(*to, there) - there >= HEIGHT else None

    def _level(self, x: float, y: float, z: float) -> bool:
        """Whether there is a floor under the whole body, and not a steep slope."""
        return all(
            abs(self.solids.floor(x + dx, y + dy, z, exact=False) - z) <= STEP
            for dx, dy in ((RADIUS, 0), (-RADIUS, 0), (0, RADIUS), (0, -RADIUS))
        )
