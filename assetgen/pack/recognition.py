"""When a recogniser's probabilities count as recognition: one rule for baking, reading and checking."""

from __future__ import annotations

from collections.abc import Sequence

SEEN = 0.8
"""Probability from which a word counts as seen …"""
HELD = 3
"""… if it stays so for this many steps."""
NEVER = "never"
LATE = "late"
SHORT = "short"


def recognition_step(probability: Sequence[float]) -> tuple[int | None, str | None]:
    """(step, reason): the first step from which the word is seen for three steps, or why there is none.

    `never`: it is seen in no three consecutive steps. `late`: it is seen at the very end, but fewer
    than three steps are left to tell. `short`: the run has fewer than three steps.
    """
    if len(probability) < HELD:
        return None, SHORT
    seen = [value >= SEEN for value in probability]
    for step in range(len(seen) - HELD + 1):
        if all(seen[step : step + HELD]):
            return step, None
    return None, LATE if seen[-1] else NEVER
