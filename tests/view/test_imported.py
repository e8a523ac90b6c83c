"""An imported run in the world: what was given hangs on its canvas, the others say that nothing was recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assetgen.cli import main
from explorer import headless
from tests.view.conftest import picture

pytestmark = pytest.mark.gl


def imported(folder: Path, shows: str) -> Path:
    """Three pictures, red, green and blue, without an architecture."""
    for i in range(3):
        Image.fromarray(np.full((64, 64, 3), np.eye(3)[i] * 255, np.uint8)).save(
            folder / f"{i}.png"
        )
    asked = ["--prompt", "a colour", "--shows", shows, "--out", str(folder / shows)]
    assert main(["import", str(folder), *asked]) == 0
    return folder / shows


def test_a_closed_house_and_its_pictures(explore: Callable[..., Any], tmp_path: Path) -> None:
    app = explore(hud=True, folder=imported(tmp_path, "x_t"))
    assert [room.unit for room in app.site.valley.rooms] == ["denoiser"]
    shown = {c.shows: node.is_hidden() for c, node in app.world._canvases.items() if not c.batch}
    assert shown == {"x_t": False, "noise": True, "x0": True}
    seen = [picture(app, "gallery", step).astype(int) for step in (1, 2)]
    assert np.abs(seen[0] - seen[1]).max() > 100  # red became green
    app.store.update(selection="unit:denoiser")
    headless.settle(app)
    assert app.hud.model.view.panel.title == "Architecture not recorded"
    assert app.guide.tours() == []


def test_expected_pictures_hang_where_they_are_expected(
    explore: Callable[..., Any], tmp_path: Path
) -> None:
    app = explore(folder=imported(tmp_path, "x0"))
    shown = {c.shows: node.is_hidden() for c, node in app.world._canvases.items() if not c.batch}
    assert shown == {"x_t": True, "noise": True, "x0": False}
