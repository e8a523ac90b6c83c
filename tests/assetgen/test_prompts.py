"""The curated prompts: enough, from simple to complex, two true pairs, only words the model knows."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from typing import Any

import pytest
import yaml

from assetgen.cli import build_parser, main
from assetgen.commands.generate import load_curated
from assetgen.models.registry import caption_words, check_words
from assetgen.pack.resources import data_dir


@pytest.fixture(scope="module")
def prompts() -> dict[str, dict[str, Any]]:
    return load_curated()["prompts"]


def test_at_least_eight_from_simple_to_complex(prompts: dict[str, dict[str, Any]]) -> None:
    lengths = [len(spec["prompt"].split()) for spec in prompts.values()]
    assert len(prompts) >= 8 and min(lengths) <= 4 and max(lengths) >= 12
    assert 30 <= load_curated()["defaults"]["steps"] <= 50


def test_two_pairs_share_the_noise_and_differ_in_one_word(
    prompts: dict[str, dict[str, Any]],
) -> None:
    pairs = defaultdict(list)
    for spec in prompts.values():
        if "pair" in spec:
            pairs[spec["pair"]].append(spec)
    assert len(pairs) >= 2
    for first, second in pairs.values():
        a, b = first["prompt"].split(), second["prompt"].split()
        assert first["seed"] == second["seed"]
        assert sum(x != y for x, y in zip(a, b, strict=True)) == 1


def test_every_word_is_one_the_miniature_was_trained_on(prompts: dict[str, dict[str, Any]]) -> None:
    config = yaml.safe_load((data_dir("config") / "train.yaml").read_text())
    vocabulary = frozenset(caption_words(config))
    for spec in prompts.values():
        check_words(spec["prompt"], vocabulary)


def test_the_parser_knows_all_commands_without_torch() -> None:
    code = (
        "import sys; from assetgen.cli import build_parser; build_parser(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    text = build_parser().format_help()
    assert all(name in text for name in ("generate", "inspect", "validate", "train"))


def test_list_names_the_curated_prompts(
    prompts: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in prompts)
