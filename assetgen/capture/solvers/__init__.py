"""The supported schedulers, each read by a small class.

The formulas are those of diffusers' own `step` functions; every recorded step is checked against
them (`capture.scheduler.confirm`), so a release that changes one is noticed, not misread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assetgen.capture.solvers.base import Before, Solver
from assetgen.capture.solvers.converted import DPMSolver, UniPC
from assetgen.capture.solvers.discrete import DDIM, DDPM, LCM, PNDM
from assetgen.capture.solvers.sigmas import Euler, EulerAncestral, FlowEuler, Heun
from assetgen.errors import CaptureError

__all__ = ["SOLVERS", "Before", "Solver", "solver_for"]

SOLVERS: Mapping[str, type[Solver]] = {
    "DDIMScheduler": DDIM,
    "DDPMScheduler": DDPM,
    "LCMScheduler": LCM,
    "PNDMScheduler": PNDM,
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
