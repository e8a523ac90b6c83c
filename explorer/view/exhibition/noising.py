"""The noising bench: a true scene, the same with noise, the model's guess, and a rail of recorded noise levels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from assetgen.pack.errors import PackError
from explorer.state import State
from explorer.story.noising import Bench, bench_of
from explorer.view.exhibition.base import Setting, Shown
from explorer.view.exhibition.display import INK, MUTED, WARM, Display, rail_quad
from explorer.view.lettering import Line, fitted, font, letter
from explorer.view.textures import array_texture
from explorer.world.exhibits import ExhibitPlace
from explorer.world.noising import rail

U8 = NDArray[np.uint8]
WIDTH, HEIGHT = 1380, 208
"""Pixels of the rail."""
GROUND, DARK, BAR = (14, 17, 26), (40, 52, 74), (84, 122, 168)
BASE, TOP = 142, 52
"""Pixel rows of the rail's line and of the highest bar's top."""
LETTERS = 38
"""Size of the letters on the rail, pixels."""


def draw_rail(
    errors: tuple[float, ...], most: float, level: int, ends: tuple[str, str], said: str
) -> U8:
    """`[HEIGHT, WIDTH, 3]`: a bar a level as high as its recorded error, the present one lit, a knob under it."""
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    draw, small = ImageDraw.Draw(image), font("Inter-Medium", LETTERS)
    cell = WIDTH / len(errors)
    for i, error in enumerate(errors):
        high = (BASE - TOP) * error / max(most, 1e-12)
        middle, half = cell * (i + 0.5), cell * 0.26
        color = WARM if i == level else BAR
        draw.rectangle((middle - half, BASE - 5 - high, middle + half, BASE - 5), fill=color)
        draw.line((middle, BASE - 2, middle, BASE + 8), fill=DARK, width=3)
    draw.line((cell / 2, BASE + 3, WIDTH - cell / 2, BASE + 3), fill=BAR, width=3)
    x = cell * (level + 0.5)
    draw.ellipse((x - 15, BASE - 12, x + 15, BASE + 18), fill=WARM, outline=GROUND, width=3)
    draw.text((14, HEIGHT - 10), ends[0], font=small, fill=MUTED, anchor="ls")
    draw.text((WIDTH - 14, HEIGHT - 10), ends[1], font=small, fill=MUTED, anchor="rs")
    face = font("Inter-SemiBold", LETTERS)
    half = face.getlength(said) / 2
    x = min(max(x, half + 12), WIDTH - half - 12)
    under = [e for i, e in enumerate(errors) if abs(cell * (i + 0.5) - x) < half + cell * 0.45]
    y = BASE - 14 - (BASE - TOP) * max(under) / max(most, 1e-12)
    draw.text((x, max(y, 40)), said, font=face, fill=WARM, anchor="ms")
    return np.asarray(image)


class Noising(Display):
    """Pictures and rail follow the store's noise level, not the timeline: levels are no steps of a run."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        super().__init__(place, setting)
        self._rail = rail_quad(place, rail(self._station))
        self._rail.reparent_to(self._face)
        self._rail.stash()
        self._bench: Bench | None = None
        self._now: tuple[int, int] | None = None

    def dress(self, shown: Shown, state: State) -> None:
        """The bench belongs to the model: it is read once, whatever run is open."""
        if self._bench is None:
            self._bench = bench_of(shown.run.pack)
            try:
                pictures = self._bench.pictures() if self._bench else {}
            except PackError:
                self._bench, pictures = None, {}
            for picture, node in zip(self._wall.pictures, self._canvases, strict=True):
                found = pictures.get(picture.shows)
                if found is None:
                    node.stash()
                    continue
                node.set_shader_inputs(
                    picture=array_texture(picture.shows, found),
                    latent=0.0,
                    tiles=p3d.LVecBase2f(1, 1),
                )
        self._now = None
        self.follow(state)

    def follow(self, state: State) -> None:
        """Scene and level: which layer each picture shows, the rail, and the words over the wall."""
        if self._bench is None:
            if not self._text.get_num_children():
                self._letter(list(self._headline_of(None)))
            return
        now = scene, level = self._bench.at(state)
        if now == self._now:
            return
        before, self._now = self._now, now
        levels = len(self._bench.measured.levels)
        for picture, node in zip(self._wall.pictures, self._canvases, strict=True):
            layer = scene if picture.shows == "scene" else scene * levels + level
            node.set_shader_input("moment", float(layer))
        self._rail.unstash()
        self._rail.set_shader_input(
            "picture", array_texture("rail", self._drawn(scene, level)[None])
        )
        if before is None or before[0] != scene:
            self._letter([*self._headline_of(scene), *self._captions("noising")])

    def _drawn(self, scene: int, level: int) -> U8:
        assert self._bench is not None
        noise, errors = self._bench.measured.levels[level], self._bench.errors(scene)
        said = self._texts.get("noising.said", t=noise.timestep, error=f"{errors[level]:.3f}")
        ends = (self._texts.get("noising.none"), self._texts.get("noising.only"))
        return draw_rail(errors, self._bench.most, level, ends, said)

    def _letter(self, lines: list[Line]) -> None:
        self._text.get_children().detach()
        letter(self._place.id, lines).reparent_to(self._text)

    def _headline_of(self, scene: int | None) -> Iterator[Line]:
        """The task in one sentence, and the caption that the model is given with the scene."""
        left, top = (
            self._wall.pictures[0].x - self._wall.pictures[0].size / 2,
            self._wall.height - 0.52,
        )
        room = 2 * self._wall.half - 1.8
        task = self._texts.get("noising.task")
        yield fitted(task, self._at(left, top), 0.2, INK, "Inter-SemiBold", 44, room)
        if self._bench is None:
            yield Line(self._texts.get("noising.missing"), self._at(left, top - 0.4), 0.18, MUTED)
        elif scene is not None:
            caption = f"“{self._bench.measured.scenes[scene].caption}”"
            yield fitted(caption, self._at(left, top - 0.42), 0.18, WARM, "Inter-Medium", 44, room)
