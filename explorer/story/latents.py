"""Latents as colours without a decoder, and the guidance lanes: what the model says with and without the prompt."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack.errors import PackError
from explorer.story.once import once
from explorer.story.record import Record

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
FITTED_STEPS = 10
"""Steps of a run that the linear preview is fitted on, evenly spread over its last three quarters.

Guidance overshoots in the first steps; there the decoder clips what a line would follow.
"""


class Preview(msgspec.Struct, frozen=True):
    """A linear map from latent channels to colours, fitted on this run: x0 against its decoded picture."""

    weights: F32
    """`[C + 1, 3]`; the last row is added."""
    r2: float
    """Share of the decoded colours' variance (averaged per cell) that the map explains."""

    def colours(self, latent: F32) -> F32:
        """`[S, C, h, w]` → colours `[S, h, w, 3]` in 0..255, not clipped."""
        return np.asarray(np.moveaxis(latent, 1, -1) @ self.weights[:-1] + self.weights[-1])

    def changes(self, latent: F32) -> F32:
        """A difference of latents as a difference of colours, `[S, h, w, 3]`."""
        return np.asarray(np.moveaxis(latent, 1, -1) @ self.weights[:-1])


def preview_of(record: Record) -> Preview | None:
    """`fit_preview`, made once for a run."""
    return once(record.pack, "preview", lambda: fit_preview(record))


def lanes_of(record: Record) -> Lanes | None:
    """`lanes`, made once for a run."""
    return once(record.pack, "lanes", lambda: lanes(record))


def fit_preview(record: Record) -> Preview | None:
    """Least squares over cells: decoded colour, averaged over the cell's patch, from the cell's x0.

    None where x0 or its pictures were not recorded.
    """
    x0 = record.tensor("x0")
    if x0 is None or not record.pack.has("predicted"):
        return None
    steps = np.unique(np.linspace(len(x0) // 4, len(x0) - 1, FITTED_STEPS).round().astype(int))
    cells, colours = [], []
    for step in steps:
        try:
            picture = record.pack.image("predicted", int(step)).astype(np.float32)
        except PackError:
            return None
        cells.append(np.moveaxis(x0[step], 0, -1).reshape(-1, x0.shape[1]))
        colours.append(patch_means(picture, x0.shape[2], x0.shape[3]).reshape(-1, 3))
    x, y = np.concatenate(cells), np.concatenate(colours)
    x = np.concatenate([x, np.ones((len(x), 1), np.float32)], 1)
    weights, *_ = np.linalg.lstsq(x, y, rcond=None)
    rest = float(((y - x @ weights) ** 2).sum())
    spread = float(((y - y.mean(0)) ** 2).sum())
    return Preview(weights.astype(np.float32), 1 - rest / max(spread, 1e-12))


def patch_means(picture: F32, height: int, width: int) -> F32:
    """`[H, W, 3]` → mean colour of each cell's patch, `[h, w, 3]`."""
    rows, columns = picture.shape[0] // height, picture.shape[1] // width
    cut = picture[: rows * height, : columns * width]
    return np.asarray(cut.reshape(height, rows, width, columns, 3).mean((1, 3)))


class Lanes(msgspec.Struct, frozen=True):
    """x0 that follows from each output of the model, `[S, C, h, w]`, and the raw outputs themselves."""

    without: F32
    with_prompt: F32
    guided: F32
    """The recorded x0 of the guided step."""
    raw_without: F32
    raw_with: F32

    @property
    def difference(self) -> F32:
        """What the prompt changes, before it is scaled."""
        return self.with_prompt - self.without


def lanes(record: Record) -> Lanes | None:
    """None where the run has no output without the prompt: there was no guidance, or it was not kept."""
    keys = ("output_uncond", "output_cond", "x_t", "x0")
    found = [record.tensor(key) for key in keys]
    uncond, cond, x_t, x0 = found
    if uncond is None or cond is None or x_t is None or x0 is None:
        return None
    calls = [step.calls[0] for step in record.metadata.steps]
    uncond, cond, x_t = uncond[calls], cond[calls], x_t[: record.steps]
    kind = record.metadata.scheduler.prediction_type
    alpha, sigma = (
        np.array([getattr(s, name) for s in record.metadata.steps], np.float32)[:, None, None, None]
        for name in ("alpha", "sigma")
    )
    estimates = [estimate_x0(kind, alpha, sigma, x_t, out) for out in (uncond, cond)]
    if any(e is None for e in estimates):
        return None
    without, with_prompt = (e for e in estimates if e is not None)
    return Lanes(without, with_prompt, x0, uncond, cond)


def estimate_x0(kind: str, alpha: F32, sigma: F32, x_t: F32, output: F32) -> F32 | None:
    """The clean latent that an output means, x_t = alpha·x0 + sigma·eps; None for a kind that is not known."""
    if kind == "epsilon":
        return np.asarray((x_t - sigma * output) / np.maximum(alpha, 1e-6))
    if kind == "v_prediction":
        return np.asarray(alpha * x_t - sigma * output)
    if kind == "sample":
        return output
    if kind == "flow_prediction":
        total = alpha + sigma  # x_t is scaled so that alpha² + sigma² = 1
        return np.asarray(x_t / total - sigma / total * output)
    return None
