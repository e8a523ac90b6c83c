"""Attention whose log-sum-exp is kept: the probability of a few tokens then costs a few products.

`scaled_dot_product_attention` throws the normaliser of its softmax away; the kernels behind it return
it. Calling the kernel that would have been chosen anyway gives the same output, and then
`p(token) = exp(q · k_token · scale - lse)` for the tokens that are wanted and no others. That the
output is the same is not believed but compared, bit for bit, the first time each shape is seen;
where it is not, or where no kernel returns it, the normaliser is summed up in chunks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Attend = Callable[..., Tensor]
_CHUNK = 2**24
"""Scores held at once by the chunked fallback: 64 MB of float32."""

_FLASH, _EFFICIENT, _CUDNN = 1, 2, 3
"""Numbers of `torch.nn.attention.SDPBackend`."""


class LogSumExp:
    """Runs attention as `original` does and keeps the log-sum-exp where that changes no bit."""

    def __init__(self, original: Attend) -> None:
        self._original = original
        self.trusted: dict[tuple[Any, ...], bool] = {}
        """Shape, type and device of a call → whether the kernel gave the same bits."""

    def __call__(
        self, q: Tensor, k: Tensor, v: Tensor, args: Any, kwargs: Any, scale: float
    ) -> tuple[Tensor, Tensor | None]:
        """(output, log-sum-exp `[B, heads, queries]` float32 or None) of `original(*args, **kwargs)`."""
        signature = (q.shape, k.shape, q.dtype, q.device, q.stride(), k.stride(), v.stride())
        known = self.trusted.get(signature)
        if known:
            found = kernel(q, k, v, scale)
            assert found is not None
            return found
        out = self._original(*args, **kwargs)
        if known is None:
            found = kernel(q, k, v, scale)
            same = found is not None and torch.equal(found[0], out)
            self.trusted[signature] = same
            if same and found is not None:
                return out, found[1]
        return out, None


def kernel(q: Tensor, k: Tensor, v: Tensor, scale: float) -> tuple[Tensor, Tensor] | None:
    """Output and log-sum-exp of the kernel torch would choose; None where it returns none.

    `q`, `k`, `v` and the output `[B, heads, n, d]`; log-sum-exp `[B, heads, n]` float32, natural logarithm.
    """
    try:
        choice = int(torch._fused_sdp_choice(q, k, v, None, 0.0, False, scale=scale))
        found = _call(choice, q, k, v, scale)
    except (RuntimeError, NotImplementedError, AttributeError):
        return None
    if found is None:
        return None
    lse = found[1].float().reshape(*q.shape[:2], -1)[..., : q.shape[-2]]
    return found[0], lse


def _call(choice: int, q: Tensor, k: Tensor, v: Tensor, scale: float) -> Any:
    aten = torch.ops.aten
    if q.device.type == "cpu":
        if choice != _FLASH:
            return None
        return aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, False, scale=scale)
    if choice == _FLASH and q.shape[-1] % 8 == 0:
        return aten._scaled_dot_product_flash_attention(q, k, v, 0.0, False, False, scale=scale)
    if choice == _EFFICIENT:
        return aten._scaled_dot_product_efficient_attention(
            q, k, v, None, True, 0.0, False, scale=scale
        )
    if choice == _CUDNN:
        return aten._scaled_dot_product_cudnn_attention(
            q, k, v, None, True, 0.0, False, False, scale=scale
        )
    return None


def normaliser(q: Tensor, k: Tensor, scale: float) -> Tensor:
    """Log-sum-exp `[heads, queries]` of `q`, `k` `[heads, n, d]`, float32, a chunk of rows at a time."""
    keys = k.float().transpose(-1, -2)
    rows = max(1, _CHUNK // (q.shape[0] * k.shape[1]))
    parts = [torch.logsumexp((chunk.float() * scale) @ keys, -1) for chunk in q.split(rows, dim=1)]
    return torch.cat(parts, dim=1)


def probabilities(q: Tensor, k: Tensor, lse: Tensor, scale: float) -> Tensor:
    """Head mean `[queries, tokens]` float32 of `exp(q · k · scale - lse)`, one head at a time."""
    total = torch.zeros(q.shape[1], k.shape[1], device=q.device)
    for head in range(q.shape[0]):
        scores = torch.baddbmm(
            lse[head].neg()[None, :, None], q[head : head + 1].float(),
            k[head : head + 1].float().transpose(1, 2), alpha=scale,
        )  # fmt: skip
        total += scores[0].exp_()
    return total / q.shape[0]
