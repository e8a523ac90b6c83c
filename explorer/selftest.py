"""`--self-test`: loads every scene and every run, steps through time, checks GL, and prints a report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from assetgen.pack.resources import data_dir
from explorer.app import App
from explorer.capture import grab
from explorer.headless import settle
from explorer.runs import Runs
from explorer.settings import Settings
from explorer.view.quality import ORDER
from explorer.view.shaders import loaded_shaders, verify
from explorer.window import WindowSpec, open_window
from explorer.world.scene_load import load_scene

SIZE = (320, 180)


def self_test(runs: Runs, settings: Settings) -> int:
    """0 when everything that ships can be shown; 1 otherwise. One line per check."""
    base = open_window(WindowSpec(*SIZE, offscreen=True, fixed_rate=30))
    gsg = base.win.get_gsg()
    print(f"renderer   {gsg.get_driver_renderer()} · OpenGL {gsg.get_driver_version()}")
    failed = 0
    scenes = [p for p in sorted(data_dir("scenes").glob("*.yaml")) if load_scene(p).test != "off"]
    for line in _checks(base, runs, settings, scenes):
        failed += line.startswith("FAIL")
        print(line, flush=True)
    for problem in runs.problems:
        failed += 1
        print(f"FAIL  {problem}")
    print(f"{'FAIL' if failed else 'ok'}  {failed} problems")
    return 1 if failed else 0


def _checks(base: object, runs: Runs, settings: Settings, scenes: list[Path]) -> Iterator[str]:
    for scene in scenes:
        for quality in ORDER if scene.stem == settings.scene else ORDER[:1]:
            started = time.perf_counter()
            app = App(base, runs, settings, scene, quality=quality)
            app.load_now()
            yield from _one_scene(app, f"{scene.stem} at {quality}", started)
            if scene.stem == settings.scene and quality == "low":
                yield from _runs(app)
                yield from _structures(app)
            app.close()


def _one_scene(app: App, name: str, started: float) -> Iterator[str]:
    settle(app)
    gsg = app.base.win.get_gsg()
    for shader in loaded_shaders():
        verify(shader, gsg)
    image = grab(app.base)
    if np.ptp(image) < 32:
        yield f"FAIL  {name}: the picture is flat"
    else:
        yield f"ok    {name}: {len(app.site.valley.rooms)} rooms, {len(app.site.valley.bridges)} bridges, " \
              f"{time.perf_counter() - started:.1f} s"  # fmt: skip


def _runs(app: App) -> Iterator[str]:
    """Every full run: first, middle and last step differ on screen."""
    for entry in app.runs.library.runs:
        if entry.profile == "light":
            continue
        app.open(entry.model, entry.id)
        app.load_now()
        app.start_at("gallery" if "gallery" in app.site.scene.cameras else app.site.scene.start, 1)
        seen = []
        for part in (0.0, 0.5, 1.0):
            step = float(round(part * (app.store.state.steps - 1)))
            app.store.update(step=step, target=step)
            settle(app, 2)
            seen.append(grab(app.base).astype(int))
        moved = min(np.abs(seen[0] - seen[1]).mean(), np.abs(seen[1] - seen[2]).mean())
        message = app.store.state.message
        if moved < 0.3 or message:
            yield f"FAIL  {entry.model}/{entry.id}: {message or 'nothing changes with time'}"
        else:
            yield f"ok    {entry.model}/{entry.id}: {app.store.state.steps} steps"


def _structures(app: App) -> Iterator[str]:
    """Every model of which only the architecture is known."""
    for model in app.runs.library.structures:
        started = time.perf_counter()
        app.open(model, "")
        app.start_at(None, None)
        yield from _one_scene(app, f"{model}, structure only", started)
