"""The Dig: ground in layers, one a step. The surface sinks with time, a section stands along one row of the picture."""

from __future__ import annotations

from typing import cast

import numpy as np
import panda3d.core as p3d

from explorer.state import State
from explorer.view.exhibition.base import Setting, Shown, not_recorded
from explorer.view.lettering import Line, letter
from explorer.view.lights import Lights
from explorer.view.mesh import Material, Mesh, make_geom, make_node
from explorer.view.palette import Palette, scaled
from explorer.view.shaders import load_shader
from explorer.view.textures import array_texture
from explorer.world import stations as kinds
from explorer.world.dig import CURB, WALK, DigPlan
from explorer.world.exhibits import RAIL, ExhibitPlace
from explorer.world.valley import Frame, Vec3

COLUMNS = (("vertex", 3), ("info", 2))
GROUND, SECTION, FLOOR, CORE = range(4)
FACES = {
    "t": (0, ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))),
    "f": (1, ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1))),
    "r": (2, ((1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1))),
    "l": (2, ((0, 1, 0), (0, 0, 0), (0, 0, 1), (0, 1, 1))),
    "k": (3, ((1, 1, 0), (0, 1, 0), (0, 1, 1), (1, 1, 1))),
}
"""Faces of a unit box: top, front, right, left, back."""
PARTS = ((GROUND, "trlk"), (SECTION, "tfrlk"), (FLOOR, "t"), (CORE, "tfrlk"))
ROD = 8
"""Bands of a ranging rod."""
CORE_X = 1.105
"""Where the core stands, in sides of the field (also in dig.vert)."""
MUTED, WARM = (150, 178, 212), (255, 214, 160)


def build_stone(mesh: Mesh, lights: Lights, place: ExhibitPlace, palette: Palette) -> None:
    """Curb, ranging rods at the corners, ramp and walk, the foot of the core."""
    plan = DigPlan.of(cast(kinds.Dig, place.station))
    half, top = plan.size / 2, plan.height + 0.2
    inner, outer, behind, end = -half - CURB, -half - CURB - WALK, plan.back + CURB, half + CURB
    stone, concrete = scaled(palette.paving, 0.85), scaled(palette.concrete, 0.72)
    with mesh.at(place.frame):
        for low, high in (
            ((inner, plan.front - 0.25), (end, plan.front)), ((inner, plan.front), (-half, behind)),
            ((half, plan.front), (end, behind)), ((-half, plan.back), (half, behind)),
        ):  # fmt: skip
            mesh.box((*low, -0.2), (*high, 0.16), concrete, split=1.4)
        mesh.box((inner, plan.front - 0.27, 0.07), (end, plan.front - 0.25, 0.12), palette.meaning,
                 glow=0.9, faces="f", split=9.0)  # fmt: skip
        for x in (-half - 0.2, half + 0.2):
            for y in (plan.front - 0.12, plan.back + 0.2):
                _rod(mesh, x, y, plan.height, palette)
        _ramp(mesh, (inner, outer, plan.front, behind, end, top), stone, concrete, palette)
        x, y = plan.size * (CORE_X - 0.5), plan.front + plan.size * 0.055
        mesh.box((x - 0.42, y - 0.42, -0.2), (x + 0.42, y + 0.42, 0.02), concrete, split=1.0)
    for x in np.linspace(-half, half, 4):
        lights.add((float(x), plan.front - 0.9, 0.6), warm=0.55, cool=0.2, frame=place.frame)
    for y in np.linspace(plan.front, behind, 4):
        lights.add((outer + 0.8, float(y), 0.5 + top * (y - plan.front) / (behind - plan.front) + 0.6),
                   warm=0.45, frame=place.frame)  # fmt: skip
    for x in np.linspace(outer + 1, end - 1, 4):
        lights.add((float(x), behind + 0.8, top + 0.7), warm=0.45, frame=place.frame)


def _rod(mesh: Mesh, x: float, y: float, height: float, palette: Palette) -> None:
    """A ranging rod, as archaeologists plant them: bands of one eighth of the height, light and dark."""
    for i in range(ROD):
        low, high = height * i / ROD, height * (i + 1) / ROD
        lit = i % 2 == ROD % 2
        color = palette.meaning if lit else (0.10, 0.10, 0.12)
        mesh.box((x - 0.045, y - 0.045, low), (x + 0.045, y + 0.045, high), color,
                 glow=0.75 if lit else 0.0, faces="tfrkl", split=9.0)  # fmt: skip


def _ramp(
    mesh: Mesh, measures: tuple[float, ...], stone: Vec3, concrete: Vec3, palette: Palette
) -> None:
    """The ramp on the left and the walk at the back, on slabs, with thin rails."""
    inner, outer, front, behind, end, top = measures
    deck = [(outer, front, 0.0), (inner, front, 0.0), (inner, behind, top), (outer, behind, top)]
    mesh.quad(deck, stone, material=Material.PAVING, split=1.5)
    back = behind + WALK
    mesh.box((outer, behind, top - 0.3), (end, back, top), stone, top=Material.PAVING, split=1.5)
    for x, turned in ((inner, False), (outer, True)):
        side = [(x, front, -0.2), (x, behind, -0.2), (x, behind, top), (x, front, 0.0)]
        mesh.quad(side[::-1] if turned else side, concrete, split=1.6)
    for x in np.linspace(outer + 0.2, end - 0.2, 5):
        mesh.box(
            (x - 0.12, behind + 0.5, -0.2),
            (x + 0.12, behind + 1.1, top - 0.3),
            concrete,
            faces="frkl",
        )
    rails = (
        ((inner, front, 0.0), (inner, behind, top)), ((outer, front, 0.0), (outer, behind, top)),
        ((inner, behind, top), (end, behind, top)), ((outer, back, top), (end, back, top)),
        ((outer, behind, top), (outer, back, top)), ((end, behind, top), (end, back, top)),
    )  # fmt: skip
    for a, b in rails:
        _rail(mesh, np.array(a), np.array(b), palette)


def _rail(mesh: Mesh, a: np.ndarray, b: np.ndarray, palette: Palette) -> None:
    up, thin = np.array((0, 0, RAIL)), np.array((0, 0, 0.05))
    for off in (0.0, 0.004):  # seen from both sides
        side = np.cross(b - a, (0, 0, 1.0))
        side *= off / max(float(np.linalg.norm(side)), 1e-6)
        quad = [a + up - thin, b + up - thin, b + up, a + up]
        mesh.quad(
            [p + side for p in (quad if off else quad[::-1])], scaled(palette.metal, 0.6), split=9.0
        )
    count = max(round(float(np.linalg.norm(b - a)) / 2.0), 1)
    for i in range(count + 1):
        x, y, z = a + (b - a) * i / count
        mesh.box(
            (x - 0.025, y - 0.025, z),
            (x + 0.025, y + 0.025, z + RAIL),
            (0.2, 0.21, 0.24),
            faces="frkl",
        )
        mesh.box((x - 0.035, y - 0.035, z + 0.1), (x + 0.035, y + 0.035, z + 0.16), palette.meaning,
                 glow=1.2, faces="frkl")  # fmt: skip


class Dig:
    """One Geom; time and probe are uniforms."""

    def __init__(self, place: ExhibitPlace, setting: Setting) -> None:
        self._place = place
        self._plan = plan = DigPlan.of(cast(kinds.Dig, place.station))
        self.root = p3d.NodePath(place.id)
        self._ground = self.root.attach_new_node(_geometry())
        corner = place.frame.to_world((-plan.size / 2, plan.front, 0.02))
        yaw = np.radians(place.frame.yaw)
        self._ground.set_shader(load_shader("dig.vert", "dig.frag"))
        self._ground.set_shader_inputs(
            place=p3d.LVecBase3f(*corner), axis=p3d.LVecBase2f(float(np.cos(yaw)), float(np.sin(yaw))),
            extent=p3d.LVecBase2f(plan.size, plan.height), probe=p3d.LVecBase2f(0.5, 0.5),
        )  # fmt: skip
        self._ground.set_two_sided(True)
        middle = place.frame.to_world((0.0, plan.middle, plan.height / 2))
        self._ground.node().set_bounds(p3d.BoundingSphere(p3d.LPoint3(*middle), plan.size))
        self._ground.node().set_final(True)
        self._write(setting)
        front = Frame(place.frame.to_world((0.0, plan.front, 1.2)), place.frame.yaw)
        self._missing = not_recorded(setting, front)
        self._missing.reparent_to(self.root)

    def _write(self, setting: Setting) -> None:
        """Words beside the core: what lies on top, and what at the bottom."""
        plan, frame = self._plan, self._place.frame
        x, y = plan.size * (CORE_X + 0.035 - 0.5), plan.front + plan.size * 0.03
        lines = [
            Line(setting.texts.get(f"exhibit.dig.{key}"), Frame(frame.to_world((x, y, z)), frame.yaw), 0.15, color)
            for key, z, color in (
                ("top", plan.height - 0.14, MUTED), ("middle", plan.height * 0.52, MUTED), ("bottom", 0.06, WARM),
            )
        ]  # fmt: skip
        letter("dig", lines).reparent_to(self.root)

    def dress(self, shown: Shown, state: State) -> None:
        picture = shown.textures.get("steps")
        if picture is None:
            self._ground.stash()
            self._missing.show()
            return
        self._ground.unstash()
        self._missing.hide()
        final = array_texture("final", shown.run.pack.final()[None])
        self._ground.set_shader_inputs(picture=picture, bottom=final)

    def follow(self, state: State) -> None:
        self._ground.set_shader_input("probe", p3d.LVecBase2f(*state.probe))

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """Time is a uniform."""

    def leave(self) -> None:
        """Nothing goes on out of sight."""

    def clean_up(self) -> None:
        """All of it hangs under the root."""


def _geometry() -> p3d.GeomNode:
    rows: list[tuple[float, ...]] = []
    indices: list[int] = []
    for part, faces in PARTS:
        for name in faces:
            face, corners = FACES[name]
            base = len(rows)
            rows += [(*corner, part, face) for corner in corners]
            indices += [base + k for k in (0, 1, 2, 0, 2, 3)]
    return make_node(
        "dig", make_geom(np.array(rows, np.float32), np.array(indices, np.uint32), COLUMNS)
    )
