"""The one place that wires the parts: store, runs, world, pipeline, HUD, rig and input."""

from __future__ import annotations

from collections.abc import Callable
from math import atan, degrees, dist, radians, tan
from pathlib import Path
from typing import Any

import panda3d.core as p3d

from assetgen.pack import PackError
from assetgen.pack.resources import data_dir
from explorer import commands
from explorer.controls.actions import load_actions
from explorer.controls.input import Input
from explorer.controls.rig import Rig
from explorer.guide import Guide
from explorer.hud.hud import Hud
from explorer.hud.view import LibraryEntry
from explorer.notes import NotesLoader
from explorer.runs import Loaded, Runs
from explorer.settings import Settings
from explorer.state import QualityName, State, Store, advance
from explorer.story.noising import level_at
from explorer.story.notes import Notes
from explorer.story.pixels import Place
from explorer.story.structure import Structure, named, structure_of
from explorer.story.study import notice
from explorer.story.texts import Texts
from explorer.story.view_code import is_code
from explorer.takeaway import TakeAway
from explorer.tuning import Tuner
from explorer.view.pipeline import Pipeline
from explorer.view.quality import PRESETS
from explorer.view.words import tile_owners
from explorer.view.world import World
from explorer.world.exhibits import probed, slid
from explorer.world.picking import Hit, ray
from explorer.world.pointing import place_on
from explorer.world.projection import fitted
from explorer.world.rails import Pose
from explorer.world.site import Site
from explorer.world.valley import Vec3


class App:
    """A running explorer. Headless use: build it with an offscreen `base`, then call `frame` by hand."""

    def __init__(
        self,
        base: Any,
        runs: Runs,
        settings: Settings,
        scene_file: Path,
        *,
        model: str | None = None,
        run: str | None = None,
        quality: QualityName = "low",
        tuner: Tuner | None = None,
        hud: bool = True,
    ) -> None:
        self.base, self.runs, self.settings = base, runs, settings
        self.texts = Texts.load(data_dir("scenes") / "locales" / f"{settings.language}.yaml")
        self.scene_file = scene_file
        self.tuner = tuner
        self.store = Store(first_state(settings, quality))
        self.on_quit: Callable[[], None] = base.userExit
        self.on_kiosk: Callable[[str, Any], None] = lambda name, value: None
        """Takes what a kiosk's own buttons ask for."""
        self.on_input: Callable[[Input], None] = lambda made: None
        """Told of every new Input."""
        entry = runs.choose(model, run, settings.run)
        width, height = self.size
        self.hud = (
            Hud(base, self.store, self.texts, width, height, on_command=self.command)
            if hud
            else None
        )
        self._model = ""
        self._opening = entry
        self._damaged: set[tuple[str, str]] = set()
        self.pipeline: Pipeline | None = None
        self.notes = NotesLoader(runs.library)
        self._build_world(entry.model)
        self._build_view()
        self._listen()
        self.takeaway = TakeAway(self)
        self.open(entry.model, entry.id)
        self.guide = Guide(self)
        if runs.problems:
            self.store.update(message=runs.problems[0])

    # -- building ---------------------------------------------------------------------------------

    def _build_world(self, model: str) -> None:
        """Lay out the model's network by the scene's rules."""
        self._model = model
        self.site = Site.build(
            self.runs.library.architectures[model], self.scene_file, self.runs.library.architectures
        )
        self.picker = self.site.picker(None, [])
        self.rig = Rig(self.site.valley)
        self.rig.place(self.site.view())
        actions = load_actions(data_dir("config") / "controls.yaml")
        self.input = Input(
            self.base, actions, self.rig, _Pointers(self.hud), self.store, self._on_action
        )
        self.input.typing = lambda name: commands.typed(self.store, name)
        self.on_input(self.input)
        if self.hud:
            self.hud.set_valley(self.site.valley)
            structures = [
                LibraryEntry(
                    model,
                    "",
                    model,
                    self.texts.get("hud.prompts.structure", model=named(self.texts, model)),
                )
                for model in self.runs.library.structures
            ]
            self.hud.set_library(
                [_entry(r) for r in self.runs.library.runs if r.profile != "light"] + structures
            )
            self.hud.set_help(
                [
                    (self.texts.get(a.title), "  ".join(_pretty(k) for k in a.keys))
                    for a in actions
                    if a.keys
                ]
            )

    def _build_view(self) -> None:
        """Everything that depends on quality or window size."""
        quality = self.store.state.quality
        self.world = World(self.base, self.site, self.texts, quality)
        self.pipeline = Pipeline(
            self.base, PRESETS[quality], self.hud.texture if self.hud else None
        )

    def _rebuild_view(self) -> None:
        if self.pipeline is None:
            return
        run = self.world.run if self.store.state.run else None
        self.world.clean_up()
        self.pipeline.clean_up()
        self._build_view()
        if run:
            self.world.set_run(self.world.prepare(run), self.store.state)
        elif self._opening.id == "":
            self.world.set_structure(self._structure().pack)

    def _listen(self) -> None:
        self.store.subscribe(lambda new, old: self.world.follow(new, old))
        self.store.subscribe(lambda new, old: self._rebuild_view(), "quality")
        self.store.subscribe(lambda new, old: self._retarget(new), "unfolded")
        self.store.subscribe(lambda new, old: self._list_tours(new), "menu", "run")
        self.base.accept("window-event", self._on_window)
        self._window_size = self.size

    def _list_tours(self, state: State) -> None:
        """Reading the tours takes longer than drawing a frame, so only for who wants to see them."""
        if self.hud and state.menu == "tours":
            self.hud.set_tours(self.guide.tours())

    def _on_window(self, window: Any) -> None:
        if window != self.base.win:
            return
        if window.is_closed():
            self.on_quit()
        elif self.size != self._window_size:
            self._window_size = self.size
            if self.hud:
                self.hud.resize(*self.size)
            self._rebuild_view()

    # -- what happens -----------------------------------------------------------------------------

    def open(self, model: str, run: str) -> None:
        """Show a run; the old one stays until the new one's pages are there. No run: the structure alone."""
        if not run:
            self._show_structure(model)
            return
        self._opening = self.runs.library.entry(model, run)
        world = self.world if model == self._model else None
        self.runs.open(
            self._opening,
            (lambda run, first: world.prepare(run, nodes=first)) if world else None,
        )

    def command(self, name: str, value: Any) -> None:
        """What only the application can do, asked for by the HUD."""
        if name == "open_run":
            self.open(*value)
        elif name == "open_model":
            entry = self.runs.choose(str(value), None, self.settings.run)
            self.open(entry.model, entry.id)
        elif name == "teleport":
            self.go_to(str(value))
        elif name == "tour":
            self.guide.command(*value)
        elif name == "hold":
            action, down = value
            (self.input.touch_holding.add if down else self.input.touch_holding.discard)(action)
        elif name == "open_code":
            self.takeaway.open(str(value))
        elif name == "postcard":
            self.takeaway.save_postcard()
        elif name == "kiosk":
            self.on_kiosk(*value)

    def go_to(self, place: str) -> None:
        """Teleport to a room's forecourt, a spot, a camera or an anchor."""
        pose = self.site.pose_at(place)
        if pose is not None:
            self.rig.teleport(pose, reduced_motion=self.store.state.reduced_motion)

    def _on_action(self, name: str, at: tuple[float, float] | None) -> None:
        if self.hud and name in commands.FOR_HUD and self.hud.action(commands.FOR_HUD[name]):
            return
        commands.run(self, name, at)

    def _retarget(self, state: State) -> None:
        """What can be pointed at besides what always stands there: words, and an unfolded room's layers."""
        run = self.world.run
        self.picker = self.site.picker(state.unfolded, tile_owners(run.pack) if run else [])

    def pick(self, x: float, y: float) -> str | None:
        """The id of what stands at a pixel (from the top left).

        A canvas that is selected already gives the place of the picture under the pixel.
        """
        hit = self._hit(x, y)
        if hit is None:
            return None
        chosen = self.store.state.selection or ""
        if hit.id.startswith("canvas:") and (chosen == hit.id or chosen.startswith("pixel:")):
            return self._place_on(hit) or hit.id
        return hit.id

    def _place_on(self, hit: Hit) -> str | None:
        """The place of the picture that was hit on a canvas; None where no attention was recorded."""
        alike = [c for c in self.site.places.canvases if c.id == hit.id]
        canvas = min(alike, key=lambda c: dist(c.frame.origin, hit.point), default=None)
        run = self.world.run
        if canvas is None or run is None or not run.pack.has("attention"):
            return None
        u, v = place_on(canvas, hit.point, self.world.tiles_on(canvas))
        return Place(canvas.shows, u, v).id

    def _hit(self, x: float, y: float) -> Hit | None:
        return self.picker.pick(self.rig.pose.eye, self.look_through(x, y))

    def look_through(self, x: float, y: float) -> Vec3:
        """The direction of a look through a pixel (from the top left)."""
        width, height = self.size
        pose = self.rig.pose
        return ray(
            pose.eye, pose.heading, pose.pitch, fitted(pose.fov, width, height),
            2 * x / width - 1, 1 - 2 * y / height, width / height,
        )  # fmt: skip

    def select(self, x: float, y: float) -> None:
        """Select what stands at a pixel; where that is ground of the Dig, the probe goes there."""
        found, state = self.pick(x, y), self.store.state
        place = next((p for p in self.site.places.exhibits if p.id == found), None)
        probe = place and probed(
            place, self.rig.pose.eye, self.look_through(x, y), state.probe, state.step, state.steps
        )
        share = slid(place, self.rig.pose.eye, self.look_through(x, y)) if place else None
        level = (
            level_at(share, self.world.run.pack) if share is not None and self.world.run else None
        )
        self.store.update(
            selection=found, probe=probe or state.probe,
            noise_level=state.noise_level if level is None else level,
        )  # fmt: skip

    def _structure(self) -> Structure:
        folder = self.runs.library.path / "runs" / self._model
        return structure_of(folder, self.site.architecture)

    def _show_structure(self, model: str) -> None:
        """A model of which no run was recorded: its place, and nothing of what a run would fill it with."""
        self._opening = self.runs.structure(model)
        self.runs.forget()
        self.store.update(
            model=model, run="", steps=1, step=0.0, target=0.0, playing=False, word=None, overlay=False,
            selection=None, unfolded=None, message=self.texts.get("hud.structure", model=named(self.texts, model)),
        )  # fmt: skip
        if model != self._model:
            self.input.close()
            self._build_world(model)
        self._rebuild_view()
        if self.hud:
            self.hud.set_structure(self._structure())
            self.hud.set_tours([])

    def _show_stage(self, stage: Loaded) -> None:
        pack = stage.arrays.pack
        if stage.entry.model != self._model:
            self.input.close()
            self._build_world(stage.entry.model)
            self._rebuild_view()
        first = (self.store.state.model, self.store.state.run) != (
            stage.entry.model,
            stage.entry.id,
        )
        if first:
            part = self.store.state.step / max(self.store.state.steps - 1, 1)
            step = float(round(part * (pack.steps - 1)))
            self.store.update(
                model=stage.entry.model, run=stage.entry.id, steps=pack.steps, step=step, target=step,
                word=None, overlay=False, guess=None, asked=None, revealed=False,
            )  # fmt: skip
            if (said := notice(pack, self.texts)) is not None:
                self.store.update(message=said)
            if self.hud:
                self.hud.set_run(pack, self.site.architecture)
        if stage.complete:
            self.notes.request(stage.entry)
        shown = self.world.run
        dressed = stage.dressed or self.world.prepare(
            stage.arrays, nodes=shown is None or shown.pack is not pack
        )
        self.world.set_run(dressed, self.store.state)
        self._retarget(self.store.state)
        if first:
            self.takeaway.arrived()

    def load_now(self, *, complete: bool = True) -> None:
        """Load before the next frame: everything, or only until the run that was opened can be shown."""
        while complete or not self._shows_what_was_opened:
            if (stage := self.runs.wait()) is None:
                self._receive_notes(self.notes.wait())
                return
            self._receive(stage)

    @property
    def opening(self) -> str:
        """Id of the run that is shown, or will be as soon as it is loaded."""
        return self._opening.id

    @property
    def _shows_what_was_opened(self) -> bool:
        state = self.store.state
        return (state.model, state.run) == (self._opening.model, self._opening.id)

    def _receive(self, stage: Loaded | PackError) -> None:
        if isinstance(stage, PackError):
            self.store.update(message=str(stage))
            if self.world.run is None:
                self._open_another()
        else:
            self._show_stage(stage)

    def _receive_notes(self, notes: Notes | None) -> None:
        if notes is not None and self.hud:
            self.hud.set_notes(notes)

    def _open_another(self) -> None:
        """The first run turned out to be damaged: show the next that can be read."""
        self._damaged.add((self._opening.model, self._opening.id))
        for run in self.runs.library.runs:
            if run.model == self._model and (run.model, run.id) not in self._damaged:
                self.open(run.model, run.id)
                return

    # -- every frame ------------------------------------------------------------------------------

    def frame(self, dt: float) -> None:
        """Advance everything by `dt` seconds; drawing is Panda3D's."""
        if (stage := self.runs.collect()) is not None:
            self._receive(stage)
        self._receive_notes(self.notes.collect())
        self.input.update(dt)
        self.guide.update(dt)
        self.rig.update(dt)
        state = self.store.state
        changes = advance(state, dt)
        if (part := self.rig.run_part) is not None:
            changes = {"step": part * (state.steps - 1), "target": round(part * (state.steps - 1))}
        if changes:
            state = self.store.update(**changes)
        self.aim()
        self.world.update(state, dt)
        if (heard := self.world.exhibition.heard) != state.heard:
            self.store.update(heard=heard)
        if self.hud:
            x, y, _ = self.rig.eye
            self.hud.set_pose(x, y, self.rig.heading)
            self.hud.update(dt)
        if self.pipeline:
            self.pipeline.set_frame(self.world.exposure, self.world.phase, self.rig.fade)
        if self.tuner and (better := self.tuner.measure(dt, state.quality)):
            self.store.update(quality=better)

    def advance_view(self, pose: Pose, dt: float) -> None:
        """One frame of a recorded flight: the view is given, not walked."""
        self._aim(pose)
        self.world.update(self.store.state, dt)
        if self.hud:
            self.hud.set_pose(pose.eye[0], pose.eye[1], pose.heading)
            self.hud.update(dt)
        if self.pipeline:
            self.pipeline.set_frame(self.world.exposure, self.world.phase)

    def start_at(self, camera: str | None, step: int | None) -> None:
        """Begin at a camera of the scene, or where a take-away code says, and at a step counted from 1."""
        if camera is not None and is_code(camera):
            self.takeaway.open(camera)
            self.load_now(complete=False)
            self.world.settle(self.store.state)
            return
        pose = self.site.view(camera)
        self.load_now(complete=False)
        steps = self.store.state.steps
        if step is not None and step > steps:
            raise ValueError(f"--step {step}: this run has {steps} steps")
        part = self.site.scene.cameras[camera or self.site.scene.start].step or 0.0
        index = step - 1 if step is not None else round(part * (steps - 1))
        self.store.update(step=float(index), target=float(index))
        self.rig.place(pose)
        self.world.settle(self.store.state)

    def aim(self) -> None:
        """Put the camera where the rig is. Field of view is given horizontally at 16:9 and kept vertically."""
        self._aim(self.rig.pose)

    def _aim(self, pose: Pose) -> None:
        width, height = self.size
        tall = tan(radians(fitted(pose.fov, width, height)) / 2) * 9 / 16
        lens = self.base.camLens
        lens.set_fov(2 * degrees(atan(tall * width / height)), 2 * degrees(atan(tall)))
        self.base.camera.set_pos(*pose.eye)
        self.base.camera.set_hpr(pose.heading, pose.pitch, 0)

    @property
    def size(self) -> tuple[int, int]:
        return self.base.win.get_x_size(), self.base.win.get_y_size()

    def run(self) -> None:
        """Hand over to Panda3D's loop."""
        clock = p3d.ClockObject.get_global_clock()

        def step(task: Any) -> int:
            self.frame(clock.get_dt())
            return int(task.cont)

        self.base.task_mgr.add(step, "explorer", sort=-10)
        self.base.run()

    def close(self) -> None:
        """Give buffers back. The library stays open: it belongs to whoever opened it."""
        self.input.close()
        self.guide.close()
        self.notes.close()
        if self.hud:
            self.hud.close()
        if self.pipeline:
            self.pipeline.clean_up()
        self.world.clean_up()


def first_state(settings: Settings, quality: QualityName) -> State:
    """The state in which a visit begins, before any run is shown."""
    return State(
        quality=quality, text_scale=settings.text_scale, color_map=settings.color_map,
        sensitivity=settings.sensitivity, inverted=settings.inverted,
        reduced_motion=settings.reduced_motion, speed=settings.speed, loop=settings.loop,
    )  # fmt: skip


class _Pointers:
    """The HUD as the input sees it; nothing without one."""

    def __init__(self, hud: Hud | None) -> None:
        self._hud = hud

    def pointer(self, kind: str, x: float, y: float, amount: float = 0.0) -> bool:
        return self._hud.pointer(kind, x, y, delta=amount) if self._hud else False


def _entry(run: Any) -> LibraryEntry:
    return LibraryEntry(run.model, run.id, run.title, run.prompt, run.path / "final.png")


def _pretty(key: str) -> str:
    return key.removeprefix("raw-").replace("arrow_", "").replace("_", " ").title()
