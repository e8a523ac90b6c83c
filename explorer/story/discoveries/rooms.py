"""Events in the rooms: which grow louder, which change most, what the bridges carry."""

from __future__ import annotations

import numpy as np

from explorer.story.discoveries.event import (
    F32,
    Evidence,
    Finding,
    among,
    at_step,
    percent,
    series,
)
from explorer.story.record import Record


def louder_room(record: Record) -> Finding | None:
    """The room whose output grows most from the first quarter of the run to the last."""
    return _growth(record, "louder_room", up=True)


def quieter_room(record: Record) -> Finding | None:
    """The room whose output shrinks most."""
    return _growth(record, "quieter_room", up=False)


def busiest_room(record: Record) -> Finding | None:
    """The room that changes what comes in the most, in proportion."""
    change = record.tensor("unit_update")
    if change is None:
        return None
    known = np.isfinite(change.sum(axis=0))
    scores = {
        unit.id: float(change[:, i].mean())
        for i, unit in enumerate(record.architecture.units)
        if known[i]
    }
    if not scores:
        return None
    top = max(scores, key=lambda unit: scores[unit])
    column = record.unit_column(top) or 0
    evidence = Evidence(series(change[:, column]), '.tensor("unit_update")')
    return among(
        "busiest_room", scores, int(change[:, column].argmax()), least=1.1, count=3,
        evidence=evidence, selection=f"unit:{top}", share=percent(scores[top]),
    )  # fmt: skip


def loudest_bridge(record: Record) -> Finding | None:
    """Which bridge carries the largest numbers, over the whole run."""
    rms = record.tensor("unit_rms")
    if rms is None:
        return None
    sources = list(dict.fromkeys(e.source for e in record.architecture.edges if e.kind == "skip"))
    columns = {s: record.unit_column(s) for s in sources}
    scores = {s: float(rms[:, c].mean()) for s, c in columns.items() if c is not None}
    if len(scores) < 2:
        return None
    top = max(scores, key=lambda unit: scores[unit])
    target = next(
        e.target for e in record.architecture.edges if e.kind == "skip" and e.source == top
    )
    column = record.unit_column(top) or 0
    evidence = Evidence(series(rms[:, column]), '.tensor("unit_rms")')
    return among(
        "loudest_bridge", scores, int(rms[:, column].argmax()), least=1.05, count=3,
        evidence=evidence, selection=f"skip:{top}->{target}", size=f"{scores[top]:.2f}",
        least_size=f"{min(scores.values()):.2f}",
    )  # fmt: skip


def liveliest_step(record: Record) -> Finding | None:
    """The step at which all rooms together change their loudness most."""
    rms = record.tensor("unit_rms")
    if rms is None or len(rms) < 6:
        return None
    moved = (np.abs(np.diff(rms, axis=0)) / np.maximum(rms[:-1], 1e-9)).mean(axis=1)
    at = int(moved.argmax())
    if moved[at] < 1.5 * np.median(moved):
        return None
    evidence = Evidence((None, *series(moved)), '.tensor("unit_rms")')
    return at_step(
        "liveliest_step", record, at + 1, evidence=evidence, share=percent(float(moved[at])),
        usual=percent(float(np.median(moved))),
    )  # fmt: skip


def _growth(record: Record, name: str, *, up: bool) -> Finding | None:
    rms = record.tensor("unit_rms")
    if rms is None or len(rms) < 8:
        return None
    quarter = len(rms) // 4
    first: F32 = np.maximum(rms[:quarter].mean(axis=0), 1e-9)
    last: F32 = np.maximum(rms[-quarter:].mean(axis=0), 1e-9)
    ratio = last / first if up else first / last
    units = record.architecture.units
    scores = {unit.id: float(ratio[i]) for i, unit in enumerate(units)}
    top = max(scores, key=lambda unit: scores[unit])
    if scores[top] < 1.15:
        return None
    column = record.unit_column(top) or 0
    evidence = Evidence(series(rms[:, column]), '.tensor("unit_rms")')
    return among(
        name, scores, int(rms[:, column].argmax()), least=1.01, count=3, evidence=evidence,
        selection=f"unit:{top}", first=f"{first[column]:.2f}", last=f"{last[column]:.2f}",
    )  # fmt: skip
