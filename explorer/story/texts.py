"""Every sentence a visitor reads, from `scenes/locales/<language>.yaml`; none is written in Python."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from explorer.yaml_nodes import LOADER


class TextError(LookupError):
    """A text that is missing, or that lacks a value; names the key and the file."""


class Texts:
    """Texts of one language by dotted key, with `{fields}` filled in."""

    def __init__(self, entries: Mapping[str, str], source: str = "texts") -> None:
        self.entries = dict(entries)
        self.source = source

    @classmethod
    def load(cls, path: str | Path) -> Texts:
        """Read a locale file (nested keys, texts at the leaves) and its parts `<language>.<part>.yaml` beside it."""
        file = Path(path)
        entries: dict[str, str] = {}
        for part in (file, *sorted(file.parent.glob(f"{file.stem}.*.yaml"))):
            _read(part, entries)
        return cls(entries, str(file))

    def has(self, key: str) -> bool:
        return key in self.entries

    def get(self, key: str, **values: Any) -> str:
        """The text of `key`. Raises TextError if it is missing or wants a value that was not given."""
        try:
            text = self.entries[key]
        except KeyError:
            raise TextError(f"{self.source}: no text {key!r}") from None
        try:
            return text.format(**values)
        except (KeyError, IndexError) as error:
            raise TextError(f"{self.source}: text {key!r} wants the value {error}") from None

    def first(self, *keys: str, **values: Any) -> str:
        """The text of the first key that exists: a special case before the general one."""
        for key in keys[:-1]:
            if key in self.entries:
                return self.get(key, **values)
        return self.get(keys[-1], **values)

    def wants(self, key: str) -> set[str]:
        """Names of the values that the text of `key` asks for."""
        return {name for _, name, _, _ in string.Formatter().parse(self.entries[key]) if name}


def _read(file: Path, entries: dict[str, str]) -> None:
    """Add a file's texts; a key that another part has is an error."""
    try:
        tree = yaml.load(file.read_text(encoding="utf-8"), LOADER)
    except OSError as error:
        raise TextError(f"{file}: cannot be read: {error.strerror or error}") from None
    except yaml.YAMLError as error:
        raise TextError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise TextError(f"{file}: expected keys with texts")
    found: dict[str, str] = {}
    _flatten(tree, "", found, str(file))
    if twice := sorted(found.keys() & entries.keys()):
        raise TextError(f"{file}: {twice[0]!r} stands in another part of this language, too")
    entries.update(found)


def _flatten(tree: Mapping[Any, Any], prefix: str, out: dict[str, str], source: str) -> None:
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            _flatten(value, f"{key}.", out, source)
        elif isinstance(value, str):
            out[key] = " ".join(value.split())
        else:
            raise TextError(f"{source}: {key!r} is {value!r}, expected a text")
