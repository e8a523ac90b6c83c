"""The Annex of true scale: models as blocks of stone, a slab a unit, each with its sign and a lit door."""

from __future__ import annotations

from typing import cast

import numpy as np
import panda3d.core as p3d

from explorer.state import State
from explorer.story.ask import in_words
from explorer.story.structure import named
from explorer.story.texts import Texts
from explorer.view.exhibition.base import Setting, Shown
from explorer.view.lettering import Line, fitted, letter
from explorer.view.lights import Lights, bake
from explorer.view.mesh import Material, Mesh, make_geom, make_node
from explorer.view.palette import Palette, linear, scaled
from explorer.view.shaders import load_shader
from explorer.world import stations as kinds
from explorer.world.annex import DOOR, SIGN, Block
from explorer.world.exhibits import ExhibitPlace
from explorer.world.valley import Frame, Vec3

TINTS = {
    "attention": linear("#8B7A66"), "joint": linear("#8B7A66"), "resnet": linear("#77849C"),
    "single": linear("#77849C"), "downsample": linear("#55627A"), "upsample": linear("#93A3BC"),
}  # fmt: skip
"""Stone of a slab by the kind of its unit; warm where words are read."""
OTHER = linear("#66728A")
SEAM = 0.02
INK, MUTED, WARM = (226, 238, 255), (150, 178, 212), (255, 206, 146)


def build_stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """The paved plot; what stands on it depends on which models are there."""
    w, d = place.ground.width / 2 - 0.4, place.ground.depth / 2 - 0.2
    with mesh.at(place.frame):
        mesh.box((-w, -d, -0.3), (w, d, 0.06), scaled(palette.dark, 1.25), top=Material.POLISHED,
                 split=2.0)  # fmt: skip
        mesh.box((-w - 0.02, -d - 0.03, -0.02), (w + 0.02, -d, 0.03), palette.meaning, glow=0.8,
                 faces="tf", split=9.0)  # fmt: skip


class Annex:
    """Blocks, signs and doors; nothing of it follows a run."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        self._station = cast(kinds.Annex, place.station)
        self.root = p3d.NodePath(place.id)
        mesh, lights = Mesh(), Lights()
        lines: list[Line] = []
        for block in place.ground.annex:
            _block(mesh, lights, place.frame, block, setting.palette)
            lines += _sign(place.frame, block, setting, self._station.density)
        vertices, triangles = mesh.arrays()
        if not len(triangles):
            return
        bake(vertices, lights)
        stone = self.root.attach_new_node(make_node("blocks", make_geom(vertices, triangles)))
        stone.set_shader(load_shader("world.vert", "world.frag", OCTAVES=setting.quality.octaves))
        letter("annex", lines).reparent_to(self.root)

    def dress(self, shown: Shown, state: State) -> None:
        """The same for every run."""

    def follow(self, state: State) -> None:
        """The same in every state."""

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """It stands still."""

    def leave(self) -> None:
        """Nothing goes on out of sight."""

    def clean_up(self) -> None:
        """All of it hangs under the root."""


def _block(mesh: Mesh, lights: Lights, frame: Frame, block: Block, palette: Palette) -> None:
    """Slabs with thin seams, every second one set back a little, and a door of light at the front."""
    half, y = block.side / 2, block.y
    with mesh.at(frame):
        for i, slab in enumerate(block.slabs):
            seam = min(SEAM, (slab.high - slab.low) * 0.2)
            back = 0.03 * (i % 2) * min(block.side, 3.0) / 3
            mesh.box(
                (block.x - half + back, y + back, 0.06 + slab.low),
                (block.x + half - back, y + block.side - back, 0.06 + slab.high - seam),
                TINTS.get(slab.kind, OTHER), foot=0.95, split=max(block.side / 5, 0.5),
            )  # fmt: skip
        stages = [s.stage for s in block.slabs]
        for before, after, slab in zip(stages, stages[1:], block.slabs[1:], strict=False):
            if before != after and slab.low > 0.05:
                z = 0.06 + slab.low
                mesh.box(
                    (block.x - half - 0.012, y - 0.012, z - 0.022),
                    (block.x + half + 0.012, y + block.side + 0.012, z + 0.008),
                    palette.machine, glow=0.85, faces="frkl", split=9.0,
                )  # fmt: skip
        wide, tall = min(DOOR[0], block.side * 0.36), min(DOOR[1], block.side * 0.62)
        x0, x1 = block.x + half - wide - block.side * 0.1, block.x + half - block.side * 0.1
        mesh.box((x0, y - 0.05, 0.06), (x1, y + 0.02, 0.06 + tall), scaled(palette.dark, 0.12))
        for low, high in (
            ((x0 - 0.05, y - 0.07, 0.06), (x0, y - 0.03, 0.1 + tall)),
            ((x1, y - 0.07, 0.06), (x1 + 0.05, y - 0.03, 0.1 + tall)),
            ((x0 - 0.05, y - 0.07, 0.06 + tall), (x1 + 0.05, y - 0.03, 0.11 + tall)),
        ):
            mesh.box(low, high, palette.meaning, glow=1.3, split=9.0)
        mesh.box((block.sign, y, 0.06), (block.sign + SIGN, y + 0.12, 1.5),
                 scaled(palette.dark, 0.8), split=0.8)  # fmt: skip
    for x in np.linspace(-half, half, max(2, round(block.side / 2))):
        lights.add((block.x + float(x), y - 1.4, 0.6), warm=0.6, cool=0.35, frame=frame)
        lights.add((block.x + float(x), y - 2.2, block.side * 0.7), warm=0.3, cool=0.9, frame=frame)
    lights.add((block.sign + SIGN / 2, y - 0.9, 1.9), warm=0.5, frame=frame)


def _sign(frame: Frame, block: Block, setting: Setting, density: float) -> list[Line]:
    """Name, learned numbers, operations and memory, from the model's architecture."""
    model = setting.models[block.model]
    texts = setting.texts
    rows = (
        (named(texts, block.model), 0.19, WARM, 1.14),
        (texts.get("annex.parameters", count=in_words(texts, model.parameters)), 0.095, INK, 0.88),
        (texts.get("annex.flops", count=in_words(texts, model.flops)), 0.095, INK, 0.67),
        (texts.get("annex.memory", size=_size(texts, model.parameters * 2)), 0.095, INK, 0.46),
        (texts.get("annex.scale", count=in_words(texts, density)), 0.072, MUTED, 0.24),
    )
    lines = []
    for text, cap, color, z in rows:
        at = frame.to_world((block.sign + 0.12, block.y - 0.02, z))
        face = "Inter-SemiBold" if color == WARM else "Inter-Medium"
        lines.append(fitted(text, Frame(at, frame.yaw), cap, color, face, 36, SIGN - 0.24))
    return lines


def _size(texts: Texts, value: float) -> str:
    name, size = ("gigabytes", 1e9) if value >= 1e9 else ("megabytes", 1e6)
    return texts.get(f"number.{name}", value=f"{value / size:.3g}")
