"""Which run is opened, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.runs import NoRunError, Runs


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
