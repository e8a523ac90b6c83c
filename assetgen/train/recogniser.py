"""Trains the two recognisers (`assetgen.models.recogniser`) and measures how far they can be trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from assetgen.models.recogniser import Recogniser
from assetgen.train.estimates import Estimates, labels_of
from assetgen.train.scenes import Composer
from assetgen.train.sheets import save_captioned
from assetgen.train.vae import scene_pool, to_tensor

SHIFT = 6
"""Pixels by which a training picture is moved at most."""
HELD = 300
"""Held-out scenes a contact sheet looks at."""


class RecogniserTask:
    """Binary cross-entropy over all words; true scenes alone or half of them estimates."""

    def __init__(
        self,
        config: Mapping[str, Any],
        composer: Composer,
        work: Path,
        estimates: Estimates | None = None,
    ) -> None:
        self._spec = config["recogniser"]
        self.name = "recogniser" if estimates else "judge"
        self._rng = np.random.default_rng()
        self._composer, self._estimates = composer, estimates
        self._pools = [scene_pool(composer, config["vae"]["pool"], work / "pool.npy")]
        apart = range(self._spec["apart"], self._spec["apart"] + self._spec["pool_apart"])
        self._pools.append(scene_pool(composer, apart, work / "pool_apart.npy", held_out=True))
        self._labels = [
            labels_of(composer, range(len(self._pools[0])), held_out=False),
            labels_of(composer, apart, held_out=True),
        ]
        self.network = Recogniser(composer.grammar.flat_words, self._spec["channels"])
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), self._spec["rate"], weight_decay=self._spec["decay"]
        )
        self._warm = 0
        self.samples = 0

    def step(self, progress: float) -> float:
        pictures, labels = self._batch()
        self._warm += 1
        rate = min(1.0, self._warm / 50) * (0.01 + 0.99 * math.cos(progress * math.pi / 2) ** 2)
        self._optimiser.param_groups[0]["lr"] = self._spec["rate"] * rate
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.network(pictures)
        loss = F.binary_cross_entropy_with_logits(logits.float(), labels)
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        self.samples += len(pictures)
        return loss.item()

    def sheet(self, file: Path) -> None:
        """The held-out scenes on which it errs most, with the words it gets wrong."""
        truth = [self._composer.picture(i, held_out=True).pixels for i in range(HELD)]
        labels = labels_of(self._composer, range(HELD), held_out=True).numpy()
        error = np.abs(self.network.probabilities(truth) - labels)
        worst = np.argsort(-error.max(axis=1))[:15]
        words = self.network.words
        captions = [
            ", ".join(f"{words[w]} {error[i, w]:.2f}" for w in np.argsort(-error[i])[:2])
            for i in worst
        ]
        save_captioned([truth[i] for i in worst], captions, file)

    def state_dict(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "warm": self._warm,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._warm = state["warm"]

    def _batch(self) -> tuple[Tensor, Tensor]:
        count = self._spec["batch"] // (2 if self._estimates else 1)
        parts = []
        for pool, known in zip(self._pools, self._labels, strict=True):
            picks = np.sort(self._rng.integers(len(pool), size=count // 2))
            parts.append((to_tensor(pool[picks]), known[picks]))
        pictures = self._soften(torch.cat([part for part, _ in parts]))
        labels = torch.cat([part for _, part in parts])
        if self._estimates:
            own = torch.from_numpy(self._rng.integers(len(self._estimates.labels), size=count))
            guesses = to_tensor(self._estimates.pixels[own].numpy())
            pictures = torch.cat([pictures, guesses])
            labels = torch.cat([labels, self._estimates.labels[own]])
        return self._vary(pictures), labels

    def _soften(self, pictures: Tensor) -> Tensor:
        """Half of a true batch or so loses its finest detail, as through the autoencoder."""
        if self._rng.random() >= self._spec["soften"]:
            return pictures
        size = pictures.shape[-1]
        small = int(size / self._rng.uniform(1, 2.5))
        lower = F.interpolate(pictures, size=small, mode="bilinear", antialias=True)
        return F.interpolate(lower, size=size, mode="bilinear")

    def _vary(self, pictures: Tensor) -> Tensor:
        """Flipped, moved, a little lighter or darker, a little grainy: no label changes."""
        flips = torch.from_numpy(self._rng.random(len(pictures)) < 0.5)
        pictures = torch.where(flips[:, None, None, None], pictures.flip(-1), pictures)
        size = pictures.shape[-1]
        wide = F.pad(pictures, (SHIFT,) * 4, mode="replicate")
        y, x = self._rng.integers(2 * SHIFT + 1, size=2)
        moved = wide[..., y : y + size, x : x + size]
        gain = torch.from_numpy(self._rng.uniform(0.9, 1.1, (len(pictures), 1, 1, 1))).float()
        return moved * gain + self._rng.uniform(0, 0.05) * torch.randn_like(moved)


def temperature_of(logits: Tensor, labels: Tensor) -> float:
    """The one divisor of all logits that makes held-out labels most likely (Guo et al. 2017)."""
    scale = torch.zeros((), requires_grad=True)
    optimiser = torch.optim.LBFGS([scale], max_iter=50)

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = F.binary_cross_entropy_with_logits(logits / scale.exp(), labels)
        loss.backward()
        return loss

    optimiser.step(closure)
    return float(scale.detach().exp())


def calibration_error(probability: np.ndarray, label: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: |mean probability − share that is true|, averaged over equal bins."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    total = 0.0
    for number in range(bins):
        inside = place == number
        if inside.any():
            total += abs(probability[inside].mean() - label[inside].mean()) * inside.sum()
    return float(total / probability.size)


def calibration(network: Recogniser, held: Estimates, snr: np.ndarray) -> dict[str, Any]:
    """Sets the network's temperature on every other held-out estimate, measures on the rest.

    `snr` is the signal-to-noise ratio of every level. Most pairs of picture and word are plainly
    absent and easily right, so the error is given also for the words in doubt (0.05 < p < 0.95).
    """
    pictures = list(held.pixels.numpy())
    network.temperature = 1.0
    raw = network.probabilities(pictures).clip(1e-9, 1 - 1e-9)
    logits = np.log(raw / (1 - raw))
    fit, rest = slice(0, None, 2), slice(1, None, 2)
    labels = held.labels.numpy()
    network.temperature = temperature_of(torch.from_numpy(logits[fit]).float(), held.labels[fit])
    p, truth, ratio = (
        1 / (1 + np.exp(-logits[rest] / network.temperature)),
        labels[rest],
        snr[held.levels.numpy()][rest],
    )
    doubt = (p > 0.05) & (p < 0.95)
    bands = []
    for low, high in ((0, 0.03), (0.03, 0.3), (0.3, 3), (3, math.inf)):
        own = (ratio >= low) & (ratio < high)
        if own.any():
            seen = p[own] >= 0.8
            bands.append(
                {
                    "snr": [low, high if high < math.inf else None],
                    "pictures": int(own.sum()),
                    "ece": round(calibration_error(p[own], truth[own]), 5),
                    "recall_at_0.8": round(float(seen[truth[own] > 0].mean()), 4),
                    "false_at_0.8": round(float(seen[truth[own] == 0].mean()), 5),
                }
            )
    return {
        "pictures": len(truth),
        "pairs": int(truth.size),
        "ece_before": round(calibration_error(raw[rest], truth), 5),
        "ece": round(calibration_error(p, truth), 5),
        "ece_in_doubt": round(calibration_error(p[doubt], truth[doubt]), 5)
        if doubt.any()
        else None,
        "in_doubt": int(doubt.sum()),
        "bands": bands,
    }
