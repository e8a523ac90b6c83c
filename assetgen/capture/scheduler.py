"""Recording each denoising step from `scheduler.step`: x_t, x0, noise and the step's coefficients."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from assetgen.capture.solvers import Solver, solver_for
from assetgen.errors import CaptureError
from assetgen.pack.schema import Coefficients

_TOLERANCE = 2e-3
"""Largest difference, relative to the terms, at which coefficients count as confirmed."""


@dataclass
class StepRecord:
    """One denoising step. Latents are float32 `[1, C, h, w]` in variance-preserving scale.

    `x_t = alpha·x0 + sigma·eps`; `calls` are the numbers of its denoiser calls.
    """

    timestep: float
    alpha: float
    sigma: float
    x_t: Tensor
    x0: Tensor
    eps: Tensor
    next: Tensor
    coefficients: Coefficients | None
    calls: list[int]


def _as_it_is(latents: Tensor) -> Tensor:
    return latents


class SchedulerTap:
    """Wraps `scheduler.step` on the instance; the wrapped call gets and returns what it always did.

    `unpack` brings latents into the shape `[B, C, h, w]` they are kept in. Raises CaptureError for a
    scheduler whose clean estimate is not known, rather than guessing.
    """

    def __init__(self, scheduler: Any, unpack: Callable[[Tensor], Tensor] = _as_it_is) -> None:
        self.solver: Solver = solver_for(scheduler)
        self.timesteps: list[float] = []
        """What the scheduler was told, one a call."""
        self._unpack = unpack
        self.steps: list[StepRecord] = []
        self._scheduler = scheduler
        self._calls = 0
        self._original = scheduler.step
        self._signature = inspect.signature(scheduler.step)

        # Pipelines inspect the signature of `step` to decide what to pass; a wrapper without
        # functools.wraps changes the picture of stochastic schedulers.
        @functools.wraps(self._original)
        def step(*args: Any, **kwargs: Any) -> Any:
            return self._step(*args, **kwargs)

        scheduler.step = step

    def close(self) -> None:
        """Put the original `step` back."""
        self._scheduler.__dict__.pop("step", None)

    def _step(self, *args: Any, **kwargs: Any) -> Any:
        call = self._signature.bind(*args, **kwargs)
        call.apply_defaults()
        given = call.arguments
        sample, output = given["sample"], given["model_output"]
        with torch.no_grad():
            before = self.solver.before(given["timestep"], given)
        out = self._original(*args, **kwargs)
        number = self._calls
        self._calls += 1
        self.timesteps.append(float(given["timestep"]))
        with torch.no_grad():
            following = out[0] if isinstance(out, tuple) else out.prev_sample
            self._keep(number, given, before, sample, output, out, following)
        return out

    def _keep(
        self, number: int, given: Any, before: Any, sample: Tensor, output: Tensor, out: Any,
        following: Tensor,
    ) -> None:  # fmt: skip
        if not before.first:
            record = self.steps[-1]
            record.calls.append(number)
            record.next = self._latent(following) / before.scale_next
            record.coefficients = None
            return
        x_t = self._latent(sample) / before.scale
        x0 = self._latent(self.solver.x0(before, sample, output, out))
        said = self._latent(output)
        eps = _noise(self.solver.prediction, before.alpha, before.sigma, x_t, x0, said)
        record = StepRecord(
            timestep=float(given["timestep"]),
            alpha=before.alpha,
            sigma=before.sigma,
            x_t=x_t,
            x0=x0,
            eps=eps,
            next=self._latent(following) / before.scale_next,
            coefficients=None,
            calls=[number],
        )
        previous = self.steps[-1].x0 if self.steps else None
        # half precision rounds what the formula adds up
        slack = _TOLERANCE + 8 * max(torch.finfo(following.dtype).eps - 1e-6, 0.0)
        candidates = self.solver.coefficients(before)
        record.coefficients = confirm(candidates, record, previous, slack)
        if record.coefficients is None and self.solver.linear:
            raise CaptureError(
                f"{self.solver.name}: step {len(self.steps)} does not follow its own formula; "
                "choose another scheduler"
            )
        self.steps.append(record)

    def _latent(self, value: Tensor) -> Tensor:
        return self._unpack(value.detach()).float().cpu()


def confirm(
    candidates: list[Coefficients],
    record: StepRecord,
    previous: Tensor | None,
    tolerance: float = _TOLERANCE,
) -> Coefficients | None:
    """The first of `candidates` that really leads from this step to the next; None if none does."""
    for c in candidates:
        parts = [c.x0 * record.x0, c.eps * record.eps]
        if c.x0_previous:
            if previous is None:
                continue
            parts.append(c.x0_previous * previous)
        rest = record.next - sum(parts)
        largest = max(1.0, *(float(part.abs().max()) for part in parts))
        if c.noise:
            # What is left must be fresh noise of the promised size.
            if abs(float(rest.std()) - c.noise) < 0.25 * c.noise + tolerance:
                return c
        elif float(rest.abs().max()) < tolerance * largest:
            return c
    return None


def _noise(
    prediction: str, alpha: float, sigma: float, x_t: Tensor, x0: Tensor, output: Tensor
) -> Tensor:
    """The noise that the guided output means; the output itself where it is that prediction."""
    if prediction == "epsilon":
        return output
    if prediction == "v_prediction":
        return alpha * output + sigma * x_t
    if prediction == "flow_prediction":
        return x_t + alpha * output
    return (x_t - alpha * x0) / max(sigma, 1e-8)
