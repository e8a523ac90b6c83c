"""Opening a Panda3D window, or an offscreen buffer where there is no display."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

import panda3d.core as p3d

from explorer.memory import give_back_freed, part_heaps

PRC = """
gl-version 3 2
textures-power-2 none
audio-library-name null
gl-coordinate-system default
framebuffer-srgb 0
model-cache-dir
support-threads 1
loader-support-entry-points 0
print-pipe-types 0
sync-video 1
max-texture-dimension 16384
text-minfilter linear
text-magfilter linear
notify-level-egldisplay error
notify-level-device fatal
notify-level-x11display error
"""


@dataclass(frozen=True)
class WindowSpec:
    """How to show: size in pixels; `offscreen` without a window, `fixed_rate` with a clock that counts frames."""

    width: int = 1280
    height: int = 720
    fullscreen: bool = False
    offscreen: bool = False
    fixed_rate: int | None = None
    bare: bool = False
    """No frame around it."""
    pointer: bool = True
    title: str = "Diffusion Visualization"


def has_display() -> bool:
    """Whether a window can be expected to open here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY"))


def open_window(spec: WindowSpec) -> Any:
    """A ShowBase with our settings; raises RuntimeError with a readable line when GL is not to be had."""
    part_heaps()
    give_back_freed()
    lines = [PRC, f"win-size {spec.width} {spec.height}", f"window-title {spec.title}"]
    if spec.offscreen:
        lines += ["load-display p3headlessgl", "window-type offscreen", "sync-video 0"]
    else:
        lines += [f"fullscreen {int(spec.fullscreen)}"]
        lines += [f"undecorated {int(spec.bare)}", f"cursor-hidden {int(not spec.pointer)}"]
    if spec.fixed_rate:
        lines += ["clock-mode non-real-time", f"clock-frame-rate {spec.fixed_rate}"]
    p3d.load_prc_file_data("explorer", "\n".join(lines))
    from direct.showbase.ShowBase import ShowBase

    class Silent(ShowBase):
        """Opens no sound device: Panda3D loads its sound library once, when the first manager is made, and would
        settle on none here. `explorer.sound` makes the first one when there is something to hear."""

        def createBaseAudioManagers(self) -> None:
            return

    try:
        base = Silent(windowType="offscreen" if spec.offscreen else "onscreen")
    except Exception as error:  # panda3d raises a bare StandardError here
        raise RuntimeError(
            f"no OpenGL 3.2 to draw with ({error}); on Debian: apt install libgl1 libegl1 libgl1-mesa-dri"
        ) from None
    base.disable_mouse()
    base.set_background_color(0.002, 0.005, 0.016, 1.0)
    base.cam.node().get_lens().set_near_far(0.25, 1600)
    return base


def native_size() -> tuple[int, int]:
    """The screen's own size in pixels; RuntimeError where there is no screen."""
    pipe = p3d.GraphicsPipeSelection.get_global_ptr().make_default_pipe()
    width, height = (pipe.get_display_width(), pipe.get_display_height()) if pipe else (0, 0)
    if width <= 0 or height <= 0:
        raise RuntimeError("no screen to fill; a kiosk needs a display, or --size WxH for a window")
    return width, height


def is_software(base: Any) -> bool:
    """True on Mesa's software rasterisers."""
    name = base.win.get_gsg().get_driver_renderer().lower()
    return any(word in name for word in ("llvmpipe", "softpipe", "swrast", "software"))
