"""A real byte-level BPE `CLIPTokenizer`, trained on the captions of the miniature.

Every word of the vocabulary becomes one token. All 256 bytes are tokens too, so any other text
is spelled out byte by byte: nothing a visitor types is ever dropped silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"


def train_tokenizer(captions: Iterable[str], length: int) -> CLIPTokenizer:
    """Learns merges from the captions; `length` is the padded length in tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    # CLIP's own order: the bytes, the bytes that end a word, one token per merge, start, end.
    letters = [*alphabet, *(letter + WORD_END for letter in alphabet)]
    merges = _learn_merges(captions, _build(letters, [], length))
    return _build([*letters, *dict.fromkeys(map("".join, merges))], merges, length)


def _build(tokens: list[str], merges: list[tuple[str, str]], length: int) -> CLIPTokenizer:
    vocab = {token: number for number, token in enumerate([*tokens, START, END])}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=length)


def _learn_merges(captions: Iterable[str], untrained: CLIPTokenizer) -> list[tuple[str, str]]:
    """The merges of a BPE trained behind CLIP's own normaliser and word splitter."""
    backend = untrained.backend_tokenizer
    learner = Tokenizer(models.BPE(end_of_word_suffix=WORD_END))
    learner.normalizer, learner.pre_tokenizer = backend.normalizer, backend.pre_tokenizer
    # The vocabulary is small: merging goes on until every word of the captions is one token.
    trainer = trainers.BpeTrainer(
        vocab_size=8192, min_frequency=1, end_of_word_suffix=WORD_END, show_progress=False
    )
    learner.train_from_iterator(captions, trainer)
    learned = json.loads(learner.to_str())["model"]["merges"]
    return [tuple(pair) if isinstance(pair, list) else tuple(pair.split()) for pair in learned]
