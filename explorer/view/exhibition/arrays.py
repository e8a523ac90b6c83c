"""Pictures that displays show besides the run's own textures: derived from what was recorded, made when first seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Pack
from assetgen.pack.errors import PackError
from explorer.story.latents import Lanes, Preview, fit_preview, lanes
from explorer.story.pairs import partner
from explorer.story.ramps import ramp
from explorer.story.record import Record
from explorer.view.textures import mosaic

U8 = NDArray[np.uint8]


class Derived:
    """Arrays of one run by name: `[S, H, W, 3]`, or `[S, H, W]` for channels. Each is made once."""

    def __init__(self, pack: Pack) -> None:
        self.record = Record(pack, pack.architecture)

    @cached_property
    def preview(self) -> Preview | None:
        return fit_preview(self.record)

    @cached_property
    def lanes(self) -> Lanes | None:
        return lanes(self.record)

    @cached_property
    def raw_scale(self) -> float:
        """What the raw answers are shown up to: the 99.5th percentile of both."""
        if self.lanes is None:
            return 1.0
        both = np.abs(np.stack([self.lanes.raw_without, self.lanes.raw_with]))
        return max(float(np.percentile(both, 99.5)), 1e-6)

    @property
    def x0_scale(self) -> float:
        entry = self.record.array("x0")
        return (entry.scale_p995 if entry else None) or 1.0

    def scale(self, name: str) -> float:
        """The value that is shown white in an array of channels; its negative is black."""
        return self.raw_scale if name.startswith("raw_") else self.x0_scale

    def get(self, name: str) -> U8 | None:
        """The array, or None where the run lacks what it is made of."""
        return MAKERS[name](self) if name in MAKERS else None


def _colours(derived: Derived, lane: str) -> U8 | None:
    found, preview = derived.lanes, derived.preview
    if found is None or preview is None:
        return None
    if lane == "difference":
        scale = derived.record.metadata.guidance_scale
        return _bytes(127.5 + preview.changes(found.difference * np.float32(scale)))
    return _bytes(preview.colours(getattr(found, lane)))


def _raw(derived: Derived, lane: str) -> U8 | None:
    """The recorded outputs as channels around mid grey, all on one scale."""
    found = derived.lanes
    if found is None:
        return None
    gain = 0.5 / derived.raw_scale
    if lane == "difference":
        return mosaic(found.raw_with - found.raw_without, gain)
    if lane == "guided":
        scale = np.float32(derived.record.metadata.guidance_scale)
        return mosaic(found.raw_without + scale * (found.raw_with - found.raw_without), gain)
    return mosaic(found.raw_with if lane == "with_prompt" else found.raw_without, gain)


def _x0_channels(derived: Derived) -> U8 | None:
    x0 = derived.record.tensor("x0")
    return None if x0 is None else mosaic(x0, 0.5 / derived.x0_scale)


def _x0_linear(derived: Derived) -> U8 | None:
    x0, preview = derived.record.tensor("x0"), derived.preview
    return None if x0 is None or preview is None else _bytes(preview.colours(x0))


def _pictures(pack: Pack) -> U8 | None:
    if not pack.has("predicted"):
        return None
    try:
        return np.stack([pack.image("predicted", step) for step in range(pack.steps)])
    except PackError:
        return None


def _pair_other(derived: Derived) -> U8 | None:
    other = partner(derived.record.pack)
    return None if other is None else _pictures(other)


def _pair_difference(derived: Derived) -> U8 | None:
    """Mean difference of the colours, 0..255, on the ramp of heat."""
    here, there = _pictures(derived.record.pack), _pair_other(derived)
    if here is None or there is None or here.shape != there.shape:
        return None
    apart = np.abs(here.astype(np.int16) - there).mean(-1).astype(np.uint8)
    return ramp("warm", 256)[apart]


def _bytes(colours: NDArray[np.float32]) -> U8:
    return np.clip(colours + 0.5, 0, 255).astype(np.uint8)


MAKERS: dict[str, Callable[[Derived], U8 | None]] = {
    "lane_without": lambda d: _colours(d, "without"),
    "lane_with": lambda d: _colours(d, "with_prompt"),
    "lane_difference": lambda d: _colours(d, "difference"),
    "lane_guided": lambda d: _colours(d, "guided"),
    "raw_without": lambda d: _raw(d, "without"),
    "raw_with": lambda d: _raw(d, "with_prompt"),
    "raw_difference": lambda d: _raw(d, "difference"),
    "raw_guided": lambda d: _raw(d, "guided"),
    "x0_channels": _x0_channels,
    "x0_linear": _x0_linear,
    "pair_other": _pair_other,
    "pair_difference": _pair_difference,
}
"""Name in a scene file → how it is made."""
CHANNELS = frozenset({"x_t", "eps", "x0_channels", *(n for n in MAKERS if n.startswith("raw_"))})
"""Those that are mosaics of latent channels."""
