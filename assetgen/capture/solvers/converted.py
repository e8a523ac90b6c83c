"""Solvers that keep converted outputs: DPM-Solver++, UniPC."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import Any

from torch import Tensor

from assetgen.capture.solvers.base import Before, Solver, as_tensor
from assetgen.errors import CaptureError
from assetgen.pack.schema import Coefficients


class _Converted(Solver):
    """Solvers that convert the output to x0 and keep it in `model_outputs`."""

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        index = self._index(timestep)
        alpha, sigma = self._alpha_sigma(index)
        return Before(index, 0, alpha, sigma)

    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        """What the scheduler made of the output and keeps; CaptureError if it kept nothing."""
        estimate = self.scheduler.model_outputs[-1]
        if estimate is None:
            raise CaptureError(f"{self.name} kept no clean estimate")
        return as_tensor(estimate)

    def _alpha_sigma(self, index: int) -> tuple[float, float]:
        alpha, sigma = self.scheduler._sigma_to_alpha_sigma_t(self.scheduler.sigmas[index])
        return float(alpha), float(sigma)


class DPMSolver(_Converted):
    """DPM-Solver++ (Lu et al. 2022), first and second order, midpoint or heun."""

    def __init__(self, scheduler: Any) -> None:
        super().__init__(scheduler)
        config = scheduler.config
        if config.algorithm_type != "dpmsolver++" or config.solver_order > 2:
            raise CaptureError(
                f"{self.name} with {config.algorithm_type!r} of order {config.solver_order} is not "
                "known; 'dpmsolver++' of order 1 or 2 is"
            )

    def coefficients(self, before: Before) -> list[Coefficients]:
        """Algorithm 2 where there is an estimate before, else (or at its last step) the first-order sum."""
        alpha, sigma = self._alpha_sigma(before.index + 1)
        first = Coefficients(alpha, sigma)
        if sigma == 0 or before.index == 0 or self.scheduler.config.solver_order == 1:
            return [first]
        alpha_before, sigma_before = self._alpha_sigma(before.index - 1)
        now = log(before.alpha / before.sigma)
        h, h_before = log(alpha / sigma) - now, now - log(alpha_before / sigma_before)
        decay = exp(-h) - 1
        if self.scheduler.config.solver_type == "midpoint":
            weight = -0.5 * alpha * decay * h / h_before
        else:
            weight = alpha * (decay + h) / h_before  # h is 0 where the last sigma stands twice
        return [Coefficients(alpha + weight, sigma, 0.0, -weight), first]


class UniPC(_Converted):
    """Zhao et al. 2023: the corrector mixes earlier estimates in, so most steps are no plain sum."""

    linear = False

    def __init__(self, scheduler: Any) -> None:
        super().__init__(scheduler)
        if not scheduler.config.predict_x0:
            raise CaptureError(f"{self.name} with predict_x0=False is not known")

    def coefficients(self, before: Before) -> list[Coefficients]:
        """The first-order sum, for the steps that are one."""
        return [Coefficients(*self._alpha_sigma(before.index + 1))]
