"""Ablation: the network runs with one part silenced. What exactly is silenced is defined in docs/format.md.

Forward hooks that return a value replace a tensor; nothing else of the model changes, and without a
cut no hook is set. Registered before the taps, so that what is recorded is what really flows on.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from assetgen.capture.provenance import tensors
from assetgen.errors import InputError
from assetgen.pack.schema import Architecture, CutMode, Layer, Unit
from assetgen.pack.validate_study import cut_ids

_JOINT = ("joint", "single")
"""Kinds of blocks that take and give picture and words side by side."""


@contextmanager
def cutting(
    denoiser: nn.Module, architecture: Architecture, cuts: Sequence[str], mode: CutMode
) -> Iterator[None]:
    """Silence `cuts` (ids as in the explorer) in every call of `denoiser` while active.

    Raises InputError for an id that names nothing or a part that cannot be cut.
    """
    check_cuts(architecture, cuts, mode)
    with ExitStack() as stack:
        for cut in cuts:
            kind, _, name = cut.partition(":")
            silence = _SILENCE[mode]
            if kind == "skip":
                handle = _cut_skip(denoiser, architecture, name, silence)
            else:
                part = _find(architecture, cut)
                joint = isinstance(part, Unit) and part.kind in _JOINT
                hook = _cut_block(silence) if joint else _cut_output(kind == "unit", silence)
                handle = denoiser.get_submodule(name).register_forward_hook(hook, with_kwargs=True)
            stack.callback(handle.remove)
        yield


def check_cuts(architecture: Architecture, cuts: Sequence[str], mode: CutMode) -> None:
    """Raise InputError unless each of `cuts` names something that can be cut in this `mode`."""
    known = cut_ids(architecture)
    for cut in cuts:
        if cut not in known:
            close = difflib.get_close_matches(cut, known, 3, cutoff=0.0)
            raise InputError(f"{cut!r} names nothing to cut", f"nearest ids: {', '.join(close)}")
        part = _find(architecture, cut)
        if part is not None and mode == "mean" and len(part.output) < 2:
            raise InputError(f"{cut!r} has no places to average over", "pass --mode zero")


def residual(module: nn.Module, inputs: Tensor, output: Tensor) -> Tensor:
    """What a unit passes on beside what it adds: zeros for a unit without a residual path.

    A residual block passes on its input, through its 1 × 1 convolution where the channels change; a
    transformer passes on its input. `inputs` and `output` `[B, C, h, w]` or `[B, N, C]`.
    """
    if type(module).__name__.startswith("Resnet"):
        shortcut: Any = getattr(module, "conv_shortcut", None)
        kept = inputs if shortcut is None else shortcut(inputs)
        return kept / getattr(module, "output_scale_factor", 1.0)
    if "Transformer" in type(module).__name__ and inputs.shape == output.shape:
        return inputs
    return torch.zeros_like(output)


def mean_over_places(value: Tensor) -> Tensor:
    """`value` with every place replaced by the mean over places, channel by channel."""
    places = (2, 3) if value.ndim == 4 else (1,)
    return value.mean(dim=places, keepdim=True).expand_as(value)


_SILENCE: dict[CutMode, Callable[[Tensor], Tensor]] = {
    "zero": torch.zeros_like,
    "mean": mean_over_places,
}


def _cut_output(is_unit: bool, silence: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        if not is_unit:  # attention over two streams gives both
            return _replaced(output, [silence(out) for out in tensors(output)])
        out = next(tensors(output))
        kept = residual(module, next(tensors((args, kwargs))), out)
        return _with_first(output, kept + silence(out - kept))

    return hook


def _cut_block(silence: Callable[[Tensor], Tensor]) -> Callable[..., Any]:
    """A block of two streams: each passes on its own input. Every one of diffusers gives (words, picture)."""

    def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        given = inspect.signature(module.forward).bind(*args, **kwargs).arguments
        outs = list(tensors(output))
        kept = [given["hidden_states"]]
        if len(outs) > 1:
            kept.insert(0, given["encoder_hidden_states"])
        return _replaced(output, [k + silence(out - k) for k, out in zip(kept, outs, strict=True)])

    return hook


def _cut_skip(
    denoiser: nn.Module,
    architecture: Architecture,
    name: str,
    silence: Callable[[Tensor], Tensor],
) -> Any:
    """The target reads `cat([from below, skip])`: its last channels are the skip's."""
    source, _, target = name.partition("->")
    channels = architecture.unit(source).output[0]

    def hook(_: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        joined = args[0] if args else kwargs["hidden_states"]
        own, skip = joined[:, :-channels], joined[:, -channels:]
        cut = torch.cat([own, silence(skip)], dim=1)
        return ((cut, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": cut})

    return denoiser.get_submodule(target).register_forward_pre_hook(hook, with_kwargs=True)


def _with_first(output: Any, new: Tensor) -> Any:
    """`output` (a tensor, or a tuple or output object that begins with one) with that tensor replaced."""
    if isinstance(output, Tensor):
        return new
    if isinstance(output, tuple):
        return (new, *output[1:])
    first = next(iter(output))
    return type(output)(**{**output, first: new})


def _replaced(output: Any, new: Sequence[Tensor]) -> Any:
    """`output` (a tensor, or a tuple of tensors and None) with its tensors replaced in their order."""
    if isinstance(output, Tensor):
        return new[0]
    if not isinstance(output, tuple):
        return _with_first(output, new[0])
    left = iter(new)
    return tuple(next(left) if isinstance(part, Tensor) else part for part in output)


def _find(architecture: Architecture, cut: str) -> Unit | Layer | None:
    kind, _, id = cut.partition(":")
    parts: list[Unit | Layer] = [*architecture.units]
    if kind == "layer":
        parts = [layer for unit in architecture.units for layer in unit.layers]
    return next((part for part in parts if part.id == id and kind != "skip"), None)
