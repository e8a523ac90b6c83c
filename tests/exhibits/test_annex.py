"""The Annex: volumes are parameters at one scale, slabs are units, doors lead into the structures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from assetgen.pack import Architecture, Library, Pack
from assetgen.pack.codec import decode
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.panel import Treemap
from explorer.story.record import Record
from explorer.world.annex import lay_annex
from explorer.world.exhibits import exhibit_targets
from explorer.world.fields import At
from explorer.world.site import Site
from explorer.world.stations import Annex
from tests.fixtures.packs import ARCHITECTURES, build_pack

ROOT = Path(__file__).parents[2]
STATION = Annex(id="annex", at=At())


@pytest.fixture(scope="module")
def models() -> dict[str, Architecture]:
    return {
        name: decode(Architecture, ARCHITECTURES / f"{name}.json")
        for name in ("miniature", "sd15", "sdxl", "flux")
    }


def test_a_blocks_volume_is_its_parameters(models: dict[str, Architecture]) -> None:
    blocks = lay_annex(STATION, models)
    assert [b.model for b in blocks] == sorted(models, key=lambda m: models[m].parameters)
    for block in blocks:
        assert block.side**3 * STATION.density == pytest.approx(models[block.model].parameters)
        units = models[block.model].units
        assert [s.unit for s in block.slabs] == [u.id for u in units]
        assert block.slabs[-1].high == pytest.approx(block.side)
        total = sum(u.parameters for u in units)
        for slab, unit in zip(block.slabs, units, strict=True):
            share = (slab.high - slab.low) / block.side
            assert share == pytest.approx(unit.parameters / total, abs=1e-9)


def test_blocks_and_signs_stand_apart_on_their_plot(models: dict[str, Architecture]) -> None:
    blocks = lay_annex(STATION, models)
    ends = [(b.sign, b.x + b.side / 2) for b in blocks]
    assert all(a[1] < b[0] for a, b in zip(ends, ends[1:], strict=False))
    assert -STATION.width / 2 < ends[0][0] and ends[-1][1] < STATION.width / 2
    assert max(b.side for b in blocks) < STATION.depth - 2


def test_models_that_are_not_there_are_left_out(models: dict[str, Architecture]) -> None:
    assert lay_annex(STATION, {}) == ()
    some = {"sd15": models["sd15"], "another": models["sdxl"]}
    assert [b.model for b in lay_annex(STATION, some)] == ["sd15"]


def test_other_parameters_change_the_block(models: dict[str, Architecture]) -> None:
    half = msgspec.structs.replace(models["sd15"], parameters=models["sd15"].parameters // 8)
    before = lay_annex(STATION, {"sd15": models["sd15"]})[0].side
    assert lay_annex(STATION, {"sd15": half})[0].side == pytest.approx(before / 2, rel=1e-3)


def test_each_block_is_pointed_at_by_its_own_name(models: dict[str, Architecture]) -> None:
    site = Site.build(models["miniature"], ROOT / "scenes" / "unet_valley.yaml", models)
    place = next(p for p in site.places.exhibits if p.station.id == "annex")
    named = {f"annex:{name}" for name in models}
    assert {t.id for t in exhibit_targets(place)} == named | {"station:annex"}


@pytest.fixture
def assets_with_models(tmp_path: Path, models: dict[str, Architecture]) -> Path:
    """One synthetic run of the miniature, and the structures of three large models."""
    build_pack(tmp_path, steps=4)
    for name in ("sd15", "sdxl", "flux"):
        folder = tmp_path / "runs" / name
        folder.mkdir()
        (folder / "architecture.json").write_bytes((ARCHITECTURES / f"{name}.json").read_bytes())
    return tmp_path


def test_a_blocks_panel_has_its_own_numbers(
    assets_with_models: Path, models: dict[str, Architecture], texts: Any
) -> None:
    pack = Pack.open(assets_with_models / "runs" / "miniature" / "a-fox-on-grass")
    record = Record(pack, pack.architecture)
    panel = panel_for("annex:sdxl", State(steps=4), record, texts)
    assert panel.facts[0].value == "2.57 billion" and panel.facts[2].value == "6.76 trillion"
    times = models["sdxl"].parameters / models["miniature"].parameters
    assert panel.facts[1].value == f"{times:.3g} times"
    assert isinstance(panel.plot, Treemap)
    share = sum(tile.share for group in panel.plot.groups for tile in group)
    assert 0.97 < share <= 1.0001
    assert [a.value for a in panel.actions if a.name == "open_model"] == ["sdxl"]
    here = panel_for("annex:miniature", State(steps=4), record, texts)
    assert not [a for a in here.actions if a.name == "open_model"]
    with pytest.raises(KeyError, match="another"):
        panel_for("annex:another", State(steps=4), record, texts)
    *setup, expression = panel_for(
        "annex:sd15", State(steps=4, depth="engineer"), record, texts
    ).formula.python  # type: ignore[union-attr]
    scope: dict[str, Any] = {}
    exec("\n".join(setup), scope)
    assert eval(expression, scope) == [u.parameters for u in models["sd15"].units]


@pytest.mark.gl
def test_a_door_leads_into_the_structure_and_back(
    explore: Callable[..., Any], assets_with_models: Path
) -> None:
    app = explore(folder=assets_with_models)
    assert set(Library.open(assets_with_models).structures) == {"sd15", "sdxl", "flux"}
    app.command("open_model", "sd15")
    assert (app.store.state.model, app.store.state.run) == ("sd15", "")
    pose = app.site.pose_at("annex")
    assert pose is not None
    app.rig.place(pose)
    app.aim()
    app.world.complete(app.store.state)
    assert "station:annex" in app.world.exhibition.built  # the way back stands without a run
    app.store.update(cost="flops")
    assert app.world.root.find("**/meter/**/+GeomNode")  # the structure tells the operations
    app.rebuild_view()
    assert app.world.root.find("**/meter/**/+GeomNode")
    app.store.update(cost=None)
    app.command("open_model", "miniature")
    app.load_now()
    assert (app.store.state.model, app.store.state.run) == ("miniature", "a-fox-on-grass")


@pytest.mark.gl
def test_the_blocks_are_seen(explore: Callable[..., Any], assets_with_models: Path) -> None:
    from explorer.capture import grab
    from explorer.headless import settle

    app = explore(folder=assets_with_models)
    app.start_at("annex", 1)
    settle(app)
    with_blocks = grab(app.base)
    app.world.exhibition.built["station:annex"].root.hide()
    app.base.graphicsEngine.render_frame()
    assert np.abs(with_blocks.astype(int) - grab(app.base)).mean() > 3
