"""The measures beside a model's runs: read as written, and every corruption behind a figure is found."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from assetgen.pack.codec import encode
from assetgen.pack.comparing import distance, psnr, shrink
from assetgen.pack.errors import PackError
from assetgen.pack.evaluation import (
    Evaluation,
    Line,
    Quantiles,
    Recognised,
    Reconstruction,
    Settings,
    rate,
)
from assetgen.pack.images import encode_image
from assetgen.pack.measures import (
    Guess,
    Neighbour,
    Neighbours,
    Noise,
    NoisedScene,
    Noising,
    Point,
    RunNeighbours,
    Sheet,
    Stage,
    Training,
    read_measure,
    read_tile,
)
from assetgen.pack.validate_measures import check_measures

MODEL = "tiny"


def tiles() -> list[np.ndarray]:
    """A smooth picture, one a little and one very different from it."""
    y, x = np.mgrid[:64, :64]
    first = np.stack([2 * x, 2 * y, x + y], axis=-1).astype(np.uint8)
    return [first, np.clip(first.astype(int) + 20, 0, 255).astype(np.uint8), 255 - first]


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / MODEL
    (folder / "evaluation").mkdir(parents=True)
    (folder / "fox").mkdir()
    a, b, c = tiles()
    sheet = Sheet("evaluation/sheet.jpg", 3, 64, 64)
    (folder / sheet.file).write_bytes(encode_image(np.concatenate([a, b, c], axis=1), ".jpg"))
    values = {
        "noising": Noising(
            1, MODEL, "w", sheet, (Noise(1, 0.6, 0.8, 0.5625),),
            (NoisedScene(3, "a fox", ("fox",), 0, (Guess(0.1, round(psnr(a, b), 2), 2, 1),)),),
        ),
        "neighbours": Neighbours(
            1, MODEL, 10, Quantiles(5, 1, 2, 3, 4), sheet,
            (RunNeighbours("fox", "a fox", False, 0, (
                Neighbour(1, "a cat", round(distance(a, b), 2), (), 1),
                Neighbour(2, "a fox", round(distance(a, c), 2), ("fox",), 2),
            )),),
        ),
        "training": Training(
            1, MODEL, (Stage("unet", 20, 0.1, (Point(10, 1, 0.5), Point(20, 2, 0.4))),),
            (10,), 100, sheet, (),
        ),
        "evaluation": Evaluation(
            1, MODEL, "w", False, Settings(30, 4.0, "DDIM", "float32"), {},
            (Line("control_words", 0.02, 0.05, False, True, rate(2, 100).low, rate(2, 100).high),
             Line("autoencoder_psnr", 29.5, 32, True, False)),
            reconstruction=Reconstruction(9, 29.5, 29, 28, 30, sheet.file),
            recognition=Recognised(5, 30, rate(9, 10), rate(2, 100), 3.0, 4.0, 0.01),
        ),
    }  # fmt: skip
    for name, value in values.items():
        (folder / f"{name}.json").write_bytes(encode(value))
    return tmp_path


def test_sound_measures_have_no_problems_and_read_back(assets: Path) -> None:
    assert list(check_measures(assets, MODEL)) == []
    found = read_measure(Noising, assets, MODEL)
    assert found is not None and found.scenes[0].guesses[0].noised == 2
    tile = read_tile(found.sheet, 1, assets, MODEL)
    assert np.abs(tile.astype(int) - tiles()[1]).mean() < 3
    with pytest.raises(PackError, match="holds no tile 3"):
        read_tile(found.sheet, 3, assets, MODEL)
    assert read_measure(Noising, assets, "another") is None


def test_wilsons_interval_by_hand() -> None:
    """45 of 50, from the formula with z = 1.959964."""
    z2 = 1.959964**2
    centre = (0.9 + z2 / 100) / (1 + z2 / 50)
    half = 1.959964 * math.sqrt(0.9 * 0.1 / 50 + z2 / 10000) / (1 + z2 / 50)
    found = rate(45, 50)
    assert (found.rate, found.low, found.high) == (
        0.9, round(centre - half, 5), round(centre + half, 5)
    )  # fmt: skip
    assert rate(0, 0).rate is None and rate(10, 10).high == 1 and rate(0, 10).low == 0


def test_distances_by_hand() -> None:
    a, b = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64, 3), np.uint8)
    b[:32] = 100  # half of the places differ by 100
    assert distance(a, b) == pytest.approx(100 / math.sqrt(2))
    assert psnr(a, b) == pytest.approx(10 * math.log10(255**2 / (100**2 / 2)))
    assert psnr(a, a) == math.inf
    checker = np.indices((64, 64)).sum(axis=0)[..., None].repeat(3, 2) % 2 * 200
    assert (shrink(checker[None].astype(np.uint8)) == 100).all()


def _edit(assets: Path, name: str, change: Callable[[dict[str, Any]], None]) -> str:
    file = assets / "runs" / MODEL / f"{name}.json"
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    return "\n".join(map(str, check_measures(assets, MODEL)))


def _rate(data: dict[str, Any]) -> None:
    data["recognition"]["controls"]["rate"] = 0.01


def _goal(data: dict[str, Any]) -> None:
    data["summary"][1]["met"] = True


def _other(data: dict[str, Any]) -> None:
    data["summary"][1]["value"] = 33.0


def _picture(data: dict[str, Any]) -> None:
    data["reconstruction"]["sheet"] = "evaluation/none.jpg"


def _level(data: dict[str, Any]) -> None:
    data["levels"][0]["sigma"] = 0.9


def _error(data: dict[str, Any]) -> None:
    data["scenes"][0]["guesses"][0]["psnr"] += 5


def _tile(data: dict[str, Any]) -> None:
    data["scenes"][0]["guesses"][0]["noised"] = 7


def _near(data: dict[str, Any]) -> None:
    data["runs"][0]["nearest"][0]["distance"] = 3.0


def _run(data: dict[str, Any]) -> None:
    data["runs"][0]["run"] = "gone"


def _curve(data: dict[str, Any]) -> None:
    data["stages"][0]["curve"].reverse()


def _milestone(data: dict[str, Any]) -> None:
    data["milestones"] = [40]


def _model(data: dict[str, Any]) -> None:
    data["model"] = "another"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("evaluation", _rate, "0.01 is not 2 of 100"),
        ("evaluation", _goal, "autoencoder_psnr says that its goal is met: True"),
        ("evaluation", _other, "autoencoder_psnr is not the figure"),
        ("evaluation", _picture, "is missing"),
        ("noising", _level, "alpha² + sigma² is not 1"),
        ("noising", _error, "the picture shows"),
        ("noising", _tile, "a tile beyond the 3"),
        ("neighbours", _near, "away, not 3.0"),
        ("neighbours", _run, "there is no run 'gone'"),
        ("training", _curve, "does not rise to its samples"),
        ("training", _milestone, "beyond the end of training"),
        ("training", _model, "is about 'another'"),
    ],
)
def test_a_corrupted_measure_is_found(
    assets: Path, name: str, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    assert message in _edit(assets, name, change)


def test_another_picture_behind_the_figures_is_found(assets: Path) -> None:
    sheet = assets / "runs" / MODEL / "evaluation" / "sheet.jpg"
    Image.fromarray(np.full((64, 192, 3), 128, np.uint8)).save(sheet)
    found = "\n".join(map(str, check_measures(assets, MODEL)))
    assert "the picture shows" in found and "away, not" in found
    sheet.unlink()
    assert "sheet.jpg" in "\n".join(map(str, check_measures(assets, MODEL)))


def test_a_newer_or_damaged_file_is_one_line(assets: Path) -> None:
    assert "format 2" in _edit(assets, "training", lambda data: data.update(format=2))
    (assets / "runs" / MODEL / "training.json").write_text('{"format": 1, "model"')
    found = "\n".join(map(str, check_measures(assets, MODEL)))
    assert "is damaged" in found and "`assetgen exhibit` again" in found
