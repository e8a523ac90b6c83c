"""A few whole frames compared with stored pictures, on the software renderer only.

`pytest tests/golden --regenerate` stores them anew; on a difference the frame and what differs are written
out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.view.conftest import assets, explore, picture

__all__ = ["assets", "explore"]

FRAMES = {
    "arrival": ("arrival", 1, {}),
    "first_light": ("first_light", 6, {}),
    "room": ("room", 3, {}),
    "gallery_overlay": ("gallery", 4, {"word": 1, "overlay": True}),
    "deep": ("deep", 3, {}),
}
STORED = Path(__file__).parent / "frames"
LOUD = 12
"""Difference of a channel (of 255) that counts as a different pixel; rasterisers round edges differently."""
MOST_DIFFERENT = 0.01


@pytest.mark.gl
@pytest.mark.golden
@pytest.mark.parametrize("name", FRAMES)
def test_frame(
    name: str, explore: Callable[..., Any], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    from explorer.window import is_software

    camera, step, state = FRAMES[name]
    app = explore()
    if not is_software(app.base):
        pytest.skip("stored frames are the software renderer's")
    app.store.update(**state)
    frame = picture(app, camera, step)
    stored = STORED / f"{name}.png"
    if request.config.getoption("--regenerate"):
        stored.parent.mkdir(exist_ok=True)
        Image.fromarray(frame).save(stored, optimize=True)
        return
    expected = np.asarray(Image.open(stored).convert("RGB")).astype(int)
    difference = np.abs(frame.astype(int) - expected).max(-1)
    share = float((difference > LOUD).mean())
    if share > MOST_DIFFERENT:
        Image.fromarray(frame).save(tmp_path / f"{name}.png")
        Image.fromarray((difference * 4).clip(0, 255).astype(np.uint8)).save(
            tmp_path / f"{name}_difference.png"
        )
    assert share <= MOST_DIFFERENT, f"{share:.1%} of the pixels differ; see {tmp_path}"
