"""An explorer that stands before an exhibit, and packs with one array spoiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.view.conftest import assets, explore

__all__ = ["assets", "explore", "seen"]
U8 = NDArray[np.uint8]


@pytest.fixture
def seen() -> Callable[..., U8]:
    """`seen(app, id, eye, look, step)`: the exhibit from `eye` to `look`, both in its own axes, `[H, W, 3]`."""
    from explorer.capture import grab
    from explorer.headless import settle
    from explorer.world.rails import look_at

    def see(app: Any, name: str, eye: Any, look: Any, step: int = 0, **state: Any) -> U8:
        frame = next(p.frame for p in app.site.places.exhibits if p.station.id == name)
        app.rig.body.set_flying(True)
        app.rig.place(look_at(frame.to_world(eye), frame.to_world(look), 70))
        app.rig.body.set_flying(True)
        app.rig.place(look_at(frame.to_world(eye), frame.to_world(look), 70))
        app.store.update(step=float(step), target=float(step), **state)
        settle(app)
        return grab(app.base)

    return see


@pytest.fixture(scope="session")
def texts() -> Any:
    from assetgen.pack.resources import data_dir
    from explorer.story.texts import Texts

    return Texts.load(data_dir("scenes") / "locales" / "en.yaml")
