"""Finding a network's edges by running it: every tensor remembers which units it came from.

A forward hook stamps a unit's output with the unit's id; every torch function passes the stamps of
its inputs on; `torch.cat` marks what joins a picture as skip connections. What arrives at a
unit's input are its edges. No topology is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakIdKeyDictionary

Stamps = dict[str, str]
"""source id -> edge kind"""


class Provenance(TorchFunctionMode):
    """Carries stamps through torch functions while it is active."""

    def __init__(self) -> None:
        super().__init__()
        self._stamps: Any = WeakIdKeyDictionary()

    def stamp(self, value: Any, stamps: Mapping[str, str]) -> None:
        """Replace the stamps of every tensor in `value`."""
        for tensor in tensors(value):
            self._stamps[tensor] = dict(stamps)

    def of(self, value: Any) -> Stamps:
        """Union of the stamps of every tensor in `value`; a source keeps its first kind."""
        found: Stamps = {}
        for tensor in tensors(value):
            for source, kind in self._stamps.get(tensor, {}).items():
                found.setdefault(source, kind)
        return found

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        inputs = self._joined(args) if func is torch.cat else self.of((args, kwargs))
        if inputs:
            for tensor in tensors(out):
                # in-place and view functions return a tensor that has stamps already
                known = self._stamps.get(tensor, {})
                self._stamps[tensor] = {**inputs, **known}
        return out

    def _joined(self, args: tuple[Any, ...]) -> Stamps:
        first, *others = args[0]
        joined = self.of(first)
        flows = "flow" in joined.values()  # text in front of the picture is no bridge
        for other in others:
            for source, kind in self.of(other).items():
                joined.setdefault(source, "skip" if flows and kind == "flow" else kind)
        return joined


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in nested tuples, lists and dicts."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)
