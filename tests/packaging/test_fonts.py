"""The shipped fonts load in Panda3D and hold every letter that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from panda3d.core import DynamicTextFont

ROOT = Path(__file__).resolve().parents[2]
FONTS = sorted((ROOT / "assets/fonts").glob("*.ttf"))
TEXTS = sorted((ROOT / "scenes").rglob("*.yaml"))
SYMBOLS = "σαεβ→←×·−≤≥≈√²…–—“”"


def missing(font: Path, letters: str) -> str:
    """The letters for which Panda3D would draw an empty box."""
    loaded = DynamicTextFont(str(font))
    assert loaded.is_valid()
    shown = sorted({letter for letter in letters if not letter.isspace()})
    return "".join(x for x in shown if loaded.get_glyph(ord(x)).get_character() != ord(x))


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_symbols(font: Path) -> None:
    assert not missing(font, SYMBOLS)


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_letter_of_the_texts(text: Path) -> None:
    assert not missing(ROOT / "assets/fonts/Inter-Regular.ttf", text.read_text())


def formulas(node: object) -> Iterator[str]:
    """Every text named `formula`: these are set in JetBrains Mono."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "formula" and isinstance(value, str) else formulas(value)


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_letter_of_the_formulas(text: Path) -> None:
    letters = "".join(formulas(yaml.safe_load(text.read_text())))
    assert not missing(ROOT / "assets/fonts/JetBrainsMono-Regular.ttf", letters)


def test_a_missing_letter_is_noticed() -> None:
    assert missing(ROOT / "assets/fonts/Inter-Regular.ttf", "aℝ") == "ℝ"


@pytest.mark.parametrize("font", [path for path in FONTS if path.stem.startswith("Inter")])
def test_kerning_reaches_panda3d(font: Path) -> None:
    assert DynamicTextFont(str(font)).get_kerning(ord("A"), ord("V")) < 0
