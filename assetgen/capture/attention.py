"""Recording attention while the forward pass stays bit-identical.

Every attention layer ends in `scaled_dot_product_attention`. The tap runs the original call
untouched and recomputes, in float32 and only for the conditional half, what is to be kept. Replacing
attention processors, as most tools do, changes the picture and breaks with each release.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import log, prod
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from assetgen.capture.layers import is_attention
from assetgen.errors import CaptureError

ENTROPY_ROWS = 64
"""Self-attention entropy is a mean over at most this many evenly spaced rows."""

_EXPLICIT = {"AttnProcessor": "AttnProcessor2_0", "AttnAddedKVProcessor": "AttnAddedKVProcessor2_0"}
"""Processors that multiply matrices themselves, and their fused twins."""


@dataclass(frozen=True)
class CrossAttention:
    """Head mean of one layer in one call: `[T, h, w]` float32, summing to one over the tokens."""

    layer: str
    maps: Tensor


@dataclass(frozen=True)
class SelfAttention:
    """Mean entropy of one layer's rows, divided by log(keys): 1 reads everywhere alike."""

    layer: str
    entropy: float


Sink = Callable[[CrossAttention | SelfAttention], None]


@dataclass(frozen=True)
class _Inside:
    """The attention module that is running: its id, kind and picture grid."""

    layer: str
    cross: bool
    grid: tuple[int, int]


class AttentionTap:
    """Records every attention layer of `denoiser` while active; use as a context manager.

    `row` says which row of the batch is recorded, given the batch size (the conditional one). The
    function is replaced in its module while a tap is active; a `TorchFunctionMode` would see it too,
    but also every other call, which costs a small network a seventh of its time.
    """

    def __init__(self, denoiser: nn.Module, sink: Sink, row: Callable[[int], int]) -> None:
        self._denoiser = denoiser
        self._sink = sink
        self._row = row
        self._grid: tuple[int, int] | None = None
        self._stack: list[_Inside] = []
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        for name, module in self._denoiser.named_modules():
            if is_attention(module):
                push = self._push(name, bool(getattr(module, "is_cross_attention", False)))
                self._hook(module.register_forward_pre_hook(push, with_kwargs=True))
                self._hook(module.register_forward_hook(self._pop, always_call=True))
            elif type(module).__name__ == "Transformer2DModel":
                self._hook(module.register_forward_pre_hook(self._keep_grid, with_kwargs=True))
        original = F.scaled_dot_product_attention

        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Tensor:
            out = original(*args, **kwargs)
            if self._stack:  # text encoder and VAE attend too, outside any denoiser layer
                self._see(args, kwargs)
            return out

        F.scaled_dot_product_attention = watched
        self._undo.callback(setattr, F, "scaled_dot_product_attention", original)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _hook(self, handle: Any) -> None:
        self._undo.callback(handle.remove)

    def _see(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        # some callers pass these by position, some by keyword
        call = dict(zip(("query", "key", "value", "attn_mask"), args, strict=False)) | kwargs
        with torch.no_grad():
            self._record(
                self._stack[-1],
                call["query"],
                call["key"],
                call.get("attn_mask"),
                call.get("scale"),
            )

    # Hooks must return None: any other value would replace the inputs.

    def _keep_grid(self, _: nn.Module, args: Any, kwargs: Any) -> None:
        hidden = args[0] if args else kwargs["hidden_states"]
        self._grid = tuple(hidden.shape[-2:]) if hidden.ndim == 4 else None

    def _push(self, layer: str, cross: bool) -> Callable[..., None]:
        def hook(_: nn.Module, args: Any, kwargs: Any) -> None:
            hidden = args[0] if args else kwargs["hidden_states"]
            if hidden.ndim == 4:
                grid = (int(hidden.shape[-2]), int(hidden.shape[-1]))
            elif self._grid is not None and prod(self._grid) == hidden.shape[1]:
                grid = self._grid
            else:
                raise CaptureError(f"{layer}: the picture's height and width are not known")
            self._stack.append(_Inside(layer, cross, grid))

        return hook

    def _pop(self, *_: Any) -> None:
        if self._stack:  # empty if the pre-hook itself failed
            self._stack.pop()

    def _record(
        self, inside: _Inside, query: Tensor, key: Tensor, mask: Tensor | None, scale: float | None
    ) -> None:
        row = self._row(query.shape[0])
        q, k = query[row].float(), key[row].float()
        factor = q.shape[-1] ** -0.5 if scale is None else scale
        if mask is not None:
            mask = mask[row] if mask.shape[0] == query.shape[0] else mask[0]
        if inside.cross:
            p = _softmax(q, k, mask, factor).mean(0)
            maps = p.T.reshape(-1, *inside.grid).contiguous()
            self._sink(CrossAttention(inside.layer, maps))
            return
        stride = max(1, q.shape[-2] // ENTROPY_ROWS)
        if mask is not None and mask.shape[-2] > 1:
            mask = mask[..., ::stride, :]
        p = _softmax(q[:, ::stride], k, mask, factor)
        entropy = -torch.xlogy(p, p).sum(-1).mean() / log(max(k.shape[-2], 2))
        self._sink(SelfAttention(inside.layer, float(entropy)))


def _softmax(q: Tensor, k: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """Probabilities `[heads, rows, keys]`."""
    scores = (q * scale) @ k.transpose(-1, -2)
    if mask is not None:
        allowed = mask.dtype == torch.bool
        scores = scores.masked_fill(~mask, float("-inf")) if allowed else scores + mask
    return scores.softmax(-1)


def use_fused_attention(denoiser: nn.Module) -> list[str]:
    """Make every attention layer end in scaled_dot_product_attention; returns what was changed.

    Raises CaptureError if a backend is active that the tap cannot see.
    """
    from diffusers.models import attention_processor

    changed = set()
    for name, module in denoiser.named_modules():
        if not is_attention(module):
            continue
        backend = getattr(module.processor, "_attention_backend", None)
        if backend is not None and str(getattr(backend, "value", backend)) not in ("native", ""):
            raise CaptureError(f"{name} uses attention backend {backend}; set it to native first")
        kind = type(module.processor).__name__
        if twin := _EXPLICIT.get(kind):
            module.set_processor(getattr(attention_processor, twin)())
            changed.add(f"{kind} -> {twin}")
    return sorted(changed)


def check_complete(recorded: Iterable[str], expected: Sequence[str]) -> None:
    """Raise CaptureError unless every layer in `expected` left a map: never a silent black one."""
    missing = sorted(set(expected) - set(recorded))
    if missing:
        raise CaptureError(
            f"{len(missing)} of {len(expected)} cross-attention layers left no map, "
            f"the first is {missing[0]}: its processor bypasses scaled_dot_product_attention"
        )
