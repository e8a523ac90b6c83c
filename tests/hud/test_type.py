"""Type: every character of the texts exists in its face, lines break in time, widths agree with the screen."""

from __future__ import annotations

import panda3d.core as p3d
import pytest
from PIL import ImageFont

from assetgen.pack.resources import data_dir
from explorer.hud.lettering import Lettering
from explorer.hud.measure import FACES, font_file, shorten, wrap
from explorer.hud.shapes import Label
from tests.hud.conftest import MEASURE, TEXTS

FONTS = data_dir("assets") / "fonts"
MONO = "JetBrainsMono-Regular"


def missing(text: str, face: str) -> set[str]:
    font = ImageFont.truetype(str(font_file(FONTS, face)), 40)
    nothing = bytes(font.getmask("\uffff"))
    return {c for c in text if not c.isspace() and bytes(font.getmask(c)) == nothing}


def test_every_character_exists_in_its_face() -> None:
    formulas = "".join(t for k, t in TEXTS.entries.items() if k.endswith(".formula"))
    others = "".join(t for k, t in TEXTS.entries.items() if not k.endswith(".formula"))
    assert not missing(formulas, MONO)
    assert not missing(others + "σ“”…‹›", "Inter-Regular")
    assert not missing("σ=.%×·→", MONO)


def test_lines_are_no_wider_than_asked() -> None:
    text = "A residual block at full resolution. Supercalifragilisticexpialidocious\nend"
    lines = wrap(MEASURE, text, "Inter-Regular", 22, 200)
    assert all(MEASURE.width(line, "Inter-Regular", 22) <= 200 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert lines[-1] == "end"


def test_a_text_that_does_not_fit_ends_in_an_ellipsis() -> None:
    short = shorten(MEASURE, "A very long title indeed", "Inter-Medium", 20, 120)
    assert short.endswith("…") and MEASURE.width(short, "Inter-Medium", 20) <= 120
    assert shorten(MEASURE, "fits", "Inter-Medium", 20, 120) == "fits"


@pytest.mark.parametrize("face", FACES)
def test_labels_are_as_wide_as_measured(face: str) -> None:
    lettering = Lettering(FONTS)
    for text in ("AVATAR To Wave", "Each room was here.", "noise left  σ 0.47"):
        node = p3d.NodePath(lettering.node(Label(0, 0, text, face, 22, (1, 1, 1, 1))))
        low, high = node.get_tight_bounds()
        assert high.x - low.x == pytest.approx(MEASURE.width(text, face, 22), abs=10)


def test_numbers_that_change_bring_no_new_glyph() -> None:
    lettering = Lettering(FONTS)
    lettering.node(Label(0, 0, "x", MONO, 20, (1, 1, 1, 1)))
    page = lettering._font(MONO, 20).get_page(0)
    before = page.get_image_modified()
    lettering.node(Label(0, 0, "0.123456789 between 4 and 5", MONO, 20, (1, 1, 1, 1)))
    assert page.get_image_modified() == before


def test_a_missing_font_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="Comic"):
        font_file(FONTS, "Comic")
