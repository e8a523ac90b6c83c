from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from assetgen.train.sheets import save_captioned, save_sheet, to_pixels


def test_a_sheet_holds_every_picture_in_its_place(tmp_path: Path) -> None:
    pictures = [np.full((16, 16, 3), 20 * n, np.uint8) for n in range(6)]
    save_sheet([pictures[:3], pictures[3:]], tmp_path / "sheet.png")
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (32, 48, 3)
    assert [int(sheet[8 + 16 * (n // 3), 8 + 16 * (n % 3), 0]) for n in range(6)] == [
        20 * n for n in range(6)
    ]


def test_long_captions_are_wrapped_under_their_picture(tmp_path: Path) -> None:
    pictures = [np.zeros((128, 128, 3), np.uint8)] * 6
    caption = "a fox and a castle on snow under a night sky with a moon"
    save_captioned(pictures, [caption] * 6, tmp_path / "sheet.png")
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape[1] == 5 * 128
    below = sheet[128 : sheet.shape[0] // 2, :, 0] < 128
    assert below.any()
    assert not below[:, 126:128].any()


def test_pixels_are_clipped_not_wrapped() -> None:
    images = np.array([-2.0, -1.0, 0.0, 1.0, 2.0], np.float32).reshape(1, 1, 1, 5).repeat(3, 1)
    assert to_pixels(images)[0][0, :, 0].tolist() == [0, 0, 128, 255, 255]
