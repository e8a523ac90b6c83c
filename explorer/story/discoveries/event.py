"""A finding: one event in the recorded data, with what is needed to ask about it and to show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec
import numpy as np
from numpy.typing import NDArray

from explorer.story.record import Record, Series

F32 = NDArray[np.float32]


class Evidence(msgspec.Struct, frozen=True):
    """The curve that answers: one value per recorded step. Texts `discovery.<id>.curve` and `….formula`."""

    values: Series
    python: str
    """The array behind it, after `Pack.open(run)`."""


class When(Enum):
    """The options are parts of the run."""

    STEPS = 0


WHEN = When.STEPS


class Finding(msgspec.Struct, frozen=True):
    """What a detector found. Its question, answers and explanation are the texts `discovery.<id>.…`."""

    id: str
    step: int
    """The recorded step to look at, counted from 0."""
    options: tuple[str, ...] | int | When
    """What to choose from: words and ids of rooms in the order of the run, or how many options the texts
    have, or `WHEN`: the parts of the run."""
    right: int
    """Which of them the data say."""
    values: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Numbers and names for the texts."""
    selection: str | None = None
    """Where to see it: an id of docs/architecture.md."""
    evidence: Evidence | None = None

    @property
    def asks_when(self) -> bool:
        """The step itself is the answer: nothing may point to it before."""
        return isinstance(self.options, When)

    def __post_init__(self) -> None:
        options = PARTS if isinstance(self.options, When) else self.options
        count = options if isinstance(options, int) else len(options)
        if not 0 <= self.right < count:
            raise ValueError(f"{self.id}: option {self.right} of {count}")


PARTS = (1 / 8, 1 / 2, 1.0)
"""Where the answers to *when* end, as parts of the run: most happens early, so the early part is short."""


def ends(steps: int) -> tuple[int, ...]:
    """The last step of each part, counted from 1."""
    return tuple(max(round(part * steps), i + 1) for i, part in enumerate(PARTS))


def part_of(step: int, steps: int) -> int:
    """Which part of the run a step (from 0) lies in."""
    return next((i for i, end in enumerate(ends(steps)) if step < end), len(PARTS) - 1)


def at_step(
    name: str,
    record: Record,
    step: int,
    *,
    evidence: Evidence | None = None,
    selection: str | None = None,
    **values: str,
) -> Finding:
    """A finding that asks *when*: the answers are parts of the run."""
    said = {"step": str(step + 1), "steps": str(record.steps), **values}
    return Finding(name, step, WHEN, part_of(step, record.steps), said, selection, evidence)


def among(
    name: str,
    scores: Mapping[str, float],
    step: int,
    *,
    least: float = 1.0,
    count: int = 4,
    evidence: Evidence | None = None,
    selection: str | None = None,
    **values: str,
) -> Finding | None:
    """A finding that asks *which*: the highest score wins by the factor `least`, or nothing was found.

    The options are the winner and its nearest followers, in the order of `scores`.
    """
    ranked = sorted(scores, key=lambda key: scores[key], reverse=True)
    if len(ranked) < 2 or scores[ranked[0]] <= 0 or scores[ranked[0]] < least * scores[ranked[1]]:
        return None
    kept = [key for key in scores if key in ranked[:count]]
    said = {"step": str(step + 1), "winner": ranked[0], **values}
    return Finding(name, step, tuple(kept), kept.index(ranked[0]), said, selection, evidence)


def percent(share: float) -> str:
    """A share as a whole percentage, one digit more where it is small."""
    return f"{100 * share:.0f}" if abs(share) >= 0.095 else f"{100 * share:.1f}"


def series(values: Sequence[float] | F32) -> Series:
    return tuple(float(v) if np.isfinite(v) else None for v in values)


def settled_from(distance: F32, level: float) -> int | None:
    """First step from which `distance` stays at or below `level`; None if it never does."""
    above = np.nonzero(~(distance <= level))[0]
    step = int(above[-1]) + 1 if len(above) else 0
    return step if step < len(distance) else None
