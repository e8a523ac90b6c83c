"""The Orchestra: pipes lit as far as their unit is loud, a conductor of recorded alpha and sigma, and the sound."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from math import hypot
from typing import cast

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from assetgen.pack import Pack
from explorer.music import Music
from explorer.state import State
from explorer.story.record import Record
from explorer.story.score import Score
from explorer.story.texts import Texts
from explorer.view.exhibition.base import Setting, Shown, not_recorded
from explorer.view.exhibition.boxes import Boxes
from explorer.view.lettering import Line, letter
from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, scaled
from explorer.view.shaders import load_shader
from explorer.view.textures import F32, float_texture
from explorer.world import orchestra as plan
from explorer.world import stations as kinds
from explorer.world.exhibits import ExhibitPlace
from explorer.world.orchestra import Seat
from explorer.world.valley import Frame, Vec3

PIPES = {"attention": 5, "joint": 5, "single": 5, "resnet": 3, "downsample": 2, "upsample": 2}
"""Pipes of an instrument, by the kind of its unit; one for any other."""
READS_WORDS = frozenset({"attention", "joint", "single"})
SHORT, LONGER = 1.05, 0.50
"""Length of the front row's pipes, and how much longer each row further back is, metres."""
ALPHA, SIGMA, BATON = -2.0, -3.0, -4.0
PODIUM, BLADE = 0.46, 2.2
"""Height of the conductor's podium, and of its columns, metres."""
HAND: Vec3 = (0.0, plan.CONDUCTOR[1] + 0.1, 1.25)
MUTED, COOL_INK, WARM_INK = (150, 178, 212), (190, 224, 255), (255, 214, 160)
ASIDE = 7.0
"""How far a row's plate stands from the middle, degrees, in turn to either side: rows lie close behind one another."""
NARRATED = 0.25
"""The music's part of its volume while a tour speaks."""
NEAR = 6.0
"""Within this distance it is at its full volume, metres."""


def build_stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """Tiers, a parapet of light behind them, the conductor's podium, a foot for every instrument."""
    x, y, _ = plan.CONDUCTOR
    with mesh.at(place.frame):
        for tier in range(plan.TIERS):
            _tier(mesh, tier, palette)
        _parapet(mesh, palette)
        mesh.box((x - 1.8, y - 0.6, -0.2), (x + 1.8, y + 0.6, PODIUM), scaled(palette.dark, 1.3),
                 top=Material.POLISHED)  # fmt: skip
        mesh.box((x - 1.82, y - 0.62, 0.07), (x + 1.82, y + 0.62, 0.11), palette.meaning, glow=0.9,
                 faces="frkl", split=9.0)  # fmt: skip
        for seat in place.ground.seats:
            sx, sy, z = seat.place
            mesh.box((sx - 0.25, sy - 0.25, z), (sx + 0.25, sy + 0.25, z + 0.12),
                     scaled(palette.dark, 0.8), split=1.0)  # fmt: skip
    for seat in place.ground.seats:
        toward = np.array(plan.CONDUCTOR) - np.array(seat.place)
        toward *= 0.5 / max(float(np.linalg.norm(toward)), 1e-6)
        at = (seat.place[0] + toward[0], seat.place[1] + toward[1], seat.place[2] + 0.5)
        warm = seat.kind in READS_WORDS
        lights.add(at, warm=0.22 * warm, cool=0.26 * (not warm), frame=place.frame)
    lights.add((x, y - 1.0, 0.9), warm=0.8, frame=place.frame)


def _arc(low: float, z0: float, high: float, z1: float, a: float, b: float) -> list[Vec3]:
    """A quad between two arcs, from angle a to b: seen from the conductor, or from above."""
    p = plan.polar
    return [p(low, a, z0), p(low, b, z0), p(high, b, z1), p(high, a, z1)]


def _turns() -> list[tuple[float, float]]:
    return list(pairwise(float(t) for t in np.linspace(-plan.SPREAD, plan.SPREAD, 25)))


def _tier(mesh: Mesh, tier: int, palette: Palette) -> None:
    """One step of the half circle: tread, riser with a thin line of light, both ends."""
    near, z = plan.INNER + plan.DEEP * tier, plan.height(tier)
    far, below = near + plan.DEEP, plan.height(tier - 1) if tier else -0.2
    tread, riser = scaled(palette.paving, 0.9), scaled(palette.concrete, 0.62)
    for a, b in _turns():
        mesh.quad(_arc(near, z, far, z, a, b), tread, split=1.4)
        mesh.quad(_arc(near, below, near, z, a, b), riser, ao=(0.5, 0.5, 0.9, 0.9), split=1.4)
        line = _arc(near - 0.01, z - 0.07, near - 0.01, z - 0.03, a, b)
        mesh.quad(line, palette.machine, glow=0.55, split=9.0)
    for turn, flip in ((-plan.SPREAD, False), (plan.SPREAD, True)):
        p = plan.polar
        end = [p(near, turn, -0.2), p(near, turn, z), p(far, turn, z), p(far, turn, -0.2)]
        mesh.quad(end if flip else end[::-1], riser, split=1.4)


def _parapet(mesh: Mesh, palette: Palette) -> None:
    """The wall behind the last tier, with light on its edge."""
    low = plan.height(plan.TIERS - 1)
    high, inner, stone = low + 0.55, plan.OUTER - 0.14, scaled(palette.concrete, 0.62)
    shade = (0.6, 0.6, 0.95, 0.95)
    for a, b in _turns():
        mesh.quad(_arc(plan.OUTER, -0.2, plan.OUTER, high, a, b)[::-1], stone, ao=shade, split=1.6)
        mesh.quad(_arc(inner, low, inner, high, a, b), stone, ao=shade, split=1.6)
        mesh.quad(_arc(inner, high, plan.OUTER, high, a, b), palette.machine, glow=0.5, split=9.0)


class Orchestra:
    """Pipes and conductor as one Geom, words, and music."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        self._place, self._texts, self._setting = place, setting.texts, setting
        self._station = cast(kinds.Orchestra, place.station)
        self.root = p3d.NodePath(place.id)
        self._pipes: p3d.NodePath | None = None
        self._palette = setting.palette
        self._words = self.root.attach_new_node("words")
        self._pool = ThreadPoolExecutor(1, "music")
        self._score: Future[tuple[Score, NDArray[np.float32]]] | None = None
        self._loaded: Score | None = None
        self._pack: Pack | None = None
        self.music = Music(enabled=isinstance(setting.base.win, p3d.GraphicsWindow))
        self.heard: str | None = None

    def dress(self, shown: Shown, state: State) -> None:
        pack = shown.run.pack
        if pack is self._pack:
            return  # the same run at full resolution: nothing here has more of it
        self._pack = pack
        index = {unit.id: i for i, unit in enumerate(pack.architecture.units)}
        if self._pipes is not None:
            self._pipes.remove_node()
        self._pipes = self.root.attach_new_node(self._geometry(index))
        yaw = np.radians(self._place.frame.yaw)
        self._pipes.set_shader(load_shader("pipes.vert", "pipes.frag"))
        self._pipes.set_shader_inputs(
            loudness=float_texture("loudness", loudness(pack)),
            conduct=float_texture("conduct", conduct(pack)),
            pivot=p3d.LVecBase3f(*self._place.frame.to_world(HAND)),
            axis=p3d.LVecBase2f(float(np.cos(yaw)), float(np.sin(yaw))),
        )
        self._write(pack)
        if not pack.has("unit_rms"):
            front = self._place.frame.to_world((0.0, plan.CONDUCTOR[1] - 0.64, 0.8))
            not_recorded(self._setting, Frame(front, self._place.frame.yaw)).reparent_to(
                self._words
            )
        self._score = self._loaded = self.heard = None
        self.music.load(None)

    def _geometry(self, index: dict[str, int]) -> p3d.GeomNode:
        boxes = Boxes(self._place.frame)
        for seat in self._place.ground.seats:
            if seat.unit in index:
                self._instrument(boxes, seat, index[seat.unit])
        x, y, _ = plan.CONDUCTOR
        for side, unit, color in (
            (-1.05, SIGMA, self._palette.machine),
            (1.05, ALPHA, self._palette.meaning),
        ):
            low = (x + side - 0.09, y - 0.09, PODIUM)
            high = (x + side + 0.09, y + 0.09, PODIUM + BLADE)
            boxes.add(low, high, color, unit)
        hx, hy, hz = HAND
        boxes.add(
            (hx - 0.018, hy - 0.018, hz),
            (hx + 0.018, hy + 0.018, hz + 1.15),
            self._palette.meaning,
            BATON,
        )
        return boxes.node("orchestra")

    def _instrument(self, boxes: Boxes, seat: Seat, unit: int) -> None:
        """A rank of pipes that looks at the conductor; the longest in its middle."""
        count = PIPES.get(seat.kind, 1)
        warm = seat.kind in READS_WORDS
        color = self._palette.meaning if warm else self._palette.machine
        length = SHORT + LONGER * seat.row
        across = np.radians(90 + seat.angle)
        x, y, z = seat.place
        for i in range(count):
            off = (i - (count - 1) / 2) * 0.115
            px, py = x + np.sin(across) * off, y + np.cos(across) * off
            tall = length * (1 - 0.10 * abs(i - (count - 1) / 2))
            half = 0.075 if count == 1 else 0.042
            boxes.add(
                (px - half, py - half, z + 0.12),
                (px + half, py + half, z + 0.12 + tall),
                color,
                unit,
            )

    def _write(self, pack: Pack) -> None:
        """What the conductor's columns are, and on a small plate the resolution of every row."""
        self._words.get_children().detach()
        frame, get = self._place.frame, self._texts.get
        x, y, _ = plan.CONDUCTOR
        lines = []
        for name, left, ink in (("sigma", -1.6, COOL_INK), ("alpha", 0.22, WARM_INK)):
            at = Frame(frame.to_world((x + left, y - 0.63, 0.24)), frame.yaw)
            lines.append(Line(get(f"exhibit.orchestra.{name}"), at, 0.10, ink))
        units = {u.id: u for u in pack.architecture.units}
        seen: set[int] = set()
        rows = 1 + max((s.row for s in self._place.ground.seats), default=0)
        for seat in self._place.ground.seats:
            unit = units.get(seat.unit)
            if unit is None or seat.row in seen or len(unit.output) != 3:
                continue
            seen.add(seat.row)
            tier = plan.tier_of(seat.row, rows)
            aside = ASIDE * (-1) ** seat.row if seat.row else 0.0
            place = plan.polar(plan.INNER + plan.DEEP * tier + 0.2, aside, plan.height(tier) + 0.24)
            text = get("exhibit.orchestra.row", height=unit.output[1], width=unit.output[2])
            at = Frame(frame.to_world(place), frame.yaw)
            lines.append(Line(text, at, 0.205, MUTED, align="centre", plate=(1.34, 0.42)))
        letter("orchestra", lines).reparent_to(self._words)

    def follow(self, state: State) -> None:
        """Time is a uniform; the music is brought along every frame."""

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        away = hypot(eye[0], eye[1])
        audible = away < self._station.heard
        if audible and self._loaded is None:
            self._rehearse()
        score = self._loaded
        self.heard = caption(score, state.whole_step, self._texts) if audible and score else None
        nearness = min(max((self._station.heard - away) / (self._station.heard - NEAR), 0.0), 1.0)
        narrated = NARRATED if state.tour is not None else 1.0
        volume = 0.0 if state.muted else state.volume * nearness**2 * narrated
        self.music.update(state.step, volume, dt)

    def _rehearse(self) -> None:
        """Make the run's loops in the background; a machine without sound needs only the score."""
        if self._score is None and self._pack is not None:
            pack, loud = self._pack, self.music.enabled

            def rehearse() -> tuple[Score, NDArray[np.float32]]:
                score = Score(Record(pack, pack.architecture))
                return score, score.loops() if loud else np.zeros((0, 1), np.float32)

            self._score = self._pool.submit(rehearse)
        if self._score is not None and self._score.done():
            self._loaded, loops = self._score.result()
            self.music.load(loops)

    def leave(self) -> None:
        self.heard = None
        self.music.hush()

    def clean_up(self) -> None:
        self.music.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


def loudness(pack: Pack) -> F32:
    """`[S, U]`: every unit's magnitude on its own range; all zero where it was not recorded."""
    recorded = Score(Record(pack, pack.architecture), sounds=False).loudness
    return np.zeros((pack.steps, 1), np.float32) if recorded is None else recorded


def conduct(pack: Pack) -> F32:
    """`[1, S, 4]`: alpha and sigma of every step; nobody plays where they were not recorded."""
    table = np.zeros((1, pack.steps, 4), np.float32)
    table[0, :, :2] = [(s.alpha or 0.0, s.sigma or 0.0) for s in pack.metadata.steps]
    return table


def caption(score: Score, step: int, texts: Texts) -> str | None:
    """What is heard at a step, in words: how much breath, how loud, and who plays nearest to their maximum."""
    level, loudest = score.level(step), score.loudest(step)
    if level is None or loudest is None:
        return None
    sigma = float(score.sigma[step])
    tone = "breath" if sigma > 0.9 else "mixed" if sigma > 0.45 else "tones"
    row = "low" if loudest.row >= 2 else "middle" if loudest.row == 1 else "high"
    return texts.get(
        f"exhibit.orchestra.heard.{tone}",
        voices=texts.get(f"exhibit.orchestra.voices.{row}"), loud=f"{100 * level:.0f}", noise=f"{100 * sigma**2:.0f}",
    )  # fmt: skip
