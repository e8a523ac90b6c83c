"""One-step guesses: a network that answers rightly gives back the clean latents, whatever it predicts."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from assetgen.train.guesses import Guesser, quickened  # noqa: E402
from tests.fixtures.pipelines import tiny_pipeline  # noqa: E402


@pytest.fixture(scope="module")
def pipe() -> Any:
    return tiny_pipeline()


@pytest.mark.parametrize("kind", ["v_prediction", "epsilon", "sample"])
def test_a_right_answer_gives_the_clean_latents(
    pipe: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guesser = Guesser(pipe)
    pipe.scheduler.register_to_config(prediction_type=kind)
    clean, noise = torch.randn(2, 3, 4, 16, 16)
    levels = torch.tensor([10, 500, 900])
    noisy = guesser.noised(clean, levels, noise)
    alpha = pipe.scheduler.alphas_cumprod[500]
    assert torch.allclose(noisy[1], alpha.sqrt() * clean[1] + (1 - alpha).sqrt() * noise[1])
    answers = {
        "v_prediction": pipe.scheduler.get_velocity(clean, noise, levels),
        "epsilon": noise,
        "sample": clean,
    }
    without = torch.zeros_like(clean)

    def answer(noisy: Any, levels: Any, captions: list[str]) -> Any:
        return answers[kind] if captions[0] else without

    monkeypatch.setattr(guesser, "output", answer)
    assert torch.allclose(guesser.clean(noisy, levels, ["a fox"] * 3), clean, atol=1e-4)
    # Guidance 2 goes twice as far from the answer without a prompt, which is zero here.
    twice = answers[kind] * 2
    monkeypatch.setattr(guesser, "output", lambda *_: twice)
    expected = guesser.clean(noisy, levels, ["a fox"] * 3)
    monkeypatch.setattr(guesser, "output", answer)
    assert torch.allclose(guesser.clean(noisy, levels, ["a fox"] * 3, 2.0), expected)


def test_levels_and_their_ratio_agree(pipe: Any) -> None:
    guesser = Guesser(pipe)
    for snr in (0.1, 1.0, 10.0):
        assert guesser.snr(guesser.level_of(snr)) == pytest.approx(snr, rel=0.05)


def test_pictures_come_back_from_their_latents_in_order(pipe: Any) -> None:
    guesser = Guesser(pipe, autocast=False)
    pictures = [torch.full((32, 32, 3), v, dtype=torch.uint8).numpy() for v in (0, 120, 255)]
    latents = guesser.encode(pictures)
    one = guesser.encode(pictures[1:2])
    assert latents.shape == (3, 4, 16, 16) and torch.allclose(latents[1:2], one, atol=1e-5)
    assert [p.shape for p in guesser.decode(latents)] == [(32, 32, 3)] * 3


def test_a_quickened_network_returns_full_precision_and_is_put_back(pipe: Any) -> None:
    arguments = (torch.randn(1, 4, 16, 16), 10, torch.randn(1, 24, 32))
    before = pipe.unet(*arguments).sample
    with quickened(pipe.unet):
        (quick,) = pipe.unet(*arguments, return_dict=False)
        assert pipe.unet(*arguments).sample.dtype == quick.dtype == torch.float32
    assert not torch.equal(quick, before) and torch.allclose(quick, before, atol=0.1)
    assert torch.equal(pipe.unet(*arguments).sample, before)
    assert "forward" not in vars(pipe.unet)
