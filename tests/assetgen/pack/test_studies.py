"""Light runs and studies: kept apart, read lazily, and every false claim about them is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assetgen.pack import Library, Pack, PackError
from assetgen.pack.schema import Study
from assetgen.pack.validate import count_packs, validate
from tests.assetgen.pack.test_validate import edit, found
from tests.fixtures.packs import build_pack, build_study

MODEL = "two_level"


@pytest.fixture(scope="module")
def _assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assets = tmp_path_factory.mktemp("assets")
    build_pack(assets, architecture=MODEL)
    build_study(assets, architecture=MODEL)
    return assets


@pytest.fixture
def study(_assets: Path, tmp_path: Path) -> Path:
    """A sound study beside its base run, to be damaged."""
    shutil.copytree(_assets, tmp_path, dirs_exist_ok=True)
    return tmp_path / "runs" / MODEL / "studies" / "a-fox-on-grass-guidance-2"


def test_studies_are_listed_apart_from_runs(study: Path, tmp_path: Path) -> None:
    build_study(tmp_path, guidance=0, architecture=MODEL)
    build_pack(tmp_path, prompt="a cat", architecture=MODEL)
    library = Library.open(tmp_path)
    assert [run.id for run in library.runs] == ["a-cat", "a-fox-on-grass"]
    listed = library.studies(MODEL, "a-fox-on-grass", "guidance")
    assert [entry.study.value for entry in listed] == [0, 2]
    assert library.studies(MODEL, "a-cat") == library.studies(MODEL, kind="seed") == []
    assert library.studies("nobody") == []
    assert library.entry(MODEL, study.name).path == study
    assert Pack.open(study).base().metadata.id == "a-fox-on-grass"
    assert Pack.open(study).architecture.model == MODEL
    assert validate(tmp_path) == [] and count_packs(tmp_path) == 4


def test_studies_are_not_read_before_they_are_asked_for(study: Path, tmp_path: Path) -> None:
    (study / "metadata.json").write_text("{broken")
    library = Library.open(tmp_path)
    assert library.problems == []
    assert library.studies(MODEL) == []
    assert "is damaged" in library.problems[0].message


def test_a_full_run_has_no_base(study: Path) -> None:
    with pytest.raises(PackError, match="is no study"):
        Pack.open(study).base().base()


def test_a_light_run_gives_the_word_maps_of_the_full_one(study: Path) -> None:
    light = Pack.open(study)
    full = light.base()
    assert not light.has("attention") and light.has_word_map(1)
    for step in (0, 3):
        shape = light.array("words").shape[2:]
        wanted = full.word_map(1, step, *shape)
        assert np.abs(light.word_map(1, step, *shape) - wanted).max() < 0.01
    assert np.ptp(wanted) > 0.05
    assert light.word_map(1, 0, 40, 24).shape == (40, 24)


def test_a_light_run_keeps_its_strip_in_one_file(study: Path) -> None:
    light, full = Pack.open(study), Pack.open(study).base()
    assert [p.name for p in study.rglob("*.jpg")] == ["predicted.jpg"]
    for step in range(4):
        difference = light.image("predicted", step).astype(int) - full.image("predicted", step)
        assert np.abs(difference).mean() < 4
    assert light.page("predicted").shape == (4, 128, 128, 3)


def test_a_word_that_was_not_kept_is_not_recorded(study: Path) -> None:
    def drop(data: dict[str, Any]) -> None:
        data["arrays"]["words"].update(rows=[0, 1, 2, 5])

    edit(study, drop)
    assert "words.rows are not words of the prompt" in found(study)
    pack = Pack.open(study)
    assert not pack.has_word_map(3)
    with pytest.raises(PackError, match="map of word 3 was not recorded"):
        pack.word_map(3, 0, 16, 16)


FALSE: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "no base": (lambda d: d["study"].update(base="nobody"), "the base run 'nobody' cannot be read"),
    "value": (lambda d: d["study"].update(value=3.0), "study.value is 3.0 (expected 2.0)"),
    "label": (lambda d: d["study"].update(label=" "), "study.label is empty"),
    "cut": (lambda d: d["study"].update(cut="unit:conv_in"), "a study of guidance with study.cut"),
    "mode": (lambda d: d["study"].update(mode="zero"), "study.cut None with study.mode 'zero'"),
    "two things": (lambda d: d.update(seed=9), "has another seed than its base run (9, not 0)"),
    "kind": (lambda d: d["study"].update(kind="steps", value=4), "has another guidance than"),
    "samples": (
        lambda d: d["study"].update(kind="learned", value=-1),
        "study.value -1 is no number of samples",
    ),
    "nothing": (lambda d: d.update(study=None), "lies among the studies and has no `study`"),
    "unknown cut": (
        lambda d: d["study"].update(
            kind="ablation", cut="skip:conv_in->conv_out", mode="zero", value="skip:conv_in->conv_out"
        ),
        "study.cut names nothing of the architecture: 'skip:conv_in->conv_out'",
    ),
    "columns": (lambda d: d["arrays"]["predicted"].update(columns=3), "no sheet of 4 steps"),
    "part": (
        lambda d: d["arrays"]["predicted"].update(shape=[4, 100, 100, 3]),
        "is no whole part of the picture",
    ),
    "maps": (lambda d: d["arrays"]["words"].update(shape=[4, 3, 8, 8]), "not a map per step and word"),
}  # fmt: skip


@pytest.mark.parametrize("case", FALSE)
def test_a_false_claim_is_found(study: Path, case: str) -> None:
    change, line = FALSE[case]
    edit(study, change)
    assert line in found(study)


def test_a_study_among_the_runs_is_found(study: Path) -> None:
    moved = study.parent.parent / study.name
    study.rename(moved)
    assert "is a study and does not lie in studies/" in str(validate(moved)[0])


def test_a_black_map_of_a_word_is_found(study: Path) -> None:
    with Image.open(study / "words.png") as image:
        pixels = np.array(image)
    height, width = Pack.open(study).array("words").shape[2:]
    pixels[height : 2 * height, 2 * width : 3 * width] = 0
    Image.fromarray(pixels).save(study / "words.png")
    assert "map of word 1 is black at step 2" in found(study)


def test_an_ablation_may_have_a_unit_that_says_nothing(tmp_path: Path) -> None:
    build_pack(tmp_path, architecture=MODEL)
    cut = "unit:mid_block.resnets.0"
    path = build_pack(
        tmp_path, architecture=MODEL, run="cut",
        study=Study("ablation", "a-fox-on-grass", cut, "without it", cut=cut, mode="zero"),
    )  # fmt: skip
    assert validate(path) == []


def test_rows_of_the_metadata_stand_on_a_line(study: Path) -> None:
    text = (study / "metadata.json").read_text()
    assert '{ "index": 0' in text or '{"index": 0' in text
    assert json.loads(text)["study"]["base"] == "a-fox-on-grass"


def test_the_explorer_opens_a_study_by_its_id(study: Path, tmp_path: Path) -> None:
    from explorer.runs import NoRunError, Runs

    runs = Runs(tmp_path)
    assert runs.choose(None, study.name).path == study
    assert runs.choose(None, None).id == "a-fox-on-grass"
    with pytest.raises(NoRunError, match="no run 'nobody'"):
        runs.choose(None, "nobody")
    runs.close()
