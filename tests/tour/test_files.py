"""Mistakes in a tour file: one line with file, line, field, and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.story.texts import Texts
from explorer.story.tour import TourError, load_tour
from explorer.world.site import Site

GOOD = """\
format: 1
title: tour.highlights.title
about: tour.highlights.about
stops:
  - id: first
    view: arrival
    say: [tour.highlights.noise_1]
  - id: second
    view: gallery
    ask:
      text: tour.highlights.ask
      answers: [tour.highlights.ask_a, tour.highlights.ask_b]
      right: 2
      replies: [tour.highlights.reply_b]
"""


def load(tmp_path: Path, text: str, site: Site, texts: Texts) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    load_tour(file, site.scene.cameras, texts)


def test_a_good_one_passes(tmp_path: Path, site: Site, texts: Texts) -> None:
    load(tmp_path, GOOD, site, texts)


@pytest.mark.parametrize(
    ("wrong", "right", "line", "says"),
    [
        ("view: gallery", "view: galery", 9, "did you mean 'gallery'?"),
        ("view: arrival\n", "move: cut\n", 5, "a `view` for the first stop"),
        ("noise_1", "noise_9", 7, "tour.highlights.noise_9"),
        ("right: 2", "right: 3", 13, "a number from 1 to 2"),
        ("right: 2", "right: two", 13, "a whole number from 1 to 6"),
        ("id: second", "id: first", 8, "an id that is used once"),
        ("say:", "speak:", 7, "'speak'"),
        ("format: 1", "format: 2", 1, "expected 1"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, site: Site, texts: Texts, wrong: str, right: str, line: int, says: str
) -> None:
    with pytest.raises(TourError) as caught:
        load(tmp_path, GOOD.replace(wrong, right, 1), site, texts)
    message = str(caught.value)
    assert f"mine.yaml:{line}:" in message and says in message and "\n" not in message


def test_the_reference_is_current() -> None:
    from tools.reference import ROOT, tours_page

    assert (ROOT / "docs" / "tours.md").read_text() == tours_page(), "python tools/reference.py"
