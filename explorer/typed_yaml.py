"""YAML read into msgspec structs; every mistake is one line with file:line, field, expected, found.

The file is composed into nodes first, which know their lines; the struct's types then walk over
the nodes. A struct is therefore the whole description of a file: types, ranges (`msgspec.Meta`),
defaults and, through `explorer.schema_docs`, its documentation. In `Meta(extra={...})`, `expected`
words a pattern for people; `hidden` marks a field that the loader fills with `file:line: field`
and that no file may set.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import yaml
from msgspec import inspect as types

from explorer.yaml_nodes import (
    Place,
    YamlError,
    children,
    compose,
    describe,
    is_null,
    nearest,
    place_of,
)

T = TypeVar("T")


class Reader:
    """Checks nodes against a type, gathers plain data, remembers places."""

    def __init__(self, error: type[YamlError] = YamlError) -> None:
        self.error = error
        self.places: dict[str, Place] = {}

    def fail(
        self, node: yaml.Node, path: str, expected: str, found: str | None = None
    ) -> YamlError:
        return self.error(
            place_of(node), path, expected, describe(node) if found is None else found
        )

    def value(self, node: yaml.Node, kind: types.Type, path: str, expected: str = "") -> Any:
        """Plain data of `node` as `kind`; raises one located error."""
        while isinstance(kind, types.Metadata):
            expected = expected or (kind.extra or {}).get("expected", "")
            kind = kind.type
        self.places[path] = place_of(node)
        match kind:
            case types.UnionType():
                return self.union(node, kind, path, expected)
            case types.StructType():
                return self.struct(node, kind, path)
            case types.DictType():
                return {
                    name: self.value(child, kind.value_type, f"{path}.{name}")
                    for name, child in self.fields(node, path).items()
                }
            case types.ListType() | types.TupleType():
                return self.items(node, kind, path, expected)
        if not isinstance(node, yaml.ScalarNode) or is_null(node):
            raise self.fail(node, path, expected or wanted(kind))
        ok, result = scalar(node.value, kind)
        if not ok:
            raise self.fail(node, path, expected or wanted(kind))
        return result

    def fields(self, node: yaml.Node, path: str) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, path, "fields (name: value)")
        return {name: value for name, (_, value) in children(node).items()}

    def struct(self, node: yaml.Node, kind: types.StructType, path: str) -> dict[str, Any]:
        known = {f.encode_name: f for f in kind.fields if not is_hidden(f)}
        result: dict[str, Any] = {}
        fields = self.fields(node, path)
        keys = children(node) if isinstance(node, yaml.MappingNode) else {}
        for name, child in fields.items():
            if name == kind.tag_field:
                result[name] = child.value
            elif name not in known:
                names = [*known, *([kind.tag_field] if kind.tag_field else [])]
                raise self.fail(
                    keys[name][0], path, "a known field", repr(name) + nearest(name, names)
                )
            else:
                result[name] = self.value(child, known[name].type, dotted(path, name))
        for field in kind.fields:
            if is_hidden(field):
                file, line = place_of(node)
                result[field.encode_name] = f"{file}:{line}: {path}"
            elif field.required and field.encode_name not in fields:
                raise self.fail(node, path, f"the field {field.encode_name!r}", "none")
        return result

    def union(self, node: yaml.Node, kind: types.UnionType, path: str, expected: str) -> Any:
        options = list(kind.types)
        nothing = any(isinstance(t, types.NoneType) for t in options)
        options = [t for t in options if not isinstance(t, types.NoneType)]
        if is_null(node) and nothing:
            if (
                node.value == ""
            ):  # an unquoted "#RRGGBB" is a comment: say so instead of dropping it
                raise self.fail(node, path, expected or wanted(options[0]))
            return None
        tagged = [t for t in options if isinstance(t, types.StructType) and t.tag_field]
        if not tagged:
            return self.value(node, options[0], path, expected)
        tags = {str(t.tag): t for t in tagged}
        name = str(tagged[0].tag_field)
        tag = self.fields(node, path).get(name)
        if tag is None:
            raise self.fail(node, path, f"the field {name!r} (one of {', '.join(tags)})", "none")
        if not isinstance(tag, yaml.ScalarNode) or tag.value not in tags:
            hint = nearest(str(tag.value), list(tags)) if isinstance(tag, yaml.ScalarNode) else ""
            raise self.fail(
                tag, dotted(path, name), f"one of {', '.join(tags)}", describe(tag) + hint
            )
        return self.struct(node, tags[tag.value], path)

    def items(
        self, node: yaml.Node, kind: types.ListType | types.TupleType, path: str, expected: str
    ) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, path, expected or wanted(kind))
        if isinstance(kind, types.TupleType):
            if len(node.value) != len(kind.item_types):
                raise self.fail(node, path, expected or wanted(kind))
            pairs = list(zip(node.value, kind.item_types, strict=True))
        else:
            if len(node.value) < (kind.min_length or 0):
                raise self.fail(node, path, expected or f"at least {kind.min_length} entries")
            pairs = [(child, kind.item_type) for child in node.value]
        return [self.value(c, t, f"{path}[{label(c, i)}]") for i, (c, t) in enumerate(pairs)]


@cache
def type_info(kind: type) -> types.Type:
    """What msgspec knows about a type; finding it out takes longer than reading a file by it."""
    return types.type_info(kind)


def decode(
    node: yaml.Node, kind: type[T], error: type[YamlError] = YamlError
) -> tuple[T, dict[str, Place]]:
    """The struct in `node`, and the place of every field path in it."""
    reader = Reader(error)
    known = cast(Hashable, kind)  # mypy takes a type[T] for unhashable
    data = reader.value(node, type_info(known), "")
    return msgspec.convert(data, kind), reader.places


def read(path: Path, kind: type[T], error: type[YamlError] = YamlError) -> T:
    """Compose and decode a file."""
    return decode(compose(path, error), kind, error)[0]


def dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def label(node: yaml.Node, index: int) -> str:
    """Entries with an id are named by it."""
    if isinstance(node, yaml.MappingNode):
        key = children(node).get("id")
        if key and isinstance(key[1], yaml.ScalarNode):
            return str(key[1].value)
    return str(index)


def is_hidden(field: types.Field) -> bool:
    return isinstance(field.type, types.Metadata) and bool((field.type.extra or {}).get("hidden"))


def scalar(text: str, kind: types.Type) -> tuple[bool, Any]:
    """(valid, value) of a scalar as written; YAML 1.1 is not asked, so `off` may be a word."""
    match kind:
        case types.StrType():
            ok = kind.pattern is None or re.search(kind.pattern, text) is not None
            return ok and len(text) >= (kind.min_length or 0), text
        case types.BoolType():
            return text.lower() in ("true", "false", "yes", "no", "on", "off"), text.lower() in (
                "true",
                "yes",
                "on",
            )
        case types.LiteralType():
            named = {str(v): v for v in kind.values}
            return text in named, named.get(text)
        case types.IntType() | types.FloatType():
            try:
                number = int(text) if isinstance(kind, types.IntType) else float(text)
            except ValueError:
                return False, None
            low, high = kind.ge, kind.le
            inside = (low is None or number >= low) and (high is None or number <= high)
            return inside and isfinite(number) and (kind.gt is None or number > kind.gt), number
    raise TypeError(f"no YAML form for {kind}")


def wanted(kind: types.Type) -> str:
    """A type in plain words, with its range."""
    match kind:
        case types.Metadata():
            return (kind.extra or {}).get("expected") or wanted(kind.type)
        case types.StrType():
            return f"text like {kind.pattern}" if kind.pattern else "text"
        case types.BoolType():
            return "true or false"
        case types.LiteralType():
            names = ", ".join(str(v) for v in kind.values)
            return names if len(kind.values) == 1 else f"one of {names}"
        case types.IntType() | types.FloatType():
            word = "a whole number" if isinstance(kind, types.IntType) else "a number"
            if kind.ge is not None and kind.le is not None:
                return f"{word} from {kind.ge:g} to {kind.le:g}"
            limits = [("above", kind.gt), ("of at least", kind.ge), ("up to", kind.le)]
            return " ".join([word, *(f"{say} {v:g}" for say, v in limits if v is not None)])
        case types.TupleType():
            return f"a list of {len(kind.item_types)} numbers"
        case types.ListType():
            return "a list"
        case types.DictType():
            return "named entries"
        case types.UnionType():
            inner = [t for t in kind.types if not isinstance(t, types.NoneType)]
            return wanted(inner[0]) if len(inner) == 1 else "one of several kinds"
    return "fields (name: value)"
