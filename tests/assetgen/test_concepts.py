"""Settling on made-up maps whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from assetgen.capture.concepts import concepts, first_held, settle
from assetgen.pack.images import F32, U8, compand
from assetgen.pack.schema import Word
from assetgen.pack.words import word_maps

STEPS, ARRIVES = 20, 8


def blob(cx: float, cy: float, height: float = 0.5) -> F32:
    y, x = np.mgrid[0:16, 0:16] + 0.5
    return np.asarray(
        0.01 + height * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8), dtype=np.float32
    )


def moving_maps() -> F32:
    """Word 0 arrives at its place at step 8; word 1 is everywhere alike."""
    maps = np.zeros((STEPS, 2, 16, 16), np.float32)
    for k in range(STEPS):
        maps[k, 0] = blob(4, 4) if k >= ARRIVES else blob(12, 12)
        maps[k, 1] = 0.05
    return maps


def pictures(rng: np.random.Generator) -> list[U8]:
    final = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
    noise = rng.integers(0, 255, (STEPS, 32, 32, 3), dtype=np.uint8)
    return [final if k >= ARRIVES else noise[k] for k in range(STEPS)]


def test_a_word_settles_when_it_arrives() -> None:
    word, flat = settle(moving_maps(), pictures(np.random.default_rng(0)))
    assert word.step == ARRIVES
    assert word.localisation[-1] == 1 and word.localisation[0] < 0.2
    assert word.agreement[-1] == pytest.approx(1)
    assert flat.step is None  # a flat map agrees with itself and says nothing


def test_confidence_must_hold_for_three_steps() -> None:
    values = np.array([0.9, 0.9, 0.1, 0.8, 0.8, 0.8, 0.1, 0.9])
    assert first_held(values) == 3
    assert first_held(np.full(7, 1.0)) is None  # too short to resolve
    assert first_held(np.full(8, 0.7)) is None


def test_word_maps_average_tokens_and_layers() -> None:
    a = np.stack([blob(4, 4)] * STEPS)
    b = np.stack([blob(12, 12)] * STEPS)
    attention = {
        "large": compand(np.stack([a, a, b], axis=1)),
        "tiny": np.zeros((STEPS, 3, 4, 4), np.uint8),  # under 8 pixels: left out
    }
    words = (Word(0, "fox", (1, 2), (0, 3)),)
    maps = word_maps(attention, (0, 1, 2), words, (16, 16))
    assert maps.shape == (STEPS, 1, 16, 16)
    assert np.allclose(maps[0, 0], (a[0] + b[0]) / 2, atol=0.01)


def test_function_words_are_the_controls() -> None:
    words = (Word(0, "a", (1,), (0, 1)), Word(1, "fox", (2,), (2, 5)))
    found, controls = concepts(words, moving_maps(), pictures(np.random.default_rng(0)))
    assert [c.text for c in found] == ["fox"] and [c.text for c in controls] == ["a"]
