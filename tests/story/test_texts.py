"""Texts: none missing, none unused, the first depth short and plain, and true to the subject."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assetgen.pack.resources import data_dir
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.record import Record
from explorer.story.texts import TextError, Texts
from tests.story.selections import everything

MOST_WORDS = 50
HIGHEST_GRADE = 8.0
"""Flesch-Kincaid: a text that a twelve-year-old can read."""

DYNAMIC = (
    "panel.station.",
    "hud.model.",
    "hud.map.place",
    "hud.map.sign.",
    "hud.badge.",
    "hud.model.",
    "hud.track.",
    "hud.kiosk.pin_",
    "hud.strip.",
    "hud.settings.",
)
"""Keys that are put together from an id."""


def looks(record: Record, texts: Texts) -> dict[str, str]:
    """The plain words of everything, as a visitor reads them."""
    state = State(steps=record.steps)
    return {s: " ".join(panel_for(s, state, record, texts).lines) for s in everything(record)}


def syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower())
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee"))
    return max(len(groups) - (silent and len(groups) > 1), 1)


def grade(text: str) -> float:
    sentences = max(len(re.findall(r"[.!?:](?:\s|$)", text)), 1)
    words = re.findall(r"[A-Za-z]+", text)
    per_word = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / sentences + 11.8 * per_word - 15.59


def test_plain_words_are_few_and_easy(record: Record, texts: Texts) -> None:
    for selection, text in looks(record, texts).items():
        assert len(text.split()) <= MOST_WORDS, (selection, len(text.split()))
        assert grade(text) <= HIGHEST_GRADE, (selection, round(grade(text), 1), text)


def test_all_plain_words_in_the_file_are_few(texts: Texts) -> None:
    for key, text in texts.entries.items():
        if key.endswith(".look"):
            assert len(text.split()) <= MOST_WORDS, key
            plain = re.sub(r"\{\w+\}", "4", text)
            assert grade(plain) <= HIGHEST_GRADE, (key, round(grade(plain), 1))


def test_texts_stay_true_to_the_subject(texts: Texts) -> None:
    everything_said = " ".join(texts.entries.values()).lower()
    for phrase in (
        "understands the",
        "the model sees",
        "remembers",
        "imagine",
        "hidden in the noise",
    ):
        assert phrase not in everything_said
    for key in ("panel.unit.attention.look", "panel.layer.cross_attention.look"):
        assert "not why" in texts.get(key)
    assert "no picture hidden" in texts.get("panel.canvas.x_t.look").lower()
    assert "never trained on noise" in texts.get("hud.strip.decoded.long")
    assert "not importance" in texts.get("hud.strip.magnitude.long")


def test_every_key_in_the_code_exists(texts: Texts) -> None:
    """Keys written out in the sources; those made from ids are built by the panel tests."""
    root = Path(__file__).parents[2] / "explorer"
    missing = []
    for prefix, folder in (("hud.", "hud"), ("panel.", "story")):
        for file in sorted((root / folder).glob("*.py")):
            source = file.read_text(encoding="utf-8")
            for key in re.findall(r'\.text\(\s*"([a-z_0-9.]+)"', source):
                if not texts.has(prefix + key):
                    missing.append((file.name, prefix + key))
            for key in re.findall(r'\.get\(\s*"((?:hud|panel|number)\.[a-z_0-9.]+)"', source):
                if not texts.has(key):
                    missing.append((file.name, key))
    assert not missing


def test_no_text_is_left_over(texts: Texts) -> None:
    """The last part of every key is named in the sources, or it is a kind that models are made of."""
    root = Path(__file__).parents[2] / "explorer"
    files = [file for folder in ("hud", "story") for file in (root / folder).glob("*.py")]
    source = " ".join(file.read_text(encoding="utf-8") for file in files)
    for key in texts.entries:
        if not key.startswith(("panel.", "hud.", "number.")) or key.startswith(DYNAMIC):
            continue
        assert re.search(rf"\b{key.rpartition('.')[2]}\b", source), key


def test_a_missing_text_names_key_and_file() -> None:
    texts = Texts.load(data_dir("scenes") / "locales" / "en.yaml")
    with pytest.raises(TextError, match=r"en\.yaml: no text 'panel\.nothing'"):
        texts.get("panel.nothing")
    with pytest.raises(TextError, match=r"panel\.room_of.*'count'"):
        texts.get("panel.room_of", index=1)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"none\.yaml: cannot be read"):
        Texts.load(tmp_path / "none.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text("a: [1, 2]")
    with pytest.raises(TextError, match=r"'a' is \[1, 2\], expected a text"):
        Texts.load(bad)
    bad.write_text("a: {b: ")
    with pytest.raises(TextError, match=r"bad\.yaml"):
        Texts.load(bad)
