"""Magnitudes, relative updates, a few feature maps and the time of every unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.linalg import vector_norm
from torch.nn.functional import adaptive_avg_pool2d

from assetgen.capture.passes import Passes
from assetgen.capture.streams import Grid, as_image, picture_in, picture_out
from assetgen.profiles import FeaturePlan


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

    Evenly spaced channels of each unit are kept (`plan`), chosen blindly, not for their looks.
    Only the prompts' rows of the batch are looked at. `calls[unit]` holds, per denoiser call, one
    `UnitCall` for each picture. `grid` says how the patches of a transformer lie.
    """

    passes: Passes
    plan: FeaturePlan
    grid: Callable[[], Grid | None]
    calls: dict[str, list[list[UnitCall]]] = field(default_factory=dict)
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
            entered.append((picture_in(args, kwargs), perf_counter()))

        def after(_: nn.Module, __: Any, output: Any) -> None:
            now = perf_counter()
            source, started = entered.pop()
            if self.passes.unconditional:
                return
            out, seconds = picture_out(output, source), now - started
            grid = self.grid()
            out, source = as_image(out, grid), as_image(source, grid)
            rows = range(*self.passes.rows(out.shape[0]).indices(out.shape[0]))
            self.calls[id].append([self._measure(id, source, out, row, seconds) for row in rows])

        self._handles += [
            module.register_forward_pre_hook(before, with_kwargs=True),
            module.register_forward_hook(after),
        ]

    def _measure(self, id: str, source: Tensor, out: Tensor, row: int, seconds: float) -> UnitCall:
        value = out[row].detach().float()
        size = vector_norm(value)
        update = float("nan")
        if source.shape == out.shape:
            base = source[row].detach().float()
            update = float(vector_norm(value - base) / vector_norm(base).clamp(min=1e-12))
        count = min(self.plan.counts.get(id, 0), value.shape[0]) if value.ndim == 3 else 0
        if not count:
            return UnitCall(float(size) / sqrt(value.numel()), update, torch.empty(0), seconds)
        stride = max(1, value.shape[0] // count)
        planes = value[: stride * count : stride]
        self.channels[id] = tuple(range(0, stride * len(planes), stride))
        side = self.plan.side
        tile = (min(side, planes.shape[1]), min(side, planes.shape[2]))
        planes = planes.clone() if tile == planes.shape[1:] else adaptive_avg_pool2d(planes, tile)
        return UnitCall(float(size) / sqrt(value.numel()), update, planes.cpu(), seconds)
