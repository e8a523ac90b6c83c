"""What the tap asks of a scheduler, in the variance-preserving scale x = alpha·x0 + sigma·eps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
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
        """The clean estimate of the step, as `sample` in shape; `out` is what `scheduler.step` returned.

        Raises CaptureError if the scheduler gives none and keeps none.
        """

    @abstractmethod
    def coefficients(self, before: Before) -> list[Coefficients]:
        """Candidates for x_(t-1) as a sum of this step's estimates, most likely first; empty where there is none.

        All in the variance-preserving scale, by the formulas of the papers that the classes name.
        """

    def _index(self, timestep: Any) -> int:
        index = self.scheduler.step_index
        return int(self.scheduler.index_for_timestep(timestep) if index is None else index)


def second(out: Any) -> Tensor:
    """`pred_original_sample` or `denoised`, however the step was asked to return it; CaptureError if it has none."""
    if isinstance(out, tuple):
        if len(out) < 2:
            raise CaptureError("the scheduler returned no clean estimate; update diffusers")
        return as_tensor(out[1])
    value = getattr(out, "pred_original_sample", None)
    return as_tensor(out.denoised if value is None else value)


def as_tensor(value: Any) -> Tensor:
    """`value`, or CaptureError if it is no tensor."""
    if not isinstance(value, Tensor):
        raise CaptureError("the scheduler returned no clean estimate; update diffusers")
    return value
