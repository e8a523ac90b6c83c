"""The card says what was measured: change a figure and the text changes with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

torch = pytest.importorskip("torch")

from assetgen.cli import main  # noqa: E402
from assetgen.errors import InputError  # noqa: E402
from assetgen.evaluate.card import END, START, figures, replace_figures  # noqa: E402
from assetgen.models.recogniser import FOLDER, Recogniser, save_recogniser  # noqa: E402
from assetgen.pack.codec import encode  # noqa: E402
from assetgen.pack.evaluation import (  # noqa: E402
    Baseline,
    Evaluation,
    Following,
    Judge,
    Level,
    Line,
    Localisation,
    Memorisation,
    Quantiles,
    Recognised,
    Scores,
    Settings,
    rate,
)
from assetgen.pack.measures import Point, Sheet, Stage, Training  # noqa: E402


def evaluation(present: int = 95) -> Evaluation:
    good = Scores(rate(99, 100), rate(100, 100))
    shown, kinds = rate(present, 100), {"sky": 0.5, "object": 0.7}
    return Evaluation(
        1, "tiny", "w", False, Settings(30, 4.0, "DDIM", "float32"), {},
        (
            Line("object_present", shown.rate, 0.9, True, present >= 90, shown.low, shown.high),
            Line("autoencoder_psnr", 29.68, 32, True, False),
        ),
        following=Following(
            200, 2, Judge(100, 0.5, good, good, good), shown, shown, shown, shown, shown, {}, (), "",
        ),
        localisation=Localisation(
            9, 9, (16, 16), (), 0.3, 0.6, 0.5, 0.7, (Level(1.0, 354, 0.6, 0.5, 0.7, kinds, {}),),
            Baseline(0.1, 0.1, {}), Baseline(0.1, 0.1, {}), "",
        ),
        memorisation=Memorisation(
            9, Quantiles(1, 1, 1, 1, 1), Quantiles(1, 1, 1, 1, 1), rate(3, 400), rate(0, 1),
            rate(0, 1), {"generated": Quantiles(1, 0, 0, 0.88, 1), "true": Quantiles(1, 0, 0, 0.94, 1)},
            rate(61, 100), {"generated": rate(18, 20), "true": rate(20, 20)}, "",
        ),
        recognition=Recognised(4, 30, rate(9, 9), rate(0, 9), 2.0, 7.0, 0.01),
    )  # fmt: skip


def test_the_table_says_value_interval_goal_and_whether_it_was_met() -> None:
    table = figures(evaluation()).splitlines()
    assert table[2] == (
        "| objects of the prompt that are there | 95.0 % | 88.8 % to 97.8 % | ≥ 90.0 % | met |"
    )
    assert table[3] == "| autoencoder, true scenes and back | 29.7 dB |  | ≥ 32.0 dB | **missed** |"
    assert "**missed**" in figures(evaluation(80)).splitlines()[2]


def test_what_is_void_or_quick_says_so_first() -> None:
    found = evaluation()
    assert found.following is not None
    void = msgspec.structs.replace(found.following, void="the judge is blind")
    assert "void: the judge is blind" in figures(msgspec.structs.replace(found, following=void))
    assert "too few pictures" in figures(msgspec.structs.replace(found, quick=True))


def test_a_readme_keeps_all_but_its_figures() -> None:
    text = f"# Title\n{START}\nold\n{END}\nrest\n"
    assert replace_figures(text, "new") == f"# Title\n{START}\nnew\n{END}\nrest\n"
    with pytest.raises(InputError, match="no marks"):
        replace_figures("# Title\n", "new")


def test_the_command_writes_the_card(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, runs = tmp_path / "tiny", tmp_path / "runs" / "tiny"
    shutil.copytree(model_folder, model)
    arguments = ["card", str(model), "--out", str(tmp_path)]
    assert main(arguments) == 2
    assert "has no evaluation.json" in capsys.readouterr().err
    runs.mkdir(parents=True)
    (runs / "evaluation.json").write_bytes(encode(evaluation()))
    stage = Stage("unet", 123456, 2.25, (Point(123456, 8100, 0.1),))
    (runs / "training.json").write_bytes(
        encode(Training(1, "tiny", (stage,), (), 24000, Sheet("", 1, 1, 1), ()))
    )
    network = Recogniser(["fox"], [4, 8])
    calibrated = {"ece": 0.0123, "pairs": 8400, "ece_in_doubt": 0.0837, "in_doubt": 196}
    save_recogniser(
        {"judge": network, "recogniser": network}, {"calibration": calibrated}, model / FOLDER
    )
    (model / "notes.md").write_text("Somebody named 17 of 20.\n")
    assert main(arguments) == 0
    text = (model / "README.md").read_text()
    for part in (
        "| 123,456 | 2.2 |", "24,000 different scenes", "24 of 120 object pairs", "6 of 64 objects",
        "95.0 %", "61%", "90% of the objects fit a drawing of their own",
        "0.88 against 0.94", "3 of 400 pictures", "Somebody named 17 of 20.",
        "fox, cat, frog", "50% ", "70% ",
        "of step 3 of 30", "0.012 on average (ECE, 8,400 pairs", "(196 of them) by 0.08",
    ):  # fmt: skip
        assert part.strip() in text, part
    assert "{" not in text.replace("```", "")
