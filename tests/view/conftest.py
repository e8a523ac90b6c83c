"""A small assets folder and an explorer on it, offscreen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assetgen.pack.resources import data_dir
from tests.fixtures.packs import build_pack

U8 = NDArray[np.uint8]


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic runs of the miniature's real structure."""
    folder = tmp_path_factory.mktemp("assets")
    build_pack(folder, steps=6, prompt="a fox on grass")
    build_pack(folder, steps=6, prompt="a cat on snow", seed=3)
    return folder


@pytest.fixture
def explore(
    showbase: Any, assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """`explore(scene=…, quality=…)` gives an App with its run loaded; closed afterwards."""
    from explorer.app import App
    from explorer.runs import Runs
    from explorer.settings import Settings

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    opened: list[App] = []

    def make(
        scene: Path | str = "unet_valley", quality: str = "low", *, hud: bool = False,
        folder: Path | None = None, model: str | None = None,
    ) -> App:  # fmt: skip
        while opened:
            opened.pop().close()
        path = scene if isinstance(scene, Path) else data_dir("scenes") / f"{scene}.yaml"
        app = App(
            showbase,
            Runs(folder or assets),
            Settings(),
            path,
            quality=quality,
            hud=hud,
            model=model,
        )
        app.load_now()
        app.world.drift = 3.0
        opened.append(app)
        return app

    yield make
    for app in opened:
        app.close()


def picture(app: Any, camera: str, step: int = 1) -> U8:
    """What is seen from a camera of the scene at a step, `[H, W, 3]`."""
    from explorer.capture import grab
    from explorer.headless import settle

    app.start_at(camera, step)
    settle(app)
    return grab(app.base)
