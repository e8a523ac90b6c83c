"""The return road: how a step's picture and noise are joined again into what the next step is given."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from explorer.story.record import Record

F32 = NDArray[np.float32]


class Mix(msgspec.Struct, frozen=True):
    """Terms of `next = picture + noise + fresh`, `[S, C, h, w]` each."""

    picture: F32
    """a · x0, and c · (x0 of the step before) where the sampler uses it."""
    noise: F32
    """b · eps."""
    fresh: F32
    """What is new in the next latent: fresh noise, and rounding."""
    next: F32


def mix(record: Record) -> Mix | None:
    """None where a latent is missing or a step's coefficients are no such sum."""
    x0, eps, x_t = (record.tensor(key) for key in ("x0", "eps", "x_t"))
    weights = [step.coefficients for step in record.metadata.steps]
    if x0 is None or eps is None or x_t is None or any(w is None for w in weights):
        return None
    known = [w for w in weights if w is not None]

    def column(name: str) -> F32:
        return np.array([getattr(w, name) for w in known], np.float32)[:, None, None, None]

    before = np.concatenate([x0[:1], x0[:-1]])
    picture = column("x0") * x0 + column("x0_previous") * before
    noise = column("eps") * eps
    following = x_t[1:]
    return Mix(picture, noise, following - picture - noise, following)
