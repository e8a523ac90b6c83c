"""An exhibit costs nothing until somebody comes near, and nothing again when they have left."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import panda3d.core as p3d
import pytest

from assetgen.pack import PackError
from assetgen.pack.resources import data_dir
from explorer.state import State
from explorer.story.texts import Texts
from explorer.view.exhibition.base import KEPT, QUIET_FRAMES, Bare, Exhibition, Shown
from explorer.world.valley import Frame, Vec3


class Kind:
    """Stands for a kind of station."""

    reach = 50.0


class Counted:
    """An exhibit that counts what is asked of it."""

    def __init__(self, place: Any, setting: Any) -> None:
        self.root = p3d.NodePath("counted")
        self.asked: list[str] = []
        self.packs: list[str] = []
        self.eye: Vec3 = (0.0, 0.0, 0.0)

    def dress(self, shown: Any, state: Any) -> None:
        self.asked.append("dress")
        self.packs.append(shown.run.pack)

    def follow(self, state: Any) -> None:
        self.asked.append("follow")

    def update(self, state: Any, eye: Vec3, dt: float) -> None:
        self.asked.append("update")
        self.eye = eye

    def leave(self) -> None:
        self.asked.append("leave")

    def clean_up(self) -> None:
        self.asked.append("clean_up")


class AtOnce(Executor):
    """Does everything when asked to."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def exhibition(*origins: Vec3, pool: Executor | None = None) -> Exhibition:
    places = [
        SimpleNamespace(id=f"station:{i}", station=Kind(), frame=Frame(o))
        for i, o in enumerate(origins)
    ]
    makers: Any = {Kind: Counted}
    world = p3d.NodePath("world")
    return Exhibition(places, makers, None, world, pool or AtOnce())  # type: ignore[arg-type]


def a_run(pack: object = "pack") -> Any:
    return Shown(SimpleNamespace(pack=pack), {})  # type: ignore[arg-type]


SHOWN = a_run()
NEAR, FAR = (0.0, 0.0, 0.0), (500.0, 0.0, 0.0)


def test_nothing_is_made_in_the_first_frames_nor_before_there_is_a_run() -> None:
    show = exhibition((1.0, 0.0, 0.0))
    for _ in range(QUIET_FRAMES + 3):
        show.update(State(), NEAR, 0.03)
    assert not show.built
    show.dress(SHOWN, State())
    for _ in range(2):
        show.update(State(), NEAR, 0.03)
    assert list(show.built) == ["station:0"]
    fresh = exhibition((1.0, 0.0, 0.0))
    fresh.dress(SHOWN, State())
    for _ in range(QUIET_FRAMES):
        fresh.update(State(), NEAR, 0.03)
    assert not fresh.built


def test_one_at_a_time_and_none_that_is_far() -> None:
    show = exhibition((1.0, 0.0, 0.0), (2.0, 0.0, 0.0), FAR)
    show.dress(SHOWN, State())
    counts = []
    for _ in range(QUIET_FRAMES + 6):
        show.update(State(), NEAR, 0.03)
        counts.append(len(show.built))
    assert counts[QUIET_FRAMES] == 0 and counts[-1] == 2
    assert max(np.diff(counts)) == 1


def test_no_frame_waits_for_one_that_is_being_made() -> None:
    gate, pool = Event(), ThreadPoolExecutor(1)
    pool.submit(gate.wait)
    show = exhibition(NEAR, pool=pool)
    show.dress(SHOWN, State())
    for _ in range(QUIET_FRAMES + 3):
        show.update(State(), NEAR, 0.03)
    assert not show.built
    gate.set()
    show.complete(State(), NEAR)
    assert list(show.built) == ["station:0"]
    show.clean_up()


def test_far_away_it_is_hidden_and_no_longer_asked() -> None:
    show = exhibition(NEAR)
    show.dress(SHOWN, State())
    show.complete(State(), (3.0, 4.0, 0.0))
    made: Any = show.built["station:0"]
    assert made.asked[:3] == ["dress", "follow", "update"] and made.eye == (3.0, 4.0, 0.0)
    show.update(State(), FAR, 0.03)
    asked = len(made.asked)
    assert made.root.is_hidden() and made.asked[-1] == "leave"
    show.update(State(), FAR, 0.03)
    assert len(made.asked) == asked
    show.update(State(), NEAR, 0.03)
    assert not made.root.is_hidden() and made.asked[-1] == "update"
    show.clean_up()
    assert made.asked[-1] == "clean_up" and not show.built


def test_a_long_walk_holds_the_last_ones_only() -> None:
    places = [(200.0 * i, 0.0, 0.0) for i in range(6)]
    show = exhibition(*places)
    show.dress(SHOWN, State())
    met: list[Any] = []
    for i, place in enumerate(places):
        show.complete(State(), place)
        show.update(State(), place, 0.03)
        met.append(show.built[f"station:{i}"])
        assert len(show.built) <= KEPT + 1
    assert list(show.built) == [f"station:{i}" for i in (3, 4, 5)]
    assert [each.asked[-1] == "clean_up" for each in met] == [True] * 3 + [False] * 3
    assert met[0].root.is_empty()
    show.complete(State(), places[3])  # still there: shown again
    assert show.built["station:3"] is met[3] and not met[3].root.is_hidden()
    show.complete(State(), places[0])  # made anew
    assert show.built["station:0"] is not met[0] and not show.built["station:0"].root.is_hidden()


def test_full_resolution_dresses_again_and_another_run_makes_anew() -> None:
    show = exhibition(NEAR)
    show.dress(SHOWN, State())
    show.complete(State(), NEAR)
    made: Any = show.built["station:0"]
    show.dress(Shown(SHOWN.run, {"full": None}), State())  # type: ignore[dict-item]
    assert made.asked.count("dress") == 2 and show.built["station:0"] is made
    show.dress(a_run("another"), State())
    assert not show.built and made.asked[-1] == "clean_up"
    show.complete(State(), NEAR)
    assert show.built["station:0"] is not made


def test_what_was_made_for_a_run_that_is_gone_is_not_shown() -> None:
    gate, pool = Event(), ThreadPoolExecutor(1)
    pool.submit(gate.wait)
    show = exhibition(NEAR, pool=pool)
    show.dress(SHOWN, State())
    for _ in range(QUIET_FRAMES + 2):
        show.update(State(), NEAR, 0.03)
    show.dress(a_run("another"), State())
    gate.set()
    show.complete(State(), NEAR)
    made: Any = show.built["station:0"]
    assert made.packs == ["another"], "what was made for the run before is not shown"
    show.clean_up()


@pytest.mark.parametrize("step", ["dress", "follow", "update"])
def test_a_damaged_file_costs_one_exhibit_and_not_the_visit(
    step: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether it is read in the background or, later, in a frame."""
    show = exhibition(NEAR, (1.0, 0.0, 0.0))
    texts = Texts.load(data_dir("scenes") / "locales" / "en.yaml")
    show._setting = SimpleNamespace(texts=texts)  # type: ignore[assignment]
    for place in show._places:
        ground = SimpleNamespace(targets=[((0.0, 0.0, 0.0), (2.0, 1.0, 3.0))])
        place.ground = ground  # type: ignore[misc]

    def read(exhibit: Counted, *_: Any) -> None:
        if exhibit is damaged or not show.built:
            raise PackError("runs/fox/final.png", "is no readable picture")

    damaged: Any = None
    if step != "dress":
        show.dress(SHOWN, State())
        show.complete(State(), NEAR)
        damaged = show.built["station:0"]
    monkeypatch.setattr(Counted, step, read)
    show.dress(SHOWN, State())
    show.complete(State(), NEAR)
    show.follow(State())
    assert [type(each) for each in show.built.values()] == [Bare, Counted]
    assert "final.png: is no readable picture" in capsys.readouterr().err
    assert show.built["station:0"].root.has_parent()
    show.clean_up()
