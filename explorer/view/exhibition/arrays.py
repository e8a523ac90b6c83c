"""Pictures that displays show besides the run's own textures: derived from what was recorded, made when first seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Pack
from assetgen.pack.errors import PackError
from explorer.story.choice import BASE, NOISE, choice_of
from explorer.story.clockwork import embedding
from explorer.story.latents import Lanes, Preview, lanes_of, preview_of
from explorer.story.leaps import Stride, strides_of
from explorer.story.mixing import Mix, mix
from explorer.story.pairs import partner
from explorer.story.ramps import ramp
from explorer.story.record import Record
from explorer.story.studies import studies_of
from explorer.story.tokens import likeness
from explorer.view.textures import LATENT_GAIN, mosaic

U8 = NDArray[np.uint8]


class Derived:
    """Arrays of one run by name: `[S, H, W, 3]`, or `[S, H, W]` for channels. Each is made once."""

    def __init__(self, pack: Pack, study: str | None = None) -> None:
        self.record = Record(pack, pack.architecture)
        self._study = study

    @cached_property
    def preview(self) -> Preview | None:
        return preview_of(self.record)

    @cached_property
    def lanes(self) -> Lanes | None:
        return lanes_of(self.record)

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

    @property
    def x_t_scale(self) -> float:
        entry = self.record.array("x_t")
        return (entry.scale_p995 if entry else None) or 1.0

    @cached_property
    def mix(self) -> Mix | None:
        return mix(self.record)

    def scale(self, name: str) -> float:
        """The value that is shown white in an array of channels; its negative is black."""
        if name == NOISE:
            return 0.5 / LATENT_GAIN
        if name.startswith("road_"):
            return self.x_t_scale
        return self.raw_scale if name.startswith("raw_") else self.x0_scale

    @cached_property
    def studies(self) -> list[Pack]:
        """Runs that vary what the display is about."""
        return studies_of(self.record.pack, self._study) if self._study else []

    def study(self, name: str) -> Pack | None:
        """The run behind `study_<n>`."""
        head, _, number = name.rpartition("_")
        if head != "study" or not number.isdecimal():
            return None
        index = int(number) - 1
        return self.studies[index] if 0 <= index < len(self.studies) else None

    @cached_property
    def strides(self) -> dict[str, Stride]:
        """The pictures of `leap` and `final_<n>`; read only for a display that is about them."""
        return strides_of(self.record.pack) if self._study == "steps" else {}

    def chosen(self, name: str) -> Pack | None:
        """The run behind `base`, `prompt_<n>` or `seed_<n>`."""
        if name != BASE and not name.startswith(("prompt_", "seed_")):
            return None
        found = choice_of(self.record.pack)
        return None if found is None else found.run(name)

    def get(self, name: str) -> U8 | None:
        """The array, or None where the run lacks what it is made of."""
        run = self.study(name) or self.chosen(name)
        if run is not None:
            return _pictures(run)
        if (stride := self.strides.get(name)) is not None:
            return _picture(stride)
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


def _picture(stride: Stride) -> U8 | None:
    try:
        return stride.picture()[None]
    except PackError:
        return None


def _pair_other(derived: Derived) -> U8 | None:
    other = partner(derived.record.pack)
    return None if other is None else _pictures(other)


def _base_noise(derived: Derived) -> U8 | None:
    """The noise that the run of the Arrival began with: its first x_t, on the scale of the gallery."""
    found = choice_of(derived.record.pack)
    if found is None or not found.base.has("x_t"):
        return None
    return mosaic(found.base.tensor("x_t")[:1])


def _pair_difference(derived: Derived) -> U8 | None:
    """Mean difference of the colours, 0..255, on the ramp of heat."""
    here, there = _pictures(derived.record.pack), _pair_other(derived)
    if here is None or there is None or here.shape != there.shape:
        return None
    apart = np.abs(here.astype(np.int16) - there).mean(-1).astype(np.uint8)
    return ramp("warm", 256)[apart]


def _mixed(derived: Derived, term: str) -> U8 | None:
    """A term of the next latent; all terms on the scale of x_t, so that they add up as they look."""
    found = derived.mix
    return None if found is None else mosaic(getattr(found, term), 0.5 / derived.x_t_scale)


def _waves(derived: Derived) -> U8 | None:
    """The row of waves as bars around zero: up amber, down blue."""
    rows = embedding(derived.record)
    if rows is None:
        return None
    height = 33
    middle, out = (
        height // 2,
        np.full((len(rows), height, rows.shape[1], 3), (14, 17, 26), np.uint8),
    )
    level = np.rint(rows * middle).astype(int)
    y = middle - np.arange(height)[None, :, None]
    up = (y <= level[:, None]) & (y >= 0) & (level[:, None] >= 0)
    down = (y >= level[:, None]) & (y <= 0) & (level[:, None] < 0)
    out[up], out[down] = (255, 184, 92), (108, 196, 255)
    return out


def _wave_table(derived: Derived) -> U8 | None:
    """Every step's row below the other, the present one in full light."""
    rows = embedding(derived.record)
    if rows is None:
        return None
    table = ramp("deep", 256)[np.clip((rows + 1) * 127.5, 0, 255).astype(int)]
    out = np.repeat((table * 0.5).astype(np.uint8)[None], len(rows), 0)
    out[np.arange(len(rows)), np.arange(len(rows))] = table
    return out


def _likeness(derived: Derived, *, pair: bool) -> U8 | None:
    """Cosines 0 to 1 on the ramp of maps, one picture for all steps."""
    other = partner(derived.record.pack) if pair else None
    if pair and other is None:
        return None
    against = None if other is None else Record(other, derived.record.architecture)
    found = likeness(derived.record, against)
    if found is None:
        return None
    return ramp("deep", 256)[np.clip(found * 255, 0, 255).astype(int)][None]


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
    "road_picture": lambda d: _mixed(d, "picture"),
    "road_noise": lambda d: _mixed(d, "noise"),
    "road_fresh": lambda d: _mixed(d, "fresh"),
    "road_next": lambda d: _mixed(d, "next"),
    "clock_waves": _waves,
    "clock_table": _wave_table,
    "prompt_rows": lambda d: _likeness(d, pair=False),
    "pair_rows": lambda d: _likeness(d, pair=True),
    NOISE: _base_noise,
    "pair_other": _pair_other,
    "pair_difference": _pair_difference,
}
"""Name in a scene file → how it is made."""
CHANNELS = frozenset({NOISE, "x_t", "eps", "x0_channels"}) | {
    name for name in MAKERS if name.startswith(("raw_", "road_"))
}
"""Those that are mosaics of latent channels."""
