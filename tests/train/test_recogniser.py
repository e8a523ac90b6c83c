"""The recogniser learns, its calibration is arithmetic that can be done by hand, and it ships."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from assetgen.models.recogniser import Recogniser, load_recogniser, save_recogniser  # noqa: E402
from assetgen.train.estimates import Estimates, labels_of  # noqa: E402
from assetgen.train.recogniser import (  # noqa: E402
    RecogniserTask,
    calibration,
    calibration_error,
    temperature_of,
)
from assetgen.train.scenes import Composer  # noqa: E402


@pytest.fixture
def small(tiny: dict[str, Any]) -> dict[str, Any]:
    small = deepcopy(tiny)
    small["vae"]["pool"] = 40
    small["recogniser"]["pool_apart"] = 40
    small["recogniser"] |= {"channels": [8, 16], "batch": 20}
    return small


def test_it_learns_what_it_is_shown(
    small: dict[str, Any], composer: Composer, tmp_path: Path
) -> None:
    task = RecogniserTask(small, composer, tmp_path)
    for _ in range(40):
        task.step(0.1)
    assert task.name == "judge" and task.samples == 800
    # Skies come first: the right one of the three is likelier than the others.
    skies = [task.network.words.index(word) for word in composer.grammar.words["sky"]]
    pictures = [composer.picture(i).pixels for i in range(40)]
    p = task.network.probabilities(pictures)[:, skies]
    truth = labels_of(composer, range(40), held_out=False).numpy()[:, skies] > 0
    assert p[truth].mean() > p[~truth].mean() + 0.1
    task.sheet(tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").exists()


def test_labels_are_the_words_of_the_scene(composer: Composer) -> None:
    labels = labels_of(composer, range(5), held_out=True).numpy()
    for number, row in enumerate(labels):
        shown = composer.picture(number, held_out=True).scene.words
        assert {composer.grammar.flat_words[i] for i in np.flatnonzero(row)} == set(shown)


def test_calibration_error_by_hand() -> None:
    """Two bins: three pairs at 0.9 of which two are true, one at 0.1 that is not."""
    p, truth = np.array([0.9, 0.9, 0.9, 0.1]), np.array([1, 1, 0, 0])
    assert calibration_error(p, truth) == pytest.approx((3 * abs(0.9 - 2 / 3) + 0.1) / 4)
    assert calibration_error(truth.astype(float), truth) == 0


def test_the_temperature_undoes_overconfidence() -> None:
    generator = torch.Generator().manual_seed(0)
    honest = torch.randn(20000, generator=generator) * 2
    labels = (torch.rand(20000, generator=generator) < torch.sigmoid(honest)).float()
    assert temperature_of(3 * honest, labels) == pytest.approx(3, rel=0.05)


def test_calibration_is_measured_on_pictures_it_was_not_fitted_on(composer: Composer) -> None:
    torch.manual_seed(0)
    network = Recogniser(composer.grammar.flat_words, [4, 8])
    pictures = np.stack([composer.picture(i, held_out=True).pixels for i in range(8)])
    held = Estimates(
        torch.from_numpy(pictures),
        labels_of(composer, range(8), held_out=True),
        torch.tensor([0, 1] * 4),
        torch.zeros(8),
    )
    found = calibration(network, held, np.array([10.0, 0.01]))
    assert found["pictures"] == 4 and found["pairs"] == 4 * 28
    # Every second picture has level 1, whose ratio lies in the first band.
    assert [band["snr"] for band in found["bands"]] == [[0, 0.03]]
    p = network.probabilities(list(pictures[1::2]))
    truth = held.labels.numpy()[1::2]
    assert found["ece"] == pytest.approx(calibration_error(p, truth), abs=1e-4)


def test_it_is_stored_in_half_precision_and_small(composer: Composer, tmp_path: Path) -> None:
    words = composer.grammar.words
    torch.manual_seed(0)
    network = Recogniser(composer.grammar.flat_words, [32, 64, 128]).eval()
    config = {"words": words, "channels": [32, 64, 128], "temperature": {"judge": 2.0}}
    save_recogniser({"judge": network}, config, tmp_path / "recogniser")
    again = load_recogniser(tmp_path, "judge")
    assert again.words == network.words and again.temperature == 2.0
    size = sum(file.stat().st_size for file in (tmp_path / "recogniser").iterdir())
    assert size <= 1.5e6
    picture = composer.picture(0).pixels
    logit = np.log(1 / network.probabilities([picture]) - 1)
    assert np.allclose(np.log(1 / again.probabilities([picture]) - 1), logit / 2, atol=0.02)
