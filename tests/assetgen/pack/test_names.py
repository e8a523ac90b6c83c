"""Folder names from prompts."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from assetgen.pack.names import is_name, slug


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A fox, on grass!", "a-fox-on-grass"),
        ("  snow_and  ice ", "snow-and-ice"),
        ("ein Fuchs auf grünem Gras", "ein-fuchs-auf-grünem-gras"),
        ("草の上の狐", "草の上の狐"),
        ("घास पर लोमड़ी", "घास-पर-लोमड़ी"),
        ("../../etc/passwd", "etc-passwd"),
        ("… ?!", "run"),
        ("", "run"),
    ],
)
def test_words_of_any_script(prompt: str, name: str) -> None:
    assert slug(prompt) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("prompt", ["fox " * 100, "狐" * 300, "लोमड़ी " * 100, "a" * 79 + " é"])
def test_long_ones_fit_any_file_system(prompt: str, tmp_path: Path) -> None:
    name = slug(prompt)
    assert 70 < len(name.encode()) <= 80 and is_name(name)
    (tmp_path / f"{name}.half").mkdir()
