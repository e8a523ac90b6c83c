"""How far two pictures are apart: the two measures that evaluation, exhibits and validation share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assetgen.pack.images import U8

SIDE = 32
"""Pictures are compared at this size."""


def shrink(pictures: NDArray[Any], side: int = SIDE) -> NDArray[Any]:
    """uint8 [n, h, w, RGB] averaged over squares to uint8 [n, side, side, RGB]."""
    count, height, width, channels = pictures.shape
    blocks = pictures.reshape(count, side, height // side, side, width // side, channels)
    return np.asarray(blocks.mean(axis=(2, 4)).round(), dtype=np.uint8)


def distance(a: U8, b: U8) -> float:
    """Root mean square difference of two pictures `[H, W, 3]` at 32 × 32, in steps of 0..255."""
    first, second = shrink(np.stack([a, b])).astype(np.float64)
    return float(np.sqrt(np.mean((first - second) ** 2)))


def psnr(truth: NDArray[Any], guess: NDArray[Any]) -> float:
    """Peak signal-to-noise ratio in dB of uint8 pictures of one shape; infinite if they are the same."""
    error = float(np.mean((truth.astype(np.float64) - guess.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 20 * math.log10(255) - 10 * math.log10(error)
