"""The arithmetic of the protocols: intervals, overlaps, quantiles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assetgen.pack.evaluation import Z95, Line, Quantiles, Rate, rate

Array = NDArray[Any]


def share(hits: Array) -> Rate:
    """The rate of true values in a boolean array."""
    return rate(int(np.count_nonzero(hits)), int(hits.size))


def overlap(a: Array, b: Array) -> float:
    """Intersection over union of two boolean masks; 0 if both are empty."""
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b) / union) if union else 0.0


def quantiles(values: Array) -> Quantiles:
    """Of at least one value, five significant digits."""
    low, p05, median, p95 = np.quantile(values, [0, 0.05, 0.5, 0.95])
    return Quantiles(values.size, *(float(f"{v:.5g}") for v in (low, p05, median, p95)))


def mean_interval(values: Array) -> tuple[float, float, float]:
    """(mean, low, high): the mean and its 95 % interval by the normal approximation."""
    mean = float(values.mean())
    spread = Z95 * float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0
    return mean, mean - spread, mean + spread


def line(
    id: str, found: Rate | float | None, goal: float, *, at_least: bool = True, void: bool = False
) -> Line:
    """A figure against its goal. What was not measured, or is void, is neither met nor missed."""
    value, low, high = (
        (found.rate, found.low, found.high) if isinstance(found, Rate) else (found, None, None)
    )
    met = None
    if value is not None and not void:
        met = value >= goal if at_least else value <= goal
    return Line(id, value, goal, at_least, met, low, high)
