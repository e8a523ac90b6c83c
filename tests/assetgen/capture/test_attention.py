"""The attention tap: exact maps, an untouched picture, and never a silent black map."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor

from assetgen.capture import lse
from assetgen.capture.attention import (
    AttentionTap,
    Lanes,
    SelfAttention,
    TextAttention,
    check_complete,
)
from assetgen.capture.backends import use_fused_attention
from assetgen.capture.passes import Passes
from assetgen.errors import CaptureError
from tests.fixtures.transformers import tiny_flux, tiny_sd3

pytestmark = pytest.mark.torch
ALL = [Lanes(tuple(range(24)))]


def tapped(denoiser: Any, inputs: dict[str, Any], lanes: Any = ALL) -> tuple[Any, AttentionTap]:
    events: list[Any] = []
    tap = AttentionTap(denoiser, events.append, Passes(denoiser), lambda _: lanes)
    with torch.no_grad(), tap:
        out = denoiser(**inputs, return_dict=False)[0]
    with torch.no_grad():
        assert torch.equal(out, denoiser(**inputs, return_dict=False)[0])
    return events, tap


def run(pipe: Any, shape: tuple[int, ...], batch: int = 2) -> list[Any]:
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(batch, *shape, generator=generator)
    text = torch.randn(batch, 24, 32, generator=generator)
    inputs = {"sample": sample, "timestep": 500, "encoder_hidden_states": text}
    return tapped(pipe.unet, inputs)[0]


@pytest.mark.parametrize(("height", "width"), [(16, 16), (12, 20)])
def test_maps_have_the_true_shape_and_sum_to_one(pipe: Any, height: int, width: int) -> None:
    events = run(pipe, (4, height, width))
    cross = [e for e in events if isinstance(e, TextAttention)]
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
    events = run(pipe, (4, 16, 16), batch=1)
    handle.remove()
    query, key = attention.to_q(seen["hidden"]), attention.to_k(seen["text"])
    heads = attention.heads
    query, key = (x[0].reshape(len(x[0]), heads, -1).transpose(0, 1) for x in (query, key))
    expected = (query @ key.transpose(1, 2) * query.shape[-1] ** -0.5).softmax(-1).mean(0)
    found = next(e for e in events if getattr(e, "layer", "").startswith("mid_block")
                 and isinstance(e, TextAttention))  # fmt: skip
    assert torch.allclose(found.maps.flatten(1).T, expected, atol=1e-6)


def test_only_the_conditional_half_is_recorded(pipe: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    sample = torch.randn(1, 4, 16, 16, generator=generator).expand(2, -1, -1, -1)
    text = torch.randn(2, 24, 32, generator=generator)
    maps = []
    for prompt, batch in ((text, 2), (text[1:], 1)):
        inputs = {"sample": sample[:batch], "timestep": 500, "encoder_hidden_states": prompt}
        events, _ = tapped(pipe.unet, inputs)
        maps.append(next(e.maps for e in events if isinstance(e, TextAttention)))
    assert torch.allclose(maps[0], maps[1], atol=1e-5)


def test_padding_is_summed_in_a_lane_of_its_own(pipe: Any) -> None:
    sample, text = torch.randn(1, 4, 16, 16), torch.randn(1, 24, 32)
    inputs = {"sample": sample, "timestep": 500, "encoder_hidden_states": text}
    whole, _ = tapped(pipe.unet, inputs)
    summed, _ = tapped(pipe.unet, inputs, [Lanes.of((0, 1, 2, None), 24)])
    for a, b in zip(whole, summed, strict=True):
        if isinstance(a, TextAttention):
            assert torch.allclose(b.maps[:3], a.maps[:3])
            assert torch.allclose(b.maps[3], a.maps[3:].sum(0), atol=1e-6)
            assert torch.allclose(a.mass, b.mass)


def test_entropy_is_between_zero_and_one(pipe: Any) -> None:
    events = run(pipe, (4, 16, 16))
    entropies = [e.entropy for e in events if isinstance(e, SelfAttention)]
    assert entropies and all(0 < value <= 1.0001 for value in entropies)


def test_explicit_processors_are_switched_and_named(pipe: Any) -> None:
    before = pipe.unet.attn_processors
    pipe.unet.set_attn_processor(AttnProcessor())
    try:
        assert run(pipe, (4, 16, 16)) == []  # explicit attention never reaches the tap
        assert use_fused_attention(pipe.unet) == ["AttnProcessor -> AttnProcessor2_0"]
        assert run(pipe, (4, 16, 16)) != []
    finally:
        pipe.unet.set_attn_processor(before)


def test_a_layer_without_a_map_is_an_error() -> None:
    with pytest.raises(CaptureError, match="1 of 2 layers that read the text left no map"):
        check_complete(["a"], ["a", "b"])


def flux_inputs(pipe: Any) -> dict[str, Any]:
    torch.manual_seed(1)
    rows, columns = 6, 10
    places = torch.zeros(rows * columns, 3)
    steps = torch.arange(rows * columns)
    places[:, 1], places[:, 2] = steps // columns, steps % columns
    return {
        "hidden_states": torch.randn(1, rows * columns, 16),
        "encoder_hidden_states": torch.randn(1, 24, 32),
        "pooled_projections": torch.randn(1, 16),
        "timestep": torch.tensor([0.5]),
        "img_ids": places,
        "txt_ids": torch.zeros(24, 3),
        "guidance": torch.tensor([3.0]),
    }


def sd3_inputs(pipe: Any) -> dict[str, Any]:
    torch.manual_seed(1)
    return {
        "hidden_states": torch.randn(1, 4, 12, 20),
        "encoder_hidden_states": torch.randn(1, 24, 32),
        "pooled_projections": torch.randn(1, 32),
        "timestep": torch.tensor([500.0]),
    }


JOINT = {"flux": (tiny_flux, flux_inputs), "sd3": (tiny_sd3, sd3_inputs)}


@pytest.mark.parametrize("family", JOINT)
@pytest.mark.parametrize("trusted", [True, False])
def test_joint_maps_are_the_columns_of_the_whole_softmax(
    family: str, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the kernel's log-sum-exp, and by the chunked sum where no kernel returns one."""
    make, inputs = JOINT[family]
    pipe = make()
    kernels = []
    real = lse.kernel

    def spied(*args: Any) -> Any:
        kernels.append(real(*args) if trusted else None)
        return kernels[-1]

    monkeypatch.setattr(lse, "kernel", spied)
    monkeypatch.setattr(lse, "_CHUNK", 500)
    given = inputs(pipe)
    rows: list[tuple[torch.Tensor, torch.Tensor]] = []
    original = torch.nn.functional.scaled_dot_product_attention

    def keep(*args: Any, **kwargs: Any) -> torch.Tensor:
        q, k = (args[0], args[1]) if args else (kwargs["query"], kwargs["key"])
        rows.append((q[0].float(), k[0].float()))
        return original(*args, **kwargs)

    events, tap = tapped(pipe.transformer, given)
    assert bool(kernels) and all((k is not None) == trusted for k in kernels)
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", keep)
    with torch.no_grad():
        pipe.transformer(**given)
    found = [e for e in events if isinstance(e, TextAttention)]
    assert tap.unread == {} and len(found) == len(rows)
    for event, (q, k) in zip(found, rows, strict=True):
        p = (q @ k.transpose(1, 2) * q.shape[-1] ** -0.5).softmax(-1).mean(0)
        expected = p[24:, :24] if family == "flux" else p[:-24, -24:]
        assert event.maps.shape == (24, 6, 10)
        assert torch.allclose(event.maps.flatten(1).T, expected, atol=1e-6)
        assert torch.allclose(event.mass, expected.mean(0), atol=1e-6)


def test_a_kernel_that_gives_other_bits_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lse.kernel

    def off(*args: Any) -> Any:
        out, sums = real(*args)  # type: ignore[misc]
        return out + 1e-7, sums + 5.0

    monkeypatch.setattr(lse, "kernel", off)
    pipe = tiny_flux()
    events, _ = tapped(pipe.transformer, flux_inputs(pipe))
    monkeypatch.undo()
    expected, _ = tapped(pipe.transformer, flux_inputs(pipe))
    for a, b in zip(events, expected, strict=True):
        if isinstance(a, TextAttention):
            assert torch.allclose(a.maps, b.maps, atol=1e-6)


def test_another_backend_is_switched_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from diffusers.models import attention_dispatch as dispatch

    pipe = tiny_flux()
    model = pipe.transformer
    flash = dispatch.AttentionBackendName("flash")
    for (
        module
    ) in model.modules():  # as set_attention_backend does, which wants the package installed
        if hasattr(module, "processor"):
            module.processor._attention_backend = flash
    assert use_fused_attention(model) == ["attention backend flash -> native"]
    assert tapped(model, flux_inputs(pipe))[0] != []
    registry = dispatch._AttentionBackendRegistry
    before = registry.get_active_backend()[0]
    try:  # and as the environment variable DIFFUSERS_ATTN_BACKEND does
        registry.set_active_backend(dispatch.AttentionBackendName("_native_math"))
        fresh = tiny_flux().transformer
        assert use_fused_attention(fresh) == ["attention backend _native_math -> native"]
    finally:
        registry.set_active_backend(before)


def test_processors_that_cannot_be_watched_stop_with_one_line(pipe: Any) -> None:
    class SomeFlashAttnProcessor:
        pass

    attention = pipe.unet.mid_block.attentions[0].transformer_blocks[0].attn2
    before = attention.processor
    attention.processor = SomeFlashAttnProcessor()
    try:
        with pytest.raises(CaptureError, match="SomeFlashAttnProcessor, which cannot be watched"):
            use_fused_attention(pipe.unet)
    finally:
        attention.processor = before


def test_xformers_is_switched_without_being_installed(pipe: Any) -> None:
    from diffusers.models.attention_processor import XFormersAttnProcessor

    before = pipe.unet.attn_processors
    pipe.unet.set_attn_processor(XFormersAttnProcessor())
    try:
        assert use_fused_attention(pipe.unet) == ["XFormersAttnProcessor -> AttnProcessor2_0"]
        assert run(pipe, (4, 16, 16)) != []
    finally:
        pipe.unet.set_attn_processor(before)
