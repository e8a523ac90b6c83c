"""Reading packs: right values, and one readable line for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assetgen.pack import Library, Pack, PackError
from assetgen.pack.images import compand, expand
from assetgen.pack.validate import validate
from tests.fixtures.packs import build_assets, build_pack


def test_shapes_of_everything(pack_path: Path) -> None:
    pack = Pack.open(pack_path)
    assert pack.steps == 4
    for name in ("predicted", "steps", "noise"):
        assert pack.image(name, 3).shape == (128, 128, 3)
        assert pack.page(name).shape == (4, 32, 32, 3)
    assert pack.final().shape == (128, 128, 3)
    assert pack.tensor("x_t").shape == (5, 16, 16, 16)
    assert pack.tensor("x_t").dtype == np.float32
    assert pack.attention_atlas(0).ndim == pack.feature_atlas(0).ndim == 2
    assert pack.page("attention").shape[0] == 4
    assert pack.feature_map("conv_in", 3, 1).shape == (16, 16)
    assert pack.word_map(1, 2, 128, 128).shape == (128, 128)


def test_attention_of_all_lanes_sums_to_one(pack_path: Path) -> None:
    pack = Pack.open(pack_path)
    layer = pack.array("attention").layers[0].id
    shown = [t.index for t in pack.metadata.tokens if t.role != "pad"]
    padding = next(t.index for t in pack.metadata.tokens if t.role == "pad")
    total = sum(pack.attention_map(layer, token, 2) for token in [*shown, padding])
    assert np.allclose(total, 1, atol=0.03)


def test_companding_is_absolute_and_fine_near_zero() -> None:
    p = np.linspace(0, 1, 1001, dtype=np.float32)
    assert np.abs(expand(compand(p)) - p).max() < 0.004
    # a linear byte would lose everything below 0.002
    assert (expand(compand(np.full(1, 1e-4, np.float32))) > 5e-5).all()


def test_features_come_back_on_their_range(pack_path: Path) -> None:
    pack = Pack.open(pack_path)
    rect = pack.array("features").units[0]
    for tile in range(len(rect.channels)):
        values = np.stack([pack.feature_map(rect.id, tile, k) for k in range(pack.steps)])
        slack = 0.02 * float(np.ptp(values))
        assert values.min() == pytest.approx(rect.low[tile], abs=slack)
        assert values.max() == pytest.approx(rect.high[tile], abs=slack)


def test_what_was_not_recorded_is_said_so(pack_path: Path) -> None:
    pack = Pack.open(pack_path)
    assert not pack.has("depth")
    with pytest.raises(PackError, match="'depth' was not recorded"):
        pack.tensor("depth")
    with pytest.raises(IndexError):
        pack.image("predicted", 4)
    with pytest.raises(KeyError):
        pack.attention_map("nowhere", 1, 0)


def test_a_model_without_runs_is_read_when_asked_for(tmp_path: Path) -> None:
    build_pack(tmp_path, architecture="two_level")
    lone = tmp_path / "runs" / "lone"
    lone.mkdir()
    (lone / "architecture.json").write_text("{")
    library = Library.open(tmp_path)
    assert library.structures == ["lone"] and library.problems == []
    with pytest.raises(PackError, match="architecture.json"):
        library.architectures["lone"]
    assert [str(p.path.name) for p in validate(tmp_path)] == ["architecture.json"]


def test_a_library_lists_runs_and_architectures(tmp_path: Path) -> None:
    library = Library.open(build_assets(tmp_path, architecture="two_level"))
    assert [run.prompt for run in library.runs if run.pair] == ["a cat on grass", "a fox on grass"]
    assert list(library.architectures) == ["two_level"]
    assert library.problems == []
    assert Pack.open(library.entry("two_level", "a-fox-on-grass").path).architecture.units


def test_a_damaged_pack_leaves_the_others_usable(tmp_path: Path) -> None:
    root = build_assets(tmp_path, architecture="two_level") / "runs" / "two_level"
    (root / "a-cat-on-grass" / "metadata.json").write_text("{not json")
    (root / "a-fox-on-grass" / "manifest.json").unlink()
    library = Library.open(tmp_path)
    assert len(library.runs) == 1
    assert len(library.problems) == 2
    assert all("\n" not in str(problem) for problem in library.problems)
    assert "is damaged" in library.problems[0].message


def test_a_run_without_its_architecture_is_a_problem(pack_path: Path) -> None:
    (pack_path.parent / "architecture.json").unlink()
    library = Library.open(pack_path.parents[2])
    assert library.runs == [] and "architecture.json" in str(library.problems[0])


def test_a_newer_format_is_refused_by_name(pack_path: Path) -> None:
    data = json.loads((pack_path / "metadata.json").read_text())
    (pack_path / "metadata.json").write_text(json.dumps({**data, "format": 2, "steps": "other"}))
    with pytest.raises(PackError, match=r"has format 2 \(expected format 1\); update"):
        Pack.open(pack_path)


def test_unknown_fields_are_ignored(pack_path: Path) -> None:
    data = json.loads((pack_path / "metadata.json").read_text())
    text = json.dumps({**data, "weather": "fine"})
    (pack_path / "metadata.json").write_text(text)
    manifest = json.loads((pack_path / "manifest.json").read_text())
    manifest["files"]["metadata.json"]["bytes"] = len(text)
    (pack_path / "manifest.json").write_text(json.dumps(manifest))
    assert Pack.open(pack_path).metadata.prompt == "a fox on grass"


@pytest.mark.parametrize("name", ["tensors.safetensors", "steps/step_001.jpg"])
def test_missing_and_truncated_files_are_named(pack_path: Path, name: str) -> None:
    (pack_path / name).write_bytes(b"cut")
    with pytest.raises(PackError, match=rf"{name}: has 3 bytes"):
        Pack.open(pack_path)
    (pack_path / name).unlink()
    with pytest.raises(PackError, match=rf"{name}: is missing"):
        Pack.open(pack_path)


def test_no_library_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="holds no recorded runs .*assetgen generate"):
        Library.open(tmp_path / "nowhere")
