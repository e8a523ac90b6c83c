"""What a profile stores, and how it keeps within its size whatever the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from assetgen.pack.light import lighten
from assetgen.pack.recording import EXPECTED, PICTURES, Recording
from assetgen.pack.schema import Architecture, Metadata, Profile

SIDES = (32, 16)
"""Feature maps are averaged to at most this many pixels a side: the first that fits."""
MAP_SIDES = (4096, 64, 32, 16, 8)
"""The same for attention maps."""
LATENT_ORDER = ("x0", "x_t", "eps", "output_cond", "output_uncond")
"""Latents; where not all fit the last ones are left out."""


@dataclass(frozen=True)
class Contents:
    """What is kept of a run.

    `pictures`: decoded arrays, those in `lossy` as JPEG, each at most `sides` pixels high and wide
    (0: as large as the run); `predicted` is kept without loss up to `lossless` pixels a side.
    `light`: only a strip of pictures, the words' maps and a number a unit (`assetgen.pack.light`).
    `tiles`: feature maps of a unit whose maps are 16 high. `feature_pixels` and `attention_pixels`
    limit what both atlases hold at one step, 0 for no limit. `latents`: how many numbers of latents
    are kept a step of 512 × 512, more of larger pictures, 0 for no limit. `embeds`: largest prompt
    embedding kept, in numbers.
    """

    pictures: tuple[str, ...]
    lossy: tuple[str, ...]
    tiles: int
    light: bool = False
    sides: Mapping[str, int] | None = None
    lossless: int = 1 << 16
    feature_pixels: int = 0
    attention_pixels: int = 0
    latents: int = 0
    embeds: int = 1 << 40

    def side(self, picture: str) -> int:
        """Largest height and width of a decoded picture; 0 for no limit."""
        return (self.sides or {}).get(picture, 0)

    def is_lossy(self, picture: str, height: int, width: int) -> bool:
        """Whether a picture of a run of this size is stored as JPEG."""
        return picture in self.lossy or max(height, width) > self.lossless

    def latents_kept(self, names: Iterable[str], numbers: int, pixels: int) -> tuple[str, ...]:
        """Which latents of `numbers` values each are stored of a picture of `pixels`, by what they show.

        The predicted clean one says most; `eps` follows from it and `x_t`, these from the outputs.
        Five of 4 channels fit into what `viewer` allows, one of 16 channels does.
        """
        order = [name for name in LATENT_ORDER if name in set(names)]
        if not self.latents:
            return tuple(order)
        return tuple(order[: int(self.latents * max(1.0, pixels / 512**2)) // numbers])


PROFILES: dict[Profile, Contents] = {
    "light": Contents(
        ("predicted",), ("predicted",), 0, light=True, attention_pixels=400_000
    ),
    "viewer": Contents(
        PICTURES, ("steps", "noise"), 18, sides={"predicted": 512, "steps": 192, "noise": 192},
        lossless=192, feature_pixels=64_000, attention_pixels=240_000, latents=5 * 4 * 64**2,
        embeds=1 << 19,
    ),
    "research": Contents(PICTURES, (), 64),
}  # fmt: skip


@dataclass(frozen=True)
class FeaturePlan:
    """How many channels of each unit are kept, and their largest side.

    Of attention: the largest side of maps, and the layers that keep none. What is not stored is not held.
    """

    counts: Mapping[str, int]
    side: int
    map_side: int = MAP_SIDES[0]
    without_maps: frozenset[str] = frozenset()


def tiles_of(tiles: int, height: int, side: int = SIDES[0]) -> int:
    """How many channels of a unit are kept: `tiles` where its maps are 16 high, more where they are smaller."""
    return round(tiles * 1.5 ** log2(16 / min(max(height, 1), side))) if tiles else 0


def plan_features(architecture: Architecture, contents: Contents) -> FeaturePlan:
    """Channels a unit, within the profile's limit: smaller maps first, then fewer of them."""
    counts: dict[str, int] = {}
    for side in SIDES:
        area = 0
        counts = {}
        for unit in architecture.units:
            height, width = unit.output[-2:] if len(unit.output) == 3 else (1, 1)
            count = min(tiles_of(contents.tiles, height, side), unit.output[0])
            counts[unit.id] = count
            area += count * min(height, side) * min(width, side)
        if not contents.feature_pixels or area <= contents.feature_pixels:
            return FeaturePlan(counts, side)
    share = contents.feature_pixels / area
    return FeaturePlan({id: max(1, int(count * share)) for id, count in counts.items()}, side)


def maps_kept(
    shapes: Sequence[tuple[int, int]], lanes: int, contents: Contents
) -> tuple[int, list[int]]:
    """Largest side of the attention maps of layers of these (height, width), and which layers keep theirs.

    Within the limit: smaller maps first; where the smallest of a long prompt are still too much, those of
    fewer layers, evenly spaced. What stores the words' maps only needs all.
    """
    every = list(range(len(shapes)))
    for side in MAP_SIDES:
        if (
            not contents.attention_pixels
            or lanes * _area(shapes, side) <= contents.attention_pixels
        ):
            return side, every
    if contents.light:
        return side, every
    for count in range(len(every) - 1, 1, -1):
        kept = sorted({round(i * (len(every) - 1) / (count - 1)) for i in range(count)})
        if lanes * _area([shapes[i] for i in kept], side) <= contents.attention_pixels:
            return side, kept
    return side, every[len(every) // 2 :][:1]


def _area(shapes: Iterable[tuple[int, int]], side: int) -> int:
    return sum(min(h, side) * min(w, side) for h, w in shapes)


def leave_out(recording: Recording, metadata: Metadata, contents: Contents) -> tuple[str, ...]:
    """Drop what the profile does not keep; returns the names of all arrays that are left out.

    There are many ablations: their strips are half as large, and only the words that name something
    keep their maps, and none is a control. What could not be recorded is named, too.
    """
    if contents.light:
        if not is_ablation(metadata):
            return lighten(recording, metadata.words)
        named = [metadata.words[c.word] for c in metadata.concepts if c.word is not None]
        return lighten(recording, named, reduce=2)
    present = {*recording.tensors, *recording.pictures}
    present |= {"attention"} if recording.attention else set()
    present |= {"features"} if recording.features else set()
    return tuple(name for name in EXPECTED if name not in present)


def is_ablation(metadata: Metadata) -> bool:
    """True for a light run with something cut out."""
    study = metadata.study
    return metadata.profile == "light" and study is not None and study.kind == "ablation"
