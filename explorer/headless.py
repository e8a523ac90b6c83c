"""Pictures without a window: one view, the opening flight, or the set views of the documentation."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.app import App
from explorer.capture import grab, save_gif, save_screenshot
from explorer.runs import Runs
from explorer.settings import Settings
from explorer.state import QualityName
from explorer.window import WindowSpec, is_software, open_window
from explorer.world.rails import rail_of

GIF_FRAMES, GIF_SIZE = 60, (640, 360)
GIF_PAUSE = 0.6
"""Longest that a frame of a recorded tour stands, seconds."""


def run(
    args: argparse.Namespace, runs: Runs, settings: Settings, scene: Path, record: Path | None
) -> int:
    """`--screenshot` and `--record`."""
    size = (settings.window.width, settings.window.height)
    if record is not None and args.size is None:
        size = GIF_SIZE
    app = open_app(
        runs, settings, scene, size, model=args.model, run=args.prompt, hud=not args.no_hud
    )
    app.start_at(args.view, args.step)
    if args.screenshot is not None:
        settle(app)
        print(save_screenshot(app.base, args.screenshot))
    if record is not None and args.tour is not None:
        for path in record_tour(app, args.tour, record, args.frames):
            print(path)
    elif record is not None:
        for path in record_flight(
            app, record, min(args.frames, GIF_FRAMES) if record.name == "out" else args.frames
        ):
            print(path)
    app.close()
    return 0


def open_app(
    runs: Runs, settings: Settings, scene: Path, size: tuple[int, int], *, model: str | None = None,
    run: str | None = None, hud: bool = True, quality: QualityName | None = None,
) -> App:  # fmt: skip
    """An explorer in an offscreen buffer, its run fully loaded."""
    base = open_window(WindowSpec(*size, offscreen=True, fixed_rate=30))
    if quality is None:
        automatic: QualityName = "low" if is_software(base) else "high"
        quality = automatic if settings.quality == "auto" else settings.quality
    app = App(base, runs, settings, scene, model=model, run=run, quality=quality, hud=hud)
    app.load_now()
    return app


def settle(app: App, frames: int = 3) -> None:
    """Let streaming, sky and HUD come to rest, then draw."""
    app.world.settle(app.store.state)
    app.aim()
    app.world.complete(app.store.state)
    for _ in range(frames):
        if app.hud:
            app.hud.settle()
        app.frame(0.0)
        app.base.graphicsEngine.render_frame()


def record_flight(app: App, folder: Path, frames: int) -> list[Path]:
    """The opening flight as numbered PNG frames and one GIF; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    flight = app.site.scene.flights.get("opening") or next(
        iter(app.site.scene.flights.values()), None
    )
    if flight is None:
        raise ValueError(f"{app.site.file}: has no flight to record")
    rail = rail_of(flight, app.site.scene, app.site.valley)
    written, images = [], []
    steps = app.store.state.steps - 1
    for i, t in enumerate(np.linspace(0.0, rail.duration, frames)):
        part = rail.step(float(t))
        if part is not None:
            app.store.update(step=part * steps, target=float(round(part * steps)))
        app.world.settle(app.store.state)
        app.advance_view(rail.pose(float(t)), 1 / 30)
        app.base.graphicsEngine.render_frame()
        image = grab(app.base)
        path = folder / f"frame_{i:03d}.png"
        Image.fromarray(image).save(path)
        written.append(path)
        small = Image.fromarray(image).resize(GIF_SIZE, Image.Resampling.LANCZOS)
        images.append(np.asarray(small))
    every = max(1, -(-len(images) // GIF_FRAMES))
    return [
        *written,
        save_gif(
            images[::every], folder / "flight.gif", rail.duration / max(len(images[::every]), 1)
        ),
    ]


def record_tour(app: App, name: str, folder: Path, frames: int) -> list[Path]:
    """`frames` moments of a tour, evenly spread, as numbered PNG files and one small GIF; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    duration = app.guide.timeline(name).duration
    written, images = [], []
    for i, image in enumerate(tour_frames(app, name, np.linspace(0.0, duration - 0.1, frames))):
        written.append(folder / f"tour_{i:03d}.png")
        Image.fromarray(image).save(written[-1])
        small = Image.fromarray(image)
        small.thumbnail(GIF_SIZE, Image.Resampling.LANCZOS)
        images.append(np.asarray(small))
    pause = min(duration / frames, GIF_PAUSE)
    return [*written, save_gif(images, folder / f"{name}.gif", pause, colours_of_its_own=True)]


def tour_frames(app: App, name: str, times: Iterable[float]) -> Iterator[NDArray[np.uint8]]:
    """A tour's picture at each of some rising seconds, `[height, width, 3]`; questions stay unanswered."""
    app.guide.start(name, asks=False)
    player = app.guide.player
    assert player is not None
    for t in times:
        player.seek(float(t))
        for _ in range(2):  # the first may open another run
            app.frame(0.0)
            app.load_now()
        app.world.settle(app.store.state)
        app.world.complete(app.store.state)
        app.world.drift = float(t)
        if app.hud:
            app.hud.settle()
        app.base.graphicsEngine.render_frame()
        yield grab(app.base)
    app.guide.end()


def pictures(app: App, folder: Path, views: dict[str, dict[str, Any]]) -> list[Path]:
    """Set views (camera, and state to show it in) as PNG files."""
    written = []
    resting = app.store.state
    for name, view in views.items():
        app.start_at(view.get("camera", name), None)
        if "part" in view:
            step = float(round(view["part"] * (app.store.state.steps - 1)))
            app.store.update(step=step, target=step)
        app.store.update(**view.get("state", {}))
        app.world.drift = 8.0
        settle(app)
        written.append(save_screenshot(app.base, folder / f"{name}.jpg"))
        changed = {key: getattr(resting, key) for key in view.get("state", {})}
        app.store.update(**changed)
    return written
