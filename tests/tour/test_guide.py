"""The tour in the real application: it leads, lets go when one moves, and takes up again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from assetgen.pack.resources import data_dir
from explorer.app import App
from explorer.runs import Runs
from explorer.settings import Settings
from explorer.sound import Speaker
from explorer.story.tour_player import Player

if TYPE_CHECKING:
    from direct.showbase.ShowBase import ShowBase

pytestmark = pytest.mark.gl


@pytest.fixture
def app(showbase: ShowBase) -> Iterator[App]:
    runs = Runs(data_dir("assets"))
    made = App(showbase, runs, Settings(), data_dir("scenes") / "unet_valley.yaml")
    made.load_now()
    made.start_at(None, None)
    yield made
    made.close()
    runs.close()


@pytest.fixture
def player(app: App) -> Player:
    app.guide.command("start", "highlights")
    assert app.guide.player is not None
    run(app, 0.5)
    return app.guide.player


def run(app: App, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        app.frame(0.1)
        app.load_now()


def test_it_leads(app: App, player: Player) -> None:
    run(app, 1)
    wanted = player.moment()
    assert app.rig.carried and app.rig.pose == wanted.pose
    shown = app.store.state.tour
    assert shown and wanted.cue and shown.caption == wanted.cue.text
    assert app.store.state.step == 0.0


class Heard:
    """A speaker that keeps what it began to play, as the real one does: a file that plays already goes on."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, float]] = []
        self.file: Path | None = None

    def say(self, file: Path | None, at: float, volume: float) -> bool:
        if file is None or volume <= 0:
            self.stop()
        elif file != self.file:
            self.file = file
            self.begun.append((file.name, at))
        return self.file is not None

    def stop(self) -> None:
        self.file = None

    def update(self) -> None:
        pass

    close = update


def test_every_cue_is_begun_once_and_at_its_start(app: App, player: Player) -> None:
    """Two cues in a row are two sentences, also where they have the same words."""
    heard = Heard()
    app.guide.speaker = heard  # type: ignore[assignment]
    voice = app.guide.voice
    index, shot = next(
        (i, s) for i, s in enumerate(player.timeline.shots) if len(s.cues) > 1 and not s.stop.ask
    )
    first, second = shot.cues[0], shot.cues[1]
    assert voice.file(first.text) and voice.file(second.text)
    for twice in (False, True):
        if twice:
            second = msgspec.structs.replace(second, text=first.text)
            shots = list(player.timeline.shots)
            shots[index] = msgspec.structs.replace(shot, cues=(first, second, *shot.cues[2:]))
            player.timeline = msgspec.structs.replace(player.timeline, shots=tuple(shots))
        app.guide.command("seek", first.start)
        heard.begun.clear()
        run(app, second.start - first.start + 1)
        assert [name for name, _ in heard.begun] == [
            str(voice.file(cue.text).name)  # type: ignore[union-attr]
            for cue in (first, second)
        ]
        assert all(at < 0.3 for _, at in heard.begun)


def test_going_back_in_a_sentence_is_heard(app: App, player: Player) -> None:
    heard = Heard()
    app.guide.speaker = heard  # type: ignore[assignment]
    cue = player.timeline.shots[0].cues[0]
    app.guide.command("seek", cue.start + 2.0)
    run(app, 0.5)
    app.guide.command("seek", cue.start + 0.5)
    run(app, 0.5)
    (_, there), (_, back) = heard.begun
    assert there == pytest.approx(2.1, abs=0.2) and back == pytest.approx(0.6, abs=0.2)


def test_without_a_sound_device_there_are_captions(
    app: App, player: Player, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is asked for once, nothing is said about it, and the tour takes its time all the same."""
    asked: list[None] = []
    monkeypatch.setattr("explorer.sound.open_manager", lambda: asked.append(None))
    app.guide.speaker = Speaker()
    app.guide.command("seek", 0.0)
    told = set()
    for _ in range(12):
        run(app, 1)
        told |= {app.store.state.tour.caption} if app.store.state.tour else set()
    assert len(asked) == 1 and told >= {cue.text for cue in player.timeline.shots[0].cues}
    assert player.time == pytest.approx(12, abs=0.5) and capfd.readouterr().err == ""


def test_the_run_follows_the_tour(app: App, player: Player) -> None:
    """Scrubbing anywhere shows that moment's run and step."""
    other = next(s for s in player.timeline.shots if s.stop.run == "castle-by-day")
    app.guide.command("seek", other.start + 1)
    run(app, 0.5)
    state = app.store.state
    assert (state.run, state.step) == ("castle-by-day", state.steps - 1)
    moving = next(s for s in player.timeline.shots if s.stop.id == "choose")
    assert moving.parts
    app.guide.command("seek", (moving.parts[0] + moving.parts[1]) / 2)
    run(app, 0.2)
    state = app.store.state
    assert state.run == "castle-by-night" and 15 < state.step < 35
    assert player.status == "playing"


def test_moving_leaves_and_the_bar_leads_back(app: App, player: Player) -> None:
    at = player.time
    app.input.holding.add("forward")
    run(app, 1)
    app.input.holding.clear()
    run(app, 2)
    assert player.status == "left" and not app.rig.carried
    assert player.time == pytest.approx(at, abs=0.3)
    app.guide.command("toggle")
    run(app, 0.3)
    assert player.status == "playing" and app.rig.pose == player.moment().pose


@pytest.mark.parametrize(
    "change", [{"selection": "clock"}, {"step": 7.0, "target": 7.0}, {"playing": True}]
)
def test_touching_what_is_shown_leaves(app: App, player: Player, change: dict[str, object]) -> None:
    app.store.update(**change)
    assert player.status == "left"
    run(app, 0.3)
    assert not app.rig.carried


def test_another_prompt_leaves(app: App, player: Player) -> None:
    app.command("open_run", ("miniature", "fox-on-grass"))
    run(app, 0.5)
    assert player.status == "left" and app.store.state.run == "fox-on-grass"


def test_a_network_without_a_run_has_its_ride(app: App) -> None:
    """And nothing else: the other tours lead through a run."""
    names = [name for name, _, _ in app.guide.tours()]
    assert names == ["highlights", "full", "ride", "sculptor", "dig", "orchestra"]
    app.command("open_model", "sdxl")
    run(app, 0.2)
    assert [name for name, _, _ in app.guide.tours()] == ["ride"]
    app.guide.command("start", "ride")
    player = app.guide.player
    assert player
    for part in (0.1, 0.5, 0.9):
        app.guide.command("seek", part * player.timeline.duration)
        run(app, 0.5)
        shown = app.store.state.tour
        assert player.status == "playing" and app.rig.pose == player.moment().pose
        assert shown and shown.name == "ride" and app.store.state.step == 0.0
    run(app, player.timeline.duration - player.time + 1)
    assert player.status == "ended" and not app.rig.carried
    app.command("open_run", ("miniature", "fox-on-grass"))
    run(app, 0.5)
    assert app.guide.player is None, "one ride leads through one network"


def test_an_answer_by_touch(app: App, player: Player) -> None:
    assert app.hud
    shot = next(s for s in player.timeline.shots if s.stop.ask)
    app.guide.command("seek", shot.end - 0.2)
    run(app, 1)
    assert player.status == "asking"
    app.hud.model.refresh()
    assert app.hud.model.find("tour.next") and app.hud.model.find("tour.toggle") is None
    widget = app.hud.model.find("tour.answer.0")
    assert widget
    app.hud.pointer("down", *widget.rect.centre)
    app.hud.pointer("up", *widget.rect.centre)
    run(app, 0.2)
    shown = app.store.state.tour
    assert shown and player.status == "replying" and shown.chosen == 0 and shown.right == 1
    assert shown.caption == app.texts.get("tour.highlights.reply_a")


@pytest.mark.parametrize("still", [False, True])
def test_a_pause_is_never_in_the_dark(app: App, player: Player, still: bool) -> None:
    app.store.update(reduced_motion=still)
    cut = next(s for s in player.timeline.shots[1:] if s.cut)
    app.guide.command("seek", cut.start)
    run(app, 0.1)
    assert app.rig.fade > 0.5
    app.guide.command("toggle")
    run(app, 0.1)
    assert player.status == "paused" and app.rig.fade == 0
    app.guide.command("seek", cut.start)
    run(app, 0.1)
    assert app.rig.fade == 0


def test_another_network_ends_the_tour(app: App, player: Player) -> None:
    """It was laid out in this valley; in another it would fly through walls."""
    app.command("open_model", "sd15")
    run(app, 0.5)
    assert app.site.architecture.model == "sd15"
    assert app.guide.player is None and app.store.state.tour is None and not app.rig.carried


def test_reduced_motion_cuts(app: App, player: Player) -> None:
    app.store.update(reduced_motion=True)
    shot = next(s for s in player.timeline.shots if s.rail)
    app.guide.command("seek", shot.start + 1.0)
    run(app, 0.2)
    assert app.rig.pose == shot.pose


def test_leaving_for_good(app: App, player: Player) -> None:
    app.guide.command("end")
    run(app, 0.2)
    assert app.store.state.tour is None and not app.rig.carried


def test_every_tour_is_offered(app: App) -> None:
    assert app.hud
    app.store.update(menu="tours")
    app.hud.model.refresh()
    for name, title, _ in app.guide.tours():
        widget = app.hud.model.find(f"sheet_body.tour.{name}")
        assert widget and widget.label == title
