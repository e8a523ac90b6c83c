"""Magnitudes, relative updates, a few feature maps and the time of every unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from assetgen.capture.provenance import tensors

LARGEST_TILE = 32
"""Feature maps are average-pooled to at most this many pixels a side."""


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

    `row` picks the recorded row of the batch (the conditional one). `calls[unit]` holds one
    `UnitCall` per denoiser call.
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
        update = float("nan")
        if source.shape == out.shape:
            base = source[row].float()
            update = float((value - base).norm() / base.norm().clamp(min=1e-12))
        if id not in self.channels:
            self.channels[id] = _strided(value.shape[0], self.tiles)
        planes = value[list(self.channels[id])]
        size = (min(LARGEST_TILE, planes.shape[1]), min(LARGEST_TILE, planes.shape[2]))
        if size != tuple(planes.shape[1:]):
            planes = adaptive_avg_pool2d(planes, size)
        rms = float(value.square().mean().sqrt())
        return UnitCall(rms, update, planes.cpu(), seconds)


def _strided(channels: int, count: int) -> tuple[int, ...]:
    """`count` evenly spaced channels, always the same ones: chosen blindly, not for their looks."""
    stride = max(1, channels // count)
    return tuple(range(0, channels, stride))[:count]
