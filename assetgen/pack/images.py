"""Pictures as arrays: reading, writing, companding and thumbnail pages. uint8 `[H, W, 3]` or grey `[H, W]`."""

from __future__ import annotations

import io
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from assetgen.pack.errors import PackError

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

JPEG_QUALITY = 88
JPEG_QUALITY_LARGE = 80
LARGE = 128
"""Pixels a side above which JPEG stores colours at half the resolution."""
PAGE_COLUMNS = 8
SMALLEST_THUMBNAIL = 8


def read_image(path: Path, *, grey: bool = False) -> U8:
    """Decode a PNG or JPEG to uint8 `[H, W, 3]`, or `[H, W]` if `grey`; raises PackError."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L" if grey else "RGB"))
    except FileNotFoundError:
        raise PackError(path, "is missing", hint="generate the run again") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise PackError(path, f"is no readable picture: {error}") from None


def image_size(path: Path) -> tuple[int, int, str]:
    """(height, width, mode) from the header alone; raises PackError."""
    try:
        with Image.open(path) as image:
            return image.height, image.width, image.mode
    except (OSError, SyntaxError, ValueError) as error:
        raise PackError(path, f"is no readable picture: {error}") from None


def encode_image(pixels: U8, suffix: str) -> bytes:
    """`pixels` as `.png` (smallest lossless) or `.jpg`, whose colours are halved where it is large."""
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if suffix == ".jpg":
        # Optimised noise may need more room than Pillow allots; it would fail with an OSError.
        ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, pixels.size)
        large = max(pixels.shape) > LARGE
        quality, colours = (JPEG_QUALITY_LARGE, 2) if large else (JPEG_QUALITY, 0)
        image.save(buffer, "JPEG", quality=quality, subsampling=colours, optimize=True)
    else:
        image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def compand(probability: F32) -> U8:
    """Probability 0..1 → byte `255·sqrt(p)`: absolute, finest near zero where attention lives."""
    return np.asarray(np.rint(255 * np.sqrt(np.clip(probability, 0, 1))), dtype=np.uint8)


def expand(stored: U8) -> F32:
    """Inverse of `compand`: `(v / 255)²`."""
    return np.square(stored.astype(np.float32) / 255)


def quantise(values: F32, low: float, high: float) -> U8:
    """`low..high` → 0..255; a constant channel becomes 0."""
    span = high - low
    scaled = (values - low) * (255 / span) if span > 0 else np.zeros_like(values)
    return np.asarray(np.rint(np.clip(scaled, 0, 255)), dtype=np.uint8)


def dequantise(stored: U8, low: float, high: float) -> F32:
    """Inverse of `quantise`."""
    return np.asarray(low + stored.astype(np.float32) * ((high - low) / 255), dtype=np.float32)


def thumbnail_size(height: int, width: int) -> tuple[int, int]:
    """Size of a page's tiles: a quarter, but never under 8 pixels unless the picture is."""
    factor = _factor(height, width)
    return ceil(height / factor), ceil(width / factor)


def make_page(frames: list[U8]) -> tuple[U8, int]:
    """All `frames` (same size) box-averaged to a quarter and tiled; returns (page, columns)."""
    factor = _factor(*frames[0].shape[:2])
    return tile([np.asarray(Image.fromarray(frame).reduce(factor)) for frame in frames])


def tile(frames: list[U8]) -> tuple[U8, int]:
    """All `frames` (same size) in one picture, row-major; returns (page, columns)."""
    columns = min(PAGE_COLUMNS, len(frames))
    height, width = frames[0].shape[:2]
    rows = ceil(len(frames) / columns)
    page = np.zeros((rows * height, columns * width, *frames[0].shape[2:]), np.uint8)
    for i, frame in enumerate(frames):
        y, x = i // columns * height, i % columns * width
        page[y : y + height, x : x + width] = frame
    return page, columns


def split_page(page: U8, count: int, columns: int, height: int, width: int) -> U8:
    """Inverse of the tiling: `[count, height, width(, 3)]`; raises ValueError if the page is too small."""
    if page.shape[1] < columns * width or page.shape[0] < ceil(count / columns) * height:
        raise ValueError(f"page of {page.shape[1]}×{page.shape[0]} holds no {count} tiles")
    tiles = [
        page[i // columns * height :, i % columns * width :][:height, :width] for i in range(count)
    ]
    return np.stack(tiles)


def resize(plane: F32, height: int, width: int) -> F32:
    """Bilinear resize of a float plane `[h, w]`."""
    if plane.shape == (height, width):
        return plane
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32), mode="F")
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.float32)


def _factor(height: int, width: int) -> int:
    return max(1, min(4, min(height, width) // SMALLEST_THUMBNAIL))
