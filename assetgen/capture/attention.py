"""Recording attention while the forward pass stays bit-identical.

Every attention layer ends in `scaled_dot_product_attention`. The tap lets that call happen as it
would and recomputes, in float32 and only for the conditional rows, what is to be kept. Replacing
attention processors, as most tools do, changes the picture and breaks with each release.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import log, prod
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from assetgen.capture.layers import is_attention, layer_kind
from assetgen.capture.lse import LogSumExp, normaliser, probabilities
from assetgen.capture.passes import Passes
from assetgen.capture.streams import Grid, grid_of
from assetgen.errors import CaptureError

ENTROPY_ROWS = 64
"""Self-attention entropy is a mean over at most this many evenly spaced rows."""

_TEXT_FIRST = ("FluxAttnProcessor", "FusedFluxAttnProcessor", "FluxIPAdapterAttnProcessor")
_TEXT_LAST = ("JointAttnProcessor", "FusedJointAttnProcessor", "SD3IPAdapterJointAttnProcessor")
"""Where a joint processor puts the text in the common row, by the beginning of its name."""


@dataclass(frozen=True)
class Lanes:
    """The tokens of one prompt that are kept: `own` one by one, `padding` summed in a last lane."""

    own: tuple[int, ...]
    padding: tuple[int, ...] = ()

    @classmethod
    def of(cls, lanes: Sequence[int | None], tokens: int) -> Self:
        """From token numbers, None standing for the sum of all others of `tokens`."""
        own = tuple(lane for lane in lanes if lane is not None)
        rest = sorted(set(range(tokens)) - set(own)) if None in lanes else ()
        return cls(own, tuple(rest))


@dataclass(frozen=True)
class TextAttention:
    """Where one layer read the text in one call, for one picture; head mean in float32.

    `maps` `[lanes, h, w]`; `mass` `[T]` mean over the places of every token. In a cross-attention
    layer a place's tokens sum to one; in a joint layer the rest went to the picture's own places.
    """

    layer: str
    picture: int
    maps: Tensor
    mass: Tensor


@dataclass(frozen=True)
class SelfAttention:
    """Mean entropy of one layer's rows, divided by log(keys): 1 reads everywhere alike."""

    layer: str
    picture: int
    entropy: float


Sink = Callable[[TextAttention | SelfAttention], None]
LanesOf = Callable[[int], Sequence[Lanes] | None]
"""Tokens the denoiser reads → the lanes of every picture, or None where the tokens are not known."""


@dataclass
class _Inside:
    """The attention module that is running."""

    layer: str
    kind: str
    order: str | None
    grid: Grid | None
    seen: bool = False


@dataclass
class AttentionTap:
    """Records every attention layer of `denoiser` while active; use as a context manager.

    The function is replaced in its module while a tap is active; a `TorchFunctionMode` would see it
    too, but also every other call, which costs a small network a seventh of its time. `unread` maps
    layers whose text could not be told from the picture to the reason.
    """

    denoiser: nn.Module
    sink: Sink
    passes: Passes
    lanes: LanesOf
    unread: dict[str, str] = field(default_factory=dict)
    grid: Grid | None = None
    """Patches of the picture the denoiser is at work on."""
    _tokens: int = 0
    _stack: list[_Inside] = field(default_factory=list)
    _undo: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self._hook(self.denoiser.register_forward_pre_hook(self._keep_call, with_kwargs=True))
        for name, module in self.denoiser.named_modules():
            if is_attention(module):
                self._hook(
                    module.register_forward_pre_hook(self._push(name, module), with_kwargs=True)
                )
                self._hook(module.register_forward_hook(self._pop, always_call=True))
            elif type(module).__name__ == "Transformer2DModel":
                self._hook(module.register_forward_pre_hook(self._keep_grid, with_kwargs=True))
        original = F.scaled_dot_product_attention
        with_lse = LogSumExp(original)

        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Tensor:
            # text encoder and VAE attend too, outside any denoiser layer
            if not self._stack or self._stack[-1].seen or self.passes.unconditional:
                return original(*args, **kwargs)
            self._stack[-1].seen = True  # an adapter's second call reads a picture, not the text
            return self._see(original, with_lse, args, kwargs)

        F.scaled_dot_product_attention = watched
        self._undo.callback(setattr, F, "scaled_dot_product_attention", original)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _hook(self, handle: Any) -> None:
        self._undo.callback(handle.remove)

    # Hooks must return None: any other value would replace the inputs.

    def _keep_call(self, denoiser: nn.Module, args: Any, kwargs: Any) -> None:
        self.grid = grid_of(denoiser, args, kwargs)
        text = kwargs.get("encoder_hidden_states")
        if text is None and len(args) > 2:
            text = args[2]
        self._tokens = int(text.shape[1]) if isinstance(text, Tensor) and text.ndim == 3 else 0

    def _keep_grid(self, _: nn.Module, args: Any, kwargs: Any) -> None:
        hidden = args[0] if args else kwargs["hidden_states"]
        self.grid = tuple(hidden.shape[-2:]) if hidden.ndim == 4 else None

    def _push(self, layer: str, module: nn.Module) -> Callable[..., None]:
        kind = layer_kind(module, layer)

        def hook(attention: nn.Module, args: Any, kwargs: Any) -> None:
            hidden = args[0] if args else kwargs["hidden_states"]
            grid = (int(hidden.shape[-2]), int(hidden.shape[-1])) if hidden.ndim == 4 else self.grid
            self._stack.append(_Inside(layer, kind, _order(attention), grid))

        return hook

    def _pop(self, *_: Any) -> None:
        if self._stack:  # empty if the pre-hook itself failed
            self._stack.pop()

    def _see(
        self, original: Callable[..., Tensor], with_lse: LogSumExp, args: Any, kwargs: Any
    ) -> Tensor:
        # some callers pass these by position, some by keyword
        call = dict(zip(("query", "key", "value", "attn_mask"), args, strict=False)) | kwargs
        q, k, v, mask = call["query"], call["key"], call["value"], call.get("attn_mask")
        scale = q.shape[-1] ** -0.5 if call.get("scale") is None else float(call["scale"])
        inside = self._stack[-1]
        plain = mask is None and not call.get("is_causal") and not call.get("dropout_p")
        lse = None
        with torch.no_grad():
            if inside.kind == "joint_attention" and plain and q.shape == k.shape:
                out, lse = with_lse(q, k, v, args, kwargs, scale)
            else:
                out = original(*args, **kwargs)
            for picture, row in enumerate(range(*self.passes.rows(q.shape[0]).indices(q.shape[0]))):
                own = _mask_row(mask, row, q.shape[0])
                own_lse = None if lse is None else lse[row]
                self._record(inside, picture, q[row], k[row], own, scale, own_lse)
        return out

    def _record(
        self, inside: _Inside, picture: int, q: Tensor, k: Tensor, mask: Tensor | None,
        scale: float, lse: Tensor | None,
    ) -> None:  # fmt: skip
        places = slice(0, q.shape[1])
        if inside.kind == "joint_attention":
            found = self._joint(inside, q, k, mask, scale, lse)
            if found is None:
                return
            p, places = found
        elif inside.kind == "cross_attention":
            p = softmax(q, k, mask, scale).mean(0)
        else:
            p = None
        if p is not None and (lanes := self._lanes(inside, p)) is not None:
            self._emit(inside, picture, p, lanes[picture])
        if inside.kind != "cross_attention":
            entropy = _entropy(q, k, mask, scale, places)
            self.sink(SelfAttention(inside.layer, picture, entropy))

    def _joint(
        self, inside: _Inside, q: Tensor, k: Tensor, mask: Tensor | None, scale: float,
        lse: Tensor | None,
    ) -> tuple[Tensor, slice] | None:  # fmt: skip
        """Probability `[places, T]` of the text's tokens, and the picture's part of the row."""
        tokens, rows = self._tokens, q.shape[1]
        if inside.order is None or not 0 < tokens < rows == k.shape[1]:
            self.unread[inside.layer] = "where its processor puts the text is not known"
            return None
        text = slice(0, tokens) if inside.order == "first" else slice(rows - tokens, rows)
        places = slice(tokens, rows) if inside.order == "first" else slice(0, rows - tokens)
        if mask is not None:
            whole = softmax(q[:, places], k, _columns(mask, places, rows), scale).mean(0)
            return whole[:, text], places
        here = q[:, places]
        norm = normaliser(here, k, scale) if lse is None else lse[:, places]
        return probabilities(here, k[:, text], norm, scale), places

    def _lanes(self, inside: _Inside, p: Tensor) -> Sequence[Lanes] | None:
        if inside.grid is None or prod(inside.grid) != p.shape[0]:
            self.unread[inside.layer] = "the picture's height and width are not known"
            return None
        lanes = self.lanes(p.shape[1])
        if lanes is None:
            self.unread[inside.layer] = "which words its tokens are is not known"
        return lanes

    def _emit(self, inside: _Inside, picture: int, p: Tensor, lanes: Lanes) -> None:
        """`p` `[places, T]` as maps of the lanes."""
        assert inside.grid is not None
        rows = p.T
        maps = rows[list(lanes.own)]
        if lanes.padding:
            maps = torch.cat([maps, rows[list(lanes.padding)].sum(0, keepdim=True)])
        maps = maps.reshape(-1, *inside.grid)
        self.sink(TextAttention(inside.layer, picture, maps, p.mean(0)))


def _order(attention: nn.Module) -> str | None:
    """Where a joint layer's processor puts the text; None if it is not one of the known."""
    name = type(getattr(attention, "processor", None)).__name__
    if name.startswith(_TEXT_FIRST):
        return "first"
    return "last" if name.startswith(_TEXT_LAST) else None


def _mask_row(mask: Tensor | None, row: int, batch: int) -> Tensor | None:
    """The mask of one row of the batch, `[heads or 1, queries or 1, keys]`."""
    if mask is None:
        return None
    if mask.ndim < 4:
        mask = mask[None] if mask.ndim == 3 else mask[None, None]
    return mask[row] if mask.shape[0] == batch else mask[0]


def _columns(mask: Tensor, places: slice, rows: int) -> Tensor:
    return mask[..., places, :] if mask.shape[-2] == rows else mask


def _entropy(q: Tensor, k: Tensor, mask: Tensor | None, scale: float, places: slice) -> float:
    """Mean entropy of evenly spaced rows of the picture over all keys, divided by log(keys)."""
    rows = q.shape[1]
    q = q[:, places]
    stride = max(1, q.shape[-2] // ENTROPY_ROWS)
    if mask is not None:
        mask = _columns(mask, places, rows)
        mask = mask[..., ::stride, :] if mask.shape[-2] > 1 else mask
    # exp is a fast kernel, log is not; what a mask forbids has log p = -inf and counts nothing
    logs = torch.log_softmax(_scores(q[:, ::stride], k, mask, scale), -1).clamp(min=-1e4)
    return float((logs.exp() * logs).sum(-1).mean() / -log(max(k.shape[-2], 2)))


def softmax(q: Tensor, k: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """Probabilities `[heads, rows, keys]` in float32."""
    return _scores(q, k, mask, scale).softmax(-1)


def _scores(q: Tensor, k: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    scores = q.float() @ (k.float() * scale).transpose(-1, -2)  # of the two, the keys are fewer
    if mask is not None:
        allowed = mask.dtype == torch.bool
        scores = scores.masked_fill(~mask, float("-inf")) if allowed else scores + mask
    return scores


def check_complete(recorded: Iterable[str], expected: Sequence[str]) -> None:
    """Raise CaptureError unless every layer in `expected` left a map: never a silent black one."""
    missing = sorted(set(expected) - set(recorded))
    if missing:
        raise CaptureError(
            f"{len(missing)} of {len(expected)} layers that read the text left no map, the first is "
            f"{missing[0]}: its processor bypasses scaled_dot_product_attention"
        )
