"""How exported pictures look: colours, letters, and the one ramp that shows attention."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from assetgen.pack.images import F32, U8, resize
from assetgen.pack.resources import data_dir

# The explorer's own colours (explorer.hud.palette, the ramp "warm"); neither side imports the other.
GROUND = (8, 13, 26)
PLATE = (34, 48, 74)
INK = (233, 240, 252)
MUTED = (166, 186, 212)
DIM = (133, 152, 182)
AMBER = (255, 180, 92)
BADGES = {"RECORDED": (126, 224, 190), "DERIVED": (150, 180, 255)}

_RAMP = np.array(
    [
        (10, 8, 20), (58, 26, 60), (125, 43, 69), (196, 80, 47),
        (240, 147, 58), (255, 210, 125), (255, 246, 220),
    ],
    np.float32,
)  # fmt: skip
"""Dark to bright in luminance: readable without its hues."""


@cache
def font(size: int, weight: str = "Regular") -> ImageFont.FreeTypeFont:
    """Inter at `size` pixels; `weight` Regular, Medium or SemiBold."""
    return ImageFont.truetype(str(data_dir("assets") / "fonts" / f"Inter-{weight}.ttf"), size)


def heat(values: F32, size: tuple[int, int], top: float) -> U8:
    """A map `[h, w]` on the scale 0..`top` as colours `[*size, 3]`."""
    share = np.clip(resize(values, *size) / max(top, 1e-9), 0, 1) * (len(_RAMP) - 1)
    low = np.minimum(share.astype(int), len(_RAMP) - 2)
    part = (share - low)[..., None]
    return np.asarray(_RAMP[low] * (1 - part) + _RAMP[low + 1] * part, dtype=np.uint8)


def over(picture: U8, values: F32, top: float) -> U8:
    """The map `[H, W]` over its picture `[H, W, 3]`: where nothing is read the picture is dark and grey.

    `top` is the probability that is shown brightest.
    """
    grey = picture.astype(np.float32).mean(axis=2, keepdims=True)
    share = np.clip(resize(values, *picture.shape[:2]) / max(top, 1e-9), 0, 1)[..., None]
    glow = heat(values, picture.shape[:2], top).astype(np.float32)
    return np.asarray(
        np.clip(0.46 * grey * (1 - share) + glow * (0.25 + 0.75 * share), 0, 255), np.uint8
    )


def scaled(picture: U8, size: int) -> Image.Image:
    """`picture` with its longer side `size` pixels; small pictures are enlarged smoothly."""
    image = Image.fromarray(picture)
    factor = size / max(image.size)
    target = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(target, Image.Resampling.LANCZOS)


def fitted(draw: ImageDraw.ImageDraw, text: str, width: int, size: int, weight: str) -> str:
    """`text`, cut with an ellipsis where it is wider than `width` pixels."""
    if draw.textlength(text, font(size, weight)) <= width:
        return text
    while text and draw.textlength(text + "…", font(size, weight)) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def badge(draw: ImageDraw.ImageDraw, x: int, y: int, name: str, size: int = 13) -> int:
    """RECORDED or DERIVED as a small plate; returns its right edge."""
    color = BADGES[name]
    width = round(draw.textlength(name, font(size, "SemiBold")))
    draw.rounded_rectangle((x, y, x + width + 14, y + size + 8), 4, outline=color)
    draw.text((x + 7, y + 3), name, color, font(size, "SemiBold"))
    return x + width + 14
