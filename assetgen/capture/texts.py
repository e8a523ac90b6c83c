"""What the text encoders were really given: proof that the words on display are the words that were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from assetgen.capture.provenance import tensors


class TextTap:
    """Watches every text encoder of a pipeline; close it afterwards.

    `calls` holds (token ids `[B, L]`, first output) of each call, on the CPU and as it was.
    """

    def __init__(self, pipe: Any) -> None:
        self.calls: list[tuple[Tensor, Tensor]] = []
        self._handles = [
            part.register_forward_hook(self._keep, with_kwargs=True)
            for name, part in pipe.components.items()
            if name.startswith("text_encoder") and isinstance(part, nn.Module)
        ]

    def close(self) -> None:
        """Stop watching."""
        for handle in self._handles:
            handle.remove()

    def _keep(self, _: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        ids = args[0] if args else kwargs.get("input_ids")
        if isinstance(ids, Tensor) and ids.ndim == 2:
            values = output.values() if hasattr(output, "values") else output
            first = next((t for t in tensors(list(values)) if t.ndim == 3), None)
            if first is not None:
                self.calls.append((ids.detach().cpu(), first.detach()))

    def read(self, ids: Sequence[int]) -> bool:
        """Whether an encoder read exactly these ids."""
        row = torch.tensor(list(ids))
        return any(
            seen.shape[1] == len(row) and bool((seen == row).all(1).any()) for seen, _ in self.calls
        )

    def conditional_half(self, ids: Sequence[int], text: Tensor) -> str | None:
        """Which half of `text` `[2, T, D]` is what an encoder made of `ids`; None if neither."""
        row = torch.tensor(list(ids))
        half = text.shape[0] // 2
        for seen, output in self.calls:
            if seen.shape[1] != len(row):
                continue
            for i in torch.nonzero((seen == row).all(1)).flatten().tolist():
                for name, place in (("last", half), ("first", 0)):
                    made = output[i].to(text.device, text.dtype)
                    if made.shape == text[place].shape and torch.equal(made, text[place]):
                        return name
        return None
