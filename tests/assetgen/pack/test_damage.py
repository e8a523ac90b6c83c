"""Damage on runs whose difference is known."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from math import inf
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assetgen.pack import Pack, PackError
from assetgen.pack.damage import compare
from tests.fixtures.packs import build_pack, build_study


@pytest.fixture(scope="module")
def _assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assets = tmp_path_factory.mktemp("assets")
    build_pack(assets, steps=2)
    build_study(assets, steps=2)
    return assets


@pytest.fixture
def pair(_assets: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A run and a study of it that came out the same, to be damaged."""
    runs = shutil.copytree(_assets, tmp_path / "assets") / "runs" / "miniature"
    return runs / "a-fox-on-grass", runs / "studies" / "a-fox-on-grass-guidance-2"


def repaint(path: Path, change: Callable[[np.ndarray], None]) -> None:
    """Alter a picture of a pack and make the manifest's size fit."""
    with Image.open(path) as image:
        pixels = np.array(image)
    change(pixels)
    Image.fromarray(pixels).save(path)
    manifest = path.parent / "manifest.json"
    data = json.loads(manifest.read_text())
    data["files"][path.name]["bytes"] = path.stat().st_size
    manifest.write_text(json.dumps(data))


def test_the_same_run_has_no_damage(pair: tuple[Path, Path]) -> None:
    damage = compare(*map(Pack.open, pair))
    assert damage.error == 0 and damage.psnr == inf and damage.lost == ()
    assert [word.text for word in damage.words] == ["a", "fox", "on", "grass"]
    assert all(word.correlation > 0.99 for word in damage.words)


def test_another_picture_has_the_error_it_has(pair: tuple[Path, Path]) -> None:
    before = Pack.open(pair[1]).final().astype(float)

    def black(pixels: np.ndarray) -> None:
        pixels[:64] = 0

    repaint(pair[1] / "final.png", black)
    damage = compare(*map(Pack.open, pair))
    assert damage.error == pytest.approx(((before[:64] / 255) ** 2).mean() / 2, rel=1e-5)
    assert damage.psnr == pytest.approx(-10 * np.log10(damage.error))


def test_a_word_that_moved_lost_its_place(pair: tuple[Path, Path]) -> None:
    size = Pack.open(pair[1]).array("words").shape[2]

    def turn(pixels: np.ndarray) -> None:
        strip = pixels[size : 2 * size]
        strip[:] = strip[::-1, :].copy()
        strip[:, -size:] = 0
        strip[0, -size:] = 200

    repaint(pair[1] / "words.png", turn)
    damage = compare(*map(Pack.open, pair))
    assert damage.lost == ("fox",)
    fox = damage.words[1]
    assert fox.overlap is not None and fox.overlap < 0.2 and fox.correlation < 0.3


def test_a_word_that_is_everywhere_has_no_place_to_lose(pair: tuple[Path, Path]) -> None:
    base, study = map(Pack.open, pair)
    flat = np.full((16, 16), 0.1, np.float32)
    base.word_map = lambda *_: flat  # type: ignore[method-assign]
    damage = compare(base, study)
    assert damage.lost == () and {word.overlap for word in damage.words} == {None}


def test_runs_that_cannot_be_compared(pair: tuple[Path, Path], tmp_path: Path) -> None:
    other = build_pack(tmp_path, prompt="a cat", architecture="two_level", steps=1)
    with pytest.raises(PackError, match="another prompt"):
        compare(Pack.open(pair[0]), Pack.open(other))
    small = Pack(pair[1], Pack.open(pair[1]).metadata)
    Image.new("RGB", (8, 8)).save(pair[1] / "final.png")
    with pytest.raises(PackError, match="another size"):
        compare(Pack.open(pair[0]), small)
