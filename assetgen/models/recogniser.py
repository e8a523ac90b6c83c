"""The recogniser: a small network that says which words of the vocabulary a picture shows.

Two sets of weights share this shape and lie in `recogniser/` beside a pipeline: `judge`, trained on
true scenes only, grades what the model paints; `recogniser`, trained on partly denoised scenes too
and calibrated, follows a run. `config.json` names the words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from assetgen.errors import InputError
from assetgen.pack.images import U8

FOLDER = "recogniser"
"""Below the pipeline's folder."""
ROLES = ("judge", "recogniser")
_BATCH = 32


class Recogniser(nn.Module):
    """Pictures [n, RGB, size, size] in -1..1 to one logit a word [n, words]."""

    def __init__(self, words: Sequence[str], channels: Sequence[int], temperature: float = 1.0):
        super().__init__()
        self.words = tuple(words)
        self.temperature = temperature
        layers = _convolution(3, channels[0], side=8, stride=4)
        for width, following in zip(channels, (*channels[1:], None), strict=True):
            layers += _convolution(width, width) + _convolution(width, width)
            if following:
                layers += _convolution(width, following, stride=2)
        self.body = nn.Sequential(*layers)
        # The mean knows how much of the picture looks so (grounds, skies), the maximum knows
        # whether any place does (drawings).
        self.head = nn.Linear(2 * channels[-1], len(words))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of the words of pictures `[B, 3, H, W]` in -1..1."""
        found: Tensor = self.body(pictures.contiguous(memory_format=torch.channels_last))
        pooled = torch.cat([found.mean(dim=(2, 3)), found.amax(dim=(2, 3))], dim=1)
        logits: Tensor = self.head(pooled.float())
        return logits

    @torch.no_grad()
    def probabilities(self, pictures: Sequence[U8]) -> NDArray[np.float64]:
        """Calibrated probability of each word [n, words] for pictures uint8 [H, W, RGB]."""
        self.eval()
        rows = []
        for start in range(0, len(pictures), _BATCH):
            pixels = torch.from_numpy(np.stack(pictures[start : start + _BATCH]))
            logits = self(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1)
            rows.append(torch.sigmoid(logits.double() / self.temperature).numpy())
        return np.concatenate(rows)


def _convolution(inputs: int, outputs: int, side: int = 3, stride: int = 1) -> list[nn.Module]:
    padding = (side - stride) // 2 if stride > 2 else side // 2
    return [
        nn.Conv2d(inputs, outputs, side, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def has_recogniser(model: Path) -> bool:
    """True if the pipeline folder `model` ships a recogniser."""
    return (model / FOLDER / "config.json").is_file()


def read_config(model: Path) -> dict[str, Any]:
    """The recogniser's config.json: words by kind, channels, temperatures, calibration. Raises InputError."""
    path = model / FOLDER / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        config["words"], config["channels"], config["temperature"]
    except FileNotFoundError:
        raise InputError(
            f"{model} has no recogniser: {path} is missing", "`assetgen train --stage recogniser`"
        ) from None
    except (ValueError, KeyError) as error:
        raise InputError(
            f"{path} is damaged: {error}", "train or copy the recogniser again"
        ) from None
    return config


def load_recogniser(model: Path, role: str) -> Recogniser:
    """The network of `role` (one of `ROLES`) beside the pipeline; InputError if it cannot be read."""
    config = read_config(model)
    words = [word for kind in config["words"].values() for word in kind]
    network = Recogniser(words, config["channels"], config["temperature"][role])
    path = model / FOLDER / f"{role}.safetensors"
    try:
        network.load_state_dict({name: w.float() for name, w in load_file(path).items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        line = " ".join(str(error).split())[:200]
        raise InputError(f"{path} cannot be loaded: {line}", "train or copy it again") from None
    return network.eval()


def save_recogniser(
    networks: Mapping[str, Recogniser], config: Mapping[str, Any], folder: Path
) -> None:
    """Writes the networks in half precision and their `config.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for role, network in networks.items():
        weights = {
            name: w.detach().half().contiguous() if w.is_floating_point() else w
            for name, w in network.state_dict().items()
        }
        file = folder / f"{role}.safetensors"
        save_file(weights, file, metadata={"format": "pt"})
        file.chmod(0o644)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
