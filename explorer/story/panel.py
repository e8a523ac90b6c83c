"""A reading panel as plain data: what a visitor reads about the thing they selected."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

import msgspec

from explorer.story.provenance import Provenance


class Plot(msgspec.Struct, frozen=True):
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
    first: str = ""
    last: str = ""
    """What the two ends are, where the values are no steps of a run."""
    moves: str | None = None
    """Field of the store that follows the dot when it is dragged along."""
    named: str = ""
    """What is dragged, for a reader without sight."""

    def __post_init__(self) -> None:
        _check_badge(self.badge, "plot", self.title)

    @property
    def value(self) -> float | None:
        return self.values[self.present] if self.present < len(self.values) else None


class Bar(msgspec.Struct, frozen=True):
    """One share of a whole; `warm` marks what carries meaning (a word) among what does not (a marker)."""

    label: str
    value: float
    warm: bool = True


class Bars(msgspec.Struct, frozen=True):
    """Values beside one another at one step, drawn up to `high`."""

    title: str
    rows: tuple[Bar, ...]
    high: float
    badge: Provenance
    formula: str

    def __post_init__(self) -> None:
        _check_badge(self.badge, "bars", self.title)


class Tile(msgspec.Struct, frozen=True):
    """A part of a whole: `share` of its area, `heat` 0..1 of its colour. `id` is what a press selects, if any."""

    id: str
    label: str
    short: str
    """The label where there is little room."""
    value: str
    share: float
    heat: float


class Treemap(msgspec.Struct, frozen=True):
    """A whole as areas; `groups` are drawn together, in their order."""

    title: str
    groups: tuple[tuple[Tile, ...], ...]
    badge: Provenance
    formula: str

    def __post_init__(self) -> None:
        _check_badge(self.badge, "treemap", self.title)


class Profile(msgspec.Struct, frozen=True):
    """A row of numbers at one step (not over the steps), drawn as bars around zero from `low` to `high`."""

    title: str
    values: tuple[float, ...]
    low: float
    high: float
    first: str
    last: str
    """What the left and the right end of the row are."""
    badge: Provenance
    formula: str

    def __post_init__(self) -> None:
        _check_badge(self.badge, "profile", self.title)


Chart = Plot | Bars | Treemap | Profile


class Fact(msgspec.Struct, frozen=True):
    """One number with its name."""

    label: str
    value: str


class Formula(msgspec.Struct, frozen=True):
    """The step behind the panel, for an engineer: mathematics, and Python that returns this very array."""

    text: str
    python: tuple[str, ...]
    paper: str = ""
    """Where to read on."""


class Legend(msgspec.Struct, frozen=True):
    """What a colour ramp means."""

    ramp: str
    low: str
    high: str


class PanelAction(msgspec.Struct, frozen=True):
    """Something to press. `name` is what it does, `value` with what."""

    name: Literal[
        "depth", "unfold", "overlay", "split", "decoded", "select", "teleport", "probe", "mute", "close",
        "cost", "open_model", "open_run", "visit", "menu", "noise_scene",
        "checkpoint_word",
    ]  # fmt: skip
    label: str
    value: str | bool | float | tuple[float, float] | None = None


class Option(msgspec.Struct, frozen=True):
    """One answer to a panel's question. Pressing it says so in the store, under the question's id."""

    question: str
    index: int
    label: str
    chosen: bool = False
    right: bool | None = None
    """Whether the data say so; None while nothing was chosen."""


class Shot(msgspec.Struct, frozen=True):
    """A small picture: a cell of one of the HUD's sheets, with a line below it."""

    sheet: str
    cell: Hashable
    caption: str
    warm: bool = False
    """It is the one that the panel is about."""


class Panel(msgspec.Struct, frozen=True):
    """Badge, title, two or three short lines, one chart, its formula line, a legend, actions; in this order."""

    id: str
    badge: Provenance
    title: str
    kicker: str
    lines: tuple[str, ...]
    plot: Chart | None = None
    facts: tuple[Fact, ...] = ()
    formula: Formula | None = None
    legend: Legend | None = None
    actions: tuple[PanelAction, ...] = ()
    options: tuple[Option, ...] = ()
    """Answers to choose from, where the panel asks something."""
    shots: tuple[Shot, ...] = ()
    shots_badge: Provenance = Provenance.DERIVED
    """Where the small pictures come from."""

    def __post_init__(self) -> None:
        _check_badge(self.badge, "panel", self.id)


def _check_badge(badge: object, what: str, name: str) -> None:
    if not isinstance(badge, Provenance):
        raise TypeError(f"{what} {name!r} has no provenance: {badge!r} is not a Provenance")
