"""What ships: every run is sound, recorded with the model that ships beside it, and small enough."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from assetgen.commands.generate import load_curated
from assetgen.pack import Library, Pack
from assetgen.pack.resources import data_dir
from assetgen.pack.validate import validate

MODEL = "miniature"


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.open(data_dir("assets"))


def test_every_run_keeps_the_promises_of_the_format(library: Library) -> None:
    assert library.problems == []
    assert [str(problem) for problem in validate(library.path)] == []


def test_every_curated_prompt_was_baked_as_it_stands_there(library: Library) -> None:
    curated = load_curated()
    for name, spec in curated["prompts"].items():
        data = Pack.open(library.entry(MODEL, name).path).metadata
        assert (data.prompt, data.seed, data.pair) == (
            spec["prompt"],
            spec["seed"],
            spec.get("pair"),
        )
        assert len(data.steps) == curated["defaults"]["steps"]
        assert data.profile == "viewer"


def test_two_pairs(library: Library) -> None:
    pairs = Counter(run.pair for run in library.runs if run.pair)
    assert len(pairs) >= 2 and set(pairs.values()) == {2}


def test_a_full_run_is_at_most_ten_megabytes(library: Library) -> None:
    for run in library.runs:
        size = sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())
        assert size <= 10e6, f"{run.id} has {size / 1e6:.1f} MB"


def test_the_runs_were_recorded_with_the_model_that_ships(library: Library) -> None:
    folder = library.path / "models" / MODEL / "unet"
    weights = _weights(folder)
    for run in library.runs:
        if run.model == MODEL:
            assert Pack.open(run.path).metadata.model.weights == weights, run.id


def _weights(folder: Path) -> str:
    """As `assetgen.models.load.weights_hash`, without torch."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
