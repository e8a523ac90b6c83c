"""Panels of the text side: one word of the prompt, its markers, the Word Tower."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.story.ask import Ask, indices
from explorer.story.panel import Fact, Panel, PanelAction, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import Series
from explorer.story.rooms import READERS

MARKERS = ("bos", "eos", "pad")


def word_panel(ask: Ask, name: str) -> Panel:
    """`name` is a word's index in the prompt, or one of the markers."""
    if name in MARKERS:
        return _marker_panel(ask, name)
    words = ask.record.words
    if not name.isdecimal() or int(name) >= len(words):
        raise KeyError(f"word {name!r} is not in this prompt")
    index = int(name)
    word = words[index]
    series = ask.record.word_series(index)
    shown = ask.state.overlay and ask.state.word == index
    label = ask.text("action.overlay_off" if shown else "action.overlay_on")
    overlay = PanelAction("overlay", label, None if shown else str(index))
    expression = _mass(word.tokens)
    return Panel(
        id=f"word:{name}",
        badge=Provenance.DERIVED,
        title=ask.text("word.title", word=word.text),
        kicker=ask.text("word.kicker", index=index + 1, count=len(words)),
        lines=ask.lines("word"),
        plot=_plot(ask, "word", series),
        facts=_word_facts(ask, index),
        formula=ask.formula(("word",), ask.python(expression)),
        legend=ask.legend("warm", "little", "much"),
        actions=ask.depth_actions(overlay),
    )


def _word_facts(ask: Ask, index: int) -> tuple[Fact, ...]:
    record = ask.record
    word, series = record.words[index], record.word_series(index)
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
        formula=ask.formula(("tower",), ask.python('.tensor("prompt_embeds")')),
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
