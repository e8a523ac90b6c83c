"""Plates over the pictures of a display: one written number a step, as it was recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from assetgen.pack import Pack
from assetgen.pack.schema import Step
from explorer.story.texts import Texts
from explorer.view.lettering import font

U8 = NDArray[np.uint8]
GROUND, AMBER = (14, 17, 26), (255, 184, 92)


def _picture(step: Step) -> str | None:
    weights = step.coefficients
    return None if weights is None else f"{weights.x0 + weights.x0_previous:.3f}"


def _noise(step: Step) -> str | None:
    return None if step.coefficients is None else f"{step.coefficients.eps:.3f}"


def _fresh(step: Step) -> str | None:
    return None if step.coefficients is None else f"{step.coefficients.noise:.3f}"


def _next(step: Step) -> str | None:
    return None if step.coefficients is None else str(step.index + 2)


def _time(step: Step) -> str | None:
    return None if step.timestep is None else f"{step.timestep:g}"


PLATES: dict[str, Callable[[Step], str | None]] = {
    "weight_picture": _picture, "weight_noise": _noise, "weight_fresh": _fresh, "weight_next": _next,
    "clock_time": _time,
}  # fmt: skip
"""Name in a scene file → the number of a step; its text is `display.plate.<name>`."""


def plates(name: str, pack: Pack, texts: Texts) -> U8 | None:
    """`[S, H, W, 3]`; None where the number of a step was not recorded, or nobody knows such a plate."""
    steps = pack.metadata.steps
    values = [PLATES[name](step) if name in PLATES else None for step in steps]
    known = [value for value in values if value is not None]
    if len(known) < len(steps):
        return None
    key = f"display.plate.{name}"
    said = [texts.get(key, value=value) for value in known]
    if texts.has(f"{key}_end"):  # the last step has no next one
        said[-1] = texts.get(f"{key}_end")
    return np.stack([_written(text) for text in said])


def _written(text: str) -> U8:
    """Amber figures on a dark plate, `[72, 360, 3]`."""
    image = Image.new("RGB", (360, 72), GROUND)
    face = font("JetBrainsMono-Medium", 34)
    ImageDraw.Draw(image).text((180, 35), text, font=face, fill=AMBER, anchor="mm")
    return np.asarray(image)
