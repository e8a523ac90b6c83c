"""The Sculptor's Studio: the decoded picture as a standing stone. In front the stone as it is (x_t), behind it the
statue the model expects (x0); dust lifts off and settles again as the scheduler's coefficients say."""

from __future__ import annotations

from typing import cast

import numpy as np
import panda3d.core as p3d

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.record import settling_dust
from explorer.view.exhibition.base import Setting, Shown, not_recorded
from explorer.view.flows import additive
from explorer.view.lettering import Line, letter
from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh, vertexless
from explorer.view.palette import Palette, scaled
from explorer.view.shaders import load_shader
from explorer.view.textures import F32, float_texture
from explorer.world import stations as kinds
from explorer.world.exhibits import PLINTH, ExhibitPlace
from explorer.world.valley import Frame, Vec3

SIDES = {"steps": 1.0, "predicted": -1.0}
"""Array shown on each side of the stone; 1 is the front."""
VERTICES = 18
DISTANCES = (20.0, 42.0)
"""Where the stone changes to half, and to a quarter, of the columns to a side, metres: they are too small to tell."""
MUTED = (150, 178, 212)


def build_stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """Step and plinth, dark plates for the words, a line of light around the foot, lamps that graze the stone."""
    station = cast(kinds.Sculptor, place.station)
    k = station.scale
    half, thick = station.size * k / 2, max(station.relief * k + 0.35, 0.8)
    step = half + 1.3
    concrete = scaled(palette.concrete, 0.8)
    with mesh.at(place.frame):
        mesh.box((-step, -thick - 1.5, -0.3), (step, thick + 1.5, 0.3), scaled(palette.dark, 1.3),
                 top=Material.POLISHED, split=1.6)  # fmt: skip
        mesh.box((-step - 0.02, -thick - 1.53, 0.16), (step + 0.02, thick + 1.53, 0.22),
                 palette.meaning, glow=0.9, faces="frkl", split=9.0)  # fmt: skip
        mesh.box((-half - 0.35, -thick - 0.2, 0.3), (half + 0.35, thick + 0.2, PLINTH), concrete,
                 split=1.4)  # fmt: skip
        for low, high in ((-thick - 0.212, -thick - 0.2), (thick + 0.2, thick + 0.212)):
            mesh.box((-half - 0.22, low, 0.31), (half + 0.22, high, PLINTH - 0.05),
                     scaled(palette.dark, 0.6), faces="fk", split=1.4)  # fmt: skip
        mesh.box(
            (-half, -0.06, PLINTH),
            (half, 0.06, PLINTH + 2 * half),
            scaled(palette.dark, 0.35),
            split=2.0,
        )
    for x in np.linspace(-half, half, 4):
        for y in (-thick - 0.9, thick + 0.9):
            lights.add((float(x), y, 0.75), warm=0.75, cool=0.15, frame=place.frame)


class Sculptor:
    """Columns on both sides, dust in front, two lines of text on the plinth."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        station = cast(kinds.Sculptor, place.station)
        self._k = station.scale
        self._station, self._place = station, place
        self.root = p3d.NodePath(place.id)
        size = station.size * self._k
        middle = place.frame.to_world((0.0, 0.0, PLINTH + size / 2))
        yaw = np.radians(place.frame.yaw)
        self.root.set_shader_inputs(
            place=p3d.LVecBase3f(*middle), axis=p3d.LVecBase2f(float(np.cos(yaw)), float(np.sin(yaw))),
            size=size, relief=station.relief * self._k, foot=0.32 - PLINTH - size / 2,
        )  # fmt: skip
        self._sides = {
            name: [self._side(facing, columns) for columns in self._columns(setting)]
            for name, facing in SIDES.items()
        }
        self._missing = {name: self._sign(setting, facing) for name, facing in SIDES.items()}
        self._dust = self._make_dust(round(station.dust * setting.quality.particles))
        self._write(setting)

    def _columns(self, setting: Setting) -> list[int]:
        """Columns to a side: near, further away, far. A weak machine never draws the most."""
        most = self._station.columns if setting.quality.occlusion else self._station.columns // 2
        return [most, self._station.columns // 2, self._station.columns // 4]

    def _sign(self, setting: Setting, facing: float) -> p3d.NodePath:
        """“Not recorded”, on the bare core of the stone."""
        at = self._place.frame.to_world(
            (0.0, -0.1 * facing, PLINTH + self._station.size * self._k / 2)
        )
        turned = 0.0 if facing > 0 else 180.0
        sign = not_recorded(setting, Frame(at, self._place.frame.yaw + turned))
        sign.reparent_to(self.root)
        return sign

    def _bounded(self, node: p3d.GeomNode, margin: float) -> p3d.NodePath:
        """Under the root, culled like any other thing: a vertexless node has no bounds of its own."""
        half = self._station.size * self._k / 2 + margin
        place = self._place.frame.to_world((0.0, 0.0, PLINTH + half - margin))
        node.set_bounds(p3d.BoundingSphere(p3d.LPoint3(*place), half * 1.5))
        node.set_final(True)
        return self.root.attach_new_node(node)

    def _side(self, facing: float, columns: int) -> p3d.NodePath:
        path = self._bounded(vertexless("columns", columns * columns * VERTICES), 0.5)
        path.set_shader(load_shader("columns.vert", "columns.frag"))
        path.set_shader_inputs(front=facing, columns=columns)
        path.set_two_sided(True)
        return path

    def _make_dust(self, grains: int) -> p3d.NodePath:
        path = self._bounded(vertexless("dust", grains * 6), 2.0)
        path.set_shader(load_shader("dust.vert", "particles.frag"))
        path.set_shader_inputs(gain=1.0)
        bounds = path.node().get_bounds().make_copy()
        additive(path, 21)
        path.node().set_bounds(bounds)
        return path

    def _write(self, setting: Setting) -> None:
        thick = max(self._station.relief * self._k + 0.35, 0.8) + 0.22
        half = self._station.size * self._k / 2
        lines = []
        for name, facing in SIDES.items():
            turned = 0.0 if facing > 0 else 180.0
            for key, z, height, color in (
                ("title", 0.87, 0.20, (226, 238, 255)),
                ("line", 0.60, 0.165, MUTED),
                *((("dust", 0.36, 0.165, MUTED),) if facing > 0 else ()),
            ):
                at = self._place.frame.to_world((-half * facing, -thick * facing, z))
                text = setting.texts.get(f"exhibit.sculptor.{name}.{key}")
                lines.append(Line(text, Frame(at, self._place.frame.yaw + turned), height, color))
        letter("sculptor", lines).reparent_to(self.root)

    def dress(self, shown: Shown, state: State) -> None:
        for name, nodes in self._sides.items():
            texture = shown.textures.get(name)
            if texture is None:
                self._missing[name].show()
            else:
                self._missing[name].hide()
            for node in nodes:
                if texture is None:
                    node.stash()
                else:
                    node.unstash()
                    node.set_shader_input("picture", texture)
        self._dust.set_shader_input("dust", float_texture("dust", dust_table(shown.run.pack)))

    def follow(self, state: State) -> None:
        """Nothing but time moves the stone."""

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """The side that faces the eye, both from the edge; fewer columns from afar."""
        x, y, _ = eye
        shown = sum(float(np.hypot(x, y)) > away for away in DISTANCES)
        edge = self._station.relief * self._k + 0.5
        for name, facing in SIDES.items():
            for number, node in enumerate(self._sides[name]):
                if y * facing < edge and number == shown:
                    node.show()
                else:
                    node.hide()
        if y < edge * 2:
            self._dust.show()
        else:
            self._dust.hide()

    def leave(self) -> None:
        """Nothing goes on out of sight."""

    def clean_up(self) -> None:
        """All of it hangs under the root."""


def dust_table(pack: Pack) -> F32:
    """`[1, S, 4]`: share of noise in x_t, part of it that settles again, 1 where the coefficients were recorded."""
    table = np.zeros((1, pack.steps, 4), np.float32)
    for i, step in enumerate(pack.metadata.steps):
        settles = settling_dust(step)
        table[0, i] = (step.sigma or 0.0, settles or 0.0, float(settles is not None), 0.0)
    return table
