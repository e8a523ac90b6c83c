"""Panels of the displays: guidance lanes, the decoder, prompt pairs, the return road, clockwork, the encoder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from assetgen.pack import Pack
from explorer.story.ask import Ask
from explorer.story.clockwork import embedding
from explorer.story.latents import lanes_of, preview_of
from explorer.story.once import once
from explorer.story.pairs import changed, partner
from explorer.story.panel import Bar, Bars, Chart, Fact, Panel, PanelAction, Profile
from explorer.story.pixels import Place
from explorer.story.provenance import Provenance
from explorer.story.record import F32, Record, Series
from explorer.story.studies import studies_of
from explorer.story.tokens import likeness, pieces, rows_of, twins

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


def clockwork_panel(ask: Ask, name: str) -> Panel:
    """The row of waves that stands for this step's timestep."""
    record = ask.record
    rows = embedding(record)
    step = record.step(ask.step)
    chart = None
    if rows is not None:
        chart = Profile(
            ask.text("plot.waves", timestep=f"{step.timestep:g}"),
            tuple(float(v) for v in rows[ask.step]), -1.0, 1.0, ask.text("plot.number", number=1),
            str(rows.shape[1]), DERIVED, ask.text("plot.waves_formula"),
        )  # fmt: skip
    units = record.architecture.units
    told = {e.target for e in record.architecture.edges if e.kind == "time"}
    after = next((c for c in record.architecture.companions if c.id == "time_embedding"), None)
    return display_panel(
        ask,
        name,
        chart,
        (
            ask.fact("timestep", f"{step.timestep:g}"),
            ask.fact("waves", str(rows.shape[1]) if rows is not None else None),
            ask.fact("mlp", None if after is None else ask.count(after.parameters)),
            ask.fact("told", ask.text("value.rooms_of", count=len(told), total=len(units))),
        ),
        _wave_code(ask) if chart else ask.python(".metadata.steps"),
        PanelAction("select", ask.text("action.clock"), "clock"),
        missing=chart is None,
    )


def _own_code(ask: Ask, name: str) -> tuple[str, ...]:
    """Code that asks this module for what a panel plots."""
    return ask.code(f"{name}({{pack}})", f"from explorer.story.displays import {name}")


def _wave_code(ask: Ask) -> tuple[str, ...]:
    needs = "from explorer.story.clockwork import embedding_of"
    return ask.code(f"embedding_of({{pack}})[{ask.step}]", needs)


def encoder_panel(ask: Ask, name: str) -> Panel:
    """Pieces, their numbers, and rows that hold what came before."""
    record = ask.record
    metadata = record.metadata
    found, rows = pieces(metadata), rows_of(record)
    values = row_likeness(record)
    bars = None
    if values is not None:
        kind = "row_pair" if partner_of(record) else "row_before"
        shown = [
            Bar(piece.text, float(max(value, 0.0)), piece.role == "word")
            for piece, value in zip(found, values, strict=True)
        ]
        bars = Bars(ask.text(f"plot.{kind}"), tuple(shown[: MOST_ROWS[ask.state.depth]]), 1.0, DERIVED,
                    ask.text("plot.row_formula"))  # fmt: skip
    used = sum(token.role != "pad" for token in metadata.tokens)
    return display_panel(
        ask,
        name,
        bars,
        (
            ask.fact("used", ask.text("value.tokens", count=used, total=len(metadata.tokens))),
            ask.fact("twins", _twins(ask, rows)),
            ask.fact("dropped", " ".join(metadata.dropped) or ask.text("value.nothing")),
        ),
        _own_code(ask, "rows_alike") if rows is not None else ask.python(".metadata.tokens"),
        PanelAction("select", ask.text("action.tower"), "tower"),
        missing=rows is None,
    )


MOST_ROWS = {"look": 14, "understand": 8, "engineer": 8}


def row_likeness(record: Record) -> F32 | None:
    """How much each row is like itself under the pair's other prompt; without a pair, like the one before."""
    other = partner_of(record)
    against = once(record.pack, "against", lambda: likeness(record, other)) if other else None
    return np.diag(against) if against is not None else _to_the_one_before(record)


def rows_alike(pack: Pack) -> F32 | None:
    """`row_likeness` of an opened pack."""
    return row_likeness(Record(pack, pack.architecture))


def _to_the_one_before(record: Record) -> F32 | None:
    """How much each row is like the one before it; the first is like itself."""
    found = once(record.pack, "likeness", lambda: likeness(record))
    if found is None:
        return None
    return np.array([1.0, *(found[i, i - 1] for i in range(1, len(found)))], np.float32)


def _twins(ask: Ask, rows: F32 | None) -> str | None:
    """The same piece at two places: one number, two rows."""
    places = twins(ask.record.metadata)
    found = once(ask.record.pack, "likeness", lambda: likeness(ask.record))
    shown = [p.index for p in pieces(ask.record.metadata)]
    if places is None:
        return ask.text("value.no_twins")
    if rows is None or found is None or not set(places) <= set(shown):
        return None
    value = float(found[shown.index(places[0]), shown.index(places[1])])
    piece = next(p for p in pieces(ask.record.metadata) if p.index == places[0])
    return ask.text("value.twins", piece=piece.text, value=f"{value:.2f}")


DISPLAYS: dict[str, Callable[[Ask, str], Panel]] = {
    "lanes": lanes_panel,
    "scales": scales_panel,
    "decoder": decoder_panel,
    "pair": pair_panel,
    "road": road_panel,
    "clockwork": clockwork_panel,
    "encoder": encoder_panel,
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
