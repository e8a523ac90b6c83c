"""What a step costs in each room: operations, measured seconds, bytes; as numbers and as a panel."""

from __future__ import annotations

from math import prod
from typing import get_args

from assetgen.pack.schema import Architecture, Unit
from explorer.state import Cost
from explorer.story.ask import Ask
from explorer.story.panel import Panel, PanelAction, Tile, Treemap
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.rooms import unit_title

NUMBER_BYTES = 4
"""Bytes of one number (float32)."""
STAGES = ("in", "down", "mid", "body", "up", "out")
KINDS: tuple[Cost, ...] = get_args(Cost)


def map_numbers(unit: Unit) -> int:
    """Numbers in the maps that a unit reads once and its layers write."""
    return prod(unit.input) + sum(prod(layer.output) for layer in unit.layers if layer.output)


def unit_bytes(unit: Unit) -> int:
    """Bytes of weights read and maps read and written in one call, each counted once."""
    return NUMBER_BYTES * (unit.parameters + map_numbers(unit))


def costs(kind: Cost, architecture: Architecture, record: Record | None) -> dict[str, float] | None:
    """Cost of each unit: operations or bytes a call, seconds a step. None where it was not measured."""
    units = architecture.units
    if not architecture.flops and kind != "time":  # an import whose network nobody traced
        return None
    if kind == "flops":
        return {u.id: float(u.flops) for u in units}
    if kind == "bytes":
        return {u.id: float(unit_bytes(u)) for u in units}
    timing = None if record is None else record.pack.timing
    if record is None or timing is None or not timing.units:
        return None
    return {u.id: timing.units[u.id] / record.steps for u in units if u.id in timing.units}


def cost_panel(ask: Ask) -> Panel:
    """Where the work of a step is done."""
    kind: Cost = ask.state.cost or "flops"
    found = costs(kind, ask.record.architecture, ask.record)
    lines = ask.lines(f"cost.{kind}", "cost")
    if found is None:
        lines = (*lines, ask.text("cost.not_recorded" if kind == "time" else "cost.not_traced"))
    badge = Provenance.RECORDED if kind == "time" and found else Provenance.DERIVED
    total = sum(found.values()) if found else 0.0
    switches = [PanelAction("cost", ask.text(f"action.cost.{k}"), k) for k in KINDS if k != kind]
    facts = [ask.fact("whole", amount(ask, kind, total) if found else None)]
    facts += [
        ask.fact("halves", _half(ask, found) if found else None),
        ask.fact("guided", ask.text("value.twice" if _guided(ask) else "value.once")),
    ]
    if kind == "time":
        facts.append(ask.fact("call", _call(ask)))
    return Panel(
        id="cost",
        badge=badge,
        title=ask.text(f"cost.{kind}.title"),
        kicker=ask.text("cost.kicker"),
        lines=lines,
        plot=_treemap(ask, kind, found, badge) if found else None,
        facts=tuple(facts),
        formula=ask.formula((f"cost.{kind}", "cost"), _python(ask, kind)),
        actions=(*ask.depth_actions(*switches), PanelAction("cost", ask.text("action.cost.none"))),
    )


def _python(ask: Ask, kind: Cost) -> tuple[str, ...]:
    """Code that returns the cost of every unit."""
    if kind == "flops":
        return ask.code("[u.flops for u in {pack}.architecture.units]")
    if kind == "time":
        return ask.code(
            f"{{id: s / {ask.record.steps} for id, s in {{pack}}.timing.units.items()}}"
        )
    needs = "from explorer.story.cost import unit_bytes"
    return ask.code("[unit_bytes(u) for u in {pack}.architecture.units]", needs)


def amount(ask: Ask, kind: Cost, value: float) -> str:
    """A cost with its unit."""
    if kind == "time":
        return ask.texts.get("number.milliseconds", value=f"{value * 1e3:.3g}")
    if kind == "bytes":
        name, size = ("gigabytes", 1e9) if value >= 1e9 else ("megabytes", 1e6)
        return ask.texts.get(f"number.{name}", value=f"{value / size:.3g}")
    return ask.count(value)


def _treemap(ask: Ask, kind: Cost, found: dict[str, float], badge: Provenance) -> Treemap:
    """Side by side the way down, the Deep and the way up; in each its rooms."""
    total, top = sum(found.values()) or 1.0, max(found.values(), default=0.0) or 1.0
    groups: dict[str, list[Tile]] = {}
    for unit in ask.record.architecture.units:
        value = found.get(unit.id)
        if value is None:
            continue
        stage = {"in": "down", "out": "up"}.get(unit.stage, unit.stage)
        share = ask.percent(value / total) or ""
        title = unit_title(ask, unit)
        short = title.partition(" · ")[0]
        tile = Tile(f"unit:{unit.id}", title, short, share, value / total, value / top)
        groups.setdefault(stage, []).append(tile)
    ordered = [tuple(groups[stage]) for stage in STAGES if stage in groups]
    ordered += [tuple(tiles) for stage, tiles in groups.items() if stage not in STAGES]
    formula = ask.text(f"cost.{kind}.how")
    return Treemap(ask.text("plot.cost"), tuple(ordered), badge, formula)


def _half(ask: Ask, found: dict[str, float]) -> str:
    """How few rooms do half of the work."""
    total, sum_, count = sum(found.values()), 0.0, 0
    for value in sorted(found.values(), reverse=True):
        sum_, count = sum_ + value, count + 1
        if sum_ * 2 >= total:
            break
    return ask.text("value.rooms_of", count=count, total=len(found))


def _call(ask: Ask) -> str | None:
    """Measured time of the call at this step, all rooms; None where not every step is one call."""
    timing = ask.record.pack.timing
    calls = timing.calls if timing else ()
    return amount(ask, "time", calls[ask.step]) if len(calls) == ask.record.steps else None


def _guided(ask: Ask) -> bool:
    return ask.record.pack.has("output_uncond")
