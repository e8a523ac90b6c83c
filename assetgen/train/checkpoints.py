"""State that survives `kill -9`, averages of weights, and the milestones that are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from assetgen.errors import DiskFullError

NEARLY_NOTHING = 2**20
"""Free bytes below which a failed write is put down to a full disk."""


def save_atomic(state: Any, file: Path) -> None:
    """Writes a state so that the file is always either the old one or the new one, complete.

    Raises DiskFullError; the old file stays.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as stream:
            torch.save(state, stream)
            stream.flush()
            os.fsync(stream.fileno())
    except (OSError, RuntimeError):  # torch hides the system's error behind one of its own
        free = shutil.disk_usage(file.parent).free
        part.unlink(missing_ok=True)
        if free >= NEARLY_NOTHING:
            raise
        raise DiskFullError(
            f"the disk of {file} is full",
            "free some space and type the same command: it goes on from the state before",
        ) from None
    part.replace(file)


def load_state(file: Path) -> Any:
    """A state written by `save_atomic`, on the CPU."""
    return torch.load(file, map_location="cpu", weights_only=True)


class Ema:
    """An exponential moving average of modules' weights, with a horizon that grows with training.

    Early on the average follows quickly (decay (1+n)/(10+n), as in TensorFlow's
    ExponentialMovingAverage); later `decay` bounds it.
    """

    def __init__(self, modules: Iterable[nn.Module], decay: float) -> None:
        self._live = [p for module in modules for p in module.parameters()]
        self.average = [p.detach().clone().float() for p in self._live]
        self._decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self) -> None:
        self.updates += 1
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        live = [p.detach().float() for p in self._live]
        torch._foreach_lerp_(self.average, live, 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchanges the live weights with the averaged ones; call it again to undo."""
        for live, average in zip(self._live, self.average, strict=True):
            kept = live.detach().clone()
            live.copy_(average)
            average.copy_(kept)

    def __enter__(self) -> Ema:
        self.swap()
        return self

    def __exit__(self, *_: object) -> None:
        self.swap()

    def state_dict(self) -> dict[str, Any]:
        return {"average": self.average, "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.updates = state["updates"]
        for mine, stored in zip(self.average, state["average"], strict=True):
            mine.copy_(stored)


def half(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights as contiguous float16, ready for safetensors; integers stay."""
    return {
        name: tensor.detach().half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in weights.items()
    }


def milestone_due(before: int, after: int, milestones: Iterable[int]) -> int | None:
    """The sample count that was passed between two steps, if it is one to keep."""
    passed = [count for count in milestones if before < count <= after]
    return max(passed, default=None)
