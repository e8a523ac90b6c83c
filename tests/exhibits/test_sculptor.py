"""The Sculptor's Studio: pixels arrive, lengths follow brightness, dust follows the recorded coefficients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.record import Record, settling_dust
from explorer.view.exhibition.sculptor import dust_table
from explorer.view.textures import load_full
from explorer.world.exhibits import PLINTH

MIDDLE = PLINTH + 3.0


@pytest.fixture
def pack(assets: Path) -> Pack:
    return Pack.open(assets / "runs" / "miniature" / "a-fox-on-grass")


def spoiled(pack: Pack, **changes: Any) -> Pack:
    """The pack with its scheduler's coefficients changed at every step."""
    steps = tuple(
        msgspec.structs.replace(s, coefficients=msgspec.structs.replace(s.coefficients, **changes))
        for s in pack.metadata.steps
        if s.coefficients
    )
    other = Pack.open(pack.path)
    other.metadata = msgspec.structs.replace(pack.metadata, steps=steps)
    return other


def test_dust_is_the_schedulers_own_coefficients(pack: Pack) -> None:
    table = dust_table(pack)
    for k, step in enumerate(pack.metadata.steps):
        assert step.coefficients
        kept = step.coefficients.eps / step.sigma
        assert table[0, k, :3] == pytest.approx((step.sigma, kept, 1.0), abs=1e-6)
    assert np.abs(dust_table(spoiled(pack, eps=0.0)) - table).max() > 0.5


def test_without_coefficients_there_is_no_dust_and_no_number(pack: Pack) -> None:
    step = msgspec.structs.replace(pack.metadata.steps[0], coefficients=None)
    assert settling_dust(step) is None
    other = Pack.open(pack.path)
    steps = tuple(msgspec.structs.replace(s, coefficients=None) for s in pack.metadata.steps)
    other.metadata = msgspec.structs.replace(pack.metadata, steps=steps)
    assert (dust_table(other)[0, :, 2] == 0).all()


def test_the_panel_quotes_them(pack: Pack, texts: Any) -> None:
    def facts(of: Pack) -> dict[str, str]:
        panel = panel_for(
            "station:sculptor", State(steps=of.steps, step=2.0), Record(of, of.architecture), texts
        )
        assert panel.plot and panel.plot.value is not None
        return {f.label: f.value for f in panel.facts} | {"plot": f"{panel.plot.value:.4f}"}

    step = pack.metadata.steps[2]
    assert step.coefficients
    assert facts(pack)["plot"] == f"{step.coefficients.eps / step.sigma:.4f}"
    assert facts(spoiled(pack, eps=0.1)) != facts(pack)


@pytest.mark.gl
def test_front_is_x_t_back_is_x0(explore: Callable[..., Any], seen: Callable[..., Any]) -> None:
    """The middle of each side is the middle of its recorded picture; a spoiled array is seen at once."""
    app = explore()
    for array, y in (("steps", -9.0), ("predicted", 9.0)):
        image = seen(app, "sculptor", (0.0, y, MIDDLE), (0.0, 0.0, MIDDLE), 3)
        stored = app.world.run.images[array][3, 62:66, 62:66].mean((0, 1))
        patch = image[88:92, 158:162].astype(float).mean((0, 1))
        assert np.abs(patch - stored).max() < 14, (array, patch, stored)
        run = load_full(app.world.run.pack)
        run.images[array] = 255 - run.images[array]
        app.world.set_run(app.world.prepare(run), app.store.state)
        after = seen(app, "sculptor", (0.0, y, MIDDLE), (0.0, 0.0, MIDDLE), 3)
        assert np.abs(after.astype(int) - image)[60:120, 130:190].mean() > 15


@pytest.mark.gl
def test_bright_pixels_stand_out(explore: Callable[..., Any], seen: Callable[..., Any]) -> None:
    """Seen along its face, a white stone covers more than a black one."""
    app = explore()
    found = []
    for value in (0, 255):
        run = load_full(app.world.run.pack)
        run.images["steps"] = np.full_like(run.images["steps"], value)
        run.images["predicted"] = np.zeros_like(run.images["predicted"])
        app.world.set_run(app.world.prepare(run), app.store.state)
        image = seen(app, "sculptor", (-12.0, -0.3, MIDDLE), (0.0, -0.3, MIDDLE), 0)
        found.append((image[80:100].astype(int).min(-1) > 90).any(0).sum())
    assert found[1] > found[0] + 8
