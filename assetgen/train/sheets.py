"""Contact sheets: the pictures by which training is judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Pixels = npt.NDArray[np.uint8]
CAPTION_HEIGHT = 14


def save_sheet(rows: Sequence[Sequence[Pixels]], file: Path, captions: Sequence[str] = ()) -> None:
    """Writes rows of equally large pictures as one PNG, with a caption above each column."""
    size = rows[0][0].shape[0]
    top = CAPTION_HEIGHT if captions else 0
    sheet = Image.new("RGB", (size * max(map(len, rows)), size * len(rows) + top), "white")
    for y, row in enumerate(rows):
        for x, pixels in enumerate(row):
            sheet.paste(Image.fromarray(pixels), (x * size, y * size + top))
    draw = ImageDraw.Draw(sheet)
    for x, caption in enumerate(captions):
        draw.text((x * size + 2, 1), caption, fill="black")
    sheet.save(file)


def save_captioned(pictures: Sequence[Pixels], captions: Sequence[str], file: Path) -> None:
    """Writes five pictures a row, each with its whole caption wrapped below it."""
    size, across = pictures[0].shape[0], 5
    wrapped = [wrap(caption, width=size // 6) for caption in captions]
    high = size + CAPTION_HEIGHT * max(map(len, wrapped))
    sheet = Image.new("RGB", (size * across, high * -(-len(pictures) // across)), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (pixels, lines) in enumerate(zip(pictures, wrapped, strict=True)):
        x, y = number % across * size, number // across * high
        sheet.paste(Image.fromarray(pixels), (x, y))
        draw.multiline_text((x + 2, y + size), "\n".join(lines), fill="black", spacing=2)
    sheet.save(file)


def to_pixels(images: npt.NDArray[np.float32]) -> list[Pixels]:
    """Pictures [n, RGB, h, w] in -1..1 as a list of [h, w, RGB] bytes."""
    scaled = np.clip(images * 127.5 + 127.5, 0, 255).round().astype(np.uint8)
    return list(scaled.transpose(0, 2, 3, 1))
