"""What the Training Hall shows, drawn as arrays: scenes in a row, maps on the ramp of attention, the curve."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from assetgen.pack.images import F32
from explorer.story.ramps import ramp
from explorer.view.exhibition.display import WARM
from explorer.view.lettering import font

U8 = NDArray[np.uint8]
PER_METRE = 150
"""Pixels of the curve a metre of wall."""
GROUND, GRID, BLUE = (14, 17, 26), (36, 46, 66), (120, 176, 236)
FOOT, HEAD, LETTERS = 26, 62, 38
"""Pixels under the curve's zero, for the axis, and over its highest point; size of the letters."""


def draw_scenes(examples: list[U8], slots: int, width: float, height: float) -> U8:
    """The scenes side by side in a strip of `width` × `height` metres, `slots` of them wide, `[H, W, 3]`."""
    side = examples[0].shape[0]
    long = round(side * width / height)
    strip = np.full((side, long, 3), GROUND, np.uint8)
    for i, example in enumerate(examples):
        x = round(i * (long - side) / max(slots - 1, 1))
        strip[:, x : x + side] = example
    return strip


def draw_maps(maps: F32, full: float) -> U8:
    """Probabilities on the ramp of attention, `full` brightest: `[S, h, w, 3]`."""
    return ramp("warm", 256)[np.clip(maps / full * 255, 0, 255).astype(int)]


def place_samples(samples: int, kept: list[int], marks: list[float]) -> float:
    """Where on the wall so many samples lie: checkpoints at their marks, between and beside them on a log scale."""
    if len(kept) < 2:
        return marks[0]
    logs, here = [log(max(n, 1)) for n in kept], log(max(samples, 1))
    i = int(np.clip(np.searchsorted(logs, here), 1, len(logs) - 1))
    share = (here - logs[i - 1]) / max(logs[i] - logs[i - 1], 1e-9)
    return marks[i - 1] + share * (marks[i] - marks[i - 1])


def draw_curve(
    size: tuple[int, int],
    curve: list[tuple[float, float]],
    marks: list[float],
    sharpness: list[float] | None,
    chosen: int,
    said: tuple[str, str],
    values: tuple[str, str],
) -> U8:
    """The recorded loss in blue, the sharpness of a word in amber (0 to 1), a knob at the chosen checkpoint.

    `size`, the places `marks` of the checkpoints and those of the `curve` (place, loss) in pixels; `said` names
    both curves, `values` are theirs at the knob. `[H, W, 3]`.
    """
    width, height = size
    image = Image.new("RGB", size, GROUND)
    draw, face = ImageDraw.Draw(image), font("Inter-SemiBold", LETTERS)
    names = face.getlength("".join(said))
    heads = font("Inter-SemiBold", int(LETTERS * min(1.0, (width - 60) / max(names, 1.0))))
    base, high, here = height - FOOT, height - FOOT - HEAD, marks[chosen]
    for mark in marks:
        draw.line((mark, HEAD, mark, base), fill=GRID, width=2)
    draw.line((0, base, width, base), fill=BLUE, width=2)
    draw.text((14, 44), said[0] if curve else "", font=heads, fill=BLUE, anchor="ls")
    draw.text((width - 14, 44), said[1] if sharpness else "", font=heads, fill=WARM, anchor="rs")
    if curve:
        most = max(loss for _, loss in curve)
        line = [(x, base - high * loss / most) for x, loss in curve]
        draw.line(line, fill=BLUE, width=4)
        # the value that holds the mark, as in the panel; none past the end of the curve
        y = next((y for x, y in line if x >= here - 0.5), None)
        if y is not None:
            draw.ellipse((here - 6, y - 6, here + 6, y + 6), fill=BLUE)
            draw.text(
                (here + 14, max(y - 8, HEAD + 34)), values[0], font=face, fill=BLUE, anchor="ls"
            )
    if sharpness:
        points = [(x, base - high * share) for x, share in zip(marks, sharpness, strict=True)]
        draw.line(points, fill=WARM, width=3)
        for x, y in points:
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=WARM)
        y = points[chosen][1]
        x = max(here - 14, face.getlength(values[1]) + 6)
        draw.text((x, y - 12), values[1], font=face, fill=WARM, anchor="rs")
    draw.ellipse((here - 13, base - 13, here + 13, base + 13), fill=WARM, outline=GROUND, width=3)
    return np.asarray(image)
