"""What can be asked of a running explorer: Geoms drawn, textures sent, fragments shaded, vertices, memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import panda3d.core as p3d

from assetgen.pack.resources import data_dir
from explorer.app import App


def draw(app: App, dt: float = 1 / 60) -> None:
    """One whole frame with Panda3D's own tasks; reading the picture back waits for the renderer."""
    app.frame(dt)
    app.base.task_mgr.step()
    app.base.win.get_screenshot()


class Drawn(NamedTuple):
    """What survived culling in the last frame, all active buffers together."""

    geoms: int
    vertices: int
    """Rows of their vertex tables, times instances."""


def drawn(app: App) -> Drawn:
    geoms = vertices = 0
    for window in app.base.graphicsEngine.windows:
        regions = window.get_num_active_display_regions() if window.is_active() else 0
        for region in (window.get_active_display_region(i) for i in range(regions)):
            if region.camera.is_empty():
                continue
            result = p3d.NodePath(region.make_cull_result_graph())
            for path in result.find_all_matches("**/+GeomNode"):
                above = path.get_net_state()
                for i in range(path.node().get_num_geoms()):
                    shader = above.compose(path.node().get_geom_state(i)).get_attrib(
                        p3d.ShaderAttrib
                    )
                    instances = shader.get_instance_count() if shader else 0
                    rows = path.node().get_geom(i).get_vertex_data().get_num_rows()
                    geoms, vertices = geoms + 1, vertices + rows * max(instances, 1)
    return Drawn(geoms, vertices)


class Uploads:
    """Counts textures that were made, or whose pixels were replaced, since the last `count`."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[int, tuple[int, str]] = {}
        self._names = sampler_names()
        self.count()

    def count(self) -> list[str]:
        """Names of the textures that were sent anew."""
        now = {
            texture.this: (texture.image_modified.seq, texture.name)
            for texture in textures(self._app, self._names)
            if not texture.render_to_texture
        }
        changed = [name for key, (seq, name) in now.items() if self._known.get(key) != (seq, name)]
        self._known = now
        return changed


def sampler_names() -> list[str]:
    """Every sampler that any shader declares."""
    found: set[str] = set()
    for path in data_dir("shaders").iterdir():
        found.update(re.findall(r"uniform\s+\w*sampler\w*\s+(\w+)", path.read_text()))
    return sorted(found)


def textures(app: App, names: list[str]) -> Iterator[p3d.Texture]:
    """Textures of the world and the HUD that the scene graph holds, each once."""
    roots = [app.base.render]
    if app.hud:
        roots.append(app.hud.buffer.root)
    seen: set[int] = set()
    for root in roots:
        found = list(root.find_all_textures())
        for node in [root, *root.find_all_matches("**")]:
            attribute = node.get_attrib(p3d.ShaderAttrib)
            if attribute:
                inputs = (attribute.get_shader_input(name) for name in names)
                found += [each.get_texture() for each in inputs if each.get_texture()]
        for texture in found:
            if texture.this not in seen:
                seen.add(texture.this)
                yield texture


def texture_megabytes(app: App) -> float:
    """What the textures of world and HUD take on the graphics card."""
    bytes_ = sum(each.estimate_texture_memory() for each in textures(app, sampler_names()))
    return bytes_ / 2**20


def overdraw(app: App) -> float | None:
    """Fragments shaded per pixel of the scene buffer, mean; None where the buffer cannot be read.

    Every fragment shader is replaced by one that adds 1, with blending; depth tests stay.
    """
    one = "#version 150\nout vec4 color;\nvoid main() { color = vec4(1.0); }\n"
    add = p3d.ColorBlendAttrib.make(
        p3d.ColorBlendAttrib.M_add, p3d.ColorBlendAttrib.O_one, p3d.ColorBlendAttrib.O_one
    )
    assert app.pipeline is not None
    for node in app.base.render.find_all_matches("**"):
        shader = node.get_shader()
        if shader:
            vertex = shader.get_text(p3d.Shader.ST_vertex)
            node.set_shader(p3d.Shader.make(p3d.Shader.SL_GLSL, vertex, one), 1)
            node.set_attrib(add, 1)
    app.base.graphicsEngine.render_frame()
    app.base.graphicsEngine.render_frame()
    scene = app.pipeline.scene
    if not app.base.graphicsEngine.extract_texture_data(scene, app.base.win.get_gsg()):
        return None
    kind = np.float16 if scene.get_component_width() == 2 else np.float32
    pixels = np.frombuffer(scene.get_ram_image(), kind).reshape(-1, scene.get_num_components())
    return float(pixels[:, 0].astype(float).mean())
