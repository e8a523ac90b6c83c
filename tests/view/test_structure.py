"""A model of which only the architecture is known, in the world: walkable, named rooms, no pictures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer import headless
from explorer.hud.shapes import Label
from explorer.hud.sheet import MENUS
from explorer.view.exhibition.base import Bare
from tests.fixtures.packs import ARCHITECTURES, build_pack

pytestmark = pytest.mark.gl


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build_pack(tmp_path, steps=3, prompt="a fox on grass")
    for model in ("sdxl", "flux"):
        target = tmp_path / "runs" / model
        target.mkdir()
        shutil.copy(ARCHITECTURES / f"{model}.json", target / "architecture.json")
    return tmp_path


def test_structures_are_entered_and_left(explore: Callable[..., Any], folder: Path) -> None:
    app = explore(hud=True, folder=folder, model="flux")
    assert (app.store.state.model, app.store.state.run) == ("flux", "")
    assert app.world.run is None and not app.runs.loading
    assert len(app.site.valley.rooms) == 59 and app.site.valley.bridges == []
    app.start_at(None, None)
    app.store.update(selection="unit:transformer_blocks.3")
    headless.settle(app)
    made = app.world.exhibition.built
    assert made and {type(m) is Bare for id, m in made.items() if id != "station:annex"} == {True}
    assert not isinstance(made["station:annex"], Bare), "the Annex needs no run"
    assert "structure only" in app.store.state.message
    assert app.hud.model.view.panel.title == "Joint block 4"
    assert app.hud.model.find("timeline") is None
    listed = [(entry.model, entry.run) for entry in app.hud.model.view.library]
    assert {("flux", ""), ("sdxl", "")} < set(listed)

    run = app.runs.library.runs[0]
    app.command("open_run", (run.model, run.id))
    app.load_now()
    headless.settle(app)
    assert app.world.run is not None and app.store.state.run == run.id
    assert not any(isinstance(m, Bare) for m in app.world.exhibition.built.values())
    assert app.hud.model.find("timeline") is not None

    app.command("open_run", ("sdxl", ""))
    headless.settle(app)
    assert app.world.run is None and len(app.site.valley.bridges) == 9
    assert app.hud.model.find("timeline") is None
    app.frame(0.1)


def test_nothing_of_one_network_is_left_in_the_next(
    explore: Callable[..., Any], folder: Path
) -> None:
    app = explore(hud=True, folder=folder, model="sdxl")
    assert "structure only" in app.store.state.message
    room = "down_blocks.1.attentions.0"
    app.store.update(selection=f"unit:{room}", unfolded=room)
    app._on_action("fly", None)
    assert app.store.state.flying and app.rig.flying

    run = app.runs.library.runs[0]
    app.command("open_run", (run.model, run.id))
    app.load_now()
    state = app.store.state
    assert state.run == run.id and room in {u.id for u in app.site.architecture.units}
    assert (state.selection, state.unfolded, state.message) == (None, None, None)
    assert state.flying == app.rig.flying

    app.store.update(message="a file is damaged")
    app.command("open_run", (run.model, run.id))
    app.load_now()
    assert app.store.state.message == "a file is damaged", "it is about something else"


@pytest.mark.parametrize("menu", [*MENUS, "map"])
def test_every_overlay_opens_in_a_network_without_a_run(
    explore: Callable[..., Any], folder: Path, menu: str
) -> None:
    app = explore(hud=True, folder=folder, model="sdxl")
    app.store.update(menu=menu)
    headless.settle(app)
    app.frame(0.1)
    drawn = app.hud.model.sections["map" if menu == "map" else "sheet"]
    assert len([s for s in drawn.shapes if isinstance(s, Label)]) >= 2
    assert app.hud.model.find("sheet.close") is not None


@pytest.mark.parametrize("menu", ["discoveries", "share"])
def test_an_overlay_speaks_of_a_run_only_where_there_is_one(
    explore: Callable[..., Any], folder: Path, menu: str
) -> None:
    app = explore(hud=True, folder=folder, model="sdxl")

    def said() -> str:
        app.store.update(menu=menu)
        headless.settle(app)
        sections = app.hud.model.sections
        shapes = (*sections["sheet"].shapes, *sections["sheet_body"].shapes)
        lines = " ".join(s.text for s in shapes if isinstance(s, Label))
        app.store.update(menu=None)
        return lines

    assert not any(claim in said() for claim in ("this run", "this prompt", "this step"))
    run = app.runs.library.runs[0]
    app.command("open_run", (run.model, run.id))
    app.load_now()
    assert "this run" in said() or "this prompt" in said()


def test_a_network_without_a_run_has_no_step_to_start_at(
    explore: Callable[..., Any], folder: Path
) -> None:
    app = explore(hud=True, folder=folder, model="sdxl")
    with pytest.raises(ValueError, match="no run of sdxl was recorded"):
        app.start_at(None, 3)
