"""Cut a bridge: the whole run, the run without one part, what changed, and a board with a lever for every part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec
import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from explorer.state import State
from explorer.story.cuts import KINDS, Cuts, cut_pictures, cuts_of
from explorer.story.record import Record
from explorer.story.study import part_name
from explorer.view.exhibition.base import Setting, Shown
from explorer.view.exhibition.display import (
    INK,
    MUTED,
    WARM,
    Display,
    rail_quad,
)
from explorer.view.lettering import Line, fitted, font, letter
from explorer.view.textures import array_texture
from explorer.world.board import slots
from explorer.world.exhibits import ExhibitPlace
from explorer.world.noising import rail
from explorer.world.valley import Vec3

U8 = NDArray[np.uint8]
WIDTH, LETTERS = 1840, 40
"""Pixels of the board, and of its letters."""
GROUND, SLOT, BAR, DIM = (14, 17, 26), (34, 42, 60), (108, 196, 255), (66, 92, 130)
TOP, BASE, KNOB = 64, 84, 44
"""From the board's upper edge to the highest bar; from its lower edge to the bars' foot and to the knobs."""


def draw_board(
    moved: Sequence[float | None], counts: Sequence[int], chosen: int, height: int,
    heads: Sequence[str], said: str,
) -> U8:  # fmt: skip
    """`[height, WIDTH, 3]`: a bar a part as high as the picture moves without it, a knob below it."""
    image = Image.new("RGB", (WIDTH, height), GROUND)
    draw, face = ImageDraw.Draw(image), font("Inter-Medium", LETTERS)
    most = max((value for value in moved if value is not None), default=0.0) or 1.0
    foot, knob = height - BASE, height - KNOB - 18
    for i, (value, (low, high)) in enumerate(zip(moved, slots(counts), strict=True)):
        left, right = low * WIDTH, high * WIDTH
        middle, half = (left + right) / 2, (right - left) * 0.3
        pulled = i == chosen
        color = WARM if pulled else BAR
        draw.rectangle((middle - half, TOP, middle + half, foot), fill=SLOT)
        if value is not None:
            draw.rectangle(
                (middle - half, min(foot - (foot - TOP) * value / most, foot - 3), middle + half, foot),
                fill=color if pulled else DIM if value / most < 0.02 else BAR,
            )  # fmt: skip
        draw.line((middle, foot + 4, middle, knob), fill=DIM, width=4)
        reach = 11 if pulled else 8
        at = knob + (5 if pulled else -4)
        draw.ellipse((middle - reach, at - reach, middle + reach, at + reach), fill=color)
    groups = [count for count in counts if count]
    edges, start = slots(counts), 0
    for count, head in zip(groups, heads, strict=True):
        left, right = edges[start][0] * WIDTH, edges[start + count - 1][1] * WIDTH
        start += count
        last = start == sum(groups)
        x, anchor = (right - 4, "rs") if last and len(groups) > 1 else (left + 6, "ls")
        draw.text((x, height - 10), head, font=face, fill=MUTED, anchor=anchor)
    draw.text((6, 41), said, font=face, fill=MUTED, anchor="ls")
    return np.asarray(image)


class Pulled(msgspec.Struct, frozen=True):
    """What the wall shows of one part, made in the background."""

    textures: dict[str, p3d.Texture]
    board: p3d.Texture
    words: p3d.NodePath


class CutBoard(Display):
    """Pictures follow the timeline; which part is cut follows what is selected, and stays when nothing is."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        super().__init__(place, setting)
        left, right, low, high = rail(self._station)
        self._board_height = round(WIDTH * (high - low) / (right - left))
        self._rail = rail_quad(place, (left, right, low, high))
        self._rail.reparent_to(self._face)
        self._rail.stash()
        self._cuts: Cuts | None = None
        self._part: str | None = None
        self._pool = ThreadPoolExecutor(1, "cuts")
        self._coming: Future[Pulled] | None = None

    def dress(self, shown: Shown, state: State) -> None:
        """At first off the main thread: what is shown without a choice is made here, and all parts are measured."""
        found = cuts_of(shown.run.pack)
        if found is None:
            for node in self._canvases:
                node.stash()
            self._text.get_children().detach()
            letter(self._place.id, [self._missing()]).reparent_to(self._text)
        elif found is not self._cuts:
            self._part = found.of(state.selection) or found.worst()
            self._show(self._make(found, self._part))
        self._cuts = found

    def follow(self, state: State) -> None:
        """Another part was pulled or chosen: its pictures, its lever and its words come from the background."""
        part = self._cuts.of(state.selection) if self._cuts else None
        if self._cuts is None or part is None or part == self._part:
            return
        self._part = part
        self._coming = self._pool.submit(self._make, self._cuts, part)

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """Also takes in what was made meanwhile; a picture (`dt` 0) waits for it."""
        super().update(state, eye, dt)
        if self._coming is not None and (dt <= 0 or self._coming.done()):
            made, self._coming = self._coming.result(), None
            self._show(made)

    def clean_up(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _make(self, found: Cuts, part: str) -> Pulled:
        pictures = cut_pictures(found, part) or ()
        names = zip(("whole", "without_it", "apart"), pictures, strict=False)
        lines = [*self._headline_of(found, part), *self._captions("cuts")]
        return Pulled(
            {name: array_texture(name, pixels) for name, pixels in names},
            array_texture("board", self._drawn(found, part)[None]),
            letter(self._place.id, lines),
        )

    def _show(self, made: Pulled) -> None:
        for picture, node in zip(self._wall.pictures, self._canvases, strict=True):
            texture = made.textures.get(picture.shows)
            if texture is None:
                node.stash()
                continue
            node.unstash()
            node.set_shader_inputs(picture=texture, latent=0.0, tiles=p3d.LVecBase2f(1, 1))
        self._rail.unstash()
        self._rail.set_shader_input("picture", made.board)
        self._text.get_children().detach()
        made.words.reparent_to(self._text)

    def _drawn(self, found: Cuts, part: str) -> U8:
        parts = list(found.folders)
        heads = [
            self._texts.get(f"cuts.{kind}", count=n)
            for kind, n in zip(KINDS, found.counts, strict=True)
            if n
        ]
        return draw_board([found.moved(id) for id in parts], found.counts, parts.index(part),
                          self._board_height, heads, self._texts.get("cuts.high"))  # fmt: skip

    def _missing(self) -> Line:
        at = self._at(-self._wall.half + 0.9, self._wall.height - 0.6)
        return Line(self._texts.get("cuts.missing"), at, 0.2, MUTED)

    def _headline_of(self, found: Cuts, part: str) -> Iterator[Line]:
        """Which part is out; how far the picture moves, and which words are read elsewhere."""
        left, top = self._wall.pictures[0].x - self._wall.pictures[0].size / 2, self._wall.height
        room = 2 * self._wall.half - 1.8
        name = part_name(Record(found.base, found.base.architecture), part, self._texts)
        title = self._texts.get("cuts.without", part=name)
        yield fitted(title, self._at(left, top - 0.62), 0.22, INK, "Inter-SemiBold", 44, room)
        damage, moved = found.damage(part), found.moved(part)
        if damage is None or moved is None:
            return
        share = f"{100 * moved:.1f} %" if moved >= 0.001 else f"{100 * moved:.2f} %"
        said = [self._texts.get("cuts.moved", share=share)]
        if damage.lost:
            said.append(self._texts.get("cuts.lost", words=", ".join(damage.lost)))
        elif damage.words:
            said.append(self._texts.get("cuts.kept"))
        line = " · ".join(said)
        yield fitted(line, self._at(left, top - 1.06), 0.18, WARM, "Inter-Medium", 44, room)
