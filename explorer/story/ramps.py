"""Colour ramps: a few anchors, joined in OKLab and respaced so that lightness rises linearly."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ANCHORS: dict[str, tuple[str, ...]] = {
    "deep": ("#060A1C", "#14265A", "#1D4F86", "#2389A4", "#5FC3B4", "#C9F0D2", "#FBFFF0"),
    "warm": ("#0A0814", "#3A1A3C", "#7D2B45", "#C4502F", "#F0933A", "#FFD27D", "#FFF6DC"),
    "grey": ("#08090B", "#F6F8FA"),
    "clear": ("#00204D", "#31446B", "#666970", "#958F78", "#CBBA69", "#FFEA46"),
}
"""deep: features · warm: attention · grey: plain · clear: safe for every kind of colour vision."""
OF_FEATURES = tuple(name for name in ANCHORS if name != "warm")
"""Those that can be chosen."""

F64 = NDArray[np.float64]

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def srgb_to_oklab(srgb: F64) -> F64:
    """sRGB in 0..1, `[..., 3]`, to OKLab."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T)


def oklab_to_srgb(lab: F64) -> F64:
    """OKLab to sRGB, clipped to 0..1."""
    linear = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T
    linear = np.clip(linear, 0.0, 1.0)
    curve = 1.055 * np.maximum(linear, 1e-12) ** (1 / 2.4) - 0.055
    return np.clip(np.where(linear <= 0.0031308, linear * 12.92, curve), 0.0, 1.0)


@lru_cache(maxsize=16)
def _ramp(name: str, count: int) -> NDArray[np.uint8]:
    try:
        anchors = ANCHORS[name]
    except KeyError:
        raise ValueError(f"no colour ramp {name!r}; there are {', '.join(ANCHORS)}") from None
    srgb = np.array([[int(a[i : i + 2], 16) / 255 for i in (1, 3, 5)] for a in anchors])
    lab = srgb_to_oklab(srgb)
    lightness = np.linspace(lab[0, 0], lab[-1, 0], count)
    smooth = np.stack([np.interp(lightness, lab[:, 0], lab[:, i]) for i in range(3)], axis=1)
    colours = np.round(oklab_to_srgb(smooth) * 255).astype(np.uint8)
    colours.setflags(write=False)
    return colours


def ramp(name: str, count: int = 256) -> NDArray[np.uint8]:
    """`count` colours of the ramp `name`, uint8 `[count, 3]`, read-only."""
    return _ramp(name, count)
