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


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A run whose network is known and three of whose layers were kept, without latents: as a dataset imports."""
    from tests.assetgen.test_import import dataset

    folder = tmp_path_factory.mktemp("dataset")
    out = folder / "out"
    assert main(["import", str(dataset(folder / "data")), "--out", str(out)]) == 0
    library = Library.open(out)
    run = library.runs[0]
    return Record(Pack.open(run.path), library.architectures[run.path.parent.name])


def lines_of(record: Record, texts: Texts, selection: str) -> tuple[str, ...]:
    panel = panel_for(selection, State(steps=record.steps), record, texts)
    assert panel is not None
    return panel.lines


def test_a_room_whose_maps_were_not_kept_says_so(known: Record, texts: Texts) -> None:
    panel = panel_for("unit:down_blocks.1.attentions.0", State(steps=3), known, texts)
    assert panel is not None and panel.legend is None
    assert panel.lines[-1] == texts.get("panel.unit.not_recorded")


def test_a_layer_says_whether_what_it_read_was_kept(known: Record, texts: Texts) -> None:
    said = texts.get("panel.layer.not_recorded")
    kept = set(known.metadata.arrays["attention_mass"].layer_ids)
    readers = [
        layer.id for u in known.architecture.units for layer in u.layers if layer.kind == "cross_attention"
    ]  # fmt: skip
    assert 0 < len(kept) < len(readers) == 70
    for id in readers:
        assert (said in lines_of(known, texts, f"layer:{id}")) == (id not in kept)
    word = panel_for("word:0", State(steps=3), known, texts)
    assert word is not None and word.plot is not None
    assert f"{len(kept)} of 70 cross-attention layers" in word.plot.formula


def test_a_canvas_says_not_recorded_only_if_it_is_empty(known: Record, texts: Texts) -> None:
    """The noisy picture hangs there, decoded: the one view there is, so there is nothing to switch to."""
    missing = texts.get("panel.canvas.not_recorded")
    assert missing not in lines_of(known, texts, "canvas:x_t")
    assert missing in lines_of(known, texts, "canvas:noise")
    assert missing in lines_of(known, texts, "canvas:x0")
    for name in ("x_t", "noise", "x0"):
        panel = panel_for(f"canvas:{name}", State(steps=3, depth="engineer"), known, texts)
        assert panel is not None
        assert not {"decoded", "split"} & {action.name for action in panel.actions}
        if name == "x_t":
            assert panel.formula is not None
            *setup, expression = panel.formula.python
            scope: dict[str, object] = {}
            exec("\n".join(setup), scope)
            assert np.array_equal(eval(expression, scope), known.pack.image("steps", 0))
