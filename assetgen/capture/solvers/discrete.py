"""Schedulers on whole timesteps with alphas_cumprod: DDIM, DDPM, LCM, PNDM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from typing import Any

from torch import Tensor

from assetgen.capture.solvers.base import Before, Solver, second
from assetgen.errors import CaptureError
from assetgen.pack.schema import Coefficients


class _Discrete(Solver):
    """Schedules given by alphas_cumprod at whole timesteps."""

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        t = int(timestep)
        product = float(self.scheduler.alphas_cumprod[t])
        index = getattr(self.scheduler, "step_index", None)
        return Before(
            index=index if index is not None else 0,
            timestep=t,
            alpha=sqrt(product),
            sigma=sqrt(1 - product),
            eta=float(given.get("eta") or 0.0),
        )

    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        return second(out)

    def _product(self, t: int, last: Any) -> float:
        return float(self.scheduler.alphas_cumprod[t] if t >= 0 else last)


class DDIM(_Discrete):
    """Song et al. 2021, formula 12."""

    def coefficients(self, before: Before) -> list[Coefficients]:
        """sqrt(a') · x0 + sqrt(1 - a' - noise²) · eps + noise, a' being alphas_cumprod of the next timestep."""
        s = self.scheduler
        t = before.timestep - s.config.num_train_timesteps // s.num_inference_steps
        product = self._product(t, s.final_alpha_cumprod)
        ratio = (before.alpha**2) / product
        variance = (1 - product) / (before.sigma**2) * (1 - ratio)
        noise = before.eta * sqrt(max(variance, 0.0))
        return [Coefficients(sqrt(product), sqrt(max(1 - product - noise**2, 0.0)), noise)]


class DDPM(_Discrete):
    """Ho et al. 2020, formula 7, with the fixed variances."""

    def __init__(self, scheduler: Any) -> None:
        super().__init__(scheduler)
        if scheduler.config.variance_type not in ("fixed_small", "fixed_small_log", "fixed_large"):
            raise CaptureError(
                f"DDPMScheduler with variance_type {scheduler.config.variance_type!r} is not known"
            )

    def coefficients(self, before: Before) -> list[Coefficients]:
        """The posterior mean, with x_t written as alpha · x0 + sigma · eps, and the root of its variance."""
        s = self.scheduler
        product = self._product(int(s.previous_timestep(before.timestep)), s.one)
        alpha = before.alpha**2 / product
        beta = 1 - alpha
        clean = sqrt(product) * beta / before.sigma**2
        sample = sqrt(alpha) * (1 - product) / before.sigma**2
        noise = 0.0
        if before.timestep > 0:
            value = float(s._get_variance(before.timestep))
            noise = value if s.config.variance_type == "fixed_small_log" else sqrt(value)
        return [Coefficients(clean + sample * before.alpha, sample * before.sigma, noise)]


class LCM(_Discrete):
    """Luo et al. 2023: jumps to the estimate and adds fresh noise. x0 is its `denoised`."""

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        """As the others, with the place on its own short list of timesteps."""
        known = super().before(timestep, given)
        return Before(self._index(timestep), known.timestep, known.alpha, known.sigma)

    def coefficients(self, before: Before) -> list[Coefficients]:
        """x0 at the next timestep of its short schedule, with all its noise fresh; the last step adds none."""
        s = self.scheduler
        if before.index >= s.num_inference_steps - 1:
            return [Coefficients(1.0, 0.0)]
        product = float(s.alphas_cumprod[int(s.timesteps[before.index + 1])])
        return [Coefficients(sqrt(product), 0.0, sqrt(1 - product))]


class PNDM(_Discrete):
    """Liu et al. 2022 as Stable Diffusion uses it (PLMS): the first step takes two calls.

    It returns no clean estimate and keeps none: x0 follows from the model's output. A step adds up
    the outputs of up to four steps, so it is no sum of its own estimates.
    """

    linear = False

    def __init__(self, scheduler: Any) -> None:
        super().__init__(scheduler)
        if not scheduler.config.skip_prk_steps:
            raise CaptureError(
                f"{self.name} with Runge-Kutta steps (skip_prk_steps=False) is not known"
            )

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        """As the others; the second call belongs to the first step."""
        known = super().before(timestep, given)
        return replace(known, first=self.scheduler.counter != 1)

    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        """alpha · x_t - sigma · v, or (x_t - sigma · eps) / alpha, in float32."""
        if self.prediction == "v_prediction":
            return before.alpha * sample.float() - before.sigma * output.float()
        return (sample.float() - before.sigma * output.float()) / before.alpha

    def coefficients(self, before: Before) -> list[Coefficients]:
        """None: a step is a sum of up to four steps' outputs."""
        return []
