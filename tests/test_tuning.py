"""Quality `auto`: down when it is slow, up when it keeps up with the screen, never to and fro."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.state import QualityName
from explorer.tuning import WINDOW, Tuner


def tuned(tuner: Tuner, start: QualityName, rates: Mapping[QualityName, float]) -> list[str]:
    """The presets of ten windows on a machine that draws each so many times a second."""
    quality, seen = start, []
    for _ in range(10 * WINDOW):
        better = tuner.measure(1 / rates[quality], quality)
        if better:
            quality = better
            seen.append(quality)
    return seen


def test_a_slow_machine_goes_down() -> None:
    assert tuned(Tuner(), "medium", {"low": 40, "medium": 20, "high": 9}) == ["low"]
    assert tuned(Tuner(), "medium", {"low": 12, "medium": 7, "high": 3}) == ["low"]


def test_a_screen_of_sixty_frames_does_not_hide_what_the_machine_can_do() -> None:
    assert tuned(Tuner(), "medium", {"low": 60, "medium": 60, "high": 60}) == ["high"]


def test_what_was_tried_and_is_slower_is_left_for_good() -> None:
    assert tuned(Tuner(), "medium", {"low": 60, "medium": 60, "high": 33}) == ["high", "medium"]


def test_a_preset_that_was_kept_may_become_a_little_slower() -> None:
    tuner = Tuner()
    assert tuned(tuner, "medium", {"low": 60, "medium": 60, "high": 60}) == ["high"]
    assert tuned(tuner, "high", {"low": 60, "medium": 60, "high": 35}) == []


def test_what_a_person_chose_stays() -> None:
    tuner = Tuner()
    tuner.measure(1 / 60, "medium")
    assert tuned(tuner, "low", {"low": 60, "medium": 60, "high": 60}) == []
    assert tuned(tuner, "high", {"low": 60, "medium": 60, "high": 10}) == []
