"""What a room, layer or bridge says about the run without it, and the way there and back."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from assetgen.pack import Pack
from assetgen.pack.damage import Damage, WordDamage
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import Study
from explorer.state import State
from explorer.story.ask import Ask
from explorer.story.build import panel_for
from explorer.story.cuts import describe
from explorer.story.panel import Panel, PanelAction
from explorer.story.record import Record
from explorer.story.study import notice
from explorer.story.texts import Texts
from tests.fixtures.packs import build_pack

UNIT = "unit:mid_block.resnets.0"
MODEL, BASE = "two_level", "a-fox-on-grass"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A run, and the same without one unit."""
    build_pack(tmp_path, architecture=MODEL)
    build_pack(
        tmp_path, architecture=MODEL, run=f"{BASE}-cut-mid",
        study=Study("ablation", BASE, UNIT, "without it", cut=UNIT, mode="zero"),
    )  # fmt: skip
    return tmp_path / "runs" / MODEL


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.load(data_dir("scenes") / "locales" / "en.yaml")


def shown(path: Path, texts: Texts, id: str = UNIT) -> Panel:
    pack = Pack.open(path)
    return panel_for(id, State(steps=pack.steps), Record(pack, pack.architecture), texts)


def without(panel: Panel) -> str | None:
    return next((fact.value for fact in panel.facts if fact.label == "Without it"), None)


def runs_of(panel: Panel) -> list[PanelAction]:
    return [action for action in panel.actions if action.name == "open_run"]


def test_a_part_that_was_cut_says_what_happened(runs: Path, texts: Texts) -> None:
    assert without(shown(runs / BASE, texts)) == "the very same picture"
    picture = runs / "studies" / f"{BASE}-cut-mid" / "final.png"
    size = picture.stat().st_size
    pixels = np.array(Image.open(picture)) // 2
    Image.fromarray(pixels).save(picture)
    manifest = picture.parent / "manifest.json"
    manifest.write_text(
        manifest.read_text().replace(f'"bytes": {size}', f'"bytes": {picture.stat().st_size}')
    )
    said = without(shown(runs / BASE, texts))
    assert said is not None and "dB" in said and "same" not in said


def test_the_way_there_and_back(runs: Path, texts: Texts) -> None:
    lever = next(a for a in shown(runs / BASE, texts).actions if a.label == "Pull the lever")
    assert (lever.name, lever.value) == ("select", f"cut:{UNIT}")
    pulled = shown(runs / BASE, texts, f"cut:{UNIT}")
    (there,) = runs_of(pulled)
    assert there.value == f"{MODEL}/{BASE}-cut-mid"
    assert next(a.value for a in pulled.actions if a.label == "Put it back") == UNIT
    inside = runs / "studies" / f"{BASE}-cut-mid"
    (whole,) = runs_of(shown(inside, texts, f"cut:{UNIT}"))
    assert whole.value == f"{MODEL}/{BASE}" and whole.label == "The whole run"
    (back,) = runs_of(shown(runs / "studies" / f"{BASE}-cut-mid", texts))
    assert back.value == f"{MODEL}/{BASE}"


def test_a_part_that_was_not_cut_says_nothing(runs: Path, texts: Texts) -> None:
    other = shown(runs / BASE, texts, "unit:conv_in")
    assert without(other) is None and runs_of(other) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (1e-5, "to the eye"),
        (1e-3, "changes a little"),
        (1e-2, "in parts"),
        (0.1, "another picture"),
    ],
)
def test_words_for_decibels(error: float, said: str, runs: Path, texts: Texts) -> None:
    pack = Pack.open(runs / BASE)
    ask = Ask(State(), Record(pack, pack.architecture), texts)
    words = (WordDamage(1, "fox", 0.1, 0.2), WordDamage(3, "grass", 0.9, 0.9))
    text = describe(ask, Damage(error, words))
    assert said in text and text.endswith("lost their place: fox")


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (UNIT, "This run was made without The Deep · ResBlock"),
        ("skip:conv_in->up_blocks.1.resnets.1", "without the bridge from"),
        ("layer:mid_block.attentions.0.transformer_blocks.0.attn2", "Cross-attention in The Deep"),
        (f"{UNIT} unit:conv_in", "A fox on grass (synthetic)"),
    ],
)
def test_a_study_says_what_it_is(cut: str, said: str, runs: Path, texts: Texts) -> None:
    whole = Pack.open(runs / BASE)
    assert notice(whole, texts) is None
    study = Study("ablation", BASE, cut, "without it", cut=cut, mode="zero")
    pack = Pack(whole.path, msgspec.structs.replace(whole.metadata, study=study))
    found = notice(pack, texts)
    assert found is not None and said in found
