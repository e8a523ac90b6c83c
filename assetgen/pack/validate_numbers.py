"""The arithmetic between arrays: they must tell one and the same story."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from assetgen.pack.images import F32
from assetgen.pack.reader import Pack, Problem

_HALF = 2.0**-10
"""Relative rounding of float16, doubled."""
_SLACK = {"float16": 8.0, "bfloat16": 32.0}
"""How many times coarser a run in that precision (`software.dtype`) may be."""
_ROW_TOLERANCE = 0.05
"""A row of attention is one up to the rounding of the companded bytes."""


def check_numbers(pack: Pack) -> Iterator[Problem]:
    """Consistency of latents, attention and magnitudes. The pack's files and shapes must be right."""
    if all(pack.has(name) for name in ("x_t", "x0", "eps")):
        yield from _check_latents(pack)
    if pack.has("attention"):
        yield from _check_attention(pack)
    if pack.has("attention_mass"):
        total = pack.tensor("attention_mass").sum(axis=-1)
        joint = pack.has("attention") and pack.metadata.arrays["attention"].rest is not None
        if total.max() > 1 + 1e-3 or (not joint and total.min() < 1 - 1e-3):
            yield Problem(pack.path, "attention_mass does not sum to one over the tokens")
    if pack.has("self_attention_entropy"):
        entropy = pack.tensor("self_attention_entropy")
        if entropy.min() < -1e-4 or entropy.max() > 1 + 1e-4:
            yield Problem(pack.path, "self_attention_entropy lies outside 0..1")
    # what was cut out is rightly zero
    if not pack.metadata.study and pack.has("unit_rms") and pack.tensor("unit_rms").min() <= 0:
        yield Problem(pack.path, "unit_rms of a unit is zero: nothing was recorded")


def _check_latents(pack: Pack) -> Iterator[Problem]:
    """x_t = alpha·x0 + sigma·eps, and x_(t-1) = the step's coefficients applied."""
    x_t, x0, eps = (pack.tensor(name) for name in ("x_t", "x0", "eps"))
    path = pack.path / "tensors.safetensors"
    altered = pack.metadata.scheduler.config
    slack = _SLACK.get(pack.metadata.software.get("dtype", ""), 1.0)
    clipped = altered.get("clip_sample") or altered.get("thresholding")
    for k, step in enumerate(pack.metadata.steps):
        if step.alpha is None or step.sigma is None:
            yield Problem(path, f"holds latents, and steps[{k}] has no alpha and sigma")
            return
        if not clipped:
            parts = (step.alpha * x0[k], step.sigma * eps[k])
            if _differs(x_t[k], parts, slack):
                yield Problem(path, f"x_t is not alpha·x0 + sigma·eps at step {k}")
        weights = step.coefficients
        if weights is None:
            continue
        previous = x0[k - 1] if k else np.zeros_like(x0[0])
        terms = (weights.x0 * x0[k], weights.eps * eps[k], weights.x0_previous * previous)
        if not weights.noise:
            if _differs(x_t[k + 1], terms, slack):
                yield Problem(path, f"the coefficients do not lead from step {k} to {k + 1}")
            continue
        spread = float((x_t[k + 1] - sum(terms)).std())
        if abs(spread - weights.noise) > 0.3 * weights.noise + 4 * _HALF * slack:
            yield Problem(
                path, f"fresh noise of step {k} has size {spread:.3g} (expected {weights.noise:.3g})"
            )  # fmt: skip

    yield from _check_guidance(pack, x_t, eps, slack)


def _check_guidance(pack: Pack, x_t: F32, eps: F32, slack: float) -> Iterator[Problem]:
    """The noise is what the guided output means: uncond + guidance·(cond - uncond)."""
    data = pack.metadata
    kind = data.scheduler.prediction_type
    if not pack.has("output_cond") or kind not in ("epsilon", "v_prediction", "flow_prediction"):
        return
    output = pack.tensor("output_cond")
    scale = data.guidance_scale if pack.has("output_uncond") else 1.0
    if scale is None:
        yield Problem(pack.path, "holds the output without the prompt, and no guidance_scale")
        return
    if pack.has("output_uncond"):
        without = pack.tensor("output_uncond")
        output = without + scale * (output - without)
    for k, step in enumerate(data.steps):
        guided = output[step.calls[0]]
        assert step.alpha is not None and step.sigma is not None
        meant = {
            "epsilon": guided,
            "v_prediction": step.alpha * guided + step.sigma * x_t[k],
            "flow_prediction": x_t[k] + step.alpha * guided,
        }[kind]
        # guidance multiplies the rounding of both outputs
        if _differs(eps[k], (meant,), 2 * max(scale, 1.0) * slack):
            yield Problem(
                pack.path / "tensors.safetensors", f"eps is not the guided output at step {k}"
            )


def _differs(value: F32, parts: tuple[F32, ...], slack: float = 1.0) -> bool:
    largest = max(1.0, *(float(np.abs(part).max()) for part in parts))
    return float(np.abs(value - sum(parts)).max()) > 4 * _HALF * largest * slack


def _check_attention(pack: Pack) -> Iterator[Problem]:
    entry = pack.metadata.arrays["attention"]
    complete = None in entry.tokens or not any(t.role == "pad" for t in pack.metadata.tokens)
    complete = complete and entry.rest is None  # in joint attention the picture is read, too
    seen = np.zeros(len(entry.tokens), bool)
    for step in range(pack.steps):
        atlas = pack.attention_atlas(step)
        path = pack.path / entry.file.format(step=step)
        for rect in entry.layers:
            rows = np.zeros((rect.height, rect.width))
            for lane in range(len(entry.tokens)):
                x = rect.x + lane % rect.columns * rect.width
                y = rect.y + lane // rect.columns * rect.height
                tile = atlas[y : y + rect.height, x : x + rect.width]
                seen[lane] |= bool(tile.any())
                rows += (tile / 255.0) ** 2
            if not rows.any():
                yield Problem(path, f"map of {rect.id!r} is black: nothing was recorded")
            elif rows.max() > 1 + _ROW_TOLERANCE or (complete and rows.min() < 1 - _ROW_TOLERANCE):
                yield Problem(
                    path, f"rows of {rect.id!r} sum to {rows.min():.3f}..{rows.max():.3f}, not 1"
                )
    for lane in np.flatnonzero(~seen).tolist():
        yield Problem(pack.path, f"lane {lane} of the attention is black in every step and layer")
