"""Magnitudes, relative updates, a few feature maps and the time of every unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import log2, sqrt
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.linalg import vector_norm
from torch.nn.functional import adaptive_avg_pool2d

from assetgen.capture.provenance import tensors

LARGEST_TILE = 32
"""Feature maps are average-pooled to at most this many pixels a side."""


def tiles_of(tiles: int, height: int) -> int:
    """How many channels of a unit are kept: `tiles` where its maps are 16 high, more where they are smaller."""
    return round(tiles * 1.5 ** log2(16 / min(max(height, 1), LARGEST_TILE))) if tiles else 0


@dataclass
class UnitCall:
    """What one unit did in one call. `features` is `[n, h, w]` on the CPU, float32."""

    rms: float
    update: float
    features: Tensor
    seconds: float


@dataclass
class ActivationTap:
    """Watches the units of a denoiser through forward hooks; the forward pass is not touched.

    Evenly spaced channels of each unit are kept (`tiles_of`), chosen blindly, not for their looks. `row`
    picks the recorded row of the batch (the conditional one). `calls[unit]` holds one `UnitCall` per
    denoiser call.
    """

    row: Callable[[int], int]
    tiles: int
    calls: dict[str, list[UnitCall]] = field(default_factory=dict)
    channels: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _handles: list[Any] = field(default_factory=list)

    def attach(self, units: Mapping[str, nn.Module]) -> None:
        """Start watching `units` (id -> module)."""
        for id, module in units.items():
            self.calls[id] = []
            self._watch(id, module)

    def close(self) -> None:
        """Stop watching."""
        for handle in self._handles:
            handle.remove()

    def _watch(self, id: str, module: nn.Module) -> None:
        entered: list[tuple[Tensor, float]] = []

        def before(_: nn.Module, args: Any, kwargs: Any) -> None:
            entered.append((next(tensors((args, kwargs))), perf_counter()))

        def after(_: nn.Module, __: Any, output: Any) -> None:
            now = perf_counter()
            source, started = entered.pop()
            out = next(tensors(output))
            self.calls[id].append(self._measure(id, source, out, now - started))

        self._handles += [
            module.register_forward_pre_hook(before, with_kwargs=True),
            module.register_forward_hook(after),
        ]

    @torch.no_grad()
    def _measure(self, id: str, source: Tensor, out: Tensor, seconds: float) -> UnitCall:
        row = self.row(out.shape[0])
        value = out[row].float()
        size = vector_norm(value)
        update = float("nan")
        if source.shape == out.shape:
            base = source[row].float()
            update = float(vector_norm(value - base) / vector_norm(base).clamp(min=1e-12))
        count = tiles_of(self.tiles, value.shape[1])
        stride = max(1, value.shape[0] // count)
        planes = value[: stride * count : stride]
        self.channels[id] = tuple(range(0, stride * len(planes), stride))
        tile = (min(LARGEST_TILE, planes.shape[1]), min(LARGEST_TILE, planes.shape[2]))
        planes = planes.clone() if tile == planes.shape[1:] else adaptive_avg_pool2d(planes, tile)
        return UnitCall(float(size) / sqrt(value.numel()), update, planes.cpu(), seconds)
