"""Panels of the Annex: what a model weighs, and a door to its building."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.schema import Architecture
from explorer.story.ask import Ask
from explorer.story.cost import STAGES, unit_bytes
from explorer.story.panel import Panel, PanelAction, Tile, Treemap
from explorer.story.provenance import Provenance
from explorer.story.structure import named

HALF = 2
"""Bytes of one learned number as large models are usually kept (float16)."""


def annex_panel(ask: Ask, model: str) -> Panel:
    """A model of the Annex by its name; `here` is the one that is walked through."""
    there = architecture_of(ask, model)
    smallest = ask.record.architecture
    here = _folder(ask).name == model
    door = PanelAction("open_model", ask.text("action.enter"), model)
    times = there.parameters / max(smallest.parameters, 1)
    return Panel(
        id=f"annex:{model}",
        badge=Provenance.DERIVED,
        title=named(ask.texts, model),
        kicker=ask.text("annex.kicker"),
        lines=ask.lines("annex", numbers=ask.count(there.parameters)),
        plot=_treemap(ask, there),
        facts=(
            ask.fact("parameters", ask.count(there.parameters)),
            ask.fact("than_here", None if here else ask.text("value.times", value=f"{times:.3g}")),
            ask.fact("flops_call", ask.count(there.flops)),
            ask.fact("weights", _bytes(ask, there.parameters * HALF)),
            ask.fact("moved", _bytes(ask, sum(unit_bytes(u) for u in there.units))),
            ask.fact("picture", ask.shape(there.image)),
        ),
        formula=ask.formula(("annex",), _python(ask, model)),
        actions=ask.depth_actions(*(() if here else (door,))),
    )


def architecture_of(ask: Ask, model: str) -> Architecture:
    """The architecture beside the one that is shown. KeyError if there is none of that name."""
    path = _folder(ask).parent / model / "architecture.json"
    try:
        return _read(path)
    except PackError as error:
        raise KeyError(f"model {model!r}: {error}") from None


def _folder(ask: Ask) -> Path:
    """`runs/<model>` of what is shown."""
    return ask.record.pack.model_folder


@lru_cache(maxsize=8)
def _read(path: Path) -> Architecture:
    return decode(Architecture, path)


def _treemap(ask: Ask, there: Architecture) -> Treemap:
    """Where the learned numbers are: down, Deep, up; in each its rooms."""
    total = sum(u.parameters for u in there.units) or 1
    top = max((u.parameters for u in there.units), default=1) or 1
    groups: dict[str, list[Tile]] = {}
    for unit in there.units:
        stage = {"in": "down", "out": "up"}.get(unit.stage, unit.stage)
        share = unit.parameters / total
        if share * 800 < 1:  # less than a hair's breadth of the field
            continue
        name = ask.texts.first(f"panel.unit.{unit.kind}.name", "panel.unit.other.name")
        known = unit.stage if ask.texts.has(f"panel.level.{unit.stage}") else "body"
        short = ask.text(f"level.{known}", level=unit.level + 1)
        tile = Tile(
            "", f"{short} · {name}", short, ask.percent(share) or "", share,
            unit.parameters / top,
        )  # fmt: skip
        groups.setdefault(stage, []).append(tile)
    ordered = [tuple(groups[stage]) for stage in STAGES if stage in groups]
    ordered += [tuple(tiles) for stage, tiles in groups.items() if stage not in STAGES]
    return Treemap(
        ask.text("annex.chart"), tuple(ordered), Provenance.DERIVED, ask.text("annex.how")
    )


def _bytes(ask: Ask, value: float) -> str:
    name, size = ("gigabytes", 1e9) if value >= 1e9 else ("megabytes", 1e6)
    return ask.texts.get(f"number.{name}", value=f"{value / size:.3g}")


def _python(ask: Ask, model: str) -> tuple[str, ...]:
    root = _folder(ask).parents[1]
    return (
        "from assetgen.pack import Library",
        f'runs = Library.open("{root.as_posix()}")',
        f'[u.parameters for u in runs.architectures["{model}"].units]',
    )
