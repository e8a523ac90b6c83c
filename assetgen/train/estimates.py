"""Partly denoised scenes for the recogniser: true scenes, noised to any level, guessed in one step.

What is in such a picture is known exactly, because the scene is. Shards are complete or absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from assetgen.train.checkpoints import load_state, save_atomic
from assetgen.train.guesses import Guesser
from assetgen.train.scenes import Composer

SHARD = 200
"""Estimates a shard."""
BATCH = 20
GUIDANCE = 4.0


@dataclass(frozen=True)
class Estimates:
    """Decoded estimates uint8 [n, h, w, RGB], what is in them [n, words], their noise levels [n]."""

    pixels: Tensor
    labels: Tensor
    levels: Tensor
    guided: Tensor


def labels_of(composer: Composer, numbers: range, held_out: bool) -> Tensor:
    """1 for every word that is in scene `number`, said or unsaid: float32 [n, words]."""
    words = composer.grammar.flat_words
    rows = []
    for number in numbers:
        shown = set(composer.scene(number, held_out=held_out).words)
        rows.append([float(word in shown) for word in words])
    return torch.tensor(rows)


def load_estimates(
    spec: Mapping[str, Any], composer: Composer, guesser: Guesser, folder: Path, *, training: bool
) -> Estimates:
    """The estimates that the configuration asks for; makes the shards that do not exist yet."""
    parts = {"held": (range(spec["estimates_held"]), True)}
    if training:
        apart = range(spec["apart"], spec["apart"] + spec["estimates_apart"])
        parts = {"train": (range(spec["estimates"]), False), "apart": (apart, True)}
    files: dict[Path, tuple[range, bool]] = {}
    for name, (numbers, held_out) in parts.items():
        for shard, start in enumerate(range(0, len(numbers), SHARD)):
            files[folder / f"{name}_{shard:03d}.pt"] = (numbers[start : start + SHARD], held_out)
    for file, wanted in tqdm(files.items(), desc="estimates", unit="shard"):
        if not file.exists():
            save_atomic(_make(spec, composer, guesser, *wanted), file)
    shards = [load_state(file) for file in files]
    return Estimates(*(torch.cat([s[key] for s in shards]) for key in Estimates.__annotations__))


def _make(
    spec: Mapping[str, Any], composer: Composer, guesser: Guesser, numbers: range, held_out: bool
) -> dict[str, Tensor]:
    random = np.random.default_rng([int(held_out), numbers.start])
    maker = torch.Generator().manual_seed(2 * numbers.start + held_out)
    pixels, levels, guided = [], [], []
    for start in range(numbers.start, numbers.stop, BATCH):
        some = range(start, min(start + BATCH, numbers.stop))
        pictures = [composer.picture(number, held_out=held_out) for number in some]
        clean = guesser.encode([picture.pixels for picture in pictures])
        noise = torch.randn(clean.shape, generator=maker)
        level = torch.from_numpy(random.integers(guesser.levels, size=len(some)))
        noisy = guesser.noised(clean, level, noise)
        # One way of guessing a batch: with guidance as in a run, with the prompt, or without it.
        is_guided = bool(random.random() < spec["guided"])
        prompted = is_guided or random.random() < 0.5
        captions = [picture.caption if prompted else "" for picture in pictures]
        guess = guesser.clean(noisy, level, captions, GUIDANCE if is_guided else 1.0)
        pixels.append(torch.from_numpy(np.stack(guesser.decode(guess))))
        levels.append(level)
        guided.append(torch.full((len(some),), is_guided))
    return {
        "pixels": torch.cat(pixels),
        "labels": labels_of(composer, numbers, held_out),
        "levels": torch.cat(levels),
        "guided": torch.cat(guided),
    }
