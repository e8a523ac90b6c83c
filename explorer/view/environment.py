"""Sky, sea and lake, and the mirrored camera for reflections."""

from __future__ import annotations

from typing import Any

import numpy as np
import panda3d.core as p3d

from explorer.view.mesh import make_geom, make_node, vertexless
from explorer.view.quality import Quality
from explorer.view.shaders import load_shader
from explorer.world.terrain import Terrain

SEA = -0.9


def make_sky(quality: Quality) -> p3d.NodePath:
    """One triangle at the far plane, drawn last so that only visible sky is shaded."""
    sky = p3d.NodePath(vertexless("sky", 3))
    sky.set_shader(load_shader("sky.vert", "sky.frag", STAR_LAYERS=quality.stars))
    sky.set_bin("fixed", -5)
    sky.set_depth_write(False)
    sky.set_attrib(p3d.DepthTestAttrib.make(p3d.RenderAttrib.M_less_equal))
    sky.set_two_sided(True)
    return sky


def make_water(terrain: Terrain, quality: Quality) -> p3d.NodePath:
    """The sea in front of the quay (the Noise Shore) and the lake in the Deep."""
    root = p3d.NodePath("water")
    defines = {"MIRROR": 1} if quality.mirror else {}
    sea = _sheet("sea", (-700, -900, 700, terrain.shore_y + 0.5), SEA)
    sea.set_shader(load_shader("water.vert", "water.frag", NOISE=1, **defines))
    half = terrain.lips[-1] + 1.0
    lake = _sheet(
        "lake",
        (
            -half,
            terrain.centre_y - half - terrain.stretch,
            half,
            terrain.centre_y + half + terrain.stretch,
        ),
        terrain.water,
    )
    lake.set_shader(load_shader("water.vert", "water.frag", **defines))
    for node in (sea, lake):
        node.reparent_to(root)
    return root


def _sheet(name: str, box: tuple[float, float, float, float], z: float) -> p3d.NodePath:
    x0, y0, x1, y1 = box
    corners = np.array([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], np.float32)
    geom = make_geom(corners, np.array((0, 1, 2, 0, 2, 3), np.uint32), (("vertex", 3),))
    return p3d.NodePath(make_node(name, geom))


def clipped(clip_z: float, mirror_z: float) -> p3d.RenderState:
    """What differs between the eye and its mirror image: nodes must not set these inputs themselves."""
    state = p3d.NodePath("view state")
    state.set_shader_inputs(clip_z=clip_z, mirror_z=mirror_z)
    if clip_z > -1e8:  # a mirror turns every face around
        state.set_attrib(p3d.CullFaceAttrib.make(p3d.CullFaceAttrib.M_cull_counter_clockwise))
    return state.get_state()


class Mirror:
    """A camera below the plane that matters from here: a room's floor, the lake, or the sea."""

    def __init__(self, base: Any, root: p3d.NodePath) -> None:
        self._base = base
        size = base.win.get_x_size() // 2, base.win.get_y_size() // 2
        properties = p3d.FrameBufferProperties()
        properties.set_float_color(True)
        properties.set_rgba_bits(16, 16, 16, 16)
        properties.set_depth_bits(24)
        self.texture = p3d.Texture("mirror")
        self.texture.set_wrap_u(p3d.SamplerState.WM_mirror)
        self.texture.set_wrap_v(p3d.SamplerState.WM_clamp)
        self.texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
        self._buffer = base.win.make_texture_buffer(
            "mirror", *size, self.texture, False, properties
        )
        self._buffer.set_sort(-200)
        self._camera_node = p3d.Camera("mirror")
        self._camera_node.set_lens(base.camLens)
        self._camera = root.attach_new_node(self._camera_node)
        region = self._buffer.make_display_region()
        region.set_camera(self._camera)
        root.set_shader_inputs(
            mirror=self.texture,
            mirror_size=p3d.LVecBase2f(base.win.get_x_size(), base.win.get_y_size()),
        )
        self._root = root
        base.render.clear_two_sided()  # ShowBase sets it, and it would win over what a mirror needs

    def aim(self, plane: float | None) -> None:
        """Mirror the main camera at height `plane`; None switches the reflection off."""
        self._buffer.set_active(plane is not None)
        self._base.cam.node().set_initial_state(clipped(-1e9, -999.0 if plane is None else plane))
        if plane is None:
            return
        flip = p3d.LMatrix4f.scale_mat(1, 1, -1)
        flip.set_row(3, p3d.LVecBase3f(0, 0, 2 * plane))
        self._camera.set_mat(self._base.camera.get_mat(self._root) * flip)
        self._camera_node.set_initial_state(clipped(plane, -999.0))

    def clean_up(self) -> None:
        self._base.graphicsEngine.remove_window(self._buffer)
        self._camera.remove_node()
