"""Schedulers on a list of sigmas: Euler, Euler ancestral, Heun, flow matching."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from torch import Tensor

from assetgen.capture.solvers.base import Before, Solver, second
from assetgen.errors import CaptureError
from assetgen.pack.schema import Coefficients


class _Sigma(Solver):
    """Schedules in sigma, whose samples grow with it: x = x0 + sigma·eps."""

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        index = self._index(timestep)
        now, following = (float(self.scheduler.sigmas[i]) for i in (index, index + 1))
        scale = sqrt(now**2 + 1)
        return Before(
            index, 0, 1 / scale, now / scale, scale=scale, scale_next=sqrt(following**2 + 1)
        )

    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        return second(out)

    def _next(self, before: Before) -> float:
        return float(self.scheduler.sigmas[before.index + 1])


class Euler(_Sigma):
    """Karras et al. 2022, algorithm 2 without churn."""

    def coefficients(self, before: Before) -> list[Coefficients]:
        """x0 + s' · eps, s' being the next sigma, both divided by sqrt(s'² + 1)."""
        return [Coefficients(1 / before.scale_next, self._next(before) / before.scale_next)]


class EulerAncestral(_Sigma):
    """Euler to a smaller sigma, then fresh noise up to the scheduled one."""

    def coefficients(self, before: Before) -> list[Coefficients]:
        """Down to the part of the next sigma that the noise leaves, then `up` of fresh noise; scaled as Euler's."""
        now, following = before.sigma * before.scale, self._next(before)
        up = sqrt(following**2 * (now**2 - following**2) / now**2)
        down = sqrt(following**2 - up**2)
        scale = before.scale_next
        return [Coefficients(1 / scale, down / scale, up / scale)]


class Heun(_Sigma):
    """Karras et al. 2022, algorithm 1: two calls a step, except the last."""

    linear = False

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        """As the others; the second call of a step stands at the next sigma and begins no step."""
        if self.scheduler.state_in_first_order:
            return super().before(timestep, given)
        following = float(self.scheduler.sigmas[self.scheduler.step_index])
        return Before(
            self.scheduler.step_index, 0, 0.0, 0.0, scale_next=sqrt(following**2 + 1), first=False
        )

    def coefficients(self, before: Before) -> list[Coefficients]:
        """None but for the last step, which goes all the way to x0."""
        if self._next(before) > 0:
            return []  # the second call's estimate takes part
        return [Coefficients(1.0, 0.0)]


class FlowEuler(Solver):
    """Straight paths (Liu et al. 2022): x = (1 - s)·x0 + s·eps; the output is eps - x0."""

    def __init__(self, scheduler: Any) -> None:
        super().__init__(scheduler)
        self.prediction = "flow_prediction"
        if getattr(scheduler.config, "stochastic_sampling", False):
            raise CaptureError(f"{self.name} with stochastic_sampling is not known")

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        """alpha = 1 - s and sigma = s: no scale is needed."""
        index = self._index(timestep)
        sigma = float(self.scheduler.sigmas[index])
        return Before(index, 0, 1 - sigma, sigma)

    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        """x_t - s · (eps - x0), in float32."""
        return sample.float() - before.sigma * output.float()

    def coefficients(self, before: Before) -> list[Coefficients]:
        """(1 - s') · x0 + s' · eps, s' being the next sigma."""
        following = float(self.scheduler.sigmas[before.index + 1])
        return [Coefficients(1 - following, following)]
