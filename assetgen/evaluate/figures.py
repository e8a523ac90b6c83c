"""The arithmetic of the protocols: intervals, overlaps, quantiles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assetgen.pack.measures import Line, Quantiles, Rate

Array = NDArray[Any]
_Z = 1.959964
"""Of the normal distribution, for 95 %."""


def rate(count: int, of: int) -> Rate:
    """`count / of` with Wilson's 95 % interval; nothing is claimed about nothing."""
    if not of:
        return Rate(count, of, None, None, None)
    p, z2 = count / of, _Z**2 / of
    middle = (p + z2 / 2) / (1 + z2)
    spread = _Z / (1 + z2) * math.sqrt(p * (1 - p) / of + z2 / (4 * of))
    low, high = max(0.0, middle - spread), min(1.0, middle + spread)
    return Rate(int(count), int(of), round(p, 5), round(low, 5), round(high, 5))


def share(hits: Array) -> Rate:
    """The rate of true values in a boolean array."""
    return rate(int(np.count_nonzero(hits)), int(hits.size))


def overlap(a: Array, b: Array) -> float:
    """Intersection over union of two boolean masks; 0 if both are empty."""
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b) / union) if union else 0.0


def psnr(truth: Array, guess: Array) -> float:
    """Peak signal-to-noise ratio in dB of uint8 pictures; infinite if they are the same."""
    error = float(np.mean((truth.astype(np.float64) - guess.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 20 * math.log10(255) - 10 * math.log10(error)


def quantiles(values: Array) -> Quantiles:
    """Of at least one value, five significant digits."""
    low, p05, median, p95 = np.quantile(values, [0, 0.05, 0.5, 0.95])
    return Quantiles(values.size, *(float(f"{v:.5g}") for v in (low, p05, median, p95)))


def mean_interval(values: Array) -> tuple[float, float, float]:
    """(mean, low, high): the mean and its 95 % interval by the normal approximation."""
    mean = float(values.mean())
    spread = _Z * float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else 0.0
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
