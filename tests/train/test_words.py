from __future__ import annotations

from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from assetgen.errors import InputError
from assetgen.pack.resources import data_dir
from assetgen.train.words import Grammar, Scene, load_config, vocabulary


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


WRONG: dict[str, tuple[str, str, str]] = {
    "missing": ("steady: 1500", "", "unet.steady: missing"),
    "no number": ("batch: 32", "batch: many", "unet.batch: expected a number, found 'many'"),
    "no list": ("channels: [64, 128, 256]", "channels: 3", "unet.channels: expected a list"),
    "no text": ('and: " and "', "and: 3", "caption.and: expected a text, found 3"),
    "unknown": ("steady: 1500", "steady: 1500\n  stedy: 1500", "unet.stedy: unknown"),
    "in a list": ("rotation: 12", "rotation: [1]", "scene.rotation: expected a number, found [1]"),
    "no hills": (", hills: 0}", "}", "words.ground.water.hills: missing"),
    "no YAML": ("seed: 20", "seed: [", "is no YAML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_names_file_and_field(case: str, tmp_path: Path) -> None:
    text = (data_dir("config") / "train.yaml").read_text(encoding="utf-8")
    right, wrong, said = WRONG[case]
    assert right in text
    file = tmp_path / "own.yaml"
    file.write_text(text.replace(right, wrong))
    with pytest.raises(InputError) as caught:
        load_config(file)
    line = str(caught.value)
    assert line.startswith(f"{file}") and said in line and "\n" not in line


def test_another_vocabulary_is_a_right_configuration(tmp_path: Path) -> None:
    config = load_config()
    config["words"]["object"] = {"dog": "1f436", "bird": "1f426"}
    config["held_out"]["pairs"] = []
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(config))
    assert load_config(file) == config
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.yaml")
