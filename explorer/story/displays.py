"""Panels of the displays: guidance lanes, the decoder, prompt pairs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.story.ask import Ask
from explorer.story.latents import fit_preview, lanes
from explorer.story.pairs import changed, partner
from explorer.story.panel import Chart, Fact, Panel, PanelAction, Profile
from explorer.story.pixels import Place
from explorer.story.provenance import Provenance
from explorer.story.record import Record, Series

DERIVED, RECORDED = Provenance.DERIVED, Provenance.RECORDED


def display_panel(
    ask: Ask,
    name: str,
    chart: Chart | None,
    facts: tuple[Fact, ...],
    python: tuple[str, ...],
    *actions: PanelAction,
    missing: bool = False,
) -> Panel:
    """A panel of a display; `missing` says that this run lacks what it shows."""
    key = f"station.{name}"
    lines = ask.lines(
        key,
        scale=f"{ask.record.metadata.guidance_scale:g}",
        channels=ask.record.architecture.traced_at.sample[1],
    )
    if missing:
        lines = (*lines, ask.text(f"{key}.not_recorded"))
    return Panel(
        id=f"station:{name}",
        badge=DERIVED if chart is None else chart.badge,
        title=ask.text(f"{key}.title"),
        kicker=ask.text("exhibit.kicker"),
        lines=lines,
        plot=chart,
        facts=facts,
        formula=ask.formula((key,), python),
        actions=ask.depth_actions(*actions),
    )


def prompt_effect(record: Record) -> Series | None:
    """‖with − without‖ ÷ ‖guided‖ of the x0 that each lane means, at every step."""
    found = lanes(record)
    if found is None:
        return None
    apart = np.sqrt((found.difference**2).mean((1, 2, 3)))
    size = np.sqrt((found.guided**2).mean((1, 2, 3)))
    return tuple(float(v) for v in apart / np.maximum(size, 1e-12))


def lanes_panel(ask: Ask, name: str) -> Panel:
    """Without the prompt, with it, their difference, the guided step."""
    record = ask.record
    effect = prompt_effect(record)
    preview = fit_preview(record)
    scale = record.metadata.guidance_scale
    return display_panel(
        ask,
        name,
        ask.plot("effect", effect, DERIVED, "effect_formula"),
        (
            ask.fact("guidance", f"{scale:g}"),
            ask.fact("effect", ask.percent(effect[ask.step]) if effect else None),
            ask.fact("preview", ask.percent(preview.r2) if preview else None),
            ask.fact("prediction", record.metadata.scheduler.prediction_type),
        ),
        ask.python(
            f'.tensor("output_cond")[{record.step(ask.step).calls[0]}]' if effect else ".metadata"
        ),
        missing=effect is None,
    )


def decoder_panel(ask: Ask, name: str) -> Panel:
    """One cell of the latent and the patch it becomes."""
    record = ask.record
    x0, entry = record.tensor("x0"), record.array("x0")
    preview = fit_preview(record)
    channels, height, width = record.architecture.traced_at.sample[1:]
    place = Place("x0", 0.5, 0.5)
    row, column = place.cell(height, width)
    chart = None
    if x0 is not None and entry is not None:
        top = entry.scale_p995 or float(np.abs(x0).max())
        values = tuple(float(v) for v in x0[ask.step, :, row, column])
        chart = Profile(
            ask.text("plot.cell", count=len(values)), values, -top, top,
            ask.text("plot.channel", number=1), str(len(values)), RECORDED,
            ask.text("plot.cell_formula", row=row + 1, column=column + 1),
        )  # fmt: skip
    wide, high = record.metadata.size
    decoder = next((c for c in record.architecture.companions if c.id == "vae"), None)
    return display_panel(
        ask,
        name,
        chart,
        (
            ask.fact("shape_out", ask.shape((channels, height, width))),
            ask.fact("patch", ask.text("value.patch", width=wide // width, height=high // height)),
            ask.fact("preview", ask.percent(preview.r2) if preview else None),
            ask.fact("decoder", None if decoder is None else ask.count(decoder.parameters)),
        ),
        ask.python(f'.tensor("x0")[{ask.step}, :, {row}, {column}]' if chart else ".metadata"),
        PanelAction("select", ask.text("action.words_here"), place.id),
        missing=chart is None,
    )


def pair_panel(ask: Ask, name: str) -> Panel:
    """The same noise under another prompt."""
    record = ask.record
    other = partner(record.pack)
    apart = None if other is None else pair_distance(record, Record(other, record.architecture))
    here = [w.text for w in record.words]
    there = [w.text for w in other.metadata.words] if other else []
    swapped = [w for w, differs in zip(here, changed(here, there), strict=True) if differs]
    instead = [w for w, differs in zip(there, changed(there, here), strict=True) if differs]
    seeds = f"{record.metadata.seed} · {other.metadata.seed}" if other else None
    actions = (
        PanelAction("open_run", ask.text("action.other_run"), f"{record.architecture.model}/{other.path.name}"),
    ) if other else ()  # fmt: skip
    return display_panel(
        ask,
        name,
        ask.plot("apart", apart, DERIVED, "apart_formula"),
        (
            ask.fact("this_prompt", " ".join(swapped) or ask.text("value.nothing")),
            ask.fact("other_prompt", " ".join(instead) if other else None),
            ask.fact("seeds", seeds),
        ),
        ask.python(f'.tensor("x0")[{ask.step}]' if apart else ".metadata"),
        *actions,
        missing=other is None,
    )


def pair_distance(here: Record, there: Record) -> Series | None:
    """‖x0 − x0 of the other run‖ ÷ ‖x0‖ at every step."""
    a, b = here.tensor("x0"), there.tensor("x0")
    if a is None or b is None or a.shape != b.shape:
        return None
    apart = np.sqrt(((a - b) ** 2).mean((1, 2, 3)))
    return tuple(float(v) for v in apart / np.maximum(np.sqrt((a**2).mean((1, 2, 3))), 1e-12))


DISPLAYS: dict[str, Callable[[Ask, str], Panel]] = {
    "lanes": lanes_panel,
    "decoder": decoder_panel,
    "pair": pair_panel,
}
"""Panels by the id of their station."""
