"""Where a number or a picture comes from. Nothing is shown without one of these."""

from __future__ import annotations

from enum import StrEnum


class Provenance(StrEnum):
    """The three badges."""

    RECORDED = "RECORDED"
    """A stored tensor of this run, only scaled and colour-mapped."""
    DERIVED = "DERIVED"
    """Computed from recorded data; the formula is one click away."""
    ILLUSTRATION = "ILLUSTRATION"
    """An analogy or decoration driven by recorded numbers."""
