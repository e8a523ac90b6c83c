"""From the id of a selected thing to its panel."""

from __future__ import annotations

from collections.abc import Callable

from assetgen.pack import Architecture, Pack
from explorer.state import State
from explorer.story.annex import annex_panel
from explorer.story.ask import Ask
from explorer.story.cost import cost_panel
from explorer.story.cut_panel import cut_panel
from explorer.story.panel import Panel
from explorer.story.places import canvas_panel, clock_panel, station_panel
from explorer.story.questions import discovery_panel, probe_panel
from explorer.story.reading_here import pixel_panel
from explorer.story.record import Record
from explorer.story.rooms import layer_panel, skip_panel, unit_panel
from explorer.story.spotlights import spotlight_panel
from explorer.story.structure import TRACED, Structure, nothing_here, without_run
from explorer.story.texts import Texts
from explorer.story.words import tower_panel, word_panel

BUILDERS: dict[str, Callable[[Ask, str], Panel]] = {
    "unit": unit_panel,
    "layer": layer_panel,
    "skip": skip_panel,
    "cut": cut_panel,
    "word": word_panel,
    "canvas": canvas_panel,
    "clock": lambda ask, _: clock_panel(ask),
    "tower": lambda ask, _: tower_panel(ask),
    "pixel": pixel_panel,
    "annex": annex_panel,
    "cost": lambda ask, _: cost_panel(ask),
    "station": station_panel,
    "discovery": discovery_panel,
    "probe": probe_panel,
    "spotlight": spotlight_panel,
}
"""By the part of an id before its colon (docs/architecture.md, Ids)."""


def build_panel(
    selection: str, state: State, pack: Pack, architecture: Architecture, texts: Texts
) -> Panel:
    """The panel of `selection`. KeyError if this model or prompt has no such thing."""
    return panel_for(selection, state, Record(pack, architecture), texts)


def panel_for(selection: str, state: State, record: Record, texts: Texts) -> Panel:
    """`build_panel` for a record whose arrays are already read."""
    family, _, name = selection.partition(":")
    if family not in BUILDERS:
        raise KeyError(f"nothing is called {selection!r}")
    ask = Ask(state, record, texts)
    if isinstance(record, Structure):
        if family == "annex":
            return annex_panel(ask, name)
        if family not in TRACED:
            return nothing_here(ask, selection)
        return without_run(ask, BUILDERS[family](ask, name))
    return BUILDERS[family](ask, name)
