"""How a struct describes itself: `about` for a field, and the reference page made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Meta
from msgspec import inspect as types

from explorer.typed_yaml import is_hidden, wanted


class Base(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every struct read from a YAML file shares: immutable, and no unknown fields."""


def about(
    description: str,
    low: float | None = None,
    high: float | None = None,
    *,
    above: float | None = None,
    min_length: int | None = None,
    expected: str | None = None,
) -> Meta:
    """A field's description and range; `expected` words a special form for messages."""
    limits: dict[str, Any] = {"ge": low, "le": high, "gt": above, "min_length": min_length}
    extra = {"expected": expected} if expected else None
    return Meta(description=description, extra=extra, **limits)


def reference(roots: Iterable[type[msgspec.Struct]]) -> str:
    """Markdown tables of the structs and of all structs their fields use, in order of use."""
    return "\n\n".join(_section(kind) for kind in _structs(roots)) + "\n"


def _section(kind: types.StructType) -> str:
    """A struct's table; kinds of one family list only what their family does not have."""
    family = _family(kind)
    title = kind.cls.__name__
    if family and kind.tag != kind.cls.__name__:  # one that a file can name
        title = f"`kind: {kind.tag}`"
    shared = {f.encode_name: f.type for f in family.fields} if family else {}
    rows = ["| field | value | default | meaning |", "| --- | --- | --- | --- |"]
    for field in kind.fields:
        if not is_hidden(field) and shared.get(field.encode_name) != field.type:
            rows.append(
                f"| `{field.encode_name}` | {_value(field.type)} | {_default(field)} "
                f"| {_description(field.type)} |"
            )
    return f"## {title}\n\n{_text(kind.cls)}\n\n" + "\n".join(rows)


def _family(kind: types.StructType) -> types.StructType | None:
    """The struct that a tagged struct extends, or None."""
    base = kind.cls.__mro__[1]
    info = types.type_info(base)
    return info if isinstance(info, types.StructType) and info.tag_field else None


def _text(cls: type) -> str:
    return " ".join((cls.__doc__ or "").split())


def _value(kind: types.Type) -> str:
    """What may be written, in words; structs by name."""
    extra: dict[str, Any] = {}
    while isinstance(kind, types.Metadata):
        extra = {**(kind.extra or {}), **extra}
        kind = kind.type
    if "expected" in extra:
        return str(extra["expected"]).replace("|", "\\|")
    match kind:
        case types.UnionType():
            inner = [t for t in kind.types if not isinstance(t, types.NoneType)]
            if len(inner) == 1:
                return _value(inner[0])
            family = _family(inner[0]) if isinstance(inner[0], types.StructType) else None
            return _value(family) if family else wanted(kind)
        case types.StructType():
            return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case types.ListType():
            return f"list: {_value(kind.item_type)}"
        case types.DictType():
            return f"by name: {_value(kind.value_type)}"
    return wanted(kind)


def _default(field: types.Field) -> str:
    if field.required:
        return "**required**"
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory() if callable(field.default_factory) else None
    if isinstance(value, msgspec.Struct) or value is None or value in ([], {}):
        return ""
    if isinstance(value, list | tuple):
        return "`[" + ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in value) + "]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _description(kind: types.Type) -> str:
    if isinstance(kind, types.Metadata):
        schema = kind.extra_json_schema or {}
        return str(schema.get("description") or _description(kind.type))
    return ""


def _structs(roots: Iterable[type[msgspec.Struct]]) -> Iterator[types.StructType]:
    seen: set[type] = set()
    queue: list[types.Type] = [types.type_info(root) for root in roots]
    while queue:
        kind = queue.pop(0)
        match kind:
            case types.Metadata():
                queue.insert(0, kind.type)
            case types.UnionType():
                queue[:0] = list(kind.types)
            case types.ListType():
                queue.insert(0, kind.item_type)
            case types.DictType():
                queue.insert(0, kind.value_type)
            case types.StructType() if kind.cls not in seen:
                if (family := _family(kind)) and family.cls not in seen:
                    seen.add(family.cls)
                    yield family
                seen.add(kind.cls)
                yield kind
                queue += [field.type for field in kind.fields]
