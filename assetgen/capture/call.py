"""Calling a pipeline: the same arguments with and without taps, whatever the family calls them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from assetgen.errors import CaptureError, InputError
from assetgen.models.families import family_of


@dataclass(frozen=True)
class Settings:
    """What the pipeline is asked for."""

    prompt: str
    negative: str = ""
    steps: int = 40
    seed: int = 0
    guidance: float = 4.0
    size: tuple[int, int] | None = None
    """(height, width) in pixels, or the model's own."""


def plain(pipe: Any, settings: Settings | Sequence[Settings]) -> Tensor:
    """The pipeline's pictures `[n, 3, H, W]`, 0..1, float32, without any tap."""
    with torch.no_grad():
        out = pipe(**arguments(pipe, settings), output_type="pt")
    pictures: Tensor = out.images
    return pictures.float().cpu()


def arguments(pipe: Any, settings: Settings | Sequence[Settings]) -> dict[str, Any]:
    """Keyword arguments of the pipeline call; several settings become one batch.

    They may differ in prompt, negative prompt and seed. Raises InputError for a pipeline that takes
    no prompt. The first noise always comes from a CPU generator, so that a seed means the same noise
    on every machine.
    """
    several = [settings] if isinstance(settings, Settings) else list(settings)
    one = several[0]
    if len({(s.steps, s.guidance, s.size) for s in several}) > 1:
        raise InputError("one batch with several steps, guidances or sizes", "run them one by one")
    takes = inspect.signature(pipe.__call__).parameters
    if "prompt" not in takes:
        raise InputError(f"{type(pipe).__name__} takes no prompt", "choose a text-to-image model")
    prompts, negatives = [s.prompt for s in several], [s.negative for s in several]
    generators = [torch.Generator("cpu").manual_seed(s.seed) for s in several]
    single = isinstance(settings, Settings)
    asked: dict[str, Any] = {
        "prompt": prompts[0] if single else prompts,
        "num_inference_steps": one.steps,
        "generator": generators[0] if single else generators,
    }
    negative = negatives[0] if single else negatives
    if "true_cfg_scale" in takes:
        if any(negatives):
            asked |= {"negative_prompt": negative, "true_cfg_scale": one.guidance}
            asked["guidance_scale"] = 1.0
        else:
            asked["guidance_scale"] = one.guidance
    else:
        asked |= {"negative_prompt": negative, "guidance_scale": one.guidance}
    if one.size is not None:
        asked |= {"height": one.size[0], "width": one.size[1]}
    # The size asked for is the size painted, and the prompt is read as it stands.
    asked |= {"use_resolution_binning": False, "clean_caption": False}
    return {name: value for name, value in asked.items() if name in takes}


def guided(pipe: Any, settings: Settings) -> bool:
    """Whether the pipeline will also run without the prompt."""
    family = family_of(type(pipe).__name__, pipe.components)
    if family.guided:
        return settings.guidance > 1
    return bool(settings.negative) and settings.guidance > 1 and "flux" in family.name.lower()


class _Seen(Exception):
    """Carries the denoiser's arguments out of a pipeline that need not go on."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        super().__init__()
        self.arguments = arguments


def observe_inputs(pipe: Any, denoiser: nn.Module, size: tuple[int, int]) -> dict[str, Any]:
    """The arguments of the first denoiser call as tensors without data, for a trace at `size`.

    For a pipeline whose denoiser's arguments cannot be made up from its configuration.
    """

    def stop(module: nn.Module, args: Any, kwargs: Any) -> None:
        bound = inspect.signature(module.forward).bind(*args, **kwargs)
        raise _Seen({k: v for k, v in bound.arguments.items() if k != "return_dict"})

    handle = denoiser.register_forward_pre_hook(stop, with_kwargs=True)
    try:
        plain(pipe, Settings("a", steps=1, guidance=1.0, size=size))
    except _Seen as seen:
        return {name: _without_data(value) for name, value in seen.arguments.items()}
    finally:
        handle.remove()
    raise CaptureError("the pipeline never called its denoiser")


def _without_data(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float().to("meta") if value.is_floating_point() else value.to("meta")
    if isinstance(value, dict):
        return {key: _without_data(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_without_data(item) for item in value)
    return value
