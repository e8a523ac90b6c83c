"""Words, tokens and roles from the tokenizer's offsets."""

from __future__ import annotations

import pytest

from assetgen.capture.tokens import tokenize
from tests.fixtures.pipelines import LENGTH, tiny_tokenizer

pytestmark = pytest.mark.torch


def words(prompt: str) -> list[tuple[str, int]]:
    """(word, number of its tokens)"""
    return [(word.text, len(word.tokens)) for word in tokenize(tiny_tokenizer(), prompt).words]


def test_known_words_are_one_token_each() -> None:
    assert words("a fox on grass") == [("a", 1), ("fox", 1), ("on", 1), ("grass", 1)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("1girl", [("1girl", 5)]),
        ("night-fox on snow", [("night-fox", 3), ("on", 1), ("snow", 1)]),
        ("a fox, a fox", [("a", 1), ("fox", 1), (",", 1), ("a", 1), ("fox", 1)]),
        ("a fox's sky", [("a", 1), ("fox's", 3), ("sky", 1)]),
        ("snow_fox", [("snow_fox", 3)]),
        ("A  Fox", [("A", 1), ("Fox", 1)]),
    ],
)
def test_words_keep_all_their_tokens(prompt: str, expected: list[tuple[str, int]]) -> None:
    assert words(prompt) == expected


def test_roles_and_padding() -> None:
    tokens = tokenize(tiny_tokenizer(), "a fox").tokens
    roles = [token.role for token in tokens]
    assert roles == ["bos", "word", "word", "eos", *["pad"] * (LENGTH - 4)]
    assert tokens[2].word == 1 and tokens[2].span == (2, 5)


def test_an_empty_prompt_has_no_words() -> None:
    prompt = tokenize(tiny_tokenizer(), "")
    assert prompt.words == () and prompt.tokens[1].role == "eos"


def test_words_beyond_the_limit_are_named() -> None:
    prompt = tokenize(tiny_tokenizer(), " ".join(["fox"] * 30 + ["castle"]))
    assert len(prompt.tokens) == LENGTH
    assert len(prompt.words) == LENGTH - 2
    assert prompt.dropped == ("fox",) * 8 + ("castle",)


def test_more_than_77_tokens_with_clips_own_limit() -> None:
    prompt = tokenize(tiny_tokenizer(77), "cat " * 100)
    assert len(prompt.tokens) == 77 and len(prompt.words) == 75 and len(prompt.dropped) == 25
    assert all(token.role != "pad" for token in prompt.tokens)
