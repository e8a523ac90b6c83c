from __future__ import annotations

from random import Random
from typing import Any

import pytest

from assetgen.train.words import Grammar

pytest.importorskip("transformers")

from transformers import CLIPTokenizer

from assetgen.train.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer(config: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> CLIPTokenizer:
    """Trained, saved and loaded again: what ships is what is tested."""
    grammar, rng = Grammar(config), Random(0)
    captions = (grammar.caption(grammar.draw(rng)) for _ in range(3000))
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(captions, config["text"]["length"]).save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


def test_every_word_is_one_token(config: dict[str, Any], tokenizer: CLIPTokenizer) -> None:
    for word in Grammar(config).flat_words:
        assert tokenizer.tokenize(word) == [f"{word}</w>"]


def test_every_caption_fits(config: dict[str, Any], tokenizer: CLIPTokenizer) -> None:
    grammar, rng = Grammar(config), Random(1)
    for _ in range(500):
        ids = tokenizer(grammar.caption(grammar.draw(rng))).input_ids
        assert len(ids) <= tokenizer.model_max_length == config["text"]["length"]


@pytest.mark.parametrize("text", ["a purple cow", "zoë's café", "猫 and 🦊", "a\tfox\n42!"])
def test_no_text_is_dropped(tokenizer: CLIPTokenizer, text: str) -> None:
    coded = tokenizer(text, return_offsets_mapping=True)
    assert tokenizer.unk_token_id not in coded.input_ids[1:-1]
    reached = {i for start, end in coded.offset_mapping for i in range(start, end)}
    assert {i for i, letter in enumerate(text) if not letter.isspace()} <= reached


def test_offsets_point_at_the_words(tokenizer: CLIPTokenizer) -> None:
    text = "a fox and a castle on snow"
    offsets = tokenizer(text, return_offsets_mapping=True).offset_mapping[1:-1]
    assert [text[start:end] for start, end in offsets] == text.split()
