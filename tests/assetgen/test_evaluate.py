"""The protocols on tiny tables and pictures whose answer can be worked out by hand, and the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from assetgen.cli import main  # noqa: E402
from assetgen.evaluate import bench as benches  # noqa: E402
from assetgen.evaluate.following import following, scores, truth, void  # noqa: E402
from assetgen.evaluate.localisation import best, region, word_means  # noqa: E402
from assetgen.evaluate.memorisation import best_fits  # noqa: E402
from assetgen.evaluate.nearest import match, nearest, templates  # noqa: E402
from assetgen.evaluate.paint import held_out_scenes  # noqa: E402
from assetgen.evaluate.recognition import recognised  # noqa: E402
from assetgen.models.recogniser import FOLDER, Recogniser, save_recogniser  # noqa: E402
from assetgen.pack.evaluation import Evaluation, Judge, Scores, rate  # noqa: E402
from assetgen.pack.measures import read_measure  # noqa: E402
from assetgen.pack.validate_measures import check_measures  # noqa: E402
from assetgen.train.icons import Drawings  # noqa: E402
from assetgen.train.scenes import Composer  # noqa: E402
from assetgen.train.words import load_config  # noqa: E402
from tests.fixtures.drawings import discs  # noqa: E402

WORDS = ("fox", "cat", "sun", "grass")
KINDS = np.array(["object", "object", "thing", "ground"])


def judge(right: int, of: int) -> Judge:
    good = Scores(rate(right, of), rate(of, of))
    return Judge(of, 0.5, good, good, good)


def test_prompt_following_by_hand() -> None:
    """Four pictures: both of two; one of two and a false sun; a missed one; one object, no ground."""
    asked = np.array([[1, 1, 0, 1], [1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 0, 1]], bool)
    seen = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [0, 0, 1, 1], [1, 0, 0, 0]], bool)
    found = following(WORDS, KINDS, asked, seen, judge(100, 100), 2, "sheet.jpg")
    assert (found.prompts, found.seeds, found.void) == (2, 2, None)
    assert (found.present.count, found.present.of) == (4, 6)
    assert (found.both.count, found.both.of) == (1, 2)
    assert (found.single.count, found.single.of) == (1, 2)
    # Not asked for: fox once, cat once, sun three times; the ground does not count.
    assert (found.false.count, found.false.of) == (1, 5)
    assert (found.false_pictures.count, found.false_pictures.of) == (1, 4)
    assert (found.kinds["ground"].count, found.kinds["ground"].of) == (3, 4)
    cat = found.words[1]
    assert (cat.text, cat.present.count, cat.present.of, cat.false.of) == ("cat", 1, 3, 1)


@pytest.mark.parametrize(("right", "is_void"), [(98, False), (97, True), (0, True)])
def test_a_weak_judge_makes_the_figure_void(right: int, is_void: bool) -> None:
    assert (void(judge(right, 100)) is not None) == is_void


def test_recall_and_precision_by_hand() -> None:
    there, seen = np.array([[1, 1, 0, 0]], bool), np.array([[1, 0, 1, 1]], bool)
    found = scores(there, seen)
    assert found.recall.rate == 0.5 and found.precision.rate == round(1 / 3, 5)


def test_held_out_prompts_are_different_and_held_out(composer: Composer) -> None:
    scenes = held_out_scenes(composer, 60)
    assert all(composer.grammar.is_held_out(scene) for scene in scenes)
    assert len({composer.grammar.caption(scene) for scene in scenes}) == 60
    assert scenes == held_out_scenes(composer, 60)
    table = truth(composer.grammar.flat_words, scenes)
    assert table.sum(axis=1).tolist() == [len(scene.words) for scene in scenes]


def test_the_region_of_a_map_by_hand() -> None:
    plane = np.zeros((4, 4), np.float32)
    plane[1:3, 1:3] = 0.02  # only the share of the maximum counts
    found = region(plane, 0.5, 16)
    assert found[5:11, 5:11].all() and not found[:2].any() and found.sum() < 100
    assert word_means([("fox", 0.2), ("fox", 0.6), ("sun", 1.0)]) == pytest.approx(
        {"fox": 0.4, "sun": 1.0}
    )
    assert best((1, 2, 3), lambda x: -((x - 2) ** 2)) == 2


def test_the_nearest_training_scenes_by_hand() -> None:
    training = np.stack([np.full((32, 32, 3), v, np.uint8) for v in (0, 50, 100, 200)])
    numbers, distances = nearest(np.full((1, 32, 32, 3), 90, np.uint8), training, 3)
    assert numbers.tolist() == [[2, 1, 0]] and distances[0].tolist() == [10, 40, 90]


def test_a_drawing_is_found_where_it_is_and_no_other() -> None:
    random = np.random.default_rng(0)
    drawings = np.zeros((2, 1, 48, 48, 4), np.uint8)
    drawings[..., 3] = 255
    drawings[..., :3] = np.kron(random.integers(0, 256, (2, 1, 6, 6, 3)), np.ones((1, 1, 8, 8, 1)))
    picture = np.full((128, 128, 3), 120, np.uint8)
    big = np.kron(drawings[0, 0, ::8, ::8, :3], np.ones((10, 10, 1)))[:, ::-1]  # 60 wide, mirrored
    picture[40:100, 30:90] = big * 0.5 + 40  # paler: correlation does not mind
    own, other = (templates(d, (60 / 128,)) for d in drawings)
    assert match(picture, own) > 0.9
    assert match(picture, other) < 0.6


def test_a_drawing_is_named_if_it_is_among_the_best() -> None:
    found = {"fox": 0.9, "cat": 0.7, "car": 0.8}
    assert best_fits(found, ("fox",)) == [True] and best_fits(found, ("car",)) == [False]
    assert best_fits(found, ("cat", "fox")) == [False, True]


def test_recognition_of_controls_by_hand() -> None:
    """Two runs of four steps: the word asked for is recognised at 1, one control of two passes."""
    tracks = np.zeros((2, 4, 2))
    tracks[0, 1:, 0] = 0.9
    tracks[1, :, 0] = 0.95
    tracks[1, 2:, 1] = 0.9
    asked = np.array([[1, 0], [0, 1]], bool)
    found = recognised(tracks, tracks * (np.arange(4) > 1)[:, None], asked, 0.01)
    assert (found.named.count, found.named.of) == (1, 2)
    assert (found.controls.count, found.controls.of) == (1, 2)
    assert found.median_step == 1 and found.steps == 4
    # The judge sees nothing before step 2, and then only for two steps.
    assert found.judge_median_step is None


@pytest.fixture(scope="module")
def drawings() -> Drawings:
    return discs(load_config())


@pytest.fixture(scope="module")
def composer(drawings: Drawings) -> Composer:
    return Composer(load_config(), drawings)


@pytest.fixture
def model(model_folder: Path, composer: Composer, tmp_path: Path) -> Path:
    """The tiny pipeline, 32 × 32 pixels, with two untrained judges."""
    folder = tmp_path / "tiny"
    shutil.copytree(model_folder, folder)
    torch.manual_seed(0)
    network = Recogniser(composer.grammar.flat_words, [4, 8])
    config = {
        "words": composer.grammar.words,
        "channels": [4, 8],
        "temperature": {"judge": 1.0, "recogniser": 1.0},
    }
    save_recogniser({"judge": network, "recogniser": network}, config, folder / FOLDER)
    return folder


def test_the_command_measures_and_goes_on_after_a_stop(
    model: Path,
    drawings: Drawings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import yaml

    from assetgen.evaluate import run as protocols

    config = load_config()
    config["scene"]["size"] = 32
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.setattr(benches, "load_drawings", lambda config, cache: drawings)
    sizes = benches.Sizes(4, 2, 6, 8, 3, 5, 20, 2, 4)
    monkeypatch.setattr(protocols, "QUICK", sizes)
    monkeypatch.setattr(protocols.contact, "LOCALISED", 2)
    monkeypatch.setattr("assetgen.evaluate.memorisation.NAMED", 1)
    monkeypatch.setattr("assetgen.evaluate.memorisation.MATCHED_SCENES", 2)
    arguments = ["evaluate", str(model), "--quick", "--out", str(tmp_path / "assets")]
    arguments += ["--work", str(tmp_path / "work"), "--config", str(tmp_path / "small.yaml")]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "QUICK" in said and "void: the judge's" in said and "object_present" in said

    found = read_measure(Evaluation, tmp_path / "assets", "tiny")
    assert found is not None and found.quick and found.following is not None
    assert list(check_measures(tmp_path / "assets", "tiny")) == []
    assert found.following.prompts == 4 and found.following.seeds == 2
    assert found.following.void and not any(
        line.met is not None for line in found.summary if line.id.endswith("_present")
    )
    assert found.recognition is not None and found.recognition.steps == 4
    assert found.memorisation is not None and found.memorisation.training_scenes == 20

    # A second evaluation paints nothing again and says the same.
    again = lambda *_: pytest.fail("painted again")  # noqa: E731
    monkeypatch.setattr("assetgen.evaluate.paint._paint", again)
    assert main(arguments) == 0
    assert read_measure(Evaluation, tmp_path / "assets", "tiny") == found


def test_bad_input_is_one_line(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(model / FOLDER)
    assert main(["evaluate", str(model), "--out", str(tmp_path)]) == 2
    assert "has no recogniser" in capsys.readouterr().err
    assert main(["evaluate", "miniatur"]) == 2
    assert main(["evaluate", str(model), "--config", str(tmp_path / "no.yaml")]) == 2
    assert main(["exhibit", "training", str(model), "--work", str(tmp_path)]) == 2
    assert "loss.jsonl is missing" in capsys.readouterr().err.splitlines()[-1]


def test_exhibits_are_sound(
    model: Path, composer: Composer, drawings: Drawings, pack_path: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from assetgen.evaluate import exhibits
    from assetgen.models.load import load_pipeline
    from assetgen.train.guesses import Guesser

    config: dict[str, Any] = load_config()
    config["scene"]["size"] = 32
    small = Composer(config, drawings)
    target = tmp_path / "out" / "runs" / "tiny"
    exhibits.noising(Guesser(load_pipeline(model)), small, "tiny", model, target)
    found = json.loads((target / "noising.json").read_text())
    assert len(found["scenes"]) == 6 and len(found["levels"]) == 12
    snr = [level["snr"] for level in found["levels"]]
    assert snr == sorted(snr, reverse=True)

    work = tmp_path / "work"
    (work / "unet" / "milestones").mkdir(parents=True)
    (work / "unet" / "milestones" / "00000002.pt").touch()
    rows = [(20, 1.0, 0.9), (40, 2.0, 0.5), (60, 3.0, 0.4), (40, 2.5, 0.3), (80, 4.0, 0.2)]
    (work / "unet" / "loss.jsonl").write_text(
        "\n".join(json.dumps({"samples": s, "seconds": t, "loss": v}) for s, t, v in rows)
    )
    exhibits.training(small, config, work, "tiny", target)
    found = json.loads((target / "training.json").read_text())
    # What was lost by a kill and done again counts once.
    assert [p["samples"] for p in found["stages"][0]["curve"]] == [20, 40, 80]
    assert found["milestones"] == [2] and len(found["examples"]) == 12

    exhibits.training(small, config, work, "tiny", target, until=40)
    stage = json.loads((target / "training.json").read_text())["stages"][0]
    assert stage["samples"] == 40 and len(stage["curve"]) == 2

    monkeypatch.setattr(exhibits, "USUAL", 4)
    assets = pack_path.parents[2]
    exhibits.neighbours(composer, 30, work, assets, "two_level")
    found = json.loads((assets / "runs" / "two_level" / "neighbours.json").read_text())
    assert [run["run"] for run in found["runs"]] == [pack_path.name]
    assert len(found["runs"][0]["nearest"]) == 3
    assert list(check_measures(tmp_path / "out", "tiny")) == []
    assert list(check_measures(assets, "two_level")) == []
