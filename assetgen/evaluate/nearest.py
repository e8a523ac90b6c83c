"""The training scenes nearest to a picture, and how well a picture fits the drawings of a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from assetgen.evaluate.bench import Array
from assetgen.pack.comparing import SIDE, shrink
from assetgen.train.scenes import Composer

MATCHED = 64
"""Drawings are looked for at this size."""
ANGLES = (-12, -6, 0, 6, 12)


def training_thumbnails(composer: Composer, count: int, folder: Path) -> Array:
    """The first `count` training scenes at 32 × 32, uint8 [count, 32, 32, RGB]; composed once."""
    file = folder / f"training_{SIDE}_{count}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.stem}.part.npy")
        numbers = tqdm(range(count), desc="training scenes", unit="scene")
        np.save(part, np.concatenate([shrink(composer.picture(i).pixels[None]) for i in numbers]))
        part.replace(file)
    return np.asarray(np.load(file))


def nearest(small: Array, training: Array, count: int) -> tuple[Array, Array]:
    """(numbers, distances) [n, count] of the training scenes nearest to `small`, nearest first.

    The distance is the root mean square difference, in steps of 0..255, of uint8 [n, 32, 32, RGB].
    """
    b = training.reshape(len(training), -1).astype(np.float32)
    own = (b**2).sum(axis=1)
    rows: list[tuple[Array, Array]] = []
    for start in range(0, len(small), 100):
        a = small[start : start + 100].reshape(-1, b.shape[1]).astype(np.float32)
        squared = np.maximum((a**2).sum(axis=1)[:, None] + own - 2 * a @ b.T, 0) / b.shape[1]
        some = np.argpartition(squared, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(squared, some, axis=1), axis=1)
        numbers = np.take_along_axis(some, order, axis=1)
        rows.append((numbers, np.sqrt(np.take_along_axis(squared, numbers, axis=1))))
    return np.concatenate([n for n, _ in rows]), np.concatenate([d for _, d in rows])


@dataclass(frozen=True)
class Templates:
    """Spectra of a word's drawings in every pose: colours about their mean, and their masks."""

    colours: Array
    masks: Array
    energy: Array
    area: Array


def templates(drawings: Array, widths: Sequence[float]) -> Templates:
    """Every drawing uint8 [n, h, w, RGBA], both ways round, turned, at every width (shares)."""
    colours, masks = [], []
    for drawing in drawings:
        for width in widths:
            side = round(width * MATCHED)
            image = Image.fromarray(drawing).resize((side, side), Image.Resampling.BOX)
            for flipped in (image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
                for angle in ANGLES:
                    pixels = np.asarray(flipped.rotate(angle, Image.Resampling.BICUBIC))
                    mask = pixels[..., 3:].astype(np.float64) / 255
                    mean = (pixels[..., :3] * mask).sum() / (3 * mask.sum())
                    colour = (pixels[..., :3] - mean) * mask
                    spare = ((0, MATCHED - side), (0, MATCHED - side), (0, 0))
                    colours.append(np.pad(colour, spare))
                    masks.append(np.pad(mask, spare)[..., 0])
    stack, shapes = np.stack(colours), np.stack(masks)
    # Weighted by the mask once: the energy of (colour - mean) under the mask.
    energy = np.where(shapes[..., None] > 0, stack**2 / np.maximum(shapes[..., None], 1e-6), 0)
    return Templates(
        np.fft.rfft2(stack, axes=(1, 2)),
        np.fft.rfft2(shapes),
        energy.sum(axis=(1, 2, 3)),
        3 * shapes.sum(axis=(1, 2)),
    )


def match(picture: Array, own: Templates) -> float:
    """The best correlation, -1..1, of a picture uint8 [h, w, RGB] with a template anywhere in it.

    Correlation of the three colours together under the template's mask, each about its own mean.
    """
    image = Image.fromarray(picture).resize((MATCHED, MATCHED), Image.Resampling.BOX)
    small = np.asarray(image, dtype=np.float64)
    spectra = np.fft.rfft2(small, axes=(0, 1))

    def slide(table: Array) -> Array:
        return np.asarray(np.fft.irfft2(table, s=(MATCHED, MATCHED)))

    cross = slide((spectra * own.colours.conj()).sum(axis=-1))
    masks = own.masks.conj()
    total = slide(spectra.sum(axis=-1) * masks)
    square = slide(np.fft.rfft2((small**2).sum(axis=-1)) * masks)
    area = own.area[:, None, None]
    spread = np.maximum(square - total**2 / area, 1e-3 * area)
    return float((cross / np.sqrt(spread * own.energy[:, None, None])).max())
