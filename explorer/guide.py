"""The guided tour in the running application: what the player wants goes to store, rig and speaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from explorer.modes import TourShown
from explorer.sound import Speaker
from explorer.story.narration import Voice
from explorer.story.tour import Tour, TourError, load_tour, named, tour_files
from explorer.story.tour_player import Player
from explorer.story.tour_time import Moment, Timeline, lay_out
from explorer.world.projection import project

if TYPE_CHECKING:
    from explorer.app import App

TICK = 0.25
"""How finely the bar shows time, seconds."""
FOLLOWED = ("word", "overlay", "decoded", "split", "selection", "unfolded", "magnitude_scale")
"""Fields of the store that a stop sets; whoever changes one goes their own way."""


class Guide:
    """Leads a visitor; without a tour under way it does nothing."""

    def __init__(self, app: App, *, speaks: bool = True) -> None:
        self.app = app
        self.player: Player | None = None
        self.speaker = Speaker(enabled=speaks)
        self.voice = Voice.load(data_dir("assets") / "voice" / app.settings.language)
        self.narrating = False
        """Somebody is being told something right now."""
        self.muted = False
        """Nobody is there to be spoken to."""
        self._notes: list[tuple[str, str, float | None, bool | None]] = []
        self._led = 0.0
        self._tours: dict[str, Tour] = {}
        self._timelines: dict[tuple[str, str], Timeline] = {}
        self._steps: dict[str, int] = {}
        self._given: dict[str, Any] = {}
        self._asked = ""
        """The run that the tour opened last."""
        self._run = ""
        self._joining = False
        self._model = ""
        """The network that the tour under way was laid out in."""
        app.store.subscribe(lambda new, old: self._watch(new), "run", "step", "playing", *FOLLOWED)

    # -- tours ------------------------------------------------------------------------------------

    def tours(self) -> list[tuple[str, str, str]]:
        """Name, title and line about every tour of this scene; most need a run, and a bridge to lead over."""
        found: list[tuple[int, str, str, str]] = []
        valley = self.app.site.valley
        full, known = bool(self.app.opening and valley.bridges), len(valley.rooms) > 1
        for path in tour_files(data_dir("scenes") / "tours"):
            try:
                tour = self._tour(path.stem)
            except TourError:  # it leads to a place that this network does not have
                continue
            if tour.scene == self.app.scene_file.stem and (tour.anywhere and known or full):
                found.append((tour.order, path.stem, *named(self.app.texts, tour)))
        return [(name, title, about) for _, name, title, about in sorted(found)]

    def _tour(self, name: str) -> Tour:
        if name not in self._tours:
            folder = data_dir("scenes") / "tours"
            path = folder / f"{name}.yaml"
            if not path.is_file():
                known = ", ".join(p.stem for p in tour_files(folder))
                raise ValueError(f"--tour {name!r}: no such tour; there is {known}")
            self._tours[name] = load_tour(path)
            if self._tours[name].scene == self.app.scene_file.stem:
                load_tour(path, self.app.site.scene.cameras, self.app.texts)
        return self._tours[name]

    def timeline(self, name: str) -> Timeline:
        """A tour laid out in the valley at hand; kept, as it takes a moment."""
        app, tour = self.app, self._tour(name)
        if tour.scene != app.scene_file.stem:
            raise ValueError(
                f"tour {name!r} leads through the scene {tour.scene!r}, not through this one"
            )
        key = (name, app.site.architecture.model)
        if key not in self._timelines:
            self._timelines[key] = lay_out(
                tour, name, app.site, app.texts, self.voice, self._steps_of
            )
        return self._timelines[key]

    def _steps_of(self, run: str | None) -> int:
        """Steps of a run of this model; 0 where there is none of that name."""
        if run is None:
            return self.app.store.state.steps
        model = self.app.site.architecture.model
        for entry in self.app.runs.library.runs:
            if (entry.model, entry.id) == (model, run):
                key = f"{model}/{run}"
                self._steps[key] = self._steps.get(key) or Pack.open(entry.path).steps
                return self._steps[key]
        return 0

    @property
    def opened(self) -> str:
        """The run that the tour opened; none where a visitor goes their own way."""
        led = self.player is not None and self.player.status not in ("left", "ended")
        return self._asked if led else ""

    # -- commands ---------------------------------------------------------------------------------

    def start(self, name: str, *, asks: bool = True, loop: bool = False) -> None:
        """Begin a tour."""
        self.note_tour()
        self.player = Player(self.timeline(name), asks=asks, loop=loop)
        self._join()

    def end(self) -> None:
        """Leave the tour for good; one stays where one is."""
        if self.player is None:
            return
        self.note_tour()
        self.player = None
        self.narrating = False
        self.speaker.stop()
        self.app.rig.stop()
        self.app.store.update(tour=None)

    def command(self, name: str, value: Any = None) -> None:
        """What the bar, a key or the list of tours asks for."""
        player, store = self.player, self.app.store
        if name == "start":
            store.update(menu=None)
            self.start(str(value))
        elif player is None:
            return
        elif name == "end":
            self.end()
        elif name == "answer":
            key = (
                player.question
                and player.question.replies[min(int(value), len(player.question.replies) - 1)]
            )
            text = self.app.texts.get(key) if key else ""
            question, stop = player.question, player.shot.stop.id
            if player.answer(int(value), self.voice.duration(text) + 0.8) and question:
                right = None if question.right is None else question.right == int(value) + 1
                self._notes.append(("answer", f"{player.timeline.name}.{stop}", None, right))
        else:
            away = player.status == "left"
            if name != "toggle":  # a sentence is heard from where one went in it
                self.speaker.stop()
            {"toggle": player.toggle, "next": player.next, "back": player.back}.get(
                name, lambda: player.seek(float(value))
            )()
            if away and player.status == "playing":
                self._join()

    def _join(self) -> None:
        """From wherever the visitor is back into the tour."""
        self._joining, self._asked, self._run = True, "", self.app.store.state.run
        self._model = self.app.site.architecture.model
        self.app.store.update(menu=None, playing=False)

    def note_tour(self) -> None:
        """How long a tour that ends here has led; said once, also when the visitor goes before it ends."""
        if self.player is not None and self.player.asks and self._led > 0:
            self._notes.append(("tour", self.player.timeline.name, self._led, None))
        self._led = 0.0

    def take_notes(self) -> list[tuple[str, str, float | None, bool | None]]:
        """Tours led and answers given since the last call: event, which, seconds, right."""
        notes, self._notes = self._notes, []
        return notes

    # -- every frame ------------------------------------------------------------------------------

    def update(self, dt: float) -> None:
        """Before the rig moves: let the tour go on and apply what it wants."""
        player, app = self.player, self.app
        if player is None:
            return
        if (
            app.site.architecture.model != self._model
        ):  # through another valley it would lead into walls
            self.end()
            return
        if player.status in ("playing", "paused", "asking", "replying"):
            if not self._joining and not app.rig.carried:
                player.leave()
            else:
                player.update(dt if not app.runs.loading or self._shows_wanted() else 0.0)
                self._lead(player)
                self._led += dt
        if player.status in ("left", "ended"):
            self.speaker.stop()
            self.narrating = False
            if player.status == "ended" and app.rig.carried:
                app.rig.stop()
        self._show(player)
        self.speaker.update()

    def _shows_wanted(self) -> bool:
        return self.app.store.state.run == self.app.opening

    def _lead(self, player: Player) -> None:
        app, state = self.app, self.app.store.state
        moment = player.moment(reduced_motion=state.reduced_motion)
        app.rig.carry(moment.pose, 0.0 if player.status == "paused" else moment.fade)
        self._joining = False
        if moment.run and moment.run != self._asked and self._steps_of(moment.run):
            self._asked = moment.run
            if app.opening != moment.run:
                app.open(state.model, moment.run)
        elif self._asked and app.opening != self._asked:  # the visitor chose another prompt
            self._part()
            return
        self._give(self._wanted(moment))
        self._speak(player, moment)

    def _part(self) -> None:
        """The visitor goes their own way from here."""
        if self.player is not None:
            self.player.leave()
        self.app.rig.stop()

    def _wanted(self, moment: Moment) -> dict[str, Any]:
        """Fields of the store at a moment."""
        state, show = self.app.store.state, moment.show
        word = self._word(show.word)
        wanted: dict[str, Any] = {
            "word": word, "overlay": word is not None, "decoded": show.decoded,
            "split": show.split, "selection": show.selection, "unfolded": show.unfolded,
            "magnitude_scale": show.magnitudes, "playing": False,
        }  # fmt: skip
        if moment.part is not None and state.run == self.app.opening:
            step = moment.part * (state.steps - 1)
            step = float(round(step)) if abs(step - round(step)) < 1e-6 else step
            wanted |= {"step": step, "target": step}
        return wanted

    def _word(self, text: str | None) -> int | None:
        run = self.app.world.run
        if text is None or run is None:
            return None
        words = run.pack.metadata.words
        return next((w.index for w in words if w.text.casefold() == text.casefold()), None)

    def _give(self, wanted: dict[str, Any]) -> None:
        self._given = wanted
        self.app.store.update(**wanted)

    def _watch(self, new: Any) -> None:
        """A visitor who changes what is shown leaves the tour."""
        player = self.player
        if player is None or self._joining or player.status not in ("playing", "paused"):
            return
        given = self._given
        if new.run != self._run:  # a run has come: what it was dressed with is given again
            self._run, self._given = new.run, {}
            return
        if any(getattr(new, name) != value for name, value in given.items()):
            self._part()

    def _speak(self, player: Player, moment: Moment) -> None:
        text, at = self._sentence(player, moment)
        volume = 0.0 if self.muted else self.app.store.state.volume
        self.narrating = bool(text) and player.status == "playing"
        if player.status == "paused" or not text:
            self.speaker.stop()
        elif at < self.voice.duration(text):
            self.speaker.say(self.voice.file(text), at, volume)
        else:  # said to its end: the next cue is a new one, also where it has the same words
            self.speaker.stop()

    def _sentence(self, player: Player, moment: Moment) -> tuple[str, float]:
        """What is being said and for how long."""
        texts = self.app.texts
        if player.status in ("asking", "replying"):
            question = player.question
            key = player.reply or (question.text if question else None)
            return (texts.get(key), 0.0) if key else ("", 0.0)
        cue = moment.cue
        return (cue.text, player.time - cue.start) if cue else ("", 0.0)

    # -- what the bar shows -----------------------------------------------------------------------

    def _show(self, player: Player) -> None:
        app, state = self.app, self.app.store.state
        moment = player.moment(reduced_motion=state.reduced_motion)
        question, texts = player.question, app.texts
        outside = player.status in ("left", "ended")
        text = "" if outside else self._sentence(player, moment)[0]
        line = player.timeline
        self.app.store.update(
            tour=TourShown(
                name=line.name,
                title=line.title,
                chapters=line.chapters,
                duration=line.duration,
                time=round(player.time / TICK) * TICK,
                status=player.status,
                caption=text,
                question=texts.get(question.text) if question else "",
                answers=tuple(texts.get(a) for a in question.answers) if question else (),
                chosen=player.chosen,
                right=question.right - 1 if question and question.right else None,
                ring=None if outside else self._ring(moment),
            )
        )

    def _ring(self, moment: Moment) -> tuple[float, float, float] | None:
        """Where on the screen the thing told of is: middle and radius, to 2 pixels."""
        if moment.spotlight is None or moment.fade > 0:
            return None
        target = next((t for t in self.app.picker.targets if t.id == moment.spotlight), None)
        if target is None:
            return None
        width, height = self.app.size
        across, depth, tall = target.size
        middle = target.frame.to_world((0.0, min(depth, 0.4) / 2, tall / 2))
        found = project(moment.pose, middle, width, height)
        if found is None:
            return None
        x, y, scale = found
        radius = min(max(max(across, tall) * scale * 0.58, 0.04 * height), 0.42 * height)
        return (round(x / 2) * 2.0, round(y / 2) * 2.0, round(radius / 2) * 2.0)

    def close(self) -> None:
        self.speaker.close()
