"""The HUD's own picture: an offscreen buffer with premultiplied alpha, drawn only when asked to."""

from __future__ import annotations

from typing import Any

import panda3d.core as p3d

SORT = -40
"""Before the passes that composite the HUD over the scene."""

_BLEND = p3d.ColorBlendAttrib


class HudBuffer:
    """An RGBA buffer with a pixel camera. `root` takes geometry in pixels: x right, z = −y."""

    def __init__(self, base: Any, width: int, height: int) -> None:
        self.engine: p3d.GraphicsEngine = base.graphics_engine
        # Otherwise the buffer's texture is rounded up to a power of two and its edges are padding.
        p3d.Texture.set_textures_power_2(p3d.ATS_none)
        self.texture = p3d.Texture("hud")
        properties = p3d.FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(0)
        window = p3d.WindowProperties()
        window.set_size(width, height)
        buffer = self.engine.make_output(
            base.pipe, "hud", SORT, properties, window,
            p3d.GraphicsPipe.BF_refuse_window | p3d.GraphicsPipe.BF_resizeable,
            base.win.get_gsg(), base.win,
        )  # fmt: skip
        if not isinstance(buffer, p3d.GraphicsBuffer):
            raise RuntimeError("the graphics driver gives no offscreen buffer for the HUD")
        self.buffer = buffer
        self.buffer.add_render_texture(self.texture, p3d.GraphicsOutput.RTM_bind_or_copy)
        self.buffer.set_clear_color((0, 0, 0, 0))
        self.texture.set_minfilter(p3d.SamplerState.FT_linear)
        self.texture.set_magfilter(p3d.SamplerState.FT_linear)
        self.texture.set_wrap_u(p3d.SamplerState.WM_clamp)
        self.texture.set_wrap_v(p3d.SamplerState.WM_clamp)
        self.root = _root()
        self.lens = p3d.OrthographicLens()
        self.lens.set_near_far(-10, 10)
        camera = p3d.NodePath(p3d.Camera("hud-camera", self.lens))
        camera.reparent_to(self.root)
        region = self.buffer.make_display_region()
        region.set_camera(camera)
        self.set_size(width, height)
        self.buffer.set_active(False)
        self._asked_in = -1
        """Frame in which drawing was last asked for."""

    def set_size(self, width: int, height: int) -> None:
        self.buffer.set_size(width, height)
        self.lens.set_film_size(width, height)
        self.lens.set_film_offset(width / 2, -height / 2)

    def request(self, wanted: bool) -> None:
        """Draw in the coming frame, or rest. What was asked for before that frame came is still drawn."""
        frame = p3d.ClockObject.get_global_clock().get_frame_count()
        if wanted:
            self._asked_in = frame
        active = wanted or frame == self._asked_in
        if self.buffer.is_active() != active:
            self.buffer.set_active(active)

    def close(self) -> None:
        self.engine.remove_window(self.buffer)


def _root() -> p3d.NodePath:
    """Straight-alpha colours are blended so that the result is premultiplied; painted in tree order."""
    root = p3d.NodePath("hud")
    root.set_attrib(
        _BLEND.make(
            _BLEND.M_add, _BLEND.O_incoming_alpha, _BLEND.O_one_minus_incoming_alpha,
            _BLEND.M_add, _BLEND.O_one, _BLEND.O_one_minus_incoming_alpha,
        ),
        100,
    )  # fmt: skip
    root.set_bin("unsorted", 0, 100)
    root.set_depth_test(False, 100)
    root.set_depth_write(False, 100)
    root.set_two_sided(True, 100)
    return root
