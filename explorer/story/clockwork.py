"""The timestep as the rooms are told it: one number, turned into waves of many lengths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Pack
from explorer.story.record import Record

F32 = NDArray[np.float32]
LONGEST = 10_000.0
"""Wave lengths run from 2π to 2π · this, in timesteps (Vaswani et al. 2017, as in diffusers)."""


class Waves(msgspec.Struct, frozen=True):
    """How a model writes its timestep."""

    width: int
    cosine_first: bool
    shift: float

    def of(self, timesteps: NDArray[np.float64]) -> F32:
        """`[S]` timesteps → `[S, width]`: half of it sines, half cosines."""
        half = self.width // 2
        exponent = -np.log(LONGEST) * np.arange(half) / (half - self.shift)
        angles = np.asarray(timesteps, np.float64)[:, None] * np.exp(exponent)
        parts = [np.sin(angles), np.cos(angles)]
        return np.concatenate(parts[::-1] if self.cosine_first else parts, 1).astype(np.float32)


def waves_of(record: Record) -> Waves | None:
    """From the model's configuration beside the runs; None where that is not there or of another kind."""
    config = _config(record.pack.path)
    widths = config.get("block_out_channels")
    if not widths or config.get("time_embedding_type", "positional") != "positional":
        return None
    first = widths[0] if isinstance(widths, list) else widths
    return Waves(
        int(first), bool(config.get("flip_sin_to_cos", True)), float(config.get("freq_shift", 0))
    )


def embedding(record: Record) -> F32 | None:
    """`[S, width]` of this run's timesteps."""
    waves = waves_of(record)
    if waves is None:
        return None
    return waves.of(np.array([s.timestep for s in record.metadata.steps], np.float64))


def embedding_of(pack: Pack) -> F32 | None:
    """`embedding` of an opened pack."""
    return embedding(Record(pack, pack.architecture))


def _config(run: Path) -> dict[str, Any]:
    """`assets/models/<model>/unet/config.json` for a run in `assets/runs/<model>/`; empty if it is not there."""
    for folder in run.parents:
        if folder.name == "runs":
            file = folder.parent / "models" / run.relative_to(folder).parts[0] / "unet/config.json"
            try:
                found = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                return {}
            return found if isinstance(found, dict) else {}
    return {}
