"""A reading panel as plain data: what a visitor reads about the thing they selected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from explorer.story.provenance import Provenance


@dataclass(frozen=True)
class Plot:
    """One curve over the recorded steps. `None` marks a step that was not recorded."""

    title: str
    values: tuple[float | None, ...]
    low: float
    high: float
    badge: Provenance
    formula: str
    """How the values follow from what was recorded, in one line."""
    present: int
    """Recorded step that the dot marks."""

    def __post_init__(self) -> None:
        _check_badge(self.badge, "plot", self.title)

    @property
    def value(self) -> float | None:
        return self.values[self.present] if self.present < len(self.values) else None


@dataclass(frozen=True)
class Fact:
    """One number with its name."""

    label: str
    value: str


@dataclass(frozen=True)
class Formula:
    """The step behind the panel, for an engineer: mathematics, and Python that returns this very array."""

    text: str
    python: tuple[str, ...]


@dataclass(frozen=True)
class Legend:
    """What a colour ramp means."""

    ramp: str
    low: str
    high: str


@dataclass(frozen=True)
class PanelAction:
    """Something to press. `name` is what it does, `value` with what."""

    name: Literal["depth", "unfold", "overlay", "split", "decoded", "select", "teleport", "close"]
    label: str
    value: str | bool | float | None = None


@dataclass(frozen=True)
class Panel:
    """Badge, title, two or three short lines, one plot, its formula line, a legend, actions; in this order."""

    id: str
    badge: Provenance
    title: str
    kicker: str
    lines: tuple[str, ...]
    plot: Plot | None = None
    facts: tuple[Fact, ...] = ()
    formula: Formula | None = None
    legend: Legend | None = None
    actions: tuple[PanelAction, ...] = field(default=())

    def __post_init__(self) -> None:
        _check_badge(self.badge, "panel", self.id)


def _check_badge(badge: object, what: str, name: str) -> None:
    if not isinstance(badge, Provenance):
        raise TypeError(f"{what} {name!r} has no provenance: {badge!r} is not a Provenance")
