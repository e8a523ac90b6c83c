"""Panels of the text side: one word of the prompt, its markers, the Word Tower."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.story.ask import Ask, indices
from explorer.story.panel import Fact, Panel, PanelAction, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import Series
from explorer.story.rooms import READERS, room_title

MARKERS = ("bos", "eos", "pad")


def layer_of(selection: str | None, word: int | None) -> str | None:
    """The layer that a selection `word:<index>:<layer>` reads `word` in; None for all layers."""
    family, _, name = (selection or "").partition(":")
    index, _, layer = name.partition(":")
    return (layer or None) if family == "word" and index == str(word) else None


def word_panel(ask: Ask, name: str) -> Panel:
    """`name` is a word's index in the prompt, with or without a layer that reads it, or one of the markers."""
    if name in MARKERS:
        return _marker_panel(ask, name)
    words = ask.record.words
    number, _, layer = name.partition(":")
    if not number.isdecimal() or int(number) >= len(words):
        raise KeyError(f"word {name!r} is not in this prompt")
    layers = _layers(ask)
    if layer and layer not in layers:
        raise KeyError(f"layer {layer!r} reads no words here")
    index = int(number)
    word = words[index]
    series = ask.record.word_series(index, layer or None)
    shown = ask.state.overlay and ask.state.word == index
    label = ask.text("action.overlay_off" if shown else "action.overlay_on")
    overlay = PanelAction("overlay", label, None if shown else str(index))
    expression = _mass(word.tokens)
    kicker = ask.text("word.kicker", index=index + 1, count=len(words))
    if layer:
        found, column = ask.record.layer(layer), ask.record.layer_column("attention_mass", layer)
        kicker = room_title(found[0].id, ask.record, ask.texts) if found else layer
        expression = f'.tensor("attention_mass")[:, {column}, {indices(word.tokens)}].sum(axis=1)'
    following = (
        (PanelAction("select", *_next(ask, index, layer, layers)),) if shown and layers else ()
    )
    return Panel(
        id=f"word:{name}",
        badge=Provenance.DERIVED,
        title=ask.text("word.title", word=word.text),
        kicker=kicker,
        lines=ask.lines("word"),
        plot=(
            ask.plot("word", series, Provenance.DERIVED, "word_formula_layer")
            if layer
            else _plot(ask, "word", series)
        ),
        facts=_word_facts(ask, index, series),
        formula=ask.formula(("word",), ask.python(expression)),
        legend=ask.legend("warm", "little", "much"),
        actions=ask.depth_actions(overlay, *following),
    )


def _layers(ask: Ask) -> list[str]:
    """The layers whose maps were recorded, in the order in which data pass them."""
    array = ask.record.array("attention")
    return [rect.id for rect in array.layers] if array else []


def _next(ask: Ask, index: int, layer: str, layers: list[str]) -> tuple[str, str]:
    """Label and id of the layer after this one; after the last, all together."""
    order = ["", *layers]
    following = order[(order.index(layer) + 1) % len(order)]
    label = ask.text("action.layer_next" if following else "action.layer_mean")
    return label, f"word:{index}:{following}".rstrip(":")


def _word_facts(ask: Ask, index: int, series: Series | None) -> tuple[Fact, ...]:
    record = ask.record
    word = record.words[index]
    pieces = " ".join(record.metadata.tokens[token].text for token in word.tokens)
    mass = series[ask.step] if series else None
    largest = None
    if series:
        largest = str(max(range(len(series)), key=lambda step: series[step] or 0.0) + 1)
    concept = next((c for c in record.metadata.concepts if c.word == index), None)
    settled = concept.settling.step if concept and concept.settling else None
    return (
        ask.fact("tokens", pieces),
        ask.fact("mass", ask.percent(mass)),
        ask.fact("largest", largest),
        ask.fact("settled", None if settled is None else str(settled + 1)),
    )


def _marker_panel(ask: Ask, role: str) -> Panel:
    """Begin marker, end marker, padding: lanes of their own."""
    record = ask.record
    tokens = [token.index for token in record.metadata.tokens if token.role == role]
    series = record.role_series(role)
    total = len(record.metadata.tokens)
    expression = _mass(tokens)
    return Panel(
        id=f"word:{role}",
        badge=Provenance.DERIVED,
        title=ask.text(f"word.{role}.title"),
        kicker=ask.text("tower.kicker"),
        lines=(ask.text(f"word.{role}.look"),),
        plot=_plot(ask, "marker", series),
        facts=(
            ask.fact("tokens", ask.text("value.tokens", count=len(tokens), total=total)),
            ask.fact("mass", ask.percent(series[ask.step] if series else None)),
        ),
        formula=ask.formula(("word",), ask.python(expression)),
        actions=ask.depth_actions(),
    )


def tower_panel(ask: Ask) -> Panel:
    """Where the prompt becomes numbers."""
    record = ask.record
    roles = {"words": "word", "begin": "bos", "end": "eos", "padding": "pad"}
    step = ask.step
    encoder = next((c for c in record.architecture.companions if c.id == "text_encoder"), None)
    dropped = " ".join(record.metadata.dropped) or ask.text("value.nothing")
    spoken = [token.index for token in record.metadata.tokens if token.role == "word"]
    known = record.role_series("word") is not None
    return Panel(
        id="tower",
        badge=Provenance.DERIVED,
        title=ask.text("tower.title"),
        kicker=ask.text("tower.kicker"),
        lines=ask.lines("tower"),
        plot=_plot(ask, "words", record.role_series("word")),
        facts=(
            *(
                ask.fact(name, ask.percent(_at(record.role_series(role), step)))
                for name, role in roles.items()
            ),
            ask.fact("encoder", None if encoder is None else ask.count(encoder.parameters)),
            ask.fact("dropped", dropped),
        ),
        formula=ask.formula(("tower",), ask.python(_mass(spoken) if known else ".metadata.tokens")),
        actions=ask.depth_actions(
            PanelAction("select", ask.text("action.encoder"), "station:encoder")
        ),
    )


def _plot(ask: Ask, title: str, series: Series | None) -> Plot | None:
    """A curve of what is read, which says over how many layers it is a mean where some were not recorded."""
    mass = ask.record.array("attention_mass")
    count = len(mass.layer_ids) if mass else 0
    total = sum(
        layer.kind in READERS for unit in ask.record.architecture.units for layer in unit.layers
    )
    formula = "word_formula_part" if count < total else "word_formula"
    return ask.plot(title, series, Provenance.DERIVED, formula, count=count, total=total)


def _mass(tokens: Sequence[int]) -> str:
    """Python for what some tokens receive: summed, and averaged over the layers."""
    return f'.tensor("attention_mass")[:, :, {indices(tokens)}].sum(axis=2).mean(axis=1)'


def _at(series: tuple[float | None, ...] | None, step: int) -> float | None:
    return None if series is None else series[step]
