"""Recognition: the rule on series made by hand, and a whole bake with a recogniser beside the model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from assetgen.pack.recognition import recognition_step
from assetgen.pack.validate import validate
from tests.assetgen.pack.test_validate import edit, found

WORDS = {"object": ["fox", "cat"], "ground": ["grass"], "sky": ["blue", "night"]}


@pytest.mark.parametrize(
    ("series", "answer"),
    [
        ([0.1, 0.8, 0.9, 0.8, 0.1], (1, None)),
        ([0.9, 0.9, 0.79, 0.9, 0.9, 0.9], (3, None)),
        ([0.9, 0.9, 0.1, 0.9, 0.1], (None, "never")),
        ([0.1, 0.1, 0.9, 0.9], (None, "late")),
        ([0.9, 0.9], (None, "short")),
    ],
)
def test_recognised_is_seen_for_three_steps(series: list[float], answer: Any) -> None:
    assert recognition_step(series) == answer


@pytest.fixture(scope="module")
def recorded(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the tiny model with an untrained recogniser that is very sure of itself."""
    torch = pytest.importorskip("torch")
    from assetgen.capture.call import Settings
    from assetgen.generate import Baker, Job
    from assetgen.models.recogniser import FOLDER, Recogniser, save_recogniser
    from assetgen.models.registry import ModelEntry

    folder = tmp_path_factory.mktemp("with") / "tiny"
    shutil.copytree(model_folder, folder)
    torch.manual_seed(1)
    network = Recogniser([word for kind in WORDS.values() for word in kind], [4, 8], 0.05)
    config = {
        "words": WORDS,
        "channels": [4, 8],
        "unsaid": {"sky": "blue"},
        "temperature": {"recogniser": 0.05},
    }
    save_recogniser({"recogniser": network}, config, folder / FOLDER)
    baker = Baker(ModelEntry("tiny", "Tiny", folder), tmp_path_factory.mktemp("runs"))
    return baker.bake(Job("run", "Run", Settings("a Fox on grass", steps=5)), quiet=True)


def test_the_tracks_are_what_the_recogniser_says_of_the_stored_pictures(
    recorded: Path, model_folder: Path
) -> None:
    from assetgen.models.recogniser import load_recogniser

    assert validate(recorded) == []
    pack = Pack.open(recorded)
    data = pack.metadata
    assert [(c.text, c.word) for c in data.concepts] == [("Fox", 1), ("grass", 3), ("blue", None)]
    assert [(c.text, c.word) for c in data.controls if c.recognition] == [
        ("cat", None),
        ("night", None),
    ]
    assert [c.text for c in data.controls if not c.recognition] == ["a", "on"]
    folder = next(recorded.parents[2].parent.glob("with*/tiny"))
    network = load_recogniser(folder, "recogniser")
    table = network.probabilities([pack.image("predicted", k) for k in range(pack.steps)])
    for concept in (*data.concepts, *data.controls):
        if concept.recognition:
            column = table[:, network.words.index(concept.text.lower())]
            assert np.allclose(concept.recognition.probability, column, atol=1e-3)
    assert len({c.recognition.probability for c in data.controls if c.recognition}) == 2


def _raise_one(data: dict[str, Any]) -> None:
    data["concepts"][0]["recognition"]["probability"] = [0.9] * 5
    data["concepts"][0]["recognition"]["step"] = 3


def _no_probability(data: dict[str, Any]) -> None:
    data["concepts"][0]["recognition"] = {"probability": [1.5, 0, 0, 0, 0], "reason": "never"}


def _nobody(data: dict[str, Any]) -> None:
    data["model"]["recogniser"] = None


def _said(data: dict[str, Any]) -> None:
    data["controls"][-1]["text"] = "fox"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_raise_one, "probabilities say 0"),
        (_no_probability, "is no probability"),
        (_nobody, "model.recogniser names nothing"),
        (_said, "is a word of the prompt"),
    ],
)
def test_a_damaged_track_is_found(
    recorded: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    target = tmp_path / "tiny"
    shutil.copytree(recorded.parent, target)
    edit(target / recorded.name, change)
    assert message in found(target / recorded.name)


def test_a_damaged_recogniser_is_one_line(model_folder: Path, tmp_path: Path) -> None:
    from assetgen.errors import InputError
    from assetgen.models.recogniser import FOLDER, load_recogniser

    folder = tmp_path / "tiny"
    with pytest.raises(InputError, match="has no recogniser"):
        load_recogniser(folder, "judge")
    (folder / FOLDER).mkdir(parents=True)
    config = {"words": WORDS, "channels": [4, 8], "temperature": {"judge": 1.0}}
    (folder / FOLDER / "config.json").write_text(json.dumps(config))
    (folder / FOLDER / "judge.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"judge\.safetensors cannot be loaded"):
        load_recogniser(folder, "judge")
