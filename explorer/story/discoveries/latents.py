"""Events in the latents: where the prediction moves, how straight the road is, what guidance adds."""

from __future__ import annotations

import numpy as np

from explorer.story.discoveries.event import (
    F32,
    Evidence,
    Finding,
    at_step,
    percent,
    series,
)
from explorer.story.record import Record


def biggest_leap(record: Record) -> Finding | None:
    """The step at which the predicted clean latent moves farthest, if it stands out."""
    moved = _moved(record)
    if moved is None or len(moved) < 4:
        return None
    at = int(moved.argmax())
    if moved[at] < 2 * np.median(moved) or moved[at] <= 0:
        return None
    share = float(moved[at] / moved.sum())
    python = '.tensor("x0")'
    evidence = Evidence((None, *series(moved / moved.sum())), python)
    return at_step(
        "biggest_leap", record, at + 1, evidence=evidence, selection="canvas:x0",
        share=percent(share), even=percent(1 / len(moved)),
    )  # fmt: skip


def half_way(record: Record) -> Finding | None:
    """By which step half of all the movement of the prediction is done, if that is before half of the run."""
    moved = _moved(record)
    if moved is None or len(moved) < 4 or moved.sum() <= 0:
        return None
    done = np.cumsum(moved) / moved.sum()
    at = int(np.argmax(done >= 0.5)) + 1
    if at >= 0.4 * record.steps:
        return None
    evidence = Evidence((0.0, *series(done)), '.tensor("x0")')
    return at_step("half_way", record, at, evidence=evidence, selection="canvas:x0")


def straight_road(record: Record) -> Finding | None:
    """How much longer the way of x_t is than the straight line from the first noise to the end."""
    x_t = record.tensor("x_t")
    if x_t is None or len(x_t) < 4:
        return None
    flat = x_t.reshape(len(x_t), -1)
    line = float(np.linalg.norm(flat[-1] - flat[0]))
    length = float(np.linalg.norm(np.diff(flat, axis=0), axis=1).sum())
    if line <= 0 or length > 2.0 * line:
        return None
    left = np.linalg.norm(flat - flat[-1], axis=1)[: record.steps] / line
    longer = length / line - 1
    right = 0 if longer < 0.25 else 1
    values = {"longer": percent(longer), "steps": str(record.steps)}
    evidence = Evidence(series(left), '.tensor("x_t")')
    return Finding("straight_road", record.steps - 1, 3, right, values, "canvas:x_t", evidence)


def sharpest_turn(record: Record) -> Finding | None:
    """The step at which the movement of the prediction changes its direction most."""
    x0 = record.tensor("x0")
    if x0 is None or len(x0) < 5:
        return None
    steps = np.diff(x0.reshape(len(x0), -1), axis=0)
    size = np.maximum(np.linalg.norm(steps, axis=1), 1e-12)
    cosine = np.clip((steps[1:] * steps[:-1]).sum(axis=1) / (size[1:] * size[:-1]), -1, 1)
    at = int(cosine.argmin())
    angle = np.degrees(np.arccos(cosine))
    if angle[at] < 60 or angle[at] < 1.15 * np.median(angle):
        return None
    evidence = Evidence((None, None, *series(angle / 180)), '.tensor("x0")')
    return at_step(
        "sharpest_turn", record, at + 2, evidence=evidence, selection="canvas:x0",
        angle=f"{angle[at]:.0f}", usual=f"{np.median(angle):.0f}",
    )  # fmt: skip


def first_noise(record: Record) -> Finding | None:
    """Whether the noise that is taken away at the end is still like the noise of the start."""
    alike = _noise_likeness(record)
    if alike is None:
        return None
    last = float(alike[-1])
    if 0.2 <= abs(last) < 0.5:
        return None
    right = 0 if last >= 0.5 else 1
    evidence = Evidence(series(alike), '.tensor("eps")')
    values = {"alike": f"{last:.2f}", "steps": str(record.steps)}
    return Finding("first_noise", record.steps - 1, 3, right, values, "canvas:noise", evidence)


def guidance_peak(record: Record) -> Finding | None:
    """The step at which the words pull the answer farthest from the answer without words."""
    gap = _guidance(record)
    if gap is None or len(gap) < 4:
        return None
    at = int(gap.argmax())
    if gap[at] < 1.3 * np.median(gap):
        return None
    evidence = Evidence(series(gap), '.tensor("output_cond")')
    return at_step(
        "guidance_peak", record, at, evidence=evidence, selection="canvas:noise",
        share=percent(float(gap[at])),
    )  # fmt: skip


def guidance_fades(record: Record) -> Finding | None:
    """Whether the pull of the words is smaller at the end than at its strongest."""
    gap = _guidance(record)
    if gap is None or len(gap) < 4:
        return None
    ratio = float(gap[-1] / max(float(gap.max()), 1e-12))
    if 0.6 < ratio < 0.95:
        return None
    right = 0 if ratio <= 0.6 else 1
    evidence = Evidence(series(gap), '.tensor("output_cond")')
    values = {"share": percent(ratio), "peak": str(int(gap.argmax()) + 1)}
    return Finding("guidance_fades", record.steps - 1, 2, right, values, "canvas:noise", evidence)


def _moved(record: Record) -> F32 | None:
    """‖x0ₖ − x0ₖ₋₁‖ from the second step on."""
    x0 = record.tensor("x0")
    if x0 is None:
        return None
    return np.asarray(np.linalg.norm(np.diff(x0.reshape(len(x0), -1), axis=0), axis=1), np.float32)


def _guidance(record: Record) -> F32 | None:
    """‖with words − without‖ ÷ ‖with words‖ at every step; None without guidance."""
    cond, without = record.tensor("output_cond"), record.tensor("output_uncond")
    if cond is None or without is None or cond.shape != without.shape:
        return None
    first = [step.calls[0] for step in record.metadata.steps if step.calls]
    if len(first) != record.steps:
        return None
    a, b = cond[first].reshape(len(first), -1), without[first].reshape(len(first), -1)
    size = np.maximum(np.linalg.norm(a, axis=1), 1e-12)
    return np.asarray(np.linalg.norm(a - b, axis=1) / size, np.float32)


def _noise_likeness(record: Record) -> F32 | None:
    """Correlation of the predicted noise with the noise that the run began with."""
    eps, x_t = record.tensor("eps"), record.tensor("x_t")
    if eps is None or x_t is None or len(eps) < 4:
        return None
    start = x_t[0].reshape(-1) - x_t[0].mean()
    flat = eps.reshape(len(eps), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    size = np.linalg.norm(flat, axis=1) * np.linalg.norm(start)
    return np.asarray(flat @ start / np.maximum(size, 1e-12), np.float32)
