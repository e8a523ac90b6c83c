"""What is computed from a pack is computed once: by a display in the background, or by the panel that asks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from assetgen.pack import Pack

T = TypeVar("T")
_KEPT: WeakKeyDictionary[Pack, dict[str, Any]] = WeakKeyDictionary()


def once(pack: Pack, name: str, make: Callable[[], T]) -> T:
    """`make()`, kept as long as the pack is; two threads that ask at once may both compute it."""
    kept = _KEPT.setdefault(pack, {})
    if name not in kept:
        kept[name] = make()
    found: T = kept[name]
    return found
