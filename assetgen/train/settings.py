"""Is a training configuration complete? The one that ships says what belongs into it, and of what kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

OPEN = ("words.object", "words.thing", "words.ground", "words.sky")
"""Fields whose names are free: the vocabulary. Their values are alike."""


def differences(found: Any, shipped: Any, field: str = "") -> Iterator[str]:
    """Each field of `found` that is missing, unknown or of another kind than in `shipped`: where and what."""
    at = field or "the whole"
    if isinstance(shipped, dict):
        if not isinstance(found, dict) or not found:
            yield f"{at}: expected names with values"
            return
        alike = next(iter(shipped.values())) if field in OPEN else None
        for name in shipped if alike is None else ():
            if name not in found:
                yield f"{_join(field, name)}: missing"
        for name, value in found.items():
            if alike is None and name not in shipped:
                yield f"{_join(field, name)}: unknown"
            else:
                yield from differences(value, alike or shipped[name], _join(field, name))
    elif isinstance(shipped, list):
        if not isinstance(found, list):
            yield f"{at}: expected a list"
            return
        for number, value in enumerate(found):
            yield from differences(value, shipped[0], f"{field}[{number}]")
    elif isinstance(shipped, str):
        if not isinstance(found, str):
            yield f"{at}: expected a text, found {found!r}"
    elif isinstance(found, bool) or not isinstance(found, int | float):
        yield f"{at}: expected a number, found {found!r}"


def _join(field: str, name: Any) -> str:
    return f"{field}.{name}" if field else str(name)
