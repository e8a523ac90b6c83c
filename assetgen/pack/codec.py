"""Reading and writing the JSON files of a pack: one readable line for whatever is wrong with one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeVar

import msgspec

from assetgen.pack.errors import PackError
from assetgen.pack.schema import FORMAT

_NUMBERS = re.compile(rb"\[\n([-+.\deE,\snul]+)\n\s*\]")
"""A formatted array of numbers and nulls; the line feed cannot occur inside a JSON string."""


_INNERMOST = re.compile(rb"\{\n((?:[^{}\[\]]|\[[^{}\[\]\n]*\])*)\n\s*\}")
"""A formatted object that holds no other, nor a list but a row of numbers."""


class _Header(msgspec.Struct):
    format: int


T = TypeVar("T", bound=msgspec.Struct)


def decode(kind: type[T], path: Path, again: str = "generate the run again") -> T:
    """Read the JSON file at `path` as `kind`; raises PackError for anything that is not right with it.

    `again` is what a person can do about a file that is missing or damaged.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PackError(path, "is missing", hint=again) from None
    except OSError as error:
        raise PackError(path, f"cannot be read: {error.strerror or error}") from None
    try:
        found = msgspec.json.decode(data, type=_Header).format
        if found > FORMAT:
            raise PackError(
                path, f"has format {found}", f"format {FORMAT}", "update diffusion-explorer"
            )
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise PackError(path, f"is damaged: {error}", hint=again) from None


def encode(value: msgspec.Struct, *, rows: bool = False) -> bytes:
    """Indented JSON with rows of numbers on one line; the same bytes for the same value.

    With `rows` the innermost objects (a step, a token, a file) stand on one line too.
    """
    text = msgspec.json.format(msgspec.json.encode(value), indent=1)
    text = _NUMBERS.sub(lambda row: b"[" + b" ".join(row[1].split()) + b"]", text)
    if rows:
        text = _INNERMOST.sub(
            lambda row: b"{" + re.sub(rb"\n\s*", b" ", row[1].strip()) + b"}", text
        )
    return text + b"\n"
