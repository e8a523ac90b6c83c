"""Built geometry comes back as it was kept; what cannot be read or written is built anew, and no error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.view import cache
from explorer.view.lights import Lights

PARTS = {
    "ground": (np.arange(30, dtype=np.float32).reshape(2, 15), np.array([0, 1, 1], np.uint32)),
    "empty": (np.zeros((0, 15), np.float32), np.zeros(0, np.uint32)),
    "skip:a->b": (np.ones((3, 15), np.float32), np.array([0, 1, 2, 2, 1, 0], np.uint32)),
}
LIGHTS = Lights(halos=[(1.0, 2.0, 3.0, 0.5, 1.0, 0.5, 0.25, 1.0)])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "worlds"
    monkeypatch.setattr(cache, "cache_dir", lambda: folder)
    return folder


def test_a_world_comes_back_as_it_was_kept() -> None:
    assert cache.load("key") is None
    cache.save("key", PARTS, LIGHTS)
    found = cache.load("key")
    assert found is not None
    parts, lights = found
    assert list(parts) == list(PARTS) and lights.halos == LIGHTS.halos
    for name, arrays in PARTS.items():
        for kept, given in zip(parts[name], arrays, strict=True):
            assert kept.dtype == given.dtype and np.array_equal(kept, given)


@pytest.mark.parametrize("keep", [0, 100, -60])
def test_a_damaged_world_is_none(folder: Path, keep: int) -> None:
    cache.save("key", PARTS, LIGHTS)
    file = folder / "key.npz"
    file.write_bytes(file.read_bytes()[:keep])
    assert cache.load("key") is None


def test_only_the_newest_are_kept(folder: Path) -> None:
    for number in range(cache.KEPT + 3):
        cache.save(f"key{number}", PARTS, LIGHTS)
    assert len(list(folder.iterdir())) == cache.KEPT
    assert cache.load(f"key{cache.KEPT + 2}") is not None


def test_a_folder_that_cannot_be_written_is_no_error(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    cache.save("key", PARTS, LIGHTS)
    assert cache.load("key") is None
