"""Panels of what the network is told beside the picture: the Clock's waves, the pieces of the prompt and their rows."""

from __future__ import annotations

import numpy as np

from assetgen.pack import Pack
from explorer.story.ask import Ask
from explorer.story.clockwork import embedding
from explorer.story.displays import display_panel, partner_of
from explorer.story.once import once
from explorer.story.panel import Bar, Bars, Panel, PanelAction, Profile
from explorer.story.provenance import Provenance
from explorer.story.record import F32, Record
from explorer.story.tokens import likeness, pieces, rows_of, twins

DERIVED = Provenance.DERIVED


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
        ask.code("rows_alike({pack})", "from explorer.story.prompt_and_time import rows_alike")
        if rows is not None
        else ask.python(".metadata.tokens"),
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
