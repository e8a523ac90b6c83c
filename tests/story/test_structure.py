"""A model without a run: what was traced is said, everything else is not recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assetgen.pack import Library
from explorer.modes import KioskShown
from explorer.runs import NoRunError, Runs
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.structure import Structure, structure_of
from explorer.story.texts import Texts
from tests.fixtures.packs import ARCHITECTURES


@pytest.fixture(scope="module", params=["sd15", "sdxl", "flux", "sd3", "pixart"])
def structure(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Structure:
    folder = tmp_path_factory.mktemp("assets") / "runs" / request.param
    folder.mkdir(parents=True)
    shutil.copy(ARCHITECTURES / f"{request.param}.json", folder / "architecture.json")
    library = Library.open(folder.parents[1])
    return structure_of(folder, library.architectures[request.param])


def test_every_room_layer_and_bridge_has_a_panel(structure: Structure, texts: Texts) -> None:
    model = structure.architecture
    ids = [f"unit:{unit.id}" for unit in model.units]
    ids += [f"layer:{layer.id}" for unit in model.units for layer in unit.layers]
    ids += [f"skip:{e.source}->{e.target}" for e in model.edges if e.kind == "skip"]
    ids += ["cost:"]
    for depth in ("look", "understand", "engineer"):
        for id in ids if depth == "look" else ids[:12]:
            panel = panel_for(id, State(depth=depth), structure, texts)  # type: ignore[arg-type]
            assert panel.lines[0].startswith("No run of ")
            assert panel.legend is None and not hasattr(panel.plot, "values")
            if id.startswith("unit:"):
                facts = {fact.label: fact.value for fact in panel.facts}
                assert facts[texts.get("panel.fact.rms")] == "not recorded"
                assert "not recorded" not in facts[texts.get("panel.fact.parameters")]


def test_the_code_shown_opens_the_architecture(structure: Structure, texts: Texts) -> None:
    first = structure.architecture.units[0].id
    panel = panel_for(f"unit:{first}", State(depth="engineer"), structure, texts)
    assert panel.formula is not None
    *lines, last = panel.formula.python
    names: dict[str, object] = {}
    exec("\n".join(lines), names)
    assert eval(last, names) == structure.architecture


@pytest.mark.parametrize("id", ["canvas:x0", "clock", "tower", "word:0", "station:gallery"])
def test_what_only_a_run_could_fill_says_so(structure: Structure, texts: Texts, id: str) -> None:
    panel = panel_for(id, State(), structure, texts)
    assert panel.title == "Structure only" and "assetgen generate" in panel.lines[1]
    there = panel_for(id, State(kiosk=KioskShown()), structure, texts)
    assert "`" not in there.lines[1] and texts.get("hud.prompt.change") in there.lines[1]


def test_it_is_chosen_by_name(structure: Structure) -> None:
    name = structure.architecture.model
    assets = structure.pack.path.parents[2]
    runs = Runs(Path(assets))
    entry = runs.choose(name, None)
    assert (entry.model, entry.id) == (name, "")
    with pytest.raises(NoRunError, match=f"no run of model {name!r}"):
        runs.choose(name, "a fox")
    runs.close()
