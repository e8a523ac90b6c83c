"""What is computed from a pack is computed once: by a display in the background, or by the panel that asks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from assetgen.pack import Pack

T = TypeVar("T")


def once(pack: Pack, name: str, make: Callable[[], T]) -> T:
    """`make()`, kept until the pack is put away; two threads that ask at once may both compute it."""
    try:
        kept: T = pack.memo[name]
    except KeyError:  # it may be put away meanwhile
        kept = pack.memo[name] = make()
    return kept
