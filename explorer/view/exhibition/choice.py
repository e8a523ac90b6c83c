"""The Arrival's wall: one noise under two prompts, one prompt on several noises; braces say what is shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.choice import BASE, NOISE, choice_of, distances
from explorer.story.choice import Choice as Runs
from explorer.story.pairs import changed
from explorer.view.exhibition import display
from explorer.view.exhibition.base import Shown
from explorer.view.exhibition.display import INK, MUTED, ROW, SMALL, WARM, Display
from explorer.view.lettering import Line, fitted, font, letter
from explorer.view.lights import Lights
from explorer.view.mesh import Mesh
from explorer.view.palette import Palette
from explorer.world import stations as kinds
from explorer.world.displays import BACK, FACE, Hung, Wall, lay_display
from explorer.world.exhibits import ExhibitPlace

COLD = (128, 204, 255)
"""What differs in noise; what differs in words is WARM."""
BAR, TICK = 0.42, 0.15
"""From a picture's edge up to its brace, and how far a brace's ends reach down."""


def braces(station: kinds.Choice, wall: Wall) -> Iterator[tuple[str, float, float, float]]:
    """Text key, left, right and height of each brace; the shared run lies under both."""
    at = station.shows.index(BASE) if BASE in station.shows else len(station.shows) - 1
    hung = wall.pictures
    z, middle = hung[0].z + hung[0].size / 2 + BAR, hung[at].x
    if at > 0:
        yield "noise", hung[0].x - hung[0].size / 2, middle - 0.12, z
    if at < len(hung) - 1:
        yield "words", middle + 0.12, hung[-1].x + hung[-1].size / 2, z


def build_stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """A display's wall with a brace of light over each group, and a low light along its back."""
    display.build_stone(mesh, lights, place, palette)
    station = cast(kinds.Choice, place.station)
    wall = lay_display(station)
    thick = 0.024
    with mesh.at(place.frame):
        for name, left, right, z in braces(station, wall):
            color = palette.machine if name == "noise" else palette.meaning
            for low, high in (
                ((left, z - thick), (right, z + thick)),
                ((left, z - TICK), (left + 2 * thick, z)),
                ((right - 2 * thick, z - TICK), (right, z)),
            ):
                mesh.box((low[0], FACE - 0.05, low[1]), (high[0], FACE + 0.01, high[1]), color,
                         glow=1.1, faces="f", split=9.0)  # fmt: skip
    for x in np.linspace(-wall.half * 0.6, wall.half * 0.6, 3):
        lights.add(
            (float(x), BACK + 0.8, wall.height * 0.45), warm=0.4, cool=0.3, frame=place.frame
        )


class Choice(Display):
    """A display whose pictures belong to several runs: each says its prompt and its noise."""

    def dress(self, shown: Shown, state: State) -> None:
        """Also measures what the panel will ask for: here no frame waits for it."""
        super().dress(shown, state)
        if (found := choice_of(shown.run.pack)) is not None:
            distances(found)

    def _write(self, shown: Shown) -> None:
        """Under each picture prompt and noise, what differs lit; over them what is shared; behind, the saying."""
        self._text.get_children().detach()
        station = cast(kinds.Choice, self._station)
        found = choice_of(shown.run.pack)
        lines: list[Line] = []
        if found is None:
            note = self._texts.get("display.no_study")
            lines.append(
                Line(note, self._at(-self._wall.half + 0.9, self._wall.height - 0.6), 0.18, MUTED)
            )
        else:
            lines += self._shared(station, found)
            for picture, node in zip(self._wall.pictures, self._canvases, strict=True):
                lines += self._about(picture, found, node.is_stashed())
        letter(self._place.id, lines).reparent_to(self._text)

    def _shared(self, station: kinds.Choice, found: Runs) -> Iterator[Line]:
        counts = {
            "noise": 1 + sum(found.run(name) in found.prompts for name in station.shows),
            "words": 1 + sum(found.run(name) in found.seeds for name in station.shows),
        }
        for name, left, right, z in braces(station, self._wall):
            text = self._texts.get(f"choice.{name}", count=counts[name])
            color = COLD if name == "noise" else WARM
            yield fitted(
                text, self._at(left, z + 0.13), 0.17, color, "Inter-SemiBold", 44, right - left
            )

    def _about(self, picture: Hung, found: Runs, stashed: bool) -> Iterator[Line]:
        """What a picture was made of."""
        missing = self._texts.get("sign.not_recorded")
        seed = found.base.metadata.seed
        if picture.shows == NOISE:
            line = missing if stashed else self._texts.get("choice.start", scale=self._scale(NOISE))
            yield from self._under(picture, self._texts.get("choice.seed", seed=seed), line, COLD)
            return
        run = found.run(picture.shows)
        left, top = picture.x - picture.size / 2, picture.z - picture.size / 2 - 0.16
        if run is None:
            yield Line(missing, self._at(left, top - 0.30), SMALL, MUTED, "Inter-Regular")
            return
        z = first = top - 0.32
        for word, x, z, differs in self._set(run, found.base, left, first, self._room(picture)):
            color = WARM if differs else INK if run is found.base else MUTED
            yield Line(word, self._at(x, z), SMALL, color, "Inter-SemiBold")
        noise = self._texts.get("choice.seed", seed=run.metadata.seed)
        color = COLD if run.metadata.seed != seed else MUTED
        yield Line(noise, self._at(left, z - 1.15 * ROW), SMALL, color, "Inter-SemiBold")
        shown = missing if stashed else self._texts.get("choice.shown")
        yield Line(shown, self._at(left, z - 2.15 * ROW), SMALL, MUTED, "Inter-Regular")

    def _set(
        self, run: Pack, base: Pack, left: float, top: float, room: float
    ) -> Iterator[tuple[str, float, float, bool]]:
        """The words of a prompt in lines no wider than `room`: text, place, and whether the base has it not."""
        words = [w.text for w in run.metadata.words]
        there = [w.text for w in base.metadata.words]
        x, z = left, top
        for word, differs in zip(words, changed(words, there), strict=True):
            wide = _wide(word)
            if x > left and x + wide > left + room:
                x, z = left, z - ROW
            yield word, x, z, differs
            x += _wide(word + " ")


def _wide(text: str, cap: float = SMALL, face: str = "Inter-SemiBold") -> float:
    """Width of words, by default a prompt's, metres."""
    return font(face, 100).getlength(text) / 73 * cap
