"""An imported run without an architecture: a closed box, and nothing about it is made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assetgen.cli import main
from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.record import Record
from explorer.story.texts import Texts
from explorer.world.site import Site

MODEL = "unknown-64x48"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("imported")
    for i in range(3):
        Image.fromarray(np.full((48, 64, 3), 60 * i, np.uint8)).save(folder / f"{i}.png")
    out = folder / "out"
    assert main(["import", str(folder), "--prompt", "a grey day", "--out", str(out)]) == 0
    library = Library.open(out)
    return Record(Pack.open(library.runs[0].path), library.architectures[MODEL])


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.load(data_dir("scenes") / "locales" / "en.yaml")


@pytest.mark.parametrize("depth", ["look", "understand", "engineer"])
@pytest.mark.parametrize(
    "selection",
    ["unit:denoiser", "canvas:x_t", "canvas:x0", "canvas:noise", "clock", "tower", "cost"],
)
def test_every_panel_stands_without_numbers(
    record: Record, texts: Texts, selection: str, depth: str
) -> None:
    panel = panel_for(selection, State(steps=3, depth=depth), record, texts)  # type: ignore[arg-type]
    assert panel is not None and panel.plot is None
    missing = texts.get("number.not_recorded")
    values = {fact.label: fact.value for fact in panel.facts}
    for name in ("parameters", "flops", "sigma", "alpha", "timestep", "seed"):
        assert values.get(texts.get(f"panel.fact.{name}"), missing) == missing


def test_the_room_says_that_it_is_closed(record: Record, texts: Texts) -> None:
    panel = panel_for("unit:denoiser", State(steps=3), record, texts)
    assert panel is not None and "Architecture not recorded" in panel.title


def test_one_house_can_be_walked_around(record: Record) -> None:
    site = Site.build(record.architecture, data_dir("scenes") / "unet_valley.yaml")
    assert [room.unit for room in site.valley.rooms] == ["denoiser"]
    assert "room" in site.scene.cameras and not site.valley.bridges
    assert Path(site.file).name == "unet_valley.yaml"
