"""Which tokens belong to which word of the prompt, from the tokenizer's own offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from assetgen.errors import InputError
from assetgen.pack.schema import Role, Token, Word

_WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")
"""A word with its hyphens and apostrophes, or one sign of punctuation."""


@dataclass(frozen=True)
class TokenizedPrompt:
    """The prompt as the text encoder reads it; `dropped` words lie beyond the tokenizer's limit."""

    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    dropped: tuple[str, ...]


def tokenize(tokenizer: Any, prompt: str) -> TokenizedPrompt:
    """Tokenize `prompt` exactly as the pipelines do: padded to the limit, truncated beyond it.

    A word that became several tokens keeps all of them. Raises InputError for a tokenizer that
    gives no offsets.
    """
    try:
        encoded = tokenizer(
            prompt,
            padding="max_length",
            max_length=tokenizer.model_max_length,
            truncation=True,
            return_offsets_mapping=True,
        )
    except NotImplementedError:
        raise InputError(
            f"{type(tokenizer).__name__} gives no offsets", "save it as a fast tokenizer"
        ) from None
    spans = [match.span() for match in _WORD.finditer(prompt)]
    ids, mask = encoded["input_ids"], encoded["attention_mask"]
    offsets = [tuple(offset) for offset in encoded["offset_mapping"]]
    roles = _roles(tokenizer, ids, mask)
    owners = [
        _owner(offset, spans) if role == "word" else None
        for offset, role in zip(offsets, roles, strict=True)
    ]
    kept = sorted({owner for owner in owners if owner is not None})
    numbers = {owner: index for index, owner in enumerate(kept)}
    texts = tokenizer.convert_ids_to_tokens(ids)
    tokens = tuple(
        Token(
            index=i,
            id=int(ids[i]),
            text=str(texts[i]),
            role=roles[i],
            word=_number(owners[i], numbers),
            span=offsets[i] if roles[i] == "word" else None,
        )
        for i in range(len(ids))
    )
    words = tuple(
        Word(
            index=numbers[owner],
            text=prompt[slice(*spans[owner])],
            tokens=tuple(i for i, o in enumerate(owners) if o == owner),
            span=spans[owner],
        )
        for owner in kept
    )
    dropped = tuple(prompt[slice(*s)] for i, s in enumerate(spans) if i not in numbers)
    return TokenizedPrompt(tokens, words, dropped)


def _number(owner: int | None, numbers: dict[int, int]) -> int | None:
    return None if owner is None else numbers[owner]


def _roles(tokenizer: Any, ids: list[int], mask: list[int]) -> list[Role]:
    """The first end token ends the prompt; CLIP pads with further end tokens."""
    roles: list[Role] = []
    ended = False
    for i, (id, attended) in enumerate(zip(ids, mask, strict=True)):
        if i == 0 and id == tokenizer.bos_token_id:
            roles.append("bos")
        elif ended or not attended:
            roles.append("pad")
        elif id == tokenizer.eos_token_id:
            roles.append("eos")
            ended = True
        else:
            roles.append("word")
    return roles


def _owner(offset: tuple[int, int], spans: list[tuple[int, int]]) -> int | None:
    """The word with the largest overlap."""
    best, size = None, 0
    for index, (start, end) in enumerate(spans):
        overlap = min(end, offset[1]) - max(start, offset[0])
        if overlap > size:
            best, size = index, overlap
    return best
