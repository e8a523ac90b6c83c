"""A display: pictures of the run on a wall, each on the one timeline, each with its caption and badge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import cast

import numpy as np
import panda3d.core as p3d

from explorer.state import State
from explorer.story.leaps import LEAP
from explorer.story.pixels import Place
from explorer.view.exhibition.arrays import CHANNELS, Derived
from explorer.view.exhibition.base import Setting, Shown
from explorer.view.exhibition.captions import (
    INK,
    MUTED,
    ROW,
    SMALL,
    TITLE,
    WARM,
    pieces_lines,
    places_line,
    prompts_lines,
    saying_lines,
)
from explorer.view.exhibition.faced import Faced
from explorer.view.exhibition.plates import plates
from explorer.view.exhibits import make_canvases, make_quad
from explorer.view.lettering import Line, fitted, letter, wrapped
from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, scaled
from explorer.view.textures import array_texture, mosaic_grid
from explorer.world import stations as kinds
from explorer.world.displays import BACK, FACE, FLOOR, FRONT, PLATE, Hung, joints, lay_display
from explorer.world.exhibits import ExhibitPlace
from explorer.world.noising import OUT
from explorer.world.places import CanvasPlace
from explorer.world.valley import Frame

__all__ = [
    "INK",
    "MUTED",
    "ROW",
    "SMALL",
    "TITLE",
    "WARM",
    "Display",
    "build_stone",
    "fitted",
    "rail_quad",
]


def build_stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """Step, wall, a narrow roof with a cove, a frame around every picture."""
    station = cast(kinds.Display, place.station)
    wall = lay_display(station)
    w, h = wall.half, wall.height
    with mesh.at(place.frame):
        mesh.box((-w - 0.5, FRONT, -0.4), (w + 0.5, BACK + 0.4, FLOOR), scaled(palette.dark, 1.3),
                 top=Material.POLISHED, split=1.6)  # fmt: skip
        mesh.box((-w - 0.52, FRONT - 0.04, 0.08), (w + 0.52, FRONT, 0.14), palette.meaning,
                 glow=0.95, faces="tf", split=9.0)  # fmt: skip
        mesh.box((-w, FACE, FLOOR), (w, BACK, h), scaled(palette.dark, 0.9), split=1.5, ao=0.85)
        mesh.box((-w - 0.4, FACE - 1.5, h), (w + 0.4, BACK + 0.3, h + 0.32),
                 scaled(palette.concrete, 0.85), foot=0.8, split=1.8)  # fmt: skip
        mesh.box((-w - 0.42, FACE - 1.54, h + 0.10), (w + 0.42, FACE - 1.5, h + 0.16),
                 palette.machine, glow=0.8, faces="f", split=9.0)  # fmt: skip
        mesh.box((-w - 0.42, BACK + 0.3, h + 0.10), (w + 0.42, BACK + 0.34, h + 0.16),
                 palette.machine, glow=0.5, faces="k", split=9.0)  # fmt: skip
        mesh.box((-w + 0.3, FACE - 0.28, h - 0.10), (w - 0.3, FACE - 0.18, h - 0.03),
                 palette.lamp, glow=1.15, faces="fb", split=9.0)  # fmt: skip
        for picture in wall.pictures:
            s, b = picture.size / 2, 0.16
            mesh.box(
                (picture.x - s - b, FACE - 0.06, picture.z - s - b),
                (picture.x + s + b, FACE + 0.02, picture.z + s + b), palette.frame, ao=0.85,
            )  # fmt: skip
        for i, line in enumerate(joints(station, wall)):
            color = palette.machine if i == 0 else palette.meaning
            for start, end in pairwise(np.array(p) + (0.0, 0.0, 0.012) for p in line):
                mesh.box(np.minimum(start, end) - 0.026, np.maximum(start, end) + 0.026, color,
                         glow=1.3, faces="t", split=30.0)  # fmt: skip
    for picture in wall.pictures:
        lights.add((picture.x, FACE - 1.1, picture.z + picture.size * 0.4), warm=0.5, cool=0.35,
                   frame=place.frame)  # fmt: skip
    for x in np.linspace(-w * 0.7, w * 0.7, max(2, round(w / 2))):
        lights.add((float(x), FACE - 0.9, h - 0.5), warm=1.0, cool=0.2, frame=place.frame)
        lights.add((float(x), FRONT + 0.4, 0.9), warm=0.5, frame=place.frame)


def rail_quad(place: ExhibitPlace, edges: tuple[float, float, float, float]) -> p3d.NodePath:
    """A wide quad before the wall for something drawn anew when a visitor moves it; edges in the display's axes."""
    left, right, low, high = edges
    at = place.frame.to_world(((left + right) / 2, FACE - OUT, (low + high) / 2))
    node = make_quad(place.id, Frame(at, place.frame.yaw), (right - left, high - low))
    node.set_shader_inputs(overlay=0.0, split=-1.0, latent=0.0, tiles=p3d.LVecBase2f(1, 1),
                           moment=0.0, mark=p3d.LVecBase4f(-1, -1, 1, 1))  # fmt: skip
    return node


class Display(Faced):
    """One canvas a picture. Those whose array was not recorded say so instead."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        super().__init__(place)
        self._station, self._texts = cast(kinds.Display, place.station), setting.texts
        self._wall = lay_display(self._station)
        self._canvases = []
        for picture in self._wall.pictures:
            at = place.frame.to_world((picture.x, FACE - 0.08, picture.z))
            canvas = CanvasPlace(
                place.id, picture.shows, Frame(at, place.frame.yaw), picture.size, 0.16
            )
            node = make_canvases([canvas])
            node.set_shader_inputs(overlay=0.0, split=-1.0)
            node.reparent_to(self._face)
            self._canvases.append(node)
        top = self._wall.pictures[: len(self._station.plates)]
        self._plates = [self._plate(p) for p in top]
        self._text = self._face.attach_new_node("text")
        if self._station.saying:
            said = saying_lines(self._texts.get(self._station.saying), self._wall, place.frame)
            letter("saying", list(said)).reparent_to(self.root)
        self._derived: Derived | None = None
        self._made: tuple[str, dict[str, p3d.Texture | None]] = ("", {})
        self._grid = (1, 1)

    def _plate(self, picture: Hung) -> p3d.NodePath:
        """A wide quad over a picture, for a number that changes with the step."""
        half, up = picture.size / 2, picture.size / 2 + 0.3 + picture.size * PLATE / 2
        at = Frame(
            self._place.frame.to_world((picture.x, FACE - 0.08, picture.z + up)),
            self._place.frame.yaw,
        )
        node = make_quad(self._place.id, at, (2 * half, picture.size * PLATE))
        node.set_shader_inputs(overlay=0.0, split=-1.0, latent=0.0, tiles=p3d.LVecBase2f(1, 1),
                               mark=p3d.LVecBase4f(-1, -1, 1, 1))  # fmt: skip
        node.reparent_to(self._face)
        return node

    def dress(self, shown: Shown, state: State) -> None:
        pack = shown.run.pack
        if self._made[0] != str(pack.path):
            self._derived = derived = Derived(pack, self._station.study)
            pixels = {name: derived.get(name) for name in self._station.shows}
            pixels |= {name: plates(name, pack, self._texts) for name in self._station.plates}
            made = {k: None if v is None else array_texture(k, v) for k, v in pixels.items()}
            self._made = (str(pack.path), made)
        latent = pack.architecture.traced_at.sample
        self._grid = (latent[2], latent[3])
        for picture, node in zip(self._wall.pictures, self._canvases, strict=True):
            name = picture.shows
            texture = self._made[1].get(name) or shown.textures.get(name)
            if texture is None:
                node.stash()
                continue
            node.unstash()
            tiles = mosaic_grid(latent[1]) if name in CHANNELS else (1, 1)
            node.set_shader_inputs(
                picture=texture, latent=float(name in CHANNELS), tiles=p3d.LVecBase2f(*tiles)
            )
        for name, node in zip(self._station.plates, self._plates, strict=True):
            if (texture := self._made[1].get(name)) is None:
                node.stash()
            else:
                node.unstash()
                node.set_shader_input("picture", texture)
        self._write(shown)
        self.follow(state)

    def follow(self, state: State) -> None:
        """A display about cells always marks one: the chosen place, or the middle."""
        if not self._station.marks:
            return
        pack = self._derived.record.pack if self._derived else None
        place = Place.chosen(state.selection, pack) if pack else None
        place = place or Place("x0", 0.5, 0.5)
        row, column = place.cell(*self._grid)
        for node in self._canvases:
            node.set_shader_input("mark", p3d.LVecBase4f(column, row, self._grid[1], self._grid[0]))

    def _write(self, shown: Shown) -> None:
        """Captions; a headline over the pictures, for a pair both prompts with the changed words lit."""
        self._text.get_children().detach()
        lines: list[Line] = []
        for picture, node in zip(self._wall.pictures, self._canvases, strict=True):
            title, small = self._caption(picture.shows)
            if node.is_stashed():
                small = self._texts.get("sign.not_recorded")
            lines += self._under(picture, title, small)
        top = self._wall.height - 0.52
        left = -self._wall.half + 0.9
        if self._station.study:
            lines.append(self._headline(left, top))
        if self._station.labels:
            lines.append(places_line(shown.run.pack, self._texts, self._at(left, top)))
            lines += pieces_lines(
                shown.run.pack, self._wall.pictures[0], self._station.labels, self._at
            )
        if self._station.pair:
            lines += prompts_lines(shown.run.pack, self._texts, left, top, self._at)
        letter(self._place.id, lines).reparent_to(self._text)

    def _captions(self, family: str) -> Iterator[Line]:
        """Under each picture what the texts of `family` call it."""
        for picture in self._wall.pictures:
            key = f"{family}.{picture.shows}"
            title, small = self._texts.get(f"{key}.title"), self._texts.get(f"{key}.line")
            yield from self._under(picture, title, small)

    def _room(self, picture: Hung) -> float:
        """How wide what stands under a picture may be, metres."""
        return picture.size + self._station.gap * self._station.scale - 0.15

    def _under(
        self, picture: Hung, title: str, small: str, color: tuple[int, int, int] = INK
    ) -> list[Line]:
        """A picture's title, and below it what it shows in as many lines as it needs."""
        left, low = picture.x - picture.size / 2, picture.z - picture.size / 2 - 0.16
        at, room = self._at(left, low - 0.36), self._room(picture)
        return [
            fitted(title, at, TITLE, color, "Inter-SemiBold", 44, room),
            *(
                Line(row, self._at(left, low - 0.63 - ROW * i), SMALL, MUTED, "Inter-Regular")
                for i, row in enumerate(wrapped(small, SMALL, room))
            ),
        ]

    def _caption(self, shows: str) -> tuple[str, str]:
        """Title and line under a picture; a study is called by what it varies."""
        run = self._derived.study(shows) if self._derived else None
        if run is not None and run.metadata.study is not None:
            return run.metadata.study.label, self._texts.get("display.study.line")
        stride = self._derived.strides.get(shows) if self._derived else None
        if stride is not None:
            study, level = stride.run.metadata.study, stride.timestep
            known = self._texts.get("number.not_recorded") if level is None else f"{level:g}"
            if stride.leap:
                line = self._texts.get("display.leap.line", steps=stride.run.steps)
                return self._texts.get("display.leap.title"), line
            return study.label if study else "", self._texts.get(
                "display.final.line", timestep=known
            )
        varied = shows == LEAP or shows.startswith(("study_", "final_"))
        key = "display.study" if varied else f"display.{shows}"
        small = self._texts.get(f"{key}.line", scale=self._scale(shows))
        return self._texts.get(f"{key}.title"), small

    def _headline(self, left: float, top: float) -> Line:
        """The prompt that the studies are of."""
        runs = self._derived.studies if self._derived else []
        if not runs:
            return Line(self._texts.get("display.no_study"), self._at(left, top), 0.2, MUTED)
        return Line(runs[0].metadata.prompt, self._at(left, top), 0.2, WARM, "Inter-SemiBold")

    def _scale(self, shows: str) -> str:
        """The value shown white, as it is printed; only channels have one."""
        known = self._derived is not None and shows in CHANNELS
        return f"{self._derived.scale(shows):.2f}" if known and self._derived else ""
