"""The attention tap: exact maps, an untouched picture, and never a silent black map."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor

from assetgen.capture.attention import (
    AttentionTap,
    CrossAttention,
    SelfAttention,
    check_complete,
    use_fused_attention,
)
from assetgen.errors import CaptureError

pytestmark = pytest.mark.torch


def run(pipe: Any, shape: tuple[int, ...], batch: int = 2) -> tuple[torch.Tensor, list[Any]]:
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(batch, *shape, generator=generator)
    text = torch.randn(batch, 24, 32, generator=generator)
    events: list[Any] = []
    with torch.no_grad(), AttentionTap(pipe.unet, events.append, lambda n: n - 1):
        out = pipe.unet(sample, 500, encoder_hidden_states=text, return_dict=False)[0]
    with torch.no_grad():
        plain = pipe.unet(sample, 500, encoder_hidden_states=text, return_dict=False)[0]
    assert torch.equal(out, plain)
    return out, events


@pytest.mark.parametrize(("height", "width"), [(16, 16), (12, 20)])
def test_maps_have_the_true_shape_and_sum_to_one(pipe: Any, height: int, width: int) -> None:
    _, events = run(pipe, (4, height, width))
    cross = [e for e in events if isinstance(e, CrossAttention)]
    assert {tuple(e.maps.shape[1:]) for e in cross} == {
        (height, width),
        (height // 2, width // 2),
    }
    for event in cross:
        assert event.maps.shape[0] == 24
        assert torch.allclose(event.maps.sum(0), torch.ones(event.maps.shape[1:]), atol=1e-5)


def test_a_map_is_the_softmax_of_the_layers_own_queries_and_keys(pipe: Any) -> None:
    attention = pipe.unet.mid_block.attentions[0].transformer_blocks[0].attn2
    seen: dict[str, torch.Tensor] = {}

    def keep(_: Any, args: Any, kwargs: Any) -> None:
        seen["hidden"] = args[0] if args else kwargs["hidden_states"]
        seen["text"] = kwargs["encoder_hidden_states"]

    handle = attention.register_forward_pre_hook(keep, with_kwargs=True)
    _, events = run(pipe, (4, 16, 16), batch=1)
    handle.remove()
    query, key = attention.to_q(seen["hidden"]), attention.to_k(seen["text"])
    heads = attention.heads
    query, key = (x[0].reshape(len(x[0]), heads, -1).transpose(0, 1) for x in (query, key))
    expected = (query @ key.transpose(1, 2) * query.shape[-1] ** -0.5).softmax(-1).mean(0)
    found = next(e for e in events if getattr(e, "layer", "").startswith("mid_block")
                 and isinstance(e, CrossAttention))  # fmt: skip
    assert torch.allclose(found.maps.flatten(1).T, expected, atol=1e-6)


def test_only_the_conditional_half_is_recorded(pipe: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(1, 4, 16, 16, generator=generator).expand(2, -1, -1, -1)
    text = torch.randn(2, 24, 32, generator=generator)
    maps = []
    for prompt, batch in ((text, 2), (text[1:], 1)):
        events: list[Any] = []
        with torch.no_grad(), AttentionTap(pipe.unet, events.append, lambda n: n - 1):
            pipe.unet(sample[:batch], 500, encoder_hidden_states=prompt)
        maps.append(next(e.maps for e in events if isinstance(e, CrossAttention)))
    assert torch.allclose(maps[0], maps[1], atol=1e-5)


def test_entropy_is_between_zero_and_one(pipe: Any) -> None:
    _, events = run(pipe, (4, 16, 16))
    entropies = [e.entropy for e in events if isinstance(e, SelfAttention)]
    assert entropies and all(0 < value <= 1.0001 for value in entropies)


def test_explicit_processors_are_switched_and_named(pipe: Any) -> None:
    before = pipe.unet.attn_processors
    pipe.unet.set_attn_processor(AttnProcessor())
    try:
        assert run(pipe, (4, 16, 16))[1] == []  # explicit attention never reaches the tap
        assert use_fused_attention(pipe.unet) == ["AttnProcessor -> AttnProcessor2_0"]
        assert run(pipe, (4, 16, 16))[1] != []
    finally:
        pipe.unet.set_attn_processor(before)


def test_a_layer_without_a_map_is_an_error() -> None:
    with pytest.raises(CaptureError, match="1 of 2 cross-attention layers left no map"):
        check_complete(["a"], ["a", "b"])
