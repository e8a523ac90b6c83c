"""Panels about a kind of part: what it does anywhere, where it stands here, and its numbers in this run."""

from __future__ import annotations

import msgspec
import numpy as np

from assetgen.pack.schema import Layer, Unit
from explorer.story.ask import Ask, round_up
from explorer.story.panel import Bar, Bars, Panel, PanelAction
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.rooms import unit_title

DERIVED = Provenance.DERIVED
ROWS = 6


class Kind(msgspec.Struct, frozen=True):
    """`unit.resnet` or `layer.norm`: what a spotlight is about."""

    family: str
    kind: str

    @property
    def id(self) -> str:
        return f"spotlight:{self.family}.{self.kind}"


def kinds(record: Record) -> tuple[Kind, ...]:
    """What this model is made of, rooms first, each kind once, in the order of the walk."""
    units = record.architecture.units
    found = [Kind("unit", unit.kind) for unit in units]
    found += [Kind("layer", layer.kind) for unit in units for layer in unit.layers]
    return tuple(dict.fromkeys(found))


def spotlight_panel(ask: Ask, name: str) -> Panel:
    """`name` is `<family>.<kind>`."""
    family, _, kind = name.partition(".")
    here = kinds(ask.record)
    about = Kind(family, kind)
    if about not in here:
        raise KeyError(f"no part {name!r} is in this model")
    key = (
        f"spotlight.{name}"
        if ask.texts.has(f"spotlight.{name}.look")
        else f"spotlight.{family}.other"
    )
    parts = _parts(ask.record, about)
    best, chart, python = _numbers(ask, about)
    rooms = {unit.id for unit, _ in parts}
    size = sum(unit.parameters if layer is None else layer.parameters for unit, layer in parts)
    work = sum(unit.flops if layer is None else layer.flops for unit, layer in parts)
    model = ask.record.architecture
    following = here[(here.index(about) + 1) % len(here)]
    return Panel(
        id=about.id,
        badge=DERIVED,
        title=ask.texts.first(f"panel.{family}.{kind}.name", f"panel.{family}.other.name"),
        kicker=ask.texts.get("spotlight.kicker", index=here.index(about) + 1, count=len(here)),
        lines=(
            ask.texts.get(f"{key}.look"),
            ask.texts.get(
                "spotlight.here_one" if len(parts) == 1
                else "spotlight.here_rooms" if family == "unit" else "spotlight.here",
                count=len(parts), rooms=len(rooms), place=unit_title(ask, best),
            ),
        ),
        plot=chart,
        facts=(
            ask.fact("parameters", _share(ask, size, model.parameters)),
            ask.fact("flops", _share(ask, work, model.flops)),
            ask.fact("rooms", str(len(rooms))),
        ),
        formula=ask.formula(
            (f"{family}.{kind}", f"{family}.other"), ask.code(python)
        ),
        actions=ask.depth_actions(
            PanelAction("teleport", ask.texts.get("spotlight.go"), f"unit:{best.id}"),
            PanelAction("select", ask.texts.get("spotlight.next"), following.id),
        ),
    )  # fmt: skip


def _share(ask: Ask, part: int, whole: int) -> str:
    share = ask.percent(part / whole) if whole else None
    return f"{ask.count(part)} · {share}" if share else ask.count(part)


def _parts(record: Record, about: Kind) -> list[tuple[Unit, Layer | None]]:
    """All parts of the kind; a unit stands without a layer."""
    units = record.architecture.units
    if about.family == "unit":
        return [(unit, None) for unit in units if unit.kind == about.kind]
    return [(unit, layer) for unit in units for layer in unit.layers if layer.kind == about.kind]


def _numbers(ask: Ask, about: Kind) -> tuple[Unit, Bars | None, str]:
    """The room where most of it is now, the rooms with their numbers, and the array behind them."""
    record, step = ask.record, ask.step
    values: dict[str, float] = {}
    measure, python = _measured(record, about)
    tensor = record.tensor(measure) if measure else None
    for unit, layer in _parts(record, about):
        if tensor is None:
            number = float(unit.parameters if layer is None else layer.parameters)
            values[unit.id] = values.get(unit.id, 0.0) + number
            continue
        column = (
            record.unit_column(unit.id) if layer is None else record.layer_column(measure, layer.id)
        )
        if column is None:
            continue
        number = tensor[step, column]
        if measure == "attention_mass":
            number = number[record.word_tokens].sum()
        values[unit.id] = max(values.get(unit.id, 0.0), float(number))
    units = {unit.id: unit for unit in record.architecture.units}
    if not values:
        return _parts(record, about)[0][0], None, python
    ranked = sorted(values, key=lambda name: values[name], reverse=True)
    shown = [name for name in values if name in ranked[:ROWS]]
    kind = measure if tensor is not None else "parameters"
    badge = (
        record.provenance(measure)
        if tensor is not None and measure != "attention_mass"
        else DERIVED
    )
    high = 1.0 if measure in ("self_attention_entropy",) else round_up(max(values.values()))
    chart = Bars(
        ask.texts.get(f"spotlight.measure.{kind}", shown=len(shown), count=len(values)),
        tuple(Bar(unit_title(ask, units[name]), values[name], name == ranked[0]) for name in shown),
        high, badge, ask.texts.get(f"spotlight.measure.{kind}_formula"),
    )  # fmt: skip
    if tensor is not None:
        python = python.replace("[step]", f"[{step}]")
    return units[ranked[0]], chart, python


def _measured(record: Record, about: Kind) -> tuple[str, str]:
    """The recorded array that tells most about a kind, and Python that returns it."""
    sizes = (
        "[l.parameters for u in {pack}.architecture.units for l in u.layers "
        f'if l.kind == "{about.kind}"]'
    )
    if about.family == "unit" and record.tensor("unit_rms") is not None:
        columns = [i for i, u in enumerate(record.architecture.units) if u.kind == about.kind]
        return "unit_rms", f'{{pack}}.tensor("unit_rms")[step][{columns}]'
    if about.kind == "self_attention" and record.tensor("self_attention_entropy") is not None:
        return "self_attention_entropy", '{pack}.tensor("self_attention_entropy")[step]'
    if about.kind == "cross_attention" and record.tensor("attention_mass") is not None:
        words = np.array(record.word_tokens).tolist()
        return "attention_mass", f'{{pack}}.tensor("attention_mass")[step][:, {words}].sum(axis=1)'
    if about.family == "unit":
        sizes = f'[u.parameters for u in {{pack}}.architecture.units if u.kind == "{about.kind}"]'
    return "", sizes
