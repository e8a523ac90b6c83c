"""The inputs of one denoiser call, shaped by its configuration: for tracing without data and for timing."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from assetgen.errors import InputError


def denoiser_inputs(
    model: nn.Module, sample: tuple[int, ...], tokens: int, *, batch: int = 1, device: str = "meta"
) -> dict[str, Any]:
    """Keyword arguments of one forward pass: zeros, `sample` being `[1, C, h, w]`.

    Raises InputError for a denoiser that takes inputs this does not know.
    """
    config: Any = model.config
    name = type(model).__name__
    if name != "UNet2DConditionModel":
        raise InputError(f"{name} cannot be traced yet", "UNet2DConditionModel can")

    def zeros(*shape: int) -> torch.Tensor:
        return torch.zeros((batch, *shape), device=device)

    width = config.encoder_hid_dim or config.cross_attention_dim
    inputs: dict[str, Any] = {
        "sample": zeros(*sample[1:]),
        "timestep": torch.zeros((), device=device),
        "encoder_hidden_states": zeros(tokens, width if isinstance(width, int) else width[0]),
    }
    if config.addition_embed_type == "text_time":
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        inputs["added_cond_kwargs"] = {"text_embeds": zeros(pooled), "time_ids": zeros(6)}
    elif config.addition_embed_type or config.class_embed_type:
        kind = config.addition_embed_type or config.class_embed_type
        raise InputError(
            f"{name} with {kind!r} embeddings cannot be traced yet",
            "U-Nets conditioned on text and time can",
        )
    return inputs
