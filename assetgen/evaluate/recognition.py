"""Can the recogniser's tracks be trusted? The protocol stands in `assetgen.evaluate`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assetgen.evaluate.bench import Array
from assetgen.pack.evaluation import Recognised, rate
from assetgen.pack.recognition import recognition_step


def recognised(tracks: Array, asked: Array, ece: float | None) -> Recognised:
    """From probabilities [runs, steps, words] and what each prompt says or means [runs, words]."""
    steps = np.array(
        [[_step(tracks[run, :, word].tolist()) for word in range(tracks.shape[2])]
         for run in range(len(tracks))]
    )  # fmt: skip
    seen = steps >= 0
    named = steps[seen & asked]
    return Recognised(
        runs=len(tracks),
        steps=tracks.shape[1],
        named=rate(int((seen & asked).sum()), int(asked.sum())),
        controls=rate(int((seen & ~asked).sum()), int((~asked).sum())),
        median_step=float(np.median(named)) if named.size else None,
        ece=ece,
    )


def _step(probability: Sequence[float]) -> int:
    step, _ = recognition_step(probability)
    return -1 if step is None else step
