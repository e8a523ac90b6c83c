"""Words, tokens and roles from the tokenizer's offsets."""

from __future__ import annotations

import pytest

from assetgen.capture.tokens import tokenize, tokenize_parts
from tests.fixtures.pipelines import LENGTH, tiny_tokenizer
from tests.fixtures.transformers import tiny_t5_tokenizer

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


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("1girl", [("1girl", 6)]),  # a lone space piece stands before it
        ("night-fox on snow", [("night-fox", 5), ("on", 1), ("snow", 1)]),
        ("a fox, a fox", [("a", 1), ("fox", 1), (",", 1), ("a", 1), ("fox", 1)]),
        ("a  fox's sky", [("a", 1), ("fox's", 3), ("sky", 1)]),
        ("snow_fox", [("snow_fox", 5)]),
    ],
)
def test_words_of_t5(prompt: str, expected: list[tuple[str, int]]) -> None:
    found = tokenize(tiny_t5_tokenizer(), prompt, 32)
    assert [(word.text, len(word.tokens)) for word in found.words] == expected
    roles = [token.role for token in found.tokens]
    assert roles.count("bos") == 0 and roles.count("eos") == 1 and roles[-1] == "pad"
    assert all(token.word is not None for token in found.tokens if token.role == "word")


def test_signs_that_share_a_token_are_one_word() -> None:
    """This tokenizer knows no brackets and makes one token of several; so does CLIP of many."""
    found = tokenize(tiny_t5_tokenizer(), "((fox)) cat", 32)
    assert [word.text for word in found.words] == ["((", "fox", "))", "cat"]
    assert found.dropped == () and not found.full
    assert len(found.words[2].tokens) == 1
    spans = [word.span for word in found.words]
    assert spans == sorted(spans) and found.words[0].span == (0, 2)


def test_what_the_tokenizer_has_no_token_for_is_named() -> None:
    found = tokenize(tiny_tokenizer(), "\u72d0 \u68ee")  # a fox, a wood: not in its bytes
    assert found.words == () and found.dropped == ("\u72d0", "\u68ee") and not found.full


def test_t5_beyond_its_limit() -> None:
    found = tokenize(tiny_t5_tokenizer(), "cat " * 130, 120)
    assert len(found.tokens) == 120 and len(found.words) == 119
    assert found.dropped == ("cat",) * 11


def test_clip_and_t5_behind_each_other() -> None:
    """SD3: a word has tokens of both; what one encoder has no room for, the other still reads."""
    parts = [(tiny_tokenizer(77), 77, False), (tiny_t5_tokenizer(), 256, False)]
    found = tokenize_parts(parts, "a fox " * 60)
    assert len(found.tokens) == 333 and [token.index for token in found.tokens] == list(range(333))
    assert [len(word.tokens) for word in found.words] == [2] * 75 + [1] * 45
    assert found.dropped == () and [len(ids) for ids in found.ids] == [77, 256]
    assert found.words[1].span == (2, 5)
    assert {found.tokens[i].span for i in found.words[1].tokens} == {(2, 5)}


def test_a_pipeline_that_lower_cases_keeps_the_spans() -> None:
    found = tokenize_parts([(tiny_t5_tokenizer(), 16, True)], "  A Fox")
    assert [(w.text, w.span) for w in found.words] == [("A", (2, 3)), ("Fox", (4, 7))]
    assert found.tokens[1].text == "▁fox" and found.tokens[1].span == (4, 7)
