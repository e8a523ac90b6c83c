"""Which run is opened, and what is said where there is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from explorer.runs import NoRunError, Runs
from tests.fixtures.packs import ARCHITECTURES


def test_without_a_run_the_damage_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "broken" / "a-run"
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text("{")
    runs = Runs(tmp_path)
    with pytest.raises(NoRunError) as said:
        runs.choose(None, None)
    assert "no run; bake one with `assetgen generate`" in str(said.value)
    assert "of model" not in str(said.value) and "architecture.json" in str(said.value)
    runs.close()


def test_where_there_are_only_networks_the_first_is_shown(tmp_path: Path) -> None:
    for model in ("two_level", "sd3"):
        (tmp_path / "runs" / model).mkdir(parents=True)
        shutil.copy(
            ARCHITECTURES / f"{model}.json", tmp_path / "runs" / model / "architecture.json"
        )
    runs = Runs(tmp_path)
    entry = runs.choose(None, None)
    assert (entry.model, entry.id) == ("sd3", "")
    with pytest.raises(NoRunError):
        runs.choose(None, "a fox")
    with pytest.raises(NoRunError):
        runs.choose("nosuch", None)
    runs.close()
