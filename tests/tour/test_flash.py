"""The flash meter counts what flashes, and nothing else; the tour that a kiosk plays all day stays below the limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from assetgen.pack.resources import data_dir
from explorer.app import App
from explorer.runs import Runs
from explorer.settings import Settings
from tests.tour.conftest import TOURS
from tests.tour.flash import drawn, flashes

if TYPE_CHECKING:
    from direct.showbase.ShowBase import ShowBase

RATE = 20.0


def screen(levels: list[float], area: float = 1.0) -> Iterator[NDArray[np.uint8]]:
    """Frames whose left part has a grey level, 0..255."""
    for level in levels:
        image = np.zeros((20, 40, 3), np.uint8)
        image[:, : round(40 * area)] = round(level)
        yield image


def square(hertz: float, high: float = 255, seconds: float = 3.0) -> list[float]:
    return [high * ((i / RATE * hertz) % 1.0 >= 0.5) for i in range(round(seconds * RATE))]


@pytest.mark.parametrize("hertz", [1, 2, 4, 5])
def test_flashes_are_counted(hertz: int) -> None:
    worst, _ = flashes(screen(square(hertz)), RATE)
    assert worst == pytest.approx(hertz, abs=0.51)


def test_small_or_faint_or_slow_changes_are_none() -> None:
    assert flashes(screen(square(5), area=0.2), RATE)[0] == 0
    assert flashes(screen(square(5, high=80)), RATE)[0] == 0, "80 of 255 is 8 % luminance"
    slow = [255 * i / 60 for i in range(60)]
    assert flashes(screen(slow), RATE)[0] <= 0.5


def test_soft_flashes_count_as_well() -> None:
    wave = [127 * (1 - np.cos(2 * np.pi * 4 * i / RATE)) for i in range(60)]
    assert flashes(screen(wave), RATE)[0] >= 3


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("showbase", ["win-size 128 72"], indirect=True)
def test_the_tour_of_the_kiosk(showbase: ShowBase) -> None:
    """The half with cuts, two runs and a whole run in time, the world alone.

    `python -m tests.tour.flash` measures all tours from the beginning, with their captions.
    """
    runs = Runs(data_dir("assets"))
    scene = data_dir("scenes") / "unet_valley.yaml"
    app = App(showbase, runs, Settings(), scene, hud=False)
    app.load_now()
    assert app.guide.timeline("highlights").duration > 150
    worst, at = flashes(drawn(app, "highlights", 5.0, start=85.0), 5.0)
    assert worst <= 2, f"{worst:g} flashes in the second before {at:.1f} s"
    app.close()
    runs.close()


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("showbase", ["win-size 128 72"], indirect=True)
def test_the_cuts_of_every_tour(showbase: ShowBase) -> None:
    """Where most changes at once: into the dark and out of it, and what a new view, run or step brings with it."""
    runs = Runs(data_dir("assets"))
    app = App(showbase, runs, Settings(), data_dir("scenes") / "unet_valley.yaml", hud=False)
    app.load_now()
    seen = 0
    for name in TOURS:
        shots = app.guide.timeline(name).shots
        sudden = [s for s in shots[1:] if s.cut or s.stop.run or s.stop.start is not None]
        for shot in sudden:
            frames = drawn(app, name, RATE / 2, shot.start - 0.8, shot.start + 1.2)
            worst, at = flashes(frames, RATE / 2)
            assert worst <= 2, f"{name}, {shot.stop.id}: {worst:g} flashes a second"
            seen += 1
    assert seen > 15
    app.close()
    runs.close()
