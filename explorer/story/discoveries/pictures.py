"""Events in the decoded pictures, read from the run's pages of thumbnails."""

from __future__ import annotations

import numpy as np

from assetgen.pack import PackError
from explorer.story.discoveries.event import (
    F32,
    Evidence,
    Finding,
    at_step,
    percent,
    series,
    settled_from,
)
from explorer.story.record import Record

CLEAR = 0.9
"""Correlation with the final picture from which one picture counts as the other."""
BLOCK = 4
"""A thumbnail's pixels that one coarse cell takes in, on a side."""
NEAR = 0.25
"""Distance to the end, against the size of what is compared, at which it counts as settled."""


def shapes_first(record: Record) -> Finding | None:
    """Large shapes of the prediction are settled before its fine detail, or the other way round."""
    pages = pictures(record, "predicted")
    if pages is None or len(pages) < 8:
        return None
    coarse, fine = split(pages)
    low, high = _to_end(coarse), _to_end(fine)
    a, b = settled_from(low, NEAR), settled_from(high, NEAR)
    if a is None or b is None or abs(a - b) < 0.05 * len(pages):
        return None
    values = {"shapes": str(a + 1), "detail": str(b + 1)}
    evidence = Evidence(series(high), '.page("predicted")')
    return Finding("shapes_first", a, 2, 0 if a < b else 1, values, "canvas:x0", evidence)


def last_touch(record: Record) -> Finding | None:
    """The last steps change fine detail only: its part of the change against that of the first steps."""
    pages = pictures(record, "predicted")
    if pages is None or len(pages) < 10:
        return None
    coarse, fine = split(pages)
    moved = [np.square(np.diff(part, axis=0)).sum(axis=(1, 2, 3)) for part in (coarse, fine)]
    share = moved[1] / np.maximum(moved[0] + moved[1], 1e-9)
    tenth = max(len(share) // 10, 1)
    first, last = float(share[:tenth].mean()), float(share[-tenth:].mean())
    if last < 1.2 * first:
        return None
    evidence = Evidence((None, *series(share)), '.page("predicted")')
    values = {"first": percent(first), "last": percent(last)}
    return Finding("last_touch", record.steps - 1, 2, 0, values, "canvas:x0", evidence)


def colours_early(record: Record) -> Finding | None:
    """The step from which the prediction has the colours of the final picture, place aside."""
    pages = pictures(record, "predicted")
    if pages is None or len(pages) < 8:
        return None
    end = histogram(pages[-1])
    apart = np.array([1 - np.minimum(histogram(p), end).sum() for p in pages], np.float32)
    at = settled_from(apart, NEAR)
    if at is None or at < 1 or at > 0.6 * len(pages):
        return None
    evidence = Evidence(series(1 - apart), '.page("predicted")')
    return at_step("colours_early", record, at, evidence=evidence, selection="canvas:x0")


def picture_in_noise(record: Record) -> Finding | None:
    """The prediction is like the final picture while what the network is given still looks like noise."""
    clean, noisy = pictures(record, "predicted"), pictures(record, "steps")
    if clean is None or noisy is None:
        return None
    a, b = likeness(clean, clean[-1]), likeness(noisy, clean[-1])
    gap = a - b
    at = int(gap.argmax())
    if a[at] < CLEAR - 0.1 or gap[at] < 0.3:
        return None
    evidence = Evidence(series(b), '.page("steps")')
    return at_step(
        "picture_in_noise", record, at, evidence=evidence, selection="canvas:x_t",
        given=f"{b[at]:.2f}", guess=f"{a[at]:.2f}",
    )  # fmt: skip


def before_half(record: Record) -> Finding | None:
    """The prediction is like the final picture while there is still more noise than picture."""
    clean = pictures(record, "predicted")
    if clean is None:
        return None
    like = likeness(clean, clean[-1])
    seen = settled_from(np.asarray(1 - like, np.float32), 1 - CLEAR)
    turn = next(
        (s.index for s in record.metadata.steps if (s.alpha or 0.0) > (s.sigma or 0.0)), None
    )
    if seen is None or turn is None or seen == turn:
        return None
    values = {"seen": str(seen + 1), "turn": str(turn + 1), "steps": str(record.steps)}
    evidence = Evidence(series(like), '.page("predicted")')
    return Finding("before_half", seen, 2, 0 if seen < turn else 1, values, "canvas:x0", evidence)


def pictures(record: Record, array: str) -> F32 | None:
    """Every step of a decoded array at a quarter of its size, `[S, h, w, 3]` in 0..1; None if not recorded."""
    try:
        if not record.pack.has(array):
            return None
        return np.asarray(record.pack.page(array) / np.float32(255), np.float32)
    except PackError:
        return None


def split(pages: F32) -> tuple[F32, F32]:
    """Large shapes (means of blocks, laid out at full size) and what is left: fine detail."""
    steps, height, width, channels = pages.shape
    h, w = height // BLOCK * BLOCK, width // BLOCK * BLOCK
    blocks = pages[:, :h, :w].reshape(steps, h // BLOCK, BLOCK, w // BLOCK, BLOCK, channels)
    means = blocks.mean(axis=(2, 4))
    coarse = means.repeat(BLOCK, axis=1).repeat(BLOCK, axis=2)
    return coarse, pages[:, :h, :w] - coarse


def likeness(pages: F32, end: F32) -> F32:
    """Correlation of each picture with `end`, over all pixels."""
    flat, goal = pages.reshape(len(pages), -1), end.reshape(-1)
    flat, goal = flat - flat.mean(axis=1, keepdims=True), goal - goal.mean()
    size = np.linalg.norm(flat, axis=1) * np.linalg.norm(goal)
    return np.asarray(flat @ goal / np.maximum(size, 1e-9), np.float32)


def histogram(picture: F32) -> F32:
    """Shares of 4 × 4 × 4 colours of one picture `[h, w, 3]`; they sum to 1."""
    cell = np.minimum((picture * 4).astype(int), 3)
    index = (cell[..., 0] * 4 + cell[..., 1]) * 4 + cell[..., 2]
    counts = np.bincount(index.reshape(-1), minlength=64)
    return np.asarray(counts / max(counts.sum(), 1), np.float32)


def _to_end(part: F32) -> F32:
    """Distance of each step to the last one, against how much the last one varies."""
    end = part[-1]
    size = max(float(np.linalg.norm(end - end.mean(axis=(0, 1)))), 1e-9)
    return np.asarray(np.linalg.norm((part - end).reshape(len(part), -1), axis=1) / size)
