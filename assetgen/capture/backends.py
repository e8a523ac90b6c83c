"""Making attention visible: whatever runs it, it must end in torch's scaled_dot_product_attention."""

from __future__ import annotations

import importlib
from typing import Any

from torch import nn

from assetgen.capture.layers import is_attention
from assetgen.errors import CaptureError

_TWINS = {
    "AttnProcessor": "AttnProcessor2_0",
    "SlicedAttnProcessor": "AttnProcessor2_0",
    "XFormersAttnProcessor": "AttnProcessor2_0",
    "AttnProcessorNPU": "AttnProcessor2_0",
    "XLAFlashAttnProcessor2_0": "AttnProcessor2_0",
    "AttnAddedKVProcessor": "AttnAddedKVProcessor2_0",
    "SlicedAttnAddedKVProcessor": "AttnAddedKVProcessor2_0",
    "XFormersAttnAddedKVProcessor": "AttnAddedKVProcessor2_0",
    "XFormersJointAttnProcessor": "JointAttnProcessor2_0",
}
"""Processors that use a kernel of their own, and their twins that compute the same by way of torch."""
_BLIND = ("XFormers", "NPU", "XLA", "Sliced", "Flash")
"""Parts of the names of processors that are known to bypass torch's function."""
_NATIVE = "native"


def use_fused_attention(denoiser: nn.Module) -> list[str]:
    """Make every attention layer end in scaled_dot_product_attention; returns what was changed.

    The switch may change the picture by rounding; the plain call that `--verify` compares with runs
    after it. Raises CaptureError for a processor that cannot be switched.
    """
    from diffusers.models import attention_processor

    changed = set()
    for name, module in denoiser.named_modules():
        if not is_attention(module):
            continue
        kind = type(module.processor).__name__
        if twin := _TWINS.get(kind):
            module.set_processor(getattr(attention_processor, twin)())
            changed.add(f"{kind} -> {twin}")
        elif any(part in kind for part in _BLIND):
            raise CaptureError(
                f"{name} uses {kind}, which cannot be watched; call set_default_attn_processor() first"
            )
    return sorted(changed) + _use_native(denoiser)


def _use_native(denoiser: nn.Module) -> list[str]:
    """Switch diffusers' own choice of kernel (set_attention_backend, DIFFUSERS_ATTN_BACKEND)."""
    try:
        dispatch: Any = importlib.import_module("diffusers.models.attention_dispatch")
    except ModuleNotFoundError:  # releases before 0.35 have no such choice
        return []
    native = dispatch.AttentionBackendName(_NATIVE)
    found = set()
    processors = [m.processor for m in denoiser.modules() if is_attention(m)]
    for processor in processors:
        backend = getattr(processor, "_attention_backend", None)
        if backend is not None and _name(backend) != _NATIVE:
            processor._attention_backend = native  # type: ignore[union-attr]
            found.add(_name(backend))
    registry = dispatch._AttentionBackendRegistry
    active = _name(registry.get_active_backend()[0])
    if active != _NATIVE and any(hasattr(p, "_attention_backend") for p in processors):
        registry.set_active_backend(native)
        found.add(active)
    return [f"attention backend {name} -> {_NATIVE}" for name in sorted(found)]


def _name(backend: Any) -> str:
    return str(getattr(backend, "value", backend))
