"""Which modules inside a unit count as layers, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

_FOLDED = ("FeedForward",)
"""Classes shown as one layer although they contain others."""


def is_attention(module: nn.Module) -> bool:
    """True for diffusers attention modules of any family (they hold a `processor`)."""
    return hasattr(module, "processor") and hasattr(module, "heads")


def is_layer(module: nn.Module) -> bool:
    """True for a module shown as one layer: attention, feed-forward, or anything without children."""
    if isinstance(module, (nn.Dropout, nn.Identity, nn.ModuleList)):
        return False
    if is_attention(module) or type(module).__name__ in _FOLDED:
        return True
    return not any(True for _ in module.children())


def layers_of(unit: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """(id, module) of the layers in `unit`, outermost first; layers inside layers are left out."""
    if is_layer(unit):
        yield name, unit
        return
    for child_name, child in unit.named_children():
        yield from layers_of(child, f"{name}.{child_name}")


def layer_kind(module: nn.Module, name: str) -> str:
    """The word of docs/format.md for a layer."""
    kind = type(module).__name__
    if is_attention(module):
        return _attention_kind(module)
    if kind in _FOLDED:
        return "feed_forward"
    if "Norm" in kind:
        return "norm"
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return "conv"
    if "time_emb" in name.rpartition(".")[2]:
        return "time"
    if isinstance(module, nn.Linear):
        return "linear"
    if not any(True for _ in module.parameters()):
        return "activation"
    return "other"


def _attention_kind(module: nn.Module) -> str:
    if getattr(module, "is_cross_attention", False):
        return "cross_attention"
    if getattr(module, "add_k_proj", None) is not None:
        return "joint_attention"
    if "Flux" in type(module).__name__ or getattr(module, "pre_only", None) is True:
        return "joint_attention"  # single blocks: the text is already part of the sequence
    return "self_attention"
