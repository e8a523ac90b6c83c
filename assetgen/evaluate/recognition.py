"""Can the recogniser's tracks be trusted? The protocol stands in `assetgen.evaluate`."""

from __future__ import annotations

import numpy as np

from assetgen.evaluate.bench import Array
from assetgen.pack.evaluation import Recognised, rate
from assetgen.pack.recognition import recognition_step


def recognised(tracks: Array, judged: Array, asked: Array, ece: float | None) -> Recognised:
    """From probabilities [runs, steps, words] and what each prompt says or means [runs, words]."""
    steps, later = _steps(tracks), _steps(judged)
    seen = steps >= 0
    return Recognised(
        runs=len(tracks),
        steps=tracks.shape[1],
        named=rate(int((seen & asked).sum()), int(asked.sum())),
        controls=rate(int((seen & ~asked).sum()), int((~asked).sum())),
        median_step=_median(steps[seen & asked]),
        judge_median_step=_median(later[(later >= 0) & asked]),
        ece=ece,
    )


def _steps(tracks: Array) -> Array:
    """The step at which each word is recognised [runs, words]; -1 for never."""
    found = np.full((tracks.shape[0], tracks.shape[2]), -1)
    for run, word in np.ndindex(found.shape):
        step, _ = recognition_step(tracks[run, :, word].tolist())
        found[run, word] = -1 if step is None else step
    return found


def _median(steps: Array) -> float | None:
    return float(np.median(steps)) if steps.size else None
