"""A run on paper: the sheet and the film show what is in the pack and name what is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from assetgen.cli import main
from assetgen.export.film import film
from assetgen.export.rows import brightest, chosen, rows_of, words_of
from assetgen.export.sheet import contact_sheet, facts
from assetgen.pack import Pack
from tests.fixtures.packs import build_pack, build_study


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assets")
    build_pack(folder, architecture="two_level", steps=3)
    build_study(folder, architecture="two_level", steps=3)
    return folder / "runs" / "two_level"


@pytest.fixture
def full(assets: Path) -> Pack:
    return Pack.open(assets / "a-fox-on-grass")


@pytest.fixture
def light(assets: Path) -> Pack:
    return Pack.open(assets / "studies" / "a-fox-on-grass-guidance-2")


def test_a_full_run_has_every_row(full: Pack) -> None:
    rows, missing = rows_of(full)
    assert [row.title for row in rows] == ["x_t", "noise", "x0", "“a”", "“fox”", "“on”", "“grass”"]
    assert missing == [] and {row.provenance for row in rows} == {"DERIVED"}
    assert np.array_equal(rows[2].picture(1), full.image("predicted", 1))


def test_without_concepts_words_that_name_nothing_are_left_out(full: Pack) -> None:
    """As in an imported run."""
    full.metadata = msgspec.structs.replace(full.metadata, concepts=())
    assert [word.text for word in words_of(full)] == ["fox", "grass"]


def test_a_light_run_says_what_it_lacks(light: Pack) -> None:
    rows, missing = rows_of(light)
    assert [row.title for row in rows][:2] == ["x0", "“a”"] and missing == ["x_t", "noise"]


def test_every_tile_of_the_sheet_follows_its_array(full: Pack) -> None:
    before = np.asarray(contact_sheet(full)).astype(int)
    image = full.image
    full.image = lambda array, step: (
        255 - image(array, step) if array == "noise" else image(array, step)
    )  # type: ignore[method-assign]
    changed = np.abs(np.asarray(contact_sheet(full)).astype(int) - before).sum(axis=2) > 0
    rows = np.flatnonzero(changed.any(axis=1))
    # only the second row of tiles changed
    assert rows.size and rows[0] >= 218 + 186 and rows[-1] <= 218 + 2 * 196


def test_the_words_follow_the_attention(full: Pack) -> None:
    before = rows_of(full)[0][4].picture(2)
    full.word_map = lambda word, step, h, w: np.full((h, w), 0.5, np.float32)  # type: ignore[method-assign]
    after = rows_of(full)[0][4].picture(2)
    assert np.abs(before.astype(int) - after).mean() > 3
    assert brightest(full) == 0.5


def test_the_film_moves_and_keeps_its_size(full: Pack) -> None:
    frames = film(full)
    assert len(frames) == 3 and len({frame.size for frame in frames}) == 1
    first, last = (np.asarray(frames[k]).astype(int) for k in (0, 2))
    assert np.abs(first - last).mean() > 1


def test_steps_are_chosen_evenly() -> None:
    assert chosen(40, 8) == [0, 6, 11, 17, 22, 28, 33, 39]
    assert chosen(3, 8) == [0, 1, 2] and chosen(1, 8) == [0]


def test_facts_leave_out_what_is_not_known(full: Pack) -> None:
    assert facts(full) == "Synthetic   ·   DDIM   ·   3 steps   ·   guidance 4   ·   seed 0"


def test_files_are_written_and_can_be_read(full: Pack, tmp_path: Path) -> None:
    assert main(["export", str(full.path), "--out", str(tmp_path / "new")]) == 0
    with Image.open(tmp_path / "new" / "a-fox-on-grass.png") as sheet:
        assert sheet.width > 1000
    with Image.open(tmp_path / "new" / "a-fox-on-grass.gif") as gif:
        assert gif.n_frames == 3 and gif.info["loop"] == 0
    assert sorted(p.suffix for p in (tmp_path / "new").iterdir()) == [".gif", ".png"]


def test_a_study_of_the_shipped_assets_goes_by_its_name(
    assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assetgen.commands.generate.default_out", lambda: assets.parents[1])
    asked = ["export", "a-fox-on-grass-guidance-2", "--out", str(tmp_path), "--only", "png"]
    assert main(asked) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a-fox-on-grass-guidance-2.png"]


def test_bad_input_is_one_line(
    full: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    broken = shutil.copytree(full.path, tmp_path / "broken")
    (broken / "predicted" / "step_001.png").unlink()
    cases = [
        (["no-such-run"], "no run 'no-such-run'"),
        ([str(tmp_path)], "is no run: it has no metadata.json"),
        ([str(full.path), "--out", str(tmp_path / "file")], "is a file; pass a folder"),
        ([str(broken), "--out", str(tmp_path / "new")], "step_001.png: is missing"),
    ]
    for given, line in cases:
        assert main(["export", *given]) == 2
        error = capsys.readouterr().err
        assert line in error and error.count("\n") == 1
    assert not (tmp_path / "new").exists()
