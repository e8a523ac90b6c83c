"""What each quality preset draws. Software rendering starts at `low`."""

from __future__ import annotations

import msgspec

from explorer.state import QualityName


class Quality(msgspec.Struct, frozen=True):
    """Costs are shares of a frame on llvmpipe (ART.md section 12)."""

    occlusion: bool
    """Screen-space ambient occlusion, half size: .07–.28."""
    bloom: bool
    """Softness around lines: about .05."""
    mirror: bool
    """Planar reflection in water and polished floors, half size: .11–.29."""
    particles: float
    """Density of particles."""
    octaves: int
    """Detail of surface noise: most of the big shader's cost."""
    stars: int
    scale: float = 1.0
    """Resolution of the scene relative to the window."""


PRESETS: dict[QualityName, Quality] = {
    "low": Quality(False, False, False, 0.25, 2, 2),
    "medium": Quality(False, True, False, 0.55, 3, 3),
    "high": Quality(True, True, True, 1.0, 4, 3),
}
ORDER: tuple[QualityName, ...] = ("low", "medium", "high")
