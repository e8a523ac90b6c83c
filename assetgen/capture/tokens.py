"""Which tokens belong to which word of the prompt, from the tokenizer's own offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.errors import InputError
from assetgen.models.families import family_of
from assetgen.pack.schema import Role, Token, Word
from assetgen.pack.words import WORD


@dataclass(frozen=True)
class TokenizedPrompt:
    """The prompt as the denoiser reads it; `dropped` words have no token: beyond every limit, or unknown.

    Where two text encoders stand behind each other (SD3: CLIP, then T5), so do their tokens. `ids`
    holds the token ids of each.
    """

    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    dropped: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...] = ()

    @property
    def full(self) -> bool:
        """Whether every place for a token is taken, so that words may have fallen off the end."""
        return all(token.role != "pad" for token in self.tokens)

    @property
    def lanes(self) -> tuple[int | None, ...]:
        """The tokens that get a lane in the attention atlas; padding shares one, named None."""
        own = tuple(token.index for token in self.tokens if token.role != "pad")
        return (*own, None) if len(own) < len(self.tokens) else own


def tokenize(tokenizer: Any, prompt: str, length: int | None = None) -> TokenizedPrompt:
    """Tokenize `prompt` exactly as the pipelines do: padded to the limit, truncated beyond it.

    A word that became several tokens keeps all of them. Raises InputError for a tokenizer that
    gives no offsets.
    """
    return tokenize_parts([(tokenizer, length or tokenizer.model_max_length, False)], prompt)


def tokenize_pipeline(pipe: Any, prompt: str) -> TokenizedPrompt:
    """Tokenize as the family of `pipe` does; of another one what its only tokenizer says, or nothing.

    Raises InputError for a pipeline without its tokenizers.
    """
    family = family_of(type(pipe).__name__, pipe.components)
    if not family.known:
        return _guess(pipe, prompt)
    parts = []
    for text in family.texts:
        tokenizer = next((t for name in text.tokenizers if (t := getattr(pipe, name, None))), None)
        if tokenizer is None:
            raise InputError(
                f"{type(pipe).__name__} has no {text.tokenizers[0]}", "save it with its tokenizers"
            )
        parts.append((tokenizer, text.length or tokenizer.model_max_length, text.lower))
    return tokenize_parts(parts, prompt)


def _guess(pipe: Any, prompt: str) -> TokenizedPrompt:
    """The tokens of a pipeline's only tokenizer; whether the denoiser reads them, capture will see."""
    tokenizers = [part for name, part in pipe.components.items() if name.startswith("tokenizer")]
    if len(tokenizers) == 1 and 0 < (tokenizers[0].model_max_length or 0) < 10_000:
        try:
            return tokenize(tokenizers[0], prompt)
        except (InputError, TypeError, ValueError):
            pass
    return TokenizedPrompt((), (), ())


Span = tuple[int, int]
Part = tuple[Any, int, bool]
"""Tokenizer, length in tokens, whether the prompt is lower-cased and stripped first."""


def tokenize_parts(parts: Sequence[Part], prompt: str) -> TokenizedPrompt:
    """The tokens of several tokenizers, one behind the other, and the words they share."""
    read = [_read(part, prompt) for part in parts]
    rows = [row for part in read for row in part]
    spans = _joined([match.span() for match in WORD.finditer(prompt)], rows)
    owners = [_owner(r.span, spans) if r.role == "word" and r.span else None for r in rows]
    kept = sorted({owner for owner in owners if owner is not None})
    numbers = {owner: index for index, owner in enumerate(kept)}
    tokens = tuple(
        Token(i, row.id, row.text, row.role, _number(owners[i], numbers), row.span)
        for i, row in enumerate(rows)
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
    ids = tuple(tuple(row.id for row in part) for part in read)
    return TokenizedPrompt(tokens, words, dropped, ids)


@dataclass(frozen=True)
class _Row:
    id: int
    text: str
    role: Role
    span: Span | None


def _read(part: Part, prompt: str) -> list[_Row]:
    tokenizer, length, lower = part
    text, shift = prompt, 0
    if lower:
        shift = len(prompt) - len(prompt.lstrip())
        text = prompt.lower().strip()
        if len(prompt.lower()) != len(prompt):
            raise InputError(
                "the prompt changes its length in lower case", "write it in lower case"
            )
    try:
        encoded = tokenizer(
            text,
            padding="max_length",
            max_length=length,
            truncation=True,
            return_offsets_mapping=True,
        )
    except NotImplementedError:
        raise InputError(
            f"{type(tokenizer).__name__} gives no offsets", "save it as a fast tokenizer"
        ) from None
    ids = encoded["input_ids"]
    roles = _roles(tokenizer, ids, encoded["attention_mask"])
    texts = tokenizer.convert_ids_to_tokens(ids)
    return [
        _Row(
            int(ids[i]), str(texts[i]), roles[i],
            (offset[0] + shift, offset[1] + shift) if roles[i] == "word" else None,
        )
        for i, offset in enumerate(encoded["offset_mapping"])
    ]  # fmt: skip


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


def _joined(spans: list[Span], rows: Sequence[_Row]) -> list[Span]:
    """The spans of words, those that have no token but share one made one word with the others: `((`."""
    tokens = [row.span for row in rows if row.role == "word" and row.span]
    owned = {_owner(span, spans) for span in tokens}
    joined = list(range(len(spans)))
    for token in tokens:
        touched = [i for i, span in enumerate(spans) if _overlap(token, span) > 0]
        if not owned.issuperset(touched):
            for i in range(touched[0], touched[-1] + 1):
                joined[i] = joined[touched[0]]
    groups: dict[int, list[Span]] = {}
    for group, span in zip(joined, spans, strict=True):
        groups.setdefault(group, []).append(span)
    return [(group[0][0], group[-1][1]) for group in groups.values()]


def _owner(token: Span, spans: list[Span]) -> int | None:
    """The word with the largest overlap, the first of several."""
    best = max(range(len(spans)), key=lambda i: _overlap(token, spans[i]), default=None)
    return None if best is None or _overlap(token, spans[best]) <= 0 else best


def _overlap(a: Span, b: Span) -> int:
    return min(a[1], b[1]) - max(a[0], b[0])
