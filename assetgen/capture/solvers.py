"""What each supported scheduler does in one step, in the variance-preserving scale x = alpha·x0 + sigma·eps.

The formulas are those of diffusers' own `step` functions; every recorded step is checked against
them (`scheduler.confirm`), so a release that changes one is noticed, not misread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

from torch import Tensor

from assetgen.errors import CaptureError
from assetgen.pack.schema import Coefficients


@dataclass(frozen=True)
class Before:
    """What is known before a step: its place on the schedule and the scale of its sample.

    `index` counts the scheduler's sigmas; `first` is False for the second stage of a step;
    `scale` divides the sample so that alpha² + sigma² = 1 (1 where it is so already).
    """

    index: int
    timestep: int
    alpha: float
    sigma: float
    scale: float = 1.0
    scale_next: float = 1.0
    eta: float = 0.0
    first: bool = True


class Solver(ABC):
    """Reads one scheduler. `linear`: every step must be a confirmed sum of its estimates."""

    linear = True

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.name = type(scheduler).__name__
        self.prediction: str = getattr(scheduler.config, "prediction_type", "flow_prediction")

    @abstractmethod
    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        """Read the schedule before `scheduler.step` advances it."""

    @abstractmethod
    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        """The clean estimate of the step, `out` being what `scheduler.step` returned."""

    @abstractmethod
    def coefficients(self, before: Before) -> list[Coefficients]:
        """Candidates for x_(t-1), most likely first; empty where there is no such sum."""

    def _index(self, timestep: Any) -> int:
        index = self.scheduler.step_index
        return int(self.scheduler.index_for_timestep(timestep) if index is None else index)


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
        return _second(out)

    def _product(self, t: int, last: Any) -> float:
        return float(self.scheduler.alphas_cumprod[t] if t >= 0 else last)


class DDIM(_Discrete):
    """Song et al. 2021, formula 12."""

    def coefficients(self, before: Before) -> list[Coefficients]:
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
        known = super().before(timestep, given)
        return Before(self._index(timestep), known.timestep, known.alpha, known.sigma)

    def coefficients(self, before: Before) -> list[Coefficients]:
        s = self.scheduler
        if before.index >= s.num_inference_steps - 1:
            return [Coefficients(1.0, 0.0)]
        product = float(s.alphas_cumprod[int(s.timesteps[before.index + 1])])
        return [Coefficients(sqrt(product), 0.0, sqrt(1 - product))]


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
        return _second(out)

    def _next(self, before: Before) -> float:
        return float(self.scheduler.sigmas[before.index + 1])


class Euler(_Sigma):
    """Karras et al. 2022, algorithm 2 without churn."""

    def coefficients(self, before: Before) -> list[Coefficients]:
        return [Coefficients(1 / before.scale_next, self._next(before) / before.scale_next)]


class EulerAncestral(_Sigma):
    """Euler to a smaller sigma, then fresh noise up to the scheduled one."""

    def coefficients(self, before: Before) -> list[Coefficients]:
        now, following = before.sigma * before.scale, self._next(before)
        up = sqrt(following**2 * (now**2 - following**2) / now**2)
        down = sqrt(following**2 - up**2)
        scale = before.scale_next
        return [Coefficients(1 / scale, down / scale, up / scale)]


class Heun(_Sigma):
    """Karras et al. 2022, algorithm 1: two calls a step, except the last."""

    linear = False

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        if self.scheduler.state_in_first_order:
            return super().before(timestep, given)
        following = float(self.scheduler.sigmas[self.scheduler.step_index])
        return Before(
            self.scheduler.step_index, 0, 0.0, 0.0, scale_next=sqrt(following**2 + 1), first=False
        )

    def coefficients(self, before: Before) -> list[Coefficients]:
        if self._next(before) > 0:
            return []  # the second call's estimate takes part
        return [Coefficients(1.0, 0.0)]


class _Converted(Solver):
    """Solvers that convert the output to x0 and keep it in `model_outputs`."""

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        index = self._index(timestep)
        alpha, sigma = self._alpha_sigma(index)
        return Before(index, 0, alpha, sigma)

    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        estimate = self.scheduler.model_outputs[-1]
        if estimate is None:
            raise CaptureError(f"{self.name} kept no clean estimate")
        return _tensor(estimate)

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
            weight = alpha * (decay / h + 1) * h / h_before
        return [Coefficients(alpha + weight, sigma, 0.0, -weight), first]


class UniPC(_Converted):
    """Zhao et al. 2023: the corrector mixes earlier estimates in, so most steps are no plain sum."""

    linear = False

    def __init__(self, scheduler: Any) -> None:
        super().__init__(scheduler)
        if not scheduler.config.predict_x0:
            raise CaptureError(f"{self.name} with predict_x0=False is not known")

    def coefficients(self, before: Before) -> list[Coefficients]:
        return [Coefficients(*self._alpha_sigma(before.index + 1))]


class FlowEuler(Solver):
    """Straight paths (Liu et al. 2022): x = (1 - s)·x0 + s·eps; the output is eps - x0."""

    def __init__(self, scheduler: Any) -> None:
        super().__init__(scheduler)
        self.prediction = "flow_prediction"
        if getattr(scheduler.config, "stochastic_sampling", False):
            raise CaptureError(f"{self.name} with stochastic_sampling is not known")

    def before(self, timestep: Any, given: Mapping[str, Any]) -> Before:
        index = self._index(timestep)
        sigma = float(self.scheduler.sigmas[index])
        return Before(index, 0, 1 - sigma, sigma)

    def x0(self, before: Before, sample: Tensor, output: Tensor, out: Any) -> Tensor:
        return sample.float() - before.sigma * output.float()

    def coefficients(self, before: Before) -> list[Coefficients]:
        following = float(self.scheduler.sigmas[before.index + 1])
        return [Coefficients(1 - following, following)]


SOLVERS: Mapping[str, type[Solver]] = {
    "DDIMScheduler": DDIM,
    "DDPMScheduler": DDPM,
    "LCMScheduler": LCM,
    "EulerDiscreteScheduler": Euler,
    "EulerAncestralDiscreteScheduler": EulerAncestral,
    "HeunDiscreteScheduler": Heun,
    "DPMSolverMultistepScheduler": DPMSolver,
    "UniPCMultistepScheduler": UniPC,
    "FlowMatchEulerDiscreteScheduler": FlowEuler,
}


def solver_for(scheduler: Any) -> Solver:
    """The reader of `scheduler`; raises CaptureError naming the supported ones for any other."""
    name = type(scheduler).__name__
    if name not in SOLVERS:
        raise CaptureError(f"{name} is not supported; supported are {', '.join(SOLVERS)}")
    return SOLVERS[name](scheduler)


def _second(out: Any) -> Tensor:
    """`pred_original_sample` or `denoised`, however the step was asked to return it."""
    if isinstance(out, tuple):
        if len(out) < 2:
            raise CaptureError("the scheduler returned no clean estimate; update diffusers")
        return _tensor(out[1])
    value = getattr(out, "pred_original_sample", None)
    return _tensor(out.denoised if value is None else value)


def _tensor(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise CaptureError("the scheduler returned no clean estimate; update diffusers")
    return value
