"""When words appear: per word the recogniser's confidence or how far the word has settled, step by step."""

from __future__ import annotations

from math import log10

import msgspec

from assetgen.pack.schema import Concept
from explorer.story.record import Record, Series

COMPONENTS = ("localisation", "peak", "agreement")
"""Of settling, docs/format.md; `confidence` is their geometric mean."""


class Row(msgspec.Struct, frozen=True):
    """One word of the track."""

    index: int
    """Number among the run's concepts, then its controls."""
    text: str
    control: bool
    """It names nothing, or nothing that is in the prompt: what a row looks like when there is nothing to see."""
    recognised: bool
    """`values` are the recogniser's probabilities; else the confidence of settling."""
    values: Series
    components: tuple[Series, ...]
    step: int | None
    """First step at which it counts as there, or None; `reason` says why."""
    reason: str | None

    @property
    def badge_array(self) -> str:
        return "recognition" if self.recognised else "settling"


def rows(record: Record) -> tuple[Row, ...]:
    """Words first, then controls; those of which nothing was recorded are left out."""
    metadata = record.metadata
    every = [(c, False) for c in metadata.concepts] + [(c, True) for c in metadata.controls]
    made = (_row(index, concept, control) for index, (concept, control) in enumerate(every))
    return tuple(row for row in made if row is not None)


def _row(index: int, concept: Concept, control: bool) -> Row | None:
    seen, settled = concept.recognition, concept.settling
    parts: tuple[Series, ...] = ()
    if settled is not None:
        parts = tuple(tuple(getattr(settled, name)) for name in COMPONENTS)
    if seen is not None:
        return Row(
            index,
            concept.text,
            control,
            True,
            tuple(seen.probability),
            parts,
            seen.step,
            seen.reason,
        )
    if settled is None:
        return None
    reason = None if settled.step is not None else "unresolved"
    return Row(
        index, concept.text, control, False, tuple(settled.confidence), parts, settled.step, reason
    )


def asked(record: Record, wanted: int | None) -> Row | None:
    """The row that the flag is about: the one chosen, else the last word to appear."""
    words = [row for row in rows(record) if not row.control]
    chosen = next((row for row in words if row.index == wanted), None)
    if chosen is not None:
        return chosen
    known = [row for row in words if row.step is not None]
    return max(known, key=lambda row: row.step or 0, default=None)


def shown(record: Record, words: int, controls: int) -> tuple[Row, ...]:
    """At most so many rows of each kind: words in the prompt's order; controls that a recogniser looked at first,
    each text once."""
    all_rows = rows(record)
    beneath = {row.text: row for row in reversed(all_rows) if row.control}
    ordered = sorted(beneath.values(), key=lambda row: (not row.recognised, row.index))
    return (*[row for row in all_rows if not row.control][:words], *ordered[:controls])


def signal(record: Record) -> Series:
    """log10 of the signal-to-noise ratio at every step; None where there is no noise left."""
    return tuple(
        log10(step.snr) if step.snr is not None and step.snr > 0 else None
        for step in record.metadata.steps
    )


def half(record: Record) -> int | None:
    """First step with more picture than noise."""
    return next((s.index for s in record.metadata.steps if s.snr is not None and s.snr > 1), None)
