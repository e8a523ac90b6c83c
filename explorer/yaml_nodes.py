"""YAML files as trees of nodes that know their file and line, and the one-line error about them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where PyYAML was built with it: five times as fast."""
Place = tuple[str, int]
"""File and line."""


class YamlError(ValueError):
    """A mistake in a YAML file, printed as one line."""

    def __init__(self, place: Place, path: str, expected: str, found: str) -> None:
        self.file, self.line = place
        self.path, self.expected, self.found = path, expected, found
        field = f"{path}: " if path else ""
        message = f"{self.file}:{self.line}: {field}expected {expected}, found {found}"
        super().__init__(" ".join(message.split()))


def nearest(name: str, known: Sequence[str]) -> str:
    """` (did you mean …?)`, or the known names when none is near and they are few."""
    if close := get_close_matches(name, known, n=1, cutoff=0.5):
        return f" (did you mean {close[0]!r}?)"
    return f" (known: {', '.join(known)})" if 0 < len(known) <= 14 else ""


def compose(path: Path, error: type[YamlError] = YamlError) -> yaml.MappingNode:
    """The file as a tree of YAML nodes; an empty file is an empty mapping."""
    name = str(path)
    try:
        stream = StringIO(path.read_text(encoding="utf-8"))
        stream.name = name
        node = LOADER(stream).get_single_node()
    except OSError as e:
        raise error((name, 1), "", "a readable file", e.strerror or str(e)) from None
    except (UnicodeDecodeError, yaml.reader.ReaderError) as e:
        raise error((name, 1), "", "plain UTF-8 text", str(getattr(e, "reason", e))) from None
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line = mark.line + 1 if mark else 1
        raise error((name, line), "", "valid YAML", e.problem or "a syntax error") from None
    if node is None:
        mark = yaml.Mark(name, 0, 0, 0, "", 0)
        return yaml.MappingNode("tag:yaml.org,2002:map", [], mark, mark)
    if not isinstance(node, yaml.MappingNode):
        raise error(place_of(node), "", "fields (name: value)", describe(node))
    _check_keys(node, error, set())
    return node


def _check_keys(node: yaml.Node, error: type[YamlError], seen: set[int]) -> None:
    """Field names are plain text and unique: YAML itself would keep the last and say nothing."""
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    names: set[str] = set()
    for entry in node.value:
        key, child = entry if isinstance(node, yaml.MappingNode) else (None, entry)
        if key is not None:
            if not isinstance(key, yaml.ScalarNode):
                raise error(place_of(key), "", "a plain field name", describe(key))
            if key.value in names:
                raise error(place_of(key), str(key.value), "each field once", "it twice")
            names.add(key.value)
        _check_keys(child, error, seen)


def place_of(node: yaml.Node) -> Place:
    return (str(node.start_mark.name), node.start_mark.line + 1)


def describe(node: yaml.Node) -> str:
    """What a person wrote, shortened."""
    if isinstance(node, yaml.MappingNode):
        return "fields (name: value)"
    if isinstance(node, yaml.SequenceNode):
        return f"a list of {len(node.value)}"
    if is_null(node):
        return "nothing"
    text = str(node.value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def children(node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Field name → (key node, value node)."""
    return {str(key.value): (key, value) for key, value in node.value}


def overlay(base: yaml.MappingNode, top: yaml.MappingNode) -> yaml.MappingNode:
    """Fields of `top` over those of `base`, mappings inside them likewise."""
    result = dict(children(base))
    for name, (key, value) in children(top).items():
        old = result[name][1] if name in result else None
        if isinstance(old, yaml.MappingNode) and isinstance(value, yaml.MappingNode):
            value = overlay(old, value)
        result[name] = (key, value)
    return yaml.MappingNode(top.tag, list(result.values()), top.start_mark, top.end_mark)
