"""Panels of the displays: guidance lanes and scales, the decoder, prompt pairs, the return road."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assetgen.pack import Pack
from explorer.story.ask import Ask
from explorer.story.latents import lanes_of, preview_of
from explorer.story.once import once
from explorer.story.pairs import changed, partner
from explorer.story.panel import Chart, Fact, Panel, PanelAction, Profile
from explorer.story.pixels import Place
from explorer.story.provenance import Provenance
from explorer.story.record import Record, Series
from explorer.story.studies import studies_of

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
    scale = ask.record.metadata.guidance_scale
    lines = ask.lines(
        key,
        scale=ask.not_recorded if scale is None else f"{scale:g}",
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
    found = lanes_of(record)
    if found is None:
        return None
    apart = np.sqrt((found.difference**2).mean((1, 2, 3)))
    size = np.sqrt((found.guided**2).mean((1, 2, 3)))
    return tuple(float(v) for v in apart / np.maximum(size, 1e-12))


def effect_of(pack: Pack) -> Series | None:
    """`prompt_effect` of an opened pack."""
    return prompt_effect(Record(pack, pack.architecture))


def lanes_panel(ask: Ask, name: str) -> Panel:
    """Without the prompt, with it, their difference, the guided step."""
    record = ask.record
    effect = once(record.pack, "effect", lambda: prompt_effect(record))
    preview = preview_of(record)
    scale = record.metadata.guidance_scale
    return display_panel(
        ask,
        name,
        ask.plot("effect", effect, DERIVED, "effect_formula"),
        (
            ask.fact("guidance", None if scale is None else f"{scale:g}"),
            ask.fact("effect", ask.percent(effect[ask.step]) if effect else None),
            ask.fact("preview", ask.percent(preview.r2) if preview else None),
            ask.fact("prediction", record.metadata.scheduler.prediction_type or None),
        ),
        _own_code(ask, "effect_of") if effect else ask.python(".metadata"),
        missing=effect is None,
    )


def scales_panel(ask: Ask, name: str) -> Panel:
    """The same noise and prompt at several guidance scales."""
    runs = once(ask.record.pack, "scales", lambda: studies_of(ask.record.pack, "guidance"))
    scales = [f"{run.metadata.guidance_scale:g}" for run in runs]
    return display_panel(
        ask,
        name,
        None,
        (
            ask.fact("guidance_here", f"{ask.record.metadata.guidance_scale:g}"),
            ask.fact("scales", " · ".join(scales) if scales else None),
            ask.fact("seeds", " · ".join(sorted({str(r.metadata.seed) for r in runs})) or None),
        ),
        ask.code(
            f'[p.image("predicted", {ask.step}) for p in studies_of({{pack}}, "guidance")]',
            "from explorer.story.studies import studies_of",
        )
        if runs
        else ask.python(".metadata.guidance_scale"),
        PanelAction("select", ask.text("action.lanes"), "station:lanes"),
        missing=not runs,
    )


def decoder_panel(ask: Ask, name: str) -> Panel:
    """One cell of the latent and the patch it becomes."""
    record = ask.record
    x0, entry = record.tensor("x0"), record.array("x0")
    preview = preview_of(record)
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
    other = partner_of(record)
    apart = once(record.pack, "apart", lambda: pair_distance(record, other)) if other else None
    here = [w.text for w in record.words]
    there = [w.text for w in other.words] if other else []
    swapped = [w for w, differs in zip(here, changed(here, there), strict=True) if differs]
    instead = [w for w, differs in zip(there, changed(there, here), strict=True) if differs]
    seeds = f"{record.metadata.seed} · {other.metadata.seed}" if other else None
    actions = (
        PanelAction("open_run", ask.text("action.other_run"), f"{record.architecture.model}/{other.pack.path.name}"),
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
        _own_code(ask, "apart_of") if apart else ask.python(".metadata"),
        *actions,
        missing=other is None,
    )


def partner_of(record: Record) -> Record | None:
    """The other run of the pair, opened once."""

    def find() -> Record | None:
        other = partner(record.pack)
        return None if other is None else Record(other, record.architecture)

    return once(record.pack, "partner", find)


def apart_of(pack: Pack) -> Series | None:
    """`pair_distance` of an opened pack to the other run of its pair."""
    here = Record(pack, pack.architecture)
    there = partner_of(here)
    return None if there is None else pair_distance(here, there)


def pair_distance(here: Record, there: Record) -> Series | None:
    """‖x0 − x0 of the other run‖ ÷ ‖x0‖ at every step."""
    a, b = here.tensor("x0"), there.tensor("x0")
    if a is None or b is None or a.shape != b.shape:
        return None
    apart = np.sqrt(((a - b) ** 2).mean((1, 2, 3)))
    return tuple(float(v) for v in apart / np.maximum(np.sqrt((a**2).mean((1, 2, 3))), 1e-12))


def road_panel(ask: Ask, name: str) -> Panel:
    """x0 and noise joined again, with this step's coefficients."""
    record = ask.record
    weights = [step.coefficients for step in record.metadata.steps]
    now = weights[ask.step]
    given = tuple(None if w is None else w.x0 + w.x0_previous for w in weights)
    known = now is not None

    def number(value: float) -> str:
        return f"{value:.3f}"

    return display_panel(
        ask,
        name,
        ask.plot("weight", given, RECORDED, "weight_formula") if known else None,
        (
            ask.fact("weight_picture", number(now.x0) if now else None),
            ask.fact("weight_noise", number(now.eps) if now else None),
            ask.fact("fresh", number(now.noise) if now else None),
            ask.fact("scheduler", record.metadata.scheduler.name),
        ),
        ask.python(f".metadata.steps[{ask.step}].coefficients")
        if not known
        else ask.code(
            "[c.x0 + c.x0_previous for s in {pack}.metadata.steps for c in [s.coefficients]]"
        ),
        PanelAction("select", ask.text("action.clock"), "clock"),
        missing=not known,
    )


def _own_code(ask: Ask, name: str) -> tuple[str, ...]:
    """Code that asks this module for what a panel plots."""
    return ask.code(f"{name}({{pack}})", f"from explorer.story.displays import {name}")


DISPLAYS: dict[str, Callable[[Ask, str], Panel]] = {
    "lanes": lanes_panel,
    "scales": scales_panel,
    "decoder": decoder_panel,
    "pair": pair_panel,
    "road": road_panel,
    "annex": lambda ask, name: display_panel(
        ask,
        name,
        None,
        (),
        ask.code(
            "{m: a.parameters / 20e6 for m, a in Library.open({pack}.model_folder.parents[1]).architectures.items()}",
            "from assetgen.pack import Library",
        ),
    ),
}
"""Panels by the id of their station."""
