"""Atlases, pages and companding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assetgen.pack import PackError
from assetgen.pack.atlas import arrange
from assetgen.pack.images import (
    dequantise,
    make_page,
    quantise,
    read_image,
    resize,
    split_page,
    thumbnail_size,
)


@pytest.mark.parametrize(
    "groups",
    [
        [(16, 16, 11)] * 3 + [(8, 8, 11)] * 3 + [(4, 4, 11)] * 4,
        [(64, 64, 20)] * 5 + [(8, 8, 20)],
        [(18, 26, 7), (9, 13, 7), (5, 7, 3)],
        [(1, 1, 1)],
    ],
)
def test_no_two_tiles_share_a_pixel(groups: list[tuple[int, int, int]]) -> None:
    blocks, (height, width) = arrange(groups)
    covered = np.zeros((height, width), int)
    for block, (h, w, count) in zip(blocks, groups, strict=True):
        for index in range(count):
            x, y = block.tile(index)
            assert covered[y : y + h, x : x + w].shape == (h, w)
            covered[y : y + h, x : x + w] += 1
    assert covered.max() == 1
    assert covered.sum() == sum(h * w * n for h, w, n in groups)
    assert arrange(groups) == (blocks, (height, width))


def test_nothing_to_arrange() -> None:
    assert arrange([]) == ([], (0, 0))


def test_a_page_holds_every_frame_at_a_quarter() -> None:
    frames = [np.full((64, 128, 3), k, np.uint8) for k in range(11)]
    page, columns = make_page(frames)
    assert columns == 8 and page.shape == (2 * 16, 8 * 32, 3)
    tiles = split_page(page, 11, columns, 16, 32)
    assert [int(tile[3, 3, 0]) for tile in tiles] == list(range(11))
    with pytest.raises(ValueError, match="holds no 40 tiles"):
        split_page(page, 40, columns, 16, 32)


def test_thumbnails_are_never_under_eight_pixels() -> None:
    assert thumbnail_size(128, 128) == (32, 32)
    assert thumbnail_size(16, 16) == (8, 8)
    assert thumbnail_size(4, 6) == (4, 6)


def test_quantising_keeps_values_within_half_a_level() -> None:
    values = np.random.default_rng(0).normal(0, 3, (8, 8)).astype(np.float32)
    low, high = float(values.min()), float(values.max())
    back = dequantise(quantise(values, low, high), low, high)
    assert np.abs(back - values).max() <= (high - low) / 255 * 0.51
    assert not quantise(np.ones((2, 2), np.float32), 1, 1).any()


def test_resize_keeps_a_constant() -> None:
    assert np.allclose(resize(np.full((4, 4), 0.3, np.float32), 17, 5), 0.3)


def test_unreadable_pictures_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(PackError, match=r"a\.png: is no readable picture"):
        read_image(tmp_path / "a.png")
    with pytest.raises(PackError, match=r"b\.png: is missing"):
        read_image(tmp_path / "b.png")
