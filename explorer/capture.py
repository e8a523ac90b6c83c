"""Pictures of what is on screen: one screenshot, a folder of frames, a GIF."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

U8 = NDArray[np.uint8]


def grab(base: Any) -> U8:
    """The window as `[H, W, 3]`, top row first; draws nothing itself."""
    texture = base.win.get_screenshot()
    if texture is None:
        raise RuntimeError("the window gave no picture; is it minimised?")
    data = np.frombuffer(texture.get_ram_image_as("RGB"), np.uint8)
    return np.ascontiguousarray(data.reshape(texture.get_y_size(), texture.get_x_size(), 3)[::-1])


def save_screenshot(base: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grab(base)).save(path, quality=93, subsampling=0)
    return path


def save_gif(
    frames: Iterable[U8], path: Path, seconds_per_frame: float, *, colours_of_its_own: bool = False
) -> Path:
    """An animated GIF with one palette, so that still parts stay still; or with one for each frame."""
    images = [Image.fromarray(f) for f in frames]
    if colours_of_its_own:
        own = [
            i.quantize(160, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            for i in images
        ]
        pause = int(1000 * seconds_per_frame)
        own[0].save(
            path, save_all=True, append_images=own[1:], duration=pause, loop=0, optimize=True
        )
        return path
    sample = Image.fromarray(
        np.concatenate([np.asarray(i)[::3, ::3] for i in images[:: max(1, len(images) // 8)]])
    )
    palette = sample.quantize(192, method=Image.Quantize.MEDIANCUT)
    small = [i.quantize(palette=palette, dither=Image.Dither.NONE) for i in images]
    small[0].save(
        path,
        save_all=True,
        append_images=small[1:],
        duration=int(1000 * seconds_per_frame),
        loop=0,
        optimize=True,
    )
    return path
