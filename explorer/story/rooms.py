"""Panels of the network's parts: rooms (units), the layers in them, and the bridges between them."""

from __future__ import annotations

from assetgen.pack.schema import Layer, Unit
from explorer.state import State
from explorer.story.ask import Ask, indices, relative, significant
from explorer.story.cuts import cut_actions, cut_facts
from explorer.story.panel import Fact, Panel, PanelAction, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.texts import Texts

READERS = ("cross_attention", "joint_attention")
"""Kinds of layers that read the words."""

DERIVED, ILLUSTRATION = Provenance.DERIVED, Provenance.ILLUSTRATION


def unit_title(ask: Ask, unit: Unit) -> str:
    """`Down 1 · ResBlock 2`: side, level, kind, and a number if there are several."""
    units = ask.record.architecture.units
    alike = [
        u.id for u in units if (u.stage, u.level, u.kind) == (unit.stage, unit.level, unit.kind)
    ]
    name = _name(ask, "unit", unit.kind)
    if len(alike) > 1:
        name = ask.text("title.numbered", name=name, number=alike.index(unit.id) + 1)
    stage = unit.stage if ask.texts.has(f"panel.title.{unit.stage}") else "body"
    return ask.text(f"title.{stage}", name=name, level=unit.level + 1)


def room_title(unit_id: str, record: Record, texts: Texts) -> str:
    """The title of a room outside its panel, for maps and labels."""
    unit = record.unit(unit_id)
    return unit_id if unit is None else unit_title(Ask(State(), record, texts), unit)


def unit_panel(ask: Ask, unit_id: str) -> Panel:
    """A room: its job, its numbers, its formula."""
    unit = ask.record.unit(unit_id)
    if unit is None:
        raise KeyError(f"unit {unit_id!r} is not in this model")
    units = ask.record.architecture.units
    keys = _keys(ask, "unit", unit.kind, unit.stage)
    lines = ask.lines(
        *keys,
        channels=unit.output[0],
        channels_in=unit.input[0],
        size=ask.shape(unit.output[1:]),
        prediction=ask.record.metadata.scheduler.prediction_type,
    )
    shown = ask.record.array("features") is not None
    if not shown and unit.kind != "closed":
        lines = (*lines, ask.text("unit.not_recorded"))
    column = ask.record.unit_column(unit.id)
    unfolded = ask.state.unfolded == unit.id
    fold = PanelAction(
        "unfold",
        ask.text("action.fold" if unfolded else "action.unfold"),
        None if unfolded else unit.id,
    )
    between = (fold,) if unit.layers else ()
    return Panel(
        id=f"unit:{unit.id}",
        badge=ask.record.provenance("features"),
        title=unit_title(ask, unit),
        kicker=ask.text("room_of", index=units.index(unit) + 1, count=len(units)),
        lines=lines,
        plot=_magnitude(ask, unit.id, "magnitude"),
        facts=(*_unit_facts(ask, unit), *cut_facts(ask, f"unit:{unit.id}")),
        formula=ask.formula(keys, ask.python(f'.tensor("unit_rms")[:, {column}]')),
        legend=ask.legend(ask.state.color_map) if shown else None,
        actions=ask.depth_actions(*between, *cut_actions(ask, f"unit:{unit.id}")),
    )


def _unit_facts(ask: Ask, unit: Unit) -> tuple[Fact, ...]:
    model, step = ask.record.architecture, ask.step
    rms, change = ask.record.magnitude(unit.id), ask.record.change(unit.id)
    shape = ask.texts.get(
        "number.change", before=ask.shape(unit.input), after=ask.shape(unit.output)
    )
    known = ask.texts.has(f"panel.unit.{unit.kind}.look")
    traced = model.parameters > 0
    return (
        *(() if known else (ask.fact("kind", unit.class_ or None),)),
        ask.fact("shape", shape),
        ask.fact(
            "parameters", _of_whole(ask, unit.parameters, model.parameters) if traced else None
        ),
        ask.fact("flops", _of_whole(ask, unit.flops, model.flops) if traced else None),
        ask.fact("time", ask.percent(ask.record.time_share(unit.id))),
        ask.fact("rms", significant(rms[step]) if rms else None),
        ask.fact("change", ask.percent(change[step]) if change else None),
    )


def _of_whole(ask: Ask, part: int, whole: int) -> str:
    """`1.2 million · 7.0 %`"""
    share = ask.percent(part / whole) if whole else None
    return f"{ask.count(part)} · {share}" if share else ask.count(part)


def _magnitude(ask: Ask, unit_id: str, title: str) -> Plot | None:
    """The unit's output over the steps, on its own range or as it is."""
    rms = ask.record.magnitude(unit_id)
    bridge = title == "bridge"
    if ask.state.magnitude_scale == "relative":
        name = "magnitude_bridge" if bridge else "magnitude_relative"
        return ask.plot(name, relative(rms), DERIVED, "relative_formula", high=1.0)
    name = "magnitude_bridge" if bridge else "magnitude_absolute"
    return ask.plot(name, rms, ask.record.provenance("unit_rms"), "absolute_formula")


def layer_panel(ask: Ask, layer_id: str) -> Panel:
    """A layer inside an unfolded room."""
    found = ask.record.layer(layer_id)
    if found is None:
        raise KeyError(f"layer {layer_id!r} is not in this model")
    unit, layer = found
    keys = _keys(ask, "layer", layer.kind, unit.stage)
    plot, python = _layer_plot(ask, unit, layer)
    lines = ask.lines(*keys)
    if layer.kind in (*READERS, "self_attention") and plot is None:
        lines = (*lines, ask.text("layer.not_recorded"))
    return Panel(
        id=f"layer:{layer.id}",
        badge=DERIVED if plot is None else plot.badge,
        title=_name(ask, "layer", layer.kind),
        kicker=ask.text("layer_of", index=unit.layers.index(layer) + 1, count=len(unit.layers)),
        lines=lines,
        plot=plot,
        facts=(*_layer_facts(ask, unit, layer), *cut_facts(ask, f"layer:{layer.id}")),
        formula=ask.formula(keys, python),
        actions=ask.depth_actions(
            PanelAction("select", ask.text("action.room"), f"unit:{unit.id}"),
            *cut_actions(ask, f"layer:{layer.id}"),
        ),
    )


def _layer_facts(ask: Ask, unit: Unit, layer: Layer) -> tuple[Fact, ...]:
    facts = [
        ask.fact("shape_out", ask.shape(layer.output) if layer.output else None),
        ask.fact("parameters", _of_whole(ask, layer.parameters, unit.parameters)),
        ask.fact("flops", _of_whole(ask, layer.flops, unit.flops)),
        ask.fact("kind", layer.class_ or None),
    ]
    if layer.heads is not None:
        facts.append(ask.fact("heads", str(layer.heads)))
    if layer.keys is not None:
        words = layer.kind == "cross_attention"
        key = "value.words_positions" if words else "value.positions"
        facts.append(ask.fact("keys", ask.text(key, count=layer.keys)))
    return tuple(facts)


def _layer_plot(ask: Ask, unit: Unit, layer: Layer) -> tuple[Plot | None, tuple[str, ...]]:
    """What was recorded of a single layer: how it reads, if it is attention."""
    record = ask.record
    if layer.kind == "self_attention" and (values := record.entropy(layer.id)) is not None:
        column = record.layer_column("self_attention_entropy", layer.id)
        badge = record.provenance("self_attention_entropy")
        plot = ask.plot("entropy", values, badge, "entropy_formula", high=1.0)
        return plot, ask.python(f'.tensor("self_attention_entropy")[:, {column}]')
    if layer.kind in READERS and (reading := record.layer_words(layer.id)) is not None:
        column = record.layer_column("attention_mass", layer.id)
        plot = ask.plot("words", reading, DERIVED, "words_formula", high=1.0)
        expression = (
            f'.tensor("attention_mass")[:, {column}, {indices(record.word_tokens)}].sum(axis=1)'
        )
        return plot, ask.python(expression)
    index = unit.layers.index(layer)
    return None, ask.python(f'.architecture.unit("{unit.id}").layers[{index}]')


def skip_panel(ask: Ask, ends: str) -> Panel:
    """A bridge: what crosses it."""
    source_id, _, target_id = ends.partition("->")
    source, target = ask.record.unit(source_id), ask.record.unit(target_id)
    edges = {(e.source, e.target) for e in ask.record.architecture.edges if e.kind == "skip"}
    if source is None or target is None or (source_id, target_id) not in edges:
        raise KeyError(f"skip connection {ends!r} is not in this model")
    names = {"source": unit_title(ask, source), "target": unit_title(ask, target)}
    rms, column = ask.record.magnitude(source.id), ask.record.unit_column(source.id)
    return Panel(
        id=f"skip:{ends}",
        badge=ILLUSTRATION,
        title=ask.text("skip.title", place=_place(ask, target)),
        kicker=ask.text("skip.kicker"),
        lines=ask.lines("skip", **names),
        plot=_magnitude(ask, source.id, "bridge"),
        facts=(
            ask.fact("source", names["source"]),
            ask.fact("target", names["target"]),
            ask.fact("carried", ask.shape(source.output)),
            ask.fact("rms", significant(rms[ask.step]) if rms else None),
            *cut_facts(ask, f"skip:{ends}"),
        ),
        formula=ask.formula(("skip",), ask.python(f'.tensor("unit_rms")[:, {column}]')),
        actions=ask.depth_actions(
            PanelAction("select", ask.text("action.source"), f"unit:{source.id}"),
            *cut_actions(ask, f"skip:{ends}"),
        ),
    )


def _place(ask: Ask, unit: Unit) -> str:
    """Side and level alone: `Up 1`."""
    stage = unit.stage if ask.texts.has(f"panel.level.{unit.stage}") else "body"
    return ask.text(f"level.{stage}", level=unit.level + 1)


def _keys(ask: Ask, family: str, kind: str, stage: str) -> tuple[str, ...]:
    """Text keys for a kind, the most special first: `unit.resnet_up`, `unit.resnet`."""
    base = kind if ask.texts.has(f"panel.{family}.{kind}.look") else "other"
    special = f"{family}.{base}_{stage}"
    has = ask.texts.has(f"panel.{special}.look")
    return (special, f"{family}.{base}") if has else (f"{family}.{base}",)


def _name(ask: Ask, family: str, kind: str) -> str:
    return ask.texts.first(f"panel.{family}.{kind}.name", f"panel.{family}.other.name")
