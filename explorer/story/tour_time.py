"""A tour laid out in time: one function of the second, so that it can be played, scrubbed and checked alike."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import cos, dist, radians, sin, tan

import msgspec

from explorer.story.narration import Voice
from explorer.story.texts import Texts
from explorer.story.tour import Show, Stop, Tour
from explorer.world import rails
from explorer.world.rails import Pose, Rail
from explorer.world.route import plan
from explorer.world.scene import Camera
from explorer.world.scene_load import SceneError, fit, view_of
from explorer.world.site import Site
from explorer.world.solids import Solids

LEAD = 0.45
"""Part of a flight after which the narrator begins."""
GAP = 0.8
"""Silence between two captions, seconds."""
STEP_RATE = 2.0
"""Most recorded steps a second: full-screen pictures must not flicker."""
LOWER = 5.0
"""Views are made for a screen without captions: a tour looks so much lower, so that what it shows stands
above them, degrees."""
FADE = 0.3
"""Seconds to black at a cut, and again back."""


class Cue(msgspec.Struct, frozen=True):
    """A caption: what is said from `start` on, for `seconds`; it stands until the next one."""

    start: float
    seconds: float
    text: str


class Shot(msgspec.Struct, frozen=True):
    """A stop in time. All times are seconds of the tour."""

    stop: Stop
    start: float
    arrive: float
    """When the camera has arrived."""
    end: float
    rail: Rail | None
    """The flight there; None for a cut, or where the camera stays."""
    pose: Pose
    """The view arrived at."""
    cut: bool
    cues: tuple[Cue, ...]
    run: str | None
    parts: tuple[float, float, float, float] | None
    """Part of the run at two times: (from time, to time, part then, part there); None leaves it."""

    @property
    def seen(self) -> float:
        """When one stands at the stop, in the light, and the first words are there."""
        arrived = max(self.arrive, self.start + (FADE if self.cut else 0.0))
        return min(max([arrived, *(cue.start for cue in self.cues[:1])]), self.end)


class Moment(msgspec.Struct, frozen=True):
    """Everything that a tour wants at one second."""

    shot: int
    pose: Pose
    fade: float
    """0: the world is seen; 1: black."""
    resting: bool
    """The camera has arrived."""
    run: str | None
    part: float | None
    """Part of the run, 0..1."""
    show: Show
    spotlight: str | None
    cue: Cue | None


class Timeline(msgspec.Struct, frozen=True):
    """A tour for one site, language and voice."""

    name: str
    title: str
    shots: tuple[Shot, ...]
    chapters: tuple[tuple[str, float], ...]
    """Title and start of each chapter."""

    @property
    def duration(self) -> float:
        return self.shots[-1].end

    def shot_at(self, t: float) -> int:
        """Index of the shot at a second."""
        return max(bisect_right([s.start for s in self.shots], t) - 1, 0)

    def sample(self, t: float, *, reduced_motion: bool = False) -> Moment:
        """What the tour wants at `t` seconds; with reduced motion flights become cuts with fades."""
        t = min(max(t, 0.0), self.duration)
        index = self.shot_at(t)
        shot = self.shots[index]
        cue = next((c for c in reversed(shot.cues) if c.start <= t), None)
        part = None
        if shot.parts:
            t0, t1, a, b = shot.parts
            share = min(max((t - t0) / max(t1 - t0, 1e-6), 0.0), 1.0)
            part = a + (b - a) * share
        arrived = reduced_motion or t >= shot.arrive
        return Moment(
            index,
            _pose(shot, t, still=reduced_motion),
            self._fade(index, t, reduced_motion),
            arrived,
            shot.run,
            part,
            shot.stop.show,
            shot.stop.spotlight if arrived else None,
            cue,
        )

    def _fade(self, index: int, t: float, reduced: bool) -> float:
        """Black at the cuts just before and just after `t`."""

        def cuts(i: int) -> bool:
            shot = self.shots[i]
            return shot.cut or (reduced and shot.rail is not None)

        near = [
            self.shots[i].start for i in (index, index + 1) if 0 < i < len(self.shots) and cuts(i)
        ]
        return max((1 - abs(t - at) / FADE for at in near if abs(t - at) < FADE), default=0.0)


def lay_out(
    tour: Tour,
    name: str,
    site: Site,
    texts: Texts,
    voice: Voice,
    steps_of: Callable[[str | None], int],
) -> Timeline:
    """The tour through a site. `steps_of(run)` says how many steps a run has, 0 where there is none of that name.

    Views whose place this network lacks are left out; what is told there is told where one stands, or, in a tour
    for every network, not at all.
    Raises SceneError for a first view that is missing.
    """
    return _Layout(tour, site, texts, voice, steps_of).timeline(name)


class _Layout:
    def __init__(
        self,
        tour: Tour,
        site: Site,
        texts: Texts,
        voice: Voice,
        steps_of: Callable[[str | None], int],
    ) -> None:
        self.tour, self.site, self.texts, self.voice = tour, site, texts, voice
        self.steps_of = steps_of
        self.solids = Solids(site.valley)
        optional = {n: msgspec.structs.replace(c, optional=True) for n, c in tour.cameras.items()}
        scene = msgspec.structs.replace(site.scene, cameras={**site.scene.cameras, **optional})
        self.cameras: dict[str, Camera] = fit(scene, site.valley).cameras
        self.run: str | None = None
        self.part: float | None = None

    def timeline(self, name: str) -> Timeline:
        shots: list[Shot] = []
        at: rails.Stop | None = None
        for stop in self.tour.stops:
            there = self._view(stop.view) if stop.view else None
            if stop.view and there is None and self.tour.anywhere:
                continue
            if at is None and there is None:
                raise SceneError(
                    (str(self.site.file), 1), f"tour {name!r}", "a place for its first view", "none"
                )
            shot = self._shot(stop, shots[-1] if shots else None, at, there)
            shots.append(shot)
            at = _stop_of(_pose(shot, shot.end, still=False))
        chapters = tuple((self.texts.get(s.stop.title), s.start) for s in shots if s.stop.title)
        return Timeline(name, self.texts.get(self.tour.title), tuple(shots), chapters)

    def _view(self, name: str) -> rails.Stop | None:
        camera = self.cameras.get(name)
        if camera is None:
            return None
        eye, (x, y, z) = view_of(camera, self.site.valley)
        low = dist(eye[:2], (x, y)) * tan(radians(LOWER))
        return rails.Stop(eye, (x, y, z - low), camera.fov)

    def _shot(
        self, stop: Stop, before: Shot | None, at: rails.Stop | None, there: rails.Stop | None
    ) -> Shot:
        start, rail = before.end if before else 0.0, None
        if at and there and stop.move == "fly" and at.pose != there.pose:
            via = [v for v in map(self._view, stop.via) if v]
            rail = plan(self.solids, [at, *via, there], stop.seconds)
        pose = there.pose if there else _pose(before, before.end, still=False) if before else None
        assert pose is not None
        arrive = start + (rail.duration if rail else 0.0)
        cut = there is not None and rail is None
        t = start + (LEAD * rail.duration if rail else FADE if cut else 0.3)
        cues = []
        for key in stop.say:
            text = self.texts.get(key)
            cues.append(Cue(t, self.voice.duration(text), text))
            t += cues[-1].seconds + GAP
        parts = self._parts(stop, start, arrive, t)
        end = max(arrive, t, parts[1] if parts else 0.0) + stop.hold
        if stop.ask:
            end += self.voice.duration(self.texts.get(stop.ask.text))
        return Shot(stop, start, arrive, end, rail, pose, cut, tuple(cues), self.run, parts)

    def _parts(
        self, stop: Stop, start: float, arrive: float, told: float
    ) -> tuple[float, float, float, float] | None:
        """How the run moves during a stop: evenly, on whole steps at both ends, never too fast."""
        if stop.run and self.steps_of(stop.run):
            self.run = stop.run
        last = max(self.steps_of(self.run) - 1, 1)
        begin = self.part if stop.start is None else round(stop.start * last) / last
        if stop.step is None:
            self.part = begin
            return None if begin is None else (start, start, begin, begin)
        goal = round(stop.step * last) / last
        begin = goal if begin is None else begin
        needed = abs(goal - begin) * last / STEP_RATE
        t0 = arrive if stop.view else start
        self.part = goal
        return (t0, t0 + max(needed, told - t0 if needed else 0.0), begin, goal)


def _pose(shot: Shot, t: float, *, still: bool) -> Pose:
    if t < shot.arrive and shot.rail and not still:
        return shot.rail.pose(t - shot.start)
    drift = shot.stop.drift
    if drift is None or still or shot.end <= shot.arrive:
        return shot.pose
    u = min(max((t - shot.arrive) / (shot.end - shot.arrive), 0.0), 1.0)
    share = u * u * u * (u * (6 * u - 15) + 10)
    right, ahead, up = (d * share for d in drift)
    h = radians(shot.pose.heading)
    x, y, z = shot.pose.eye
    eye = (x + cos(h) * right - sin(h) * ahead, y + sin(h) * right + cos(h) * ahead, z + up)
    return Pose(eye, shot.pose.heading, shot.pose.pitch, shot.pose.fov)


def _stop_of(pose: Pose) -> rails.Stop:
    x, y, z = pose.eye
    dx, dy, dz = pose.direction
    return rails.Stop(pose.eye, (x + 20 * dx, y + 20 * dy, z + 20 * dz), pose.fov)
