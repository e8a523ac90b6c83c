"""The inputs of one denoiser call, shaped by its configuration: for tracing without data and for timing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from assetgen.errors import InputError

Shapes = dict[str, Any]
Zeros = Callable[..., Tensor]


def denoiser_inputs(
    model: nn.Module,
    sample: tuple[int, ...],
    tokens: int,
    *,
    batch: int = 1,
    device: str | torch.device = "meta",
    dtype: torch.dtype = torch.float32,
) -> Shapes:
    """Keyword arguments of one forward pass: zeros, `sample` being `[1, C, h, w]`.

    A denoiser of another family gets what the names of its arguments ask for. Raises InputError
    naming the arguments that this does not know.
    """

    def zeros(*shape: int) -> Tensor:
        return torch.zeros((batch, *shape), device=device, dtype=dtype)

    builder = _builder(model)
    if builder is None:
        return _by_name(model, zeros, sample, tokens)
    return builder(model.config, zeros, sample, tokens)


def has_inputs(model: nn.Module) -> bool:
    """Whether `denoiser_inputs` knows this kind of denoiser."""
    return _builder(model) is not None


def _builder(model: nn.Module) -> Callable[[Any, Zeros, tuple[int, ...], int], Shapes] | None:
    """By the class; what is told the places of its patches is called as FLUX is (Chroma)."""
    told = {"img_ids", "txt_ids"} <= inspect.signature(model.forward).parameters.keys()
    return _BUILDERS.get(type(model).__name__, _flux if told else None)


_WIDTHS = ("joint_attention_dim", "caption_channels", "cross_attention_dim", "text_embed_dim")
"""What configurations call the width of the text."""


def _by_name(model: nn.Module, zeros: Zeros, sample: tuple[int, ...], tokens: int) -> Shapes:
    config: Any = model.config
    name = type(model).__name__
    width = next((w for key in _WIDTHS if isinstance(w := getattr(config, key, None), int)), None)
    known: Shapes = {"hidden_states": zeros(*sample[1:]), "sample": zeros(*sample[1:])}
    known |= {"timestep": zeros()}
    if width is not None:
        known["encoder_hidden_states"] = zeros(tokens, width)
    if isinstance(pooled := getattr(config, "pooled_projection_dim", None), int):
        known["pooled_projections"] = zeros(pooled)
    takes = inspect.signature(model.forward).parameters
    lacking = [
        key for key, value in takes.items()
        if key not in known and value.default is value.empty
        and value.kind not in (value.VAR_KEYWORD, value.VAR_POSITIONAL)
    ]  # fmt: skip
    if lacking:
        raise InputError(
            f"{name} takes {', '.join(lacking)}, which cannot be made up from its configuration",
            f"known are {', '.join(_BUILDERS)}",
        )
    return {key: value for key, value in known.items() if key in takes}


def _unet(config: Any, zeros: Zeros, sample: tuple[int, ...], tokens: int) -> Shapes:
    width = config.encoder_hid_dim or config.cross_attention_dim
    inputs: Shapes = {
        "sample": zeros(*sample[1:]),
        "timestep": zeros(),
        "encoder_hidden_states": zeros(tokens, width if isinstance(width, int) else width[0]),
    }
    if config.addition_embed_type == "text_time":
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        inputs["added_cond_kwargs"] = {"text_embeds": zeros(pooled), "time_ids": zeros(6)}
    elif config.addition_embed_type or config.class_embed_type:
        kind = config.addition_embed_type or config.class_embed_type
        raise InputError(
            f"UNet2DConditionModel with {kind!r} embeddings cannot be traced yet",
            "U-Nets conditioned on text and time can",
        )
    if config.time_cond_proj_dim:
        inputs["timestep_cond"] = zeros(config.time_cond_proj_dim)
    return inputs


def _flux(config: Any, zeros: Zeros, sample: tuple[int, ...], tokens: int) -> Shapes:
    """Latents packed in patches of 2 × 2 (`FluxPipeline._pack_latents`)."""
    _, channels, height, width = sample
    rows, columns = height // 2, width // 2
    places = zeros()[0].new_zeros(rows * columns, 3)
    if places.device.type != "meta":
        steps = torch.arange(rows * columns, device=places.device)
        places[:, 1], places[:, 2] = steps // columns, steps % columns
    inputs: Shapes = {
        "hidden_states": zeros(rows * columns, 4 * channels),
        "encoder_hidden_states": zeros(tokens, config.joint_attention_dim),
        "timestep": zeros(),
        "img_ids": places,
        "txt_ids": places.new_zeros(tokens, 3),
    }
    if pooled := getattr(config, "pooled_projection_dim", None):
        inputs["pooled_projections"] = zeros(pooled)
    if getattr(config, "guidance_embeds", False):
        inputs["guidance"] = zeros()
    return inputs


def _sd3(config: Any, zeros: Zeros, sample: tuple[int, ...], tokens: int) -> Shapes:
    return {
        "hidden_states": zeros(*sample[1:]),
        "encoder_hidden_states": zeros(tokens, config.joint_attention_dim),
        "pooled_projections": zeros(config.pooled_projection_dim),
        "timestep": zeros(),
    }


def _pixart(config: Any, zeros: Zeros, sample: tuple[int, ...], tokens: int) -> Shapes:
    size = config.sample_size == 128  # only the 1024 px models are told size and aspect
    return {
        "hidden_states": zeros(*sample[1:]),
        "encoder_hidden_states": zeros(tokens, config.caption_channels),
        "timestep": zeros(),
        "encoder_attention_mask": zeros(tokens) + 1,
        "added_cond_kwargs": {
            "resolution": zeros(2) if size else None,
            "aspect_ratio": zeros(1) if size else None,
        },
    }


_BUILDERS: Mapping[str, Callable[[Any, Zeros, tuple[int, ...], int], Shapes]] = {
    "UNet2DConditionModel": _unet,
    "FluxTransformer2DModel": _flux,
    "SD3Transformer2DModel": _sd3,
    "PixArtTransformer2DModel": _pixart,
}
