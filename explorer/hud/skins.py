"""Small textures made once: rounded corners, pictograms, colour ramps. All are white masks, tinted when drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from explorer.story.ramps import ramp

OVERSAMPLE = 8

U8 = NDArray[np.uint8]
Pen = Callable[[ImageDraw.ImageDraw, float], None]


def texture(name: str, rgba: U8) -> p3d.Texture:
    """A texture from `[height, width, 4]`, top row first, straight alpha."""
    height, width = rgba.shape[:2]
    tex = p3d.Texture(name)
    tex.setup_2d_texture(width, height, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgba)
    tex.set_ram_image_as(np.ascontiguousarray(rgba[::-1]).tobytes(), "RGBA")
    tex.set_magfilter(p3d.SamplerState.FT_linear)
    tex.set_minfilter(p3d.SamplerState.FT_linear)
    tex.set_wrap_u(p3d.SamplerState.WM_clamp)
    tex.set_wrap_v(p3d.SamplerState.WM_clamp)
    return tex


def _mask(name: str, image: Image.Image, width: int, height: int) -> p3d.Texture:
    """A white texture with the oversampled grey `image` as its alpha."""
    alpha = np.asarray(image.resize((width, height), Image.Resampling.BOX))
    rgba = np.full((height, width, 4), 255, np.uint8)
    rgba[..., 3] = alpha
    return texture(name, rgba)


@lru_cache(maxsize=256)
def rounded(radius: int, edge: float = 0.0) -> p3d.Texture:
    """A rounded square two pixels larger than its corners: filled, or an outline `edge` pixels wide."""
    side = 2 * radius + 2
    big = side * OVERSAMPLE
    image = Image.new("L", (big, big), 0)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, big - 1, big - 1), radius * OVERSAMPLE, fill=255)
    if edge > 0:
        cut = round(edge * OVERSAMPLE)
        inner = max(radius * OVERSAMPLE - cut, 0)
        draw.rounded_rectangle((cut, cut, big - 1 - cut, big - 1 - cut), inner, fill=0)
    return _mask(f"rounded-{radius}-{edge:g}", image, side, side)


@lru_cache(maxsize=16)
def ramp_texture(name: str) -> p3d.Texture:
    """A colour ramp, left to right."""
    rgba = np.full((1, 256, 4), 255, np.uint8)
    rgba[0, :, :3] = ramp(name, 256)
    return texture(f"ramp-{name}", rgba)


@lru_cache(maxsize=128)
def icon(name: str, size: int) -> p3d.Texture:
    """The pictogram `name`, `size` pixels on a side."""
    big = size * OVERSAMPLE
    image = Image.new("L", (big, big), 0)
    ICONS[name](ImageDraw.Draw(image), float(big))
    return _mask(f"icon-{name}-{size}", image, size, size)


def _stroke(
    draw: ImageDraw.ImageDraw, s: float, points: list[tuple[float, float]], width: float
) -> None:
    """A line with round ends and joints; points in 0..1."""
    scaled = [(x * s, y * s) for x, y in points]
    draw.line(scaled, fill=255, width=round(width * s), joint="curve")
    r = width * s / 2
    for x, y in (scaled[0], scaled[-1]):
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)


def _bar(draw: ImageDraw.ImageDraw, s: float, box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = (v * s for v in box)
    draw.rounded_rectangle((x0, y0, x1, y1), 0.04 * s, fill=255)


def _play(d: ImageDraw.ImageDraw, s: float) -> None:
    points = [(0.30, 0.16), (0.30, 0.84), (0.84, 0.50)]
    d.polygon([(x * s, y * s) for x, y in points], fill=255)
    _stroke(d, s, [*points, points[0]], 0.08)


def _pause(d: ImageDraw.ImageDraw, s: float) -> None:
    _bar(d, s, (0.22, 0.12, 0.41, 0.88))
    _bar(d, s, (0.59, 0.12, 0.78, 0.88))


def _next(d: ImageDraw.ImageDraw, s: float) -> None:
    _stroke(d, s, [(0.40, 0.20), (0.70, 0.50), (0.40, 0.80)], 0.10)


def _previous(d: ImageDraw.ImageDraw, s: float) -> None:
    _stroke(d, s, [(0.60, 0.20), (0.30, 0.50), (0.60, 0.80)], 0.10)


def _close(d: ImageDraw.ImageDraw, s: float) -> None:
    _stroke(d, s, [(0.14, 0.14), (0.86, 0.86)], 0.11)
    _stroke(d, s, [(0.86, 0.14), (0.14, 0.86)], 0.11)


def _loop(d: ImageDraw.ImageDraw, s: float) -> None:
    angles = [-0.22 * pi + i * (1.58 * pi) / 40 for i in range(41)]
    points = [(0.5 + 0.34 * cos(a), 0.5 + 0.34 * sin(a)) for a in angles]
    _stroke(d, s, points, 0.09)
    x, y = points[0]
    head = [(x + 0.10, y - 0.22), (x + 0.10, y + 0.08), (x - 0.20, y + 0.04)]
    d.polygon([(u * s, v * s) for u, v in head], fill=255)


def _help(d: ImageDraw.ImageDraw, s: float) -> None:
    angles = [pi + i * (1.28 * pi) / 24 for i in range(25)]
    hook = [(0.5 + 0.22 * cos(a), 0.32 + 0.22 * sin(a)) for a in angles]
    _stroke(d, s, [*hook, (0.5, 0.58), (0.5, 0.66)], 0.09)
    d.ellipse((0.435 * s, 0.80 * s, 0.565 * s, 0.93 * s), fill=255)


def _prompts(d: ImageDraw.ImageDraw, s: float) -> None:
    for x, y in ((0.10, 0.10), (0.56, 0.10), (0.10, 0.56), (0.56, 0.56)):
        d.rounded_rectangle((x * s, y * s, (x + 0.34) * s, (y + 0.34) * s), 0.07 * s, fill=255)


def _settings(d: ImageDraw.ImageDraw, s: float) -> None:
    for y, knob in ((0.22, 0.66), (0.50, 0.34), (0.78, 0.58)):
        _stroke(d, s, [(0.12, y), (0.88, y)], 0.07)
        r = 0.11 * s
        d.ellipse((knob * s - r, y * s - r, knob * s + r, y * s + r), fill=255)


def _here(d: ImageDraw.ImageDraw, s: float) -> None:
    points = [(0.50, 0.08), (0.80, 0.86), (0.50, 0.70), (0.20, 0.86)]
    d.polygon([(x * s, y * s) for x, y in points], fill=255)


def _tour(d: ImageDraw.ImageDraw, s: float) -> None:
    _stroke(d, s, [(0.24, 0.10), (0.24, 0.90)], 0.09)
    d.polygon([(x * s, y * s) for x, y in ((0.24, 0.12), (0.86, 0.32), (0.24, 0.54))], fill=255)


def _discoveries(d: ImageDraw.ImageDraw, s: float) -> None:
    """A lamp: something dawns on one."""
    angles = [0.72 * pi + i * (1.56 * pi) / 40 for i in range(41)]
    points = [(0.5 + 0.29 * cos(a), 0.38 + 0.29 * sin(a)) for a in angles]
    _stroke(d, s, [(0.39, 0.74), *points, (0.61, 0.74), (0.39, 0.74)], 0.08)
    _stroke(d, s, [(0.42, 0.90), (0.58, 0.90)], 0.08)


def _share(d: ImageDraw.ImageDraw, s: float) -> None:
    """Something leaves a frame, to be taken along."""
    _stroke(
        d,
        s,
        [(0.36, 0.40), (0.16, 0.40), (0.16, 0.90), (0.84, 0.90), (0.84, 0.40), (0.64, 0.40)],
        0.09,
    )
    _stroke(d, s, [(0.50, 0.64), (0.50, 0.12)], 0.09)
    _stroke(d, s, [(0.32, 0.29), (0.50, 0.11), (0.68, 0.29)], 0.09)


def _access(d: ImageDraw.ImageDraw, s: float) -> None:
    """A person with open arms: the sign for access."""
    d.ellipse((0.42 * s, 0.06 * s, 0.58 * s, 0.22 * s), fill=255)
    _stroke(d, s, [(0.14, 0.34), (0.50, 0.38), (0.86, 0.34)], 0.09)
    _stroke(d, s, [(0.50, 0.38), (0.50, 0.60), (0.32, 0.92)], 0.10)
    _stroke(d, s, [(0.50, 0.60), (0.68, 0.92)], 0.10)


def _forward(d: ImageDraw.ImageDraw, s: float) -> None:
    _stroke(d, s, [(0.50, 0.86), (0.50, 0.18)], 0.11)
    _stroke(d, s, [(0.22, 0.44), (0.50, 0.16), (0.78, 0.44)], 0.11)


def _turn(d: ImageDraw.ImageDraw, s: float) -> None:
    """Turn to the left."""
    angles = [0.1 * pi - i * (1.1 * pi) / 24 for i in range(25)]
    points = [(0.54 + 0.32 * cos(a), 0.62 + 0.36 * sin(a)) for a in angles]
    _stroke(d, s, points, 0.10)
    x, y = points[-1]
    _stroke(d, s, [(x - 0.14, y - 0.16), (x, y + 0.06), (x + 0.20, y - 0.10)], 0.10)


def _turn_right(d: ImageDraw.ImageDraw, s: float) -> None:
    angles = [0.9 * pi + i * (1.1 * pi) / 24 for i in range(25)]
    points = [(0.46 + 0.32 * cos(a), 0.62 + 0.36 * sin(a)) for a in angles]
    _stroke(d, s, points, 0.10)
    x, y = points[-1]
    _stroke(d, s, [(x + 0.14, y - 0.16), (x, y + 0.06), (x - 0.20, y - 0.10)], 0.10)


ICONS: dict[str, Pen] = {
    "play": _play,
    "pause": _pause,
    "next": _next,
    "previous": _previous,
    "close": _close,
    "loop": _loop,
    "help": _help,
    "prompts": _prompts,
    "settings": _settings,
    "here": _here,
    "tours": _tour,
    "discoveries": _discoveries,
    "share": _share,
    "access": _access,
    "forward": _forward,
    "turn": _turn,
    "turn_right": _turn_right,
}


def round_corners(rgb: U8, size: int, radius: int) -> U8:
    """A picture resampled to `size` pixels with rounded corners, `[size, size, 4]`."""
    image = Image.fromarray(rgb).resize((size, size), Image.Resampling.LANCZOS)
    big = size * 4
    mask = Image.new("L", (big, big), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, big - 1, big - 1), radius * 4, fill=255)
    alpha = np.asarray(mask.resize((size, size), Image.Resampling.BOX))
    return np.dstack([np.asarray(image), alpha])
