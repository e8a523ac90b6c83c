"""The Training Hall: true scenes, one prompt and noise at every kept checkpoint, where a word is read, and the loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
import panda3d.core as p3d

from assetgen.pack.errors import PackError
from explorer.state import State
from explorer.story.training import Course, columns, course_of
from explorer.view.exhibition.arrays import Derived
from explorer.view.exhibition.base import Setting, Shown
from explorer.view.exhibition.course import (
    PER_METRE,
    draw_curve,
    draw_maps,
    draw_scenes,
    place_samples,
)
from explorer.view.exhibition.display import INK, MUTED, WARM, fitted
from explorer.view.exhibition.faced import Faced
from explorer.view.exhibits import make_quad
from explorer.view.lettering import Line, letter
from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, scaled
from explorer.view.textures import array_texture
from explorer.world import stations as kinds
from explorer.world.displays import BACK, FACE, FLOOR
from explorer.world.exhibits import ExhibitPlace
from explorer.world.training import FRONT, OUT, WING, Area, lay_hall
from explorer.world.valley import Frame

SMALL = 0.175
"""Cap height of the smallest words, metres: 22 pixels high at 1080 from where one stands."""


def build_stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """Step, wall, two wings and a deep roof: a hall that is open to the path."""
    hall = lay_hall(cast(kinds.Training, place.station))
    w, h, out = hall.half, hall.height, hall.half + WING
    front, roof = FRONT + 0.5, FRONT + 0.1
    with mesh.at(place.frame):
        mesh.box((-out - 0.4, FRONT, -0.4), (out + 0.4, BACK + 0.4, FLOOR), scaled(palette.dark, 1.3),
                 top=Material.POLISHED, split=1.6)  # fmt: skip
        mesh.box((-out - 0.42, FRONT - 0.04, 0.08), (out + 0.42, FRONT, 0.14), palette.meaning,
                 glow=0.95, faces="tf", split=9.0)  # fmt: skip
        mesh.box((-w, FACE, FLOOR), (w, BACK, h), scaled(palette.dark, 0.9), split=1.5, ao=0.85)
        for low, high in ((-out, -w), (w, out)):
            mesh.box(
                (low, front, FLOOR), (high, BACK, h), scaled(palette.dark, 1.05), split=1.5, ao=0.8
            )
        mesh.box((-out - 0.35, roof, h), (out + 0.35, BACK + 0.3, h + 0.34),
                 scaled(palette.concrete, 0.85), foot=0.8, split=1.8)  # fmt: skip
        mesh.box((-out - 0.37, roof - 0.04, h + 0.11), (out + 0.37, roof, h + 0.17), palette.machine,
                 glow=0.8, faces="f", split=9.0)  # fmt: skip
        mesh.box((-out - 0.37, BACK + 0.3, h + 0.11), (out + 0.37, BACK + 0.34, h + 0.17), palette.machine,
                 glow=0.5, faces="k", split=9.0)  # fmt: skip
        mesh.box((-w + 0.2, FACE - 0.28, h - 0.10), (w - 0.2, FACE - 0.18, h - 0.03), palette.lamp,
                 glow=1.15, faces="fb", split=9.0)  # fmt: skip
        for area in (hall.large, *hall.upper, *hall.lower):
            edge = 0.12 if area is hall.large else 0.05
            _frame(mesh, area, edge, palette)
        _frame(mesh, hall.scenes, 0.06, palette)
        _frame(mesh, hall.curve, 0.05, palette)
    for x in np.linspace(-w * 0.88, w * 0.88, 7):
        lights.add((float(x), FACE - 1.2, h - 0.5), warm=0.85, cool=0.2, frame=place.frame)
        lights.add((float(x), FACE - 1.6, 2.6), warm=0.35, cool=0.3, frame=place.frame)
        lights.add((float(x), FRONT + 0.4, 0.9), warm=0.45, frame=place.frame)


def _frame(mesh: Mesh, area: Area, edge: float, palette: Palette) -> None:
    mesh.box(
        (area.left - edge, FACE - 0.06, area.low - edge),
        (area.left + area.width + edge, FACE + 0.02, area.top + edge), palette.frame, ao=0.85,
    )  # fmt: skip


def _around(upper: Area, lower: Area) -> Area:
    """What frames a column."""
    width, height = upper.width + 0.09, upper.top - lower.low + 0.09
    return Area(upper.x, lower.low - 0.045 + height / 2, width, height)


class Training(Faced):
    """Pictures follow the timeline; which checkpoint is large, and whose reading is shown, the store's own fields."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        super().__init__(place)
        self._station, self._texts = cast(kinds.Training, place.station), setting.texts
        self._hall = hall = lay_hall(self._station)
        self._chosen = self._quad(
            _around(hall.upper[0], hall.lower[0]), OUT - 0.02
        )  # fmt: skip
        self._chosen.set_shader_input(
            "picture", array_texture("chosen", np.full((1, 1, 1, 3), WARM, np.uint8))
        )
        self._large, self._scenes, self._curve = (
            self._quad(area, OUT) for area in (hall.large, hall.scenes, hall.curve)
        )
        self._upper = [self._quad(area, OUT) for area in hall.upper]
        self._lower = [self._quad(area, OUT) for area in hall.lower]
        for still in (self._scenes, self._curve, self._chosen):
            still.set_shader_input("moment", 0.0)
        self._text = self._face.attach_new_node("text")
        self._course: Course | None = None
        self._shown: tuple[int, ...] = ()
        self._pictures: list[p3d.Texture | None] = []
        self._now: tuple[int, int] | None = None

    def dress(self, shown: Shown, state: State) -> None:
        """The hall belongs to the model and the run it is of: it is read once, in the background."""
        if not self._pictures:
            pack = shown.run.pack
            self._course = course = course_of(pack)
            runs = Derived(pack, "learned")
            self._shown = columns(course, self._station.columns) if course else ()
            self._pictures = [
                None if pixels is None else array_texture(f"checkpoint {i}", pixels)
                for i in self._shown
                for pixels in (runs.get(f"study_{i + 1}"),)
            ]
            self._hang()
        self._now = None
        self.follow(state)

    def follow(self, state: State) -> None:
        """Another checkpoint is large and framed, another word is read; nothing else changes but by the timeline."""
        if self._course is None:
            if not self._text.get_num_children():
                self._letter([self._headline(self._texts.get("training.missing"), MUTED)])
            return
        now = self._course.at(state)
        if now == self._now:
            return
        before, self._now = self._now, now
        column = self._column(now[0])
        if self._pictures and (picture := self._pictures[column]) is not None:
            self._large.set_shader_input("picture", picture)
        away = self._at(self._hall.upper[column].x, 0.0).origin
        home = self._at(self._hall.upper[0].x, 0.0).origin
        self._chosen.set_pos(*(a - b for a, b in zip(away, home, strict=True)))
        if before is None or before[1] != now[1]:
            self._read()
        self._draw(column)
        self._letter(list(self._lines(now[0])))

    # -- what hangs there --------------------------------------------------------------------------

    def _hang(self) -> None:
        """Pictures and scenes; a column without a checkpoint is left empty."""
        for i, node in enumerate(self._upper):
            picture = self._pictures[i] if i < len(self._pictures) else None
            if picture is None:
                node.stash()
            else:
                node.set_shader_input("picture", picture)
        if not self._pictures:
            for node in (self._large, self._scenes, self._curve, self._chosen, *self._lower):
                node.stash()
            return
        try:
            examples = self._course.examples(self._station.scenes) if self._course else []
        except PackError:
            examples = []
        if not examples:
            self._scenes.stash()
            return
        area = self._hall.scenes
        strip = draw_scenes(examples, self._station.scenes, area.width, area.height)
        self._scenes.set_shader_input("picture", array_texture("scenes", strip[None]))

    def _read(self) -> None:
        """The maps of the chosen word, all on one scale."""
        word = self._word()
        for i, node in enumerate(self._lower):
            try:
                assert self._course is not None and word is not None and i < len(self._shown)
                maps = self._course.maps(self._shown[i], word[0])
            except (AssertionError, PackError):
                node.stash()
                continue
            node.unstash()
            pixels = draw_maps(maps, self._course.full)
            node.set_shader_input("picture", array_texture("reading", pixels))

    def _draw(self, column: int) -> None:
        """The curve, its marks under their columns."""
        course, area = self._course, self._hall.curve
        assert course is not None
        marks = [(a.x - area.left) * PER_METRE for a in self._hall.upper[: len(self._shown)]]
        size = round(area.width * PER_METRE), round(area.height * PER_METRE)
        kept = [course.samples[i] for i in self._shown]
        places = [(place_samples(p.samples, kept, marks), p.loss) for p in course.curve]
        seen = [(x, loss) for x, loss in places if 0 <= x <= size[0]]
        said = (
            self._texts.get("training.loss"),
            self._texts.get("training.sharp", word=self._text_of()),
        )
        loss, sharpness = course.losses[self._shown[column]], self._sharpness()
        share = (
            self._texts.get("number.percent", value=f"{100 * sharpness[column]:.0f}")
            if sharpness
            else ""
        )
        values = "" if loss is None else f"{loss:.3f}", share
        pixels = draw_curve(size, seen, marks, sharpness, column, said, values)
        self._curve.set_shader_input("picture", array_texture("curve", pixels[None]))

    def _sharpness(self) -> list[float] | None:
        word = self._word()
        try:
            assert self._course is not None and word is not None
            found = self._course.sharpness(word[0])
        except (AssertionError, PackError):
            return None
        return [found[i] for i in self._shown]

    def _word(self) -> tuple[int, str] | None:
        """Number and text of the word whose reading is shown."""
        words = self._course.words if self._course else ()
        return words[self._now[1]] if words and self._now else None

    def _text_of(self) -> str:
        word = self._word()
        return word[1] if word else ""

    def _column(self, checkpoint: int) -> int:
        """The column nearest to a checkpoint."""
        return min(range(len(self._shown)), key=lambda i: abs(self._shown[i] - checkpoint))

    # -- what is written ---------------------------------------------------------------------------

    def _lines(self, checkpoint: int) -> Iterator[Line]:
        course, hall, texts = self._course, self._hall, self._texts
        assert course is not None
        measured, run = course.measured, course.runs[checkpoint]
        if measured is not None:
            count = f"{measured.scenes:,}"
            yield self._headline(texts.get("training.scenes", count=count), INK)
        left, top = hall.upper[0].left, hall.large.top
        room = hall.curve.width
        prompt = texts.get("training.prompt", prompt=run.metadata.prompt, seed=run.metadata.seed)
        yield fitted(prompt, self._at(left, top + 0.50), 0.17, WARM, "Inter-SemiBold", 44, room)
        for i, area in zip(self._shown, hall.upper, strict=False):
            color = WARM if i == checkpoint else INK
            text = f"{course.samples[i]:,}"
            at = self._at(area.x, top + 0.16)
            yield Line(text, at, SMALL, color, "Inter-SemiBold", "centre", 40)
        if (word := self._word()) is not None:
            reads = texts.get("training.reads", word=word[1], full=f"{course.full:.2f}")
            yield fitted(
                reads, self._at(left, hall.curve.top + 0.12), SMALL, MUTED, "Inter-Medium", 36, room
            )
        left, low, room = hall.large.left, hall.large.low, hall.large.width
        label = run.metadata.study.label if run.metadata.study else ""
        yield fitted(label, self._at(left, top + 0.16), 0.17, INK, "Inter-SemiBold", 44, room)
        yield fitted(
            texts.get("training.line"),
            self._at(left, low - 0.30),
            SMALL,
            MUTED,
            "Inter-Medium",
            36,
            room,
        )

    def _headline(self, text: str, color: tuple[int, int, int]) -> Line:
        """Over the scenes."""
        area = self._hall.scenes
        return fitted(
            text, self._at(area.left, area.top + 0.24), 0.2, color, "Inter-SemiBold", 44, area.width
        )

    def _letter(self, lines: list[Line]) -> None:
        self._text.get_children().detach()
        letter(self._place.id, lines).reparent_to(self._text)

    def _quad(self, area: Area, out: float) -> p3d.NodePath:
        at = Frame(self._place.frame.to_world((area.x, FACE - out, area.z)), self._place.frame.yaw)
        node = make_quad(self._place.id, at, (area.width, area.height))
        node.set_shader_inputs(overlay=0.0, split=-1.0, latent=0.0, tiles=p3d.LVecBase2f(1, 1),
                               mark=p3d.LVecBase4f(-1, -1, 1, 1))  # fmt: skip
        node.reparent_to(self._face)
        return node
