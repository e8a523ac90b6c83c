"""From scene to screen: float buffer with a data mask, occlusion, bloom, tone mapping, antialiasing, HUD on top."""

from __future__ import annotations

from typing import Any

import panda3d.core as p3d
from direct.filter.FilterManager import FilterManager

from explorer.view.quality import Quality
from explorer.view.shaders import load_shader

BLOOM_LEVELS = 6
BLOOM_WEIGHTS = (0.62, 0.60, 0.55, 0.50, 0.45)


class Pipeline:
    """Full-screen passes behind one camera. `set_frame` feeds what changes; `clean_up` removes it all."""

    def __init__(self, base: Any, quality: Quality, hud: p3d.Texture | None = None) -> None:
        self._base = base
        self._quality = quality
        self._filters = FilterManager(base.win, base.cam)
        self.scene, self._depth = _target("scene"), _target("depth")
        self._final = _made(
            self._filters.render_scene_into(
                colortex=self.scene, depthtex=self._depth, fbprops=_float_buffer(depth=True)
            )
        )
        self._occlusion: p3d.NodePath | None = None
        self._composite = self._build()
        self.set_hud(hud)

    @property
    def passes(self) -> float:
        """Full-screen passes by area, the scene itself not counted."""
        total = 2.0
        if self._quality.occlusion:
            total += 0.5
        if self._quality.bloom:
            total += 2 * sum(0.25**i for i in range(1, BLOOM_LEVELS + 1))
        return total

    def _build(self) -> p3d.NodePath:
        quality = self._quality
        width, height = self._base.win.get_x_size(), self._base.win.get_y_size()
        inputs: dict[str, Any] = {"scene": self.scene, "exposure": 1.0, "phase": 0.0, "fade": 0.0}
        defines: dict[str, int] = {}
        if quality.occlusion:
            size = p3d.LVecBase2f(width // 2, height // 2)
            raw, self._occlusion = self._pass(
                "occlusion.frag", 2, depth=self._depth, size=size,
                projection=p3d.LMatrix4f(), projection_inverse=p3d.LMatrix4f(),
            )  # fmt: skip
            inputs["occlusion"], _ = self._pass("blur.frag", 2, source=raw, size=size)
            defines["OCCLUSION"] = 1
        if quality.bloom:
            inputs |= {"bloom": self._bloom(width, height), "bloom_strength": 0.55}
            defines["BLOOM"] = 1
        toned = _target("toned")
        plain = p3d.FrameBufferProperties()
        plain.set_rgba_bits(8, 8, 8, 8)
        quad = _made(self._filters.render_quad_into("composite", colortex=toned, fbprops=plain))
        quad.set_shader(load_shader("screen.vert", "composite.frag", **defines))
        quad.set_shader_inputs(**inputs)
        self._final.set_shader(load_shader("screen.vert", "finish.frag"))
        self._final.set_shader_inputs(source=toned, size=p3d.LVecBase2f(width, height))
        return quad

    def _bloom(self, width: int, height: int) -> p3d.Texture:
        source, levels = self.scene, []
        for i in range(BLOOM_LEVELS):
            div = 2 ** (i + 1)
            if height // div < 12:
                break
            size = p3d.LVecBase2f(width // (div // 2), height // (div // 2))
            threshold = 0.85 if i == 0 else 0.0
            source, _ = self._pass(
                "bloom_down.frag", div, source=source, size=size, threshold=threshold
            )
            levels.append((source, div))
        up = levels[-1][0]
        for (level, div), weight in zip(levels[-2::-1], BLOOM_WEIGHTS, strict=False):
            size = p3d.LVecBase2f(width // (div * 2), height // (div * 2))
            up, _ = self._pass(
                "bloom_up.frag", div, source=up, base=level, size=size, weight=weight
            )
        return up

    def _pass(self, fragment: str, div: int, **inputs: Any) -> tuple[p3d.Texture, p3d.NodePath]:
        texture = _target(fragment)
        quad = _made(
            self._filters.render_quad_into(
                fragment, div=div, colortex=texture, fbprops=_float_buffer()
            )
        )
        quad.set_shader(load_shader("screen.vert", fragment))
        quad.set_shader_inputs(**inputs)
        return texture, quad

    def set_hud(self, texture: p3d.Texture | None) -> None:
        """The HUD's own buffer (premultiplied RGBA), or None."""
        if texture is None:
            texture = p3d.Texture("no hud")
            texture.setup_2d_texture(1, 1, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgba)
            texture.set_ram_image(bytes(4))
        self._final.set_shader_input("hud", texture)

    def set_frame(self, exposure: float, phase: float, fade: float = 0.0) -> None:
        """What a frame needs: exposure, the phase of the sky, and how far it is faded to black."""
        self._composite.set_shader_inputs(exposure=exposure, phase=phase, fade=fade)
        if self._occlusion is not None:
            to_y_up = p3d.LMatrix4f.convert_mat(p3d.CS_yup_right, p3d.CS_zup_right)
            projection = to_y_up * self._base.camLens.get_projection_mat()
            inverse = p3d.LMatrix4f(projection)
            inverse.invert_in_place()
            self._occlusion.set_shader_inputs(projection=projection, projection_inverse=inverse)

    def clean_up(self) -> None:
        self._filters.cleanup()


def _made(quad: p3d.NodePath | None) -> p3d.NodePath:
    if quad is None:
        raise RuntimeError("the graphics driver refused an offscreen buffer; try --quality low")
    return quad


def _target(name: str) -> p3d.Texture:
    texture = p3d.Texture(name)
    texture.set_wrap_u(p3d.SamplerState.WM_clamp)
    texture.set_wrap_v(p3d.SamplerState.WM_clamp)
    texture.set_minfilter(p3d.SamplerState.FT_linear)
    texture.set_magfilter(p3d.SamplerState.FT_linear)
    return texture


def _float_buffer(*, depth: bool = False) -> p3d.FrameBufferProperties:
    properties = p3d.FrameBufferProperties()
    properties.set_float_color(True)
    properties.set_rgba_bits(16, 16, 16, 16)
    if depth:
        properties.set_depth_bits(24)
    return properties
