"""The one place that wires the parts: store, runs, world, pipeline, HUD, rig and input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import atan, degrees, radians, tan
from pathlib import Path
from typing import Any

import panda3d.core as p3d

from assetgen.pack import PackError
from assetgen.pack.resources import data_dir
from explorer import commands, seen
from explorer.controls.actions import load_actions
from explorer.controls.input import Input
from explorer.controls.rig import Rig
from explorer.guide import Guide
from explorer.hud.hud import Hud
from explorer.listed import help_of, library_of
from explorer.runs import Runs
from explorer.settings import Settings
from explorer.stage import Stage
from explorer.state import QualityName, State, Store, advance
from explorer.story.texts import Texts
from explorer.story.view_code import is_code
from explorer.takeaway import TakeAway
from explorer.tuning import Tuner
from explorer.view.pipeline import Pipeline
from explorer.view.quality import PRESETS
from explorer.view.words import tile_owners
from explorer.view.world import World
from explorer.world.projection import fitted
from explorer.world.rails import Pose
from explorer.world.site import Site

FRAME = 10
"""When a frame is worked out: after its key and mouse events (0), before it is drawn (50)."""


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
        self.windowed = (settings.window.width, settings.window.height)
        """Size to come back to from the full screen."""
        entry = runs.choose(model, run, settings.run)
        width, height = self.size
        self.hud = (
            Hud(base, self.store, self.texts, width, height, on_command=self.command)
            if hud
            else None
        )
        self.pipeline: Pipeline | None = None
        self.stage = Stage(self, entry)
        self.build_world(entry.model)
        self._build_view()
        self._listen()
        self.takeaway = TakeAway(self)
        self.open(entry.model, entry.id)
        self.guide = Guide(self)
        if runs.problems:
            self.store.update(message=runs.problems[0])

    # -- building ---------------------------------------------------------------------------------

    def build_world(self, model: str) -> None:
        """Lay out the model's network by the scene's rules."""
        self.model = model
        models = self.runs.library.architectures
        self.site = Site.build(models[model], self.scene_file, models, self.texts.entries)
        self.picker = self.site.picker(None, [])
        self.rig = Rig(self.site.valley)
        self.rig.place(self.site.view())
        self.store.update(flying=False)
        actions = load_actions(data_dir("config") / "controls.yaml")
        self.input = Input(
            self.base, actions, self.rig, _Pointers(self.hud), self.store, self._on_action
        )
        self.input.typing = lambda name: commands.typed(self.store, name)
        self.on_input(self.input)
        if self.hud:
            self.hud.set_valley(self.site.valley)
            self.hud.set_library(library_of(self.runs.library, self.texts))
            self.hud.set_help(help_of(actions, self.texts))

    def _build_view(self) -> None:
        """Everything that depends on quality or window size."""
        quality = self.store.state.quality
        self.world = World(self.base, self.site, self.texts, quality)
        self.pipeline = Pipeline(
            self.base, PRESETS[quality], self.hud.texture if self.hud else None
        )

    def rebuild_view(self) -> None:
        """After another quality, window size or model."""
        if self.pipeline is None:
            return
        run = self.world.run if self.store.state.run else None
        self.world.clean_up()
        self.pipeline.clean_up()
        self._build_view()
        if run:
            self.world.set_run(self.world.prepare(run), self.store.state)
        elif self.opening == "":
            self.world.set_structure(self.stage.structure().pack, self.store.state)

    def _listen(self) -> None:
        self.store.subscribe(lambda new, old: self.world.follow(new, old))
        self.store.subscribe(lambda new, old: self.rebuild_view(), "quality")
        self.store.subscribe(lambda new, old: self.retarget(new), "unfolded")
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
            self.rebuild_view()

    # -- what happens -----------------------------------------------------------------------------

    def open(self, model: str, run: str) -> None:
        """Show a run; the old one stays until the new one's pages are there. No run: the structure alone."""
        self.stage.open(model, run)

    @property
    def opening(self) -> str:
        """Id of the run that is shown, or will be as soon as it is loaded."""
        return self.stage.entry.id

    def load_now(self, *, complete: bool = True) -> None:
        """Load before the next frame: everything, or only until the run that was opened can be shown."""
        self.stage.wait(complete=complete)

    def command(self, name: str, value: Any) -> None:
        """What only the application can do, asked for by the HUD."""
        commands.ask(self, name, value)

    def go_to(self, place: str) -> None:
        """Teleport to a room's forecourt, a spot, a camera or an anchor."""
        pose = self.site.pose_at(place)
        if pose is not None:
            self.rig.teleport(pose, reduced_motion=self.store.state.reduced_motion)

    def _on_action(self, name: str, at: tuple[float, float] | None) -> None:
        if self.hud and name in commands.FOR_HUD and self.hud.action(commands.FOR_HUD[name]):
            return
        commands.run(self, name, at)

    def retarget(self, state: State) -> None:
        """What can be pointed at besides what always stands there: words, an unfolded room's layers, levers."""
        run = self.world.run
        self.picker = self.site.picker(
            state.unfolded, tile_owners(run.pack) if run else [], self.world.cut
        )

    def pick(self, x: float, y: float) -> str | None:
        """The id of what stands at a pixel (from the top left)."""
        return seen.pick(self, x, y)

    def select(self, x: float, y: float) -> None:
        """Select what stands at a pixel (from the top left)."""
        seen.select(self, x, y)

    # -- every frame ------------------------------------------------------------------------------

    def frame(self, dt: float) -> None:
        """Advance everything by `dt` seconds; drawing is Panda3D's."""
        try:
            self._advance(dt)
        except PackError as error:
            # damage that shows only where it is read: back to what could be shown
            print(f"explorer: {error}", file=sys.stderr)
            self.store.update(message=str(error), selection=None, unfolded=None, overlay=False)

    def _advance(self, dt: float) -> None:
        self.stage.collect()
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
        if step is not None and not self.store.state.run:
            raise ValueError(
                f"--step {step}: no run of {self.model} was recorded, so it has no steps"
            )
        if step is not None and step > steps:
            raise ValueError(f"--step {step}: this run has {steps} step{'s' * (steps > 1)}")
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

        self.base.task_mgr.add(step, "explorer", sort=FRAME)
        try:
            self.base.run()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Drop what still waits to be made in the background: the program ends now, nobody will see it."""
        self.runs.close()
        self.stage.close()
        self.world.exhibition.abandon()
        if self.hud:
            self.hud.pictures.close()

    def close(self) -> None:
        """Give buffers back. The library stays open: it belongs to whoever opened it."""
        self.input.close()
        self.guide.close()
        self.stage.close()
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
