"""The prompt as the network is given it: pieces with their numbers, and a row of numbers for each."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack.schema import Metadata
from explorer.story.record import Record

F32 = NDArray[np.float32]
MOST = 24
"""Pieces that are shown; a longer prompt's last ones are left out."""


class Piece(msgspec.Struct, frozen=True):
    """A token: `text` as the tokenizer cut it, with its end-of-word mark made visible as a dot."""

    index: int
    id: int
    text: str
    role: str


def pieces(metadata: Metadata) -> list[Piece]:
    """Everything but padding, and the first padding, in order."""
    found: list[Piece] = []
    for token in metadata.tokens:
        if token.role == "pad" and any(p.role == "pad" for p in found):
            break
        text = token.text.replace("</w>", "").strip("<|>").replace("startoftext", "begin")
        found.append(Piece(token.index, token.id, text.replace("endoftext", "end"), token.role))
    return found[:MOST]


def places_used(metadata: Metadata) -> int:
    """How many of the text encoder's places the prompt takes, its begin and end included."""
    return sum(token.role != "pad" for token in metadata.tokens)


def alike(rows: F32, others: F32) -> F32:
    """Cosine of every row of one against every row of the other, `[n, m]`."""
    a, b = (
        x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12) for x in (rows, others)
    )
    return np.asarray(a @ b.T)


def rows_of(record: Record) -> F32 | None:
    """The text encoder's output for the pieces that are shown, `[n, D]`."""
    found = record.tensor("prompt_embeds")
    return None if found is None else found[[p.index for p in pieces(record.metadata)]]


def likeness(record: Record, other: Record | None = None) -> F32 | None:
    """Every row against every other of the same prompt, or of `other`'s at the same places."""
    rows = rows_of(record)
    if other is None:
        return None if rows is None else alike(rows, rows)
    theirs = other.tensor("prompt_embeds")
    if rows is None or theirs is None:
        return None
    return alike(rows, theirs[[p.index for p in pieces(record.metadata)]])


def twins(metadata: Metadata) -> tuple[int, int] | None:
    """Two places of the prompt with the same piece, if there are any."""
    seen: dict[int, int] = {}
    for token in metadata.tokens:
        if token.role != "word":
            continue
        if token.id in seen:
            return seen[token.id], token.index
        seen[token.id] = token.index
    return None
