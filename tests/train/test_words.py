from __future__ import annotations

from itertools import combinations
from random import Random
from typing import Any

import pytest

from assetgen.train.words import Grammar, Scene, vocabulary


@pytest.mark.parametrize(
    ("scene", "caption"),
    [
        (Scene(("fox",), "grass", "blue", sky_said=False), "a fox on grass"),
        (Scene(("fox",), "snow", "night"), "a fox on snow under a night sky"),
        (
            Scene(("fox", "castle"), "snow", "night", "moon"),
            "a fox and a castle on snow under a night sky with a moon",
        ),
        (Scene(("elephant", "apple"), "sand", "blue"), "an elephant and an apple on sand under a"
         " blue sky"),
        (Scene((), "water", "sunset", "sun"), "water under a sunset sky with a sun"),
    ],
)  # fmt: skip
def test_caption_says_exactly_what_is_there(
    config: dict[str, Any], scene: Scene, caption: str
) -> None:
    assert Grammar(config).caption(scene) == caption


def test_held_out_combinations_never_reach_training(config: dict[str, Any]) -> None:
    grammar, rng = Grammar(config), Random(0)
    for _ in range(5000):
        scene = grammar.draw(rng)
        assert frozenset(scene.objects) not in grammar.held_pairs
        assert not {(word, scene.ground) for word in scene.objects} & grammar.held_grounds


def test_held_out_stream_holds_nothing_else(config: dict[str, Any]) -> None:
    grammar, rng = Grammar(config), Random(0)
    assert all(grammar.is_held_out(grammar.draw(rng, held_out=True)) for _ in range(500))


def test_held_out_shares_are_a_fifth_of_pairs_and_a_tenth_of_grounds(
    config: dict[str, Any],
) -> None:
    grammar, words = Grammar(config), vocabulary(config)
    pairs = set(map(frozenset, combinations(words["object"], 2)))
    grounds = {(word, ground) for word in words["object"] for ground in words["ground"]}
    assert grammar.held_pairs <= pairs
    assert grammar.held_grounds <= grounds
    assert len(grammar.held_pairs) / len(pairs) == pytest.approx(0.2, abs=0.01)
    assert len(grammar.held_grounds) / len(grounds) == pytest.approx(0.1, abs=0.01)


def test_no_word_has_two_kinds(config: dict[str, Any]) -> None:
    words = Grammar(config).flat_words
    assert len(set(words)) == len(words)


def test_only_the_default_sky_may_stay_unsaid(config: dict[str, Any]) -> None:
    grammar, rng = Grammar(config), Random(1)
    scenes = [grammar.draw(rng) for _ in range(1000)]
    assert {scene.sky for scene in scenes if not scene.sky_said} == {"blue"}
