"""The scene's theme as linear colours. Cool is the machine, warm is the meaning (ART.md section 4)."""

from __future__ import annotations

import msgspec

from explorer.world.scene import Theme
from explorer.world.valley import Vec3


def linear(color: str) -> Vec3:
    """`#rrggbb` (sRGB) → linear RGB."""
    values = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return r, g, b


def scaled(color: Vec3, factor: float) -> Vec3:
    return color[0] * factor, color[1] * factor, color[2] * factor


class Palette(msgspec.Struct, frozen=True):
    """What the builders paint with."""

    machine: Vec3
    meaning: Vec3
    lamp: Vec3
    stone: Vec3
    riser: Vec3
    paving: Vec3
    concrete: Vec3
    dark: Vec3
    hills: Vec3
    frame: Vec3 = (0.045, 0.050, 0.065)
    mat: Vec3 = (0.50, 0.42, 0.32)
    metal: Vec3 = (0.58, 0.62, 0.68)

    @classmethod
    def of(cls, theme: Theme) -> Palette:
        names = (
            "machine",
            "meaning",
            "lamp",
            "stone",
            "riser",
            "paving",
            "concrete",
            "dark",
            "hills",
        )
        colours = {name: linear(getattr(theme, name)) for name in names}
        # light lines keep their hue when they bloom: a little more saturated than the paint
        colours["machine"] = _saturate(colours["machine"], 1.35)
        colours["meaning"] = _saturate(colours["meaning"], 1.35)
        return cls(**colours)


def _saturate(color: Vec3, amount: float) -> Vec3:
    grey = 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
    r, g, b = (max(grey + (c - grey) * amount, 0.0) for c in color)
    return r, g, b
