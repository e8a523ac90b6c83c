"""Where and how a pipeline runs: device, precision, offloading, scheduler. What an engineer sets."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import torch

from assetgen.errors import InputError
from assetgen.models.names import DTYPES, SCHEDULERS, Offload


@dataclass(frozen=True)
class Runtime:
    """`device` "cpu", "cuda", "cuda:1", "mps" or "auto"; `dtype` a key of `DTYPES` or "auto".

    `scheduler` None keeps the pipeline's own.
    """

    device: str = "auto"
    dtype: str = "auto"
    offload: Offload = "none"
    scheduler: str | None = None

    def resolve(self) -> tuple[torch.device, torch.dtype]:
        """The device and precision that are meant; InputError for what this machine does not have.

        `auto` is CUDA where there is one, and half precision only there.
        """
        name = self.device
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            device = torch.device(name)
        except RuntimeError:
            raise InputError(f"unknown device {name!r}", "pass cpu, cuda, cuda:1 or mps") from None
        if device.type == "cuda" and not torch.cuda.is_available():
            raise InputError("this machine or this torch has no CUDA", "pass --device cpu")
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise InputError(
                f"there is no {device}", f"the machine has {torch.cuda.device_count()} CUDA devices"
            )
        if device.type == "mps" and not torch.backends.mps.is_available():
            raise InputError("this machine has no MPS", "pass --device cpu")
        if self.offload != "none" and device.type == "cpu":
            raise InputError(
                f"--offload {self.offload} moves parts to an accelerator, and the device is the CPU",
                "leave it out, or pass --device cuda",
            )
        if self.dtype == "auto":
            return device, torch.bfloat16 if device.type == "cuda" else torch.float32
        if self.dtype not in DTYPES:
            raise InputError(f"unknown precision {self.dtype!r}", f"known are {', '.join(DTYPES)}")
        dtype: torch.dtype = getattr(torch, self.dtype)
        return device, dtype


def place(pipe: Any, runtime: Runtime) -> None:
    """Bring a loaded pipeline to its device; offloading keeps it in main memory until it is used."""
    device, _ = runtime.resolve()
    if runtime.scheduler is not None:
        pipe.scheduler = other_scheduler(pipe.scheduler, runtime.scheduler)
    if runtime.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif runtime.offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    else:
        pipe.to(device)


def other_scheduler(current: Any, name: str) -> Any:
    """The scheduler called `name` with the configuration of `current`. Raises InputError for one that does not fit.

    What the configuration leaves open is set as latent models need it: some classes would clip the
    estimate to the -1..1 of pixels, and PNDM would begin with Runge-Kutta steps.
    """
    import diffusers

    kind = getattr(diffusers, scheduler_class(type(current).__name__, name))
    options = {"skip_prk_steps": True} if kind.__name__ == "PNDMScheduler" else {}
    if "clip_sample" in inspect.signature(kind.__init__).parameters:
        options["clip_sample"] = bool(current.config.get("clip_sample", False))
    return kind.from_config(current.config, **options)


def scheduler_class(current: str, name: str) -> str:
    """The class that `name` means, for a model that comes with the class `current`.

    Raises InputError for an unknown name, and for one that solves another kind of equation: a model
    trained on straight paths needs a flow-matching scheduler, and no other model can use one.
    """
    found = SCHEDULERS.get(name.lower(), name)
    if found not in SCHEDULERS.values():
        raise InputError(f"unknown scheduler {name!r}", f"known are {', '.join(SCHEDULERS)}")
    flow = "FlowMatch" in current
    if flow != ("FlowMatch" in found):
        raise InputError(
            f"{found} does not fit a model made for {current}",
            "pass --scheduler flow-euler" if flow else "flow-euler is for SD3 and FLUX",
        )
    return found
