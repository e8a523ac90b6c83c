"""`make bench`: the budgets of the design, measured on this machine. Ratios travel, milliseconds do not.

python tests/benchmarks/bench.py --quick
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from assetgen.pack.resources import data_dir  # noqa: E402
from explorer.app import App  # noqa: E402
from explorer.headless import settle  # noqa: E402
from explorer.runs import Runs  # noqa: E402
from explorer.settings import Settings  # noqa: E402
from explorer.state import QualityName  # noqa: E402
from explorer.window import WindowSpec, open_window  # noqa: E402
from tests.benchmarks import probes, stats  # noqa: E402

BARE = """
import time
laps = [time.perf_counter()]
from panda3d.core import load_prc_file_data
load_prc_file_data("", "window-type offscreen\\nload-display p3headlessgl\\naudio-library-name null\\n"
                   "gl-version 3 2\\nwin-size 640 360")
from direct.showbase.ShowBase import ShowBase
laps.append(time.perf_counter())
base = ShowBase()
laps.append(time.perf_counter())
base.graphicsEngine.render_frame()
base.win.get_screenshot()
laps.append(time.perf_counter())
print(*(later - lap for lap, later in zip(laps, laps[1:])), time.time(), flush=True)
"""
EXPLORER = """
import time
laps = [time.perf_counter()]
from tests.benchmarks.bench import opened, probes
laps.append(time.perf_counter())
app = opened({options}, rest=False)
laps.append(time.perf_counter())
probes.draw(app)
laps.append(time.perf_counter())
print(*(later - lap for lap, later in zip(laps, laps[1:])), time.time(), flush=True)
"""
NO_DRAWING = """
from tests.benchmarks.bench import opened, stats
app = opened({options}, size=(64, 36))
def frame():
    app.frame(1 / 60)
    app.base.task_mgr.step()
times = [stats.timed(frame) for _ in range({frames})]
print(stats.median(times), stats.p99(times), flush=True)
"""
MEMORY = """
from tests.benchmarks.bench import opened, switched, probes, stats
app = opened({options})
probes.draw(app)
print(stats.resident_megabytes(), flush=True)
"""
GROWTH = """
from tests.benchmarks.bench import opened, settle, switched, stats
app = opened({options}, size=(160, 90))
for times in (20, {switches}):
    switched(app, times)
    settle(app)  # else it depends on how many exhibits were made again in between
    print(stats.resident_megabytes(), flush=True)
"""


class Row(NamedTuple):
    what: str
    budget: str
    measured: str
    within: bool | None
    """None: nothing to compare."""


class Options(NamedTuple):
    assets: Path
    size: tuple[int, int]
    rounds: int
    frames: int
    switches: int


def opened(
    options: Options,
    quality: QualityName = "low",
    size: tuple[int, int] | None = None,
    *,
    rest: bool = True,
) -> App:
    """An explorer at its arrival point; fully loaded and at rest, or before its first frame."""
    width, height = size or options.size
    base = open_window(WindowSpec(width, height, offscreen=True, fixed_rate=30))
    scene = data_dir("scenes") / "unet_valley.yaml"
    app = App(base, Runs(options.assets), Settings(), scene, quality=quality)
    app.start_at(None, 1)
    if rest:
        app.load_now()
        settle(app)
    return app


def closed(app: App) -> None:
    app.close()
    app.base.destroy()


def switched(app: App, times: int) -> list[float]:
    """Open other runs in turn while frames go on; seconds of every frame."""
    entries = [each for each in app.runs.library.runs if each.profile != "light"]
    seconds: list[float] = []
    for number in range(1, times + 1):
        entry = entries[number % len(entries)]
        app.open(entry.model, entry.id)
        while app.runs.loading:
            seconds.append(stats.timed(partial(probes.draw, app)))
        seconds += [stats.timed(partial(probes.draw, app)) for _ in range(3)]
    return seconds


def counts(options: Options) -> Iterator[Row]:
    """Geoms, and what a graphics card has to do."""
    for quality, passes in (("low", 2), ("high", 6)):
        app = opened(options, quality)
        first = probes.drawn(app)
        app.store.update(step=float(app.store.state.steps - 1))
        settle(app)
        last = probes.drawn(app)
        geoms = max(first.geoms, last.geoms)
        yield Row(f"visible Geoms, {quality}", "≤ 300", str(geoms), geoms <= 300)
        assert app.pipeline is not None
        area = app.pipeline.passes
        yield Row(f"full-screen passes, {quality}", f"≤ {passes}", f"{area:.1f}", area <= passes)
        if quality == "high":
            yield Row(
                "vertices, high", "≤ 400 k", f"{first.vertices / 1000:.0f} k", first.vertices <= 4e5
            )
            used = probes.texture_megabytes(app)
            yield Row("textures, high", "≤ 256 MB", f"{used:.0f} MB", used <= 256)
            mean = probes.overdraw(app)
            shown = "not readable" if mean is None else f"{mean:.2f}"
            yield Row("mean overdraw, high", "≤ 3", shown, mean and mean <= 3)
        closed(app)


def scrubbing(options: Options) -> Iterator[Row]:
    """A frame while the timeline is dragged against a frame at rest."""
    app = opened(options)
    steps = app.store.state.steps
    moves = 0

    def still() -> None:
        probes.draw(app)

    def scrub() -> None:
        nonlocal moves
        moves += 1
        step = (moves * 0.37) % (steps - 1)
        app.store.update(step=step, target=float(round(step)))
        probes.draw(app)

    for step in range(2 * steps):  # then every letter of the HUD has been drawn once
        app.store.update(step=step / 2 % (steps - 1), target=float(step // 2))
        probes.draw(app)
    uploads = probes.Uploads(app)
    sent: list[str] = []
    for _ in range(steps):
        scrub()
        sent += uploads.count()
    times = stats.interleaved({"still": still, "scrub": scrub}, options.rounds, options.frames)
    middle = stats.median(times["scrub"]) / stats.median(times["still"])
    worst = stats.p99(times["scrub"]) / stats.p99(times["still"])
    yield Row("a still frame", "", stats.milliseconds(times["still"]), None)
    yield Row("a frame while scrubbing", "", stats.milliseconds(times["scrub"]), None)
    yield Row("scrubbing / still, medians", "≤ 1.2", f"{middle:.2f}", middle <= 1.2)
    yield Row("scrubbing / still, p99", "≤ 1.3", f"{worst:.2f}", worst <= 1.3)
    shown = f"{len(sent)} {', '.join(sorted(set(sent)))}".strip()
    yield Row(f"textures sent in {steps} scrubs", "0", shown, not sent)
    closed(app)


def processor(options: Options) -> Iterator[Row]:
    """App and Cull alone: the child's Mesa takes every OpenGL call and draws nothing."""
    source = NO_DRAWING.format(options=options_text(options), frames=options.frames)
    middle, worst = (float(x) for x in child(source, GALLIUM_NOOP="1").split()[-2:])
    shown = f"median {1000 * middle:.2f} ms, p99 {1000 * worst:.2f} ms"
    yield Row("App + Cull + OpenGL calls, 64 × 36", "≤ 2 ms", shown, middle <= 0.002)


def switching(options: Options) -> Iterator[Row]:
    app = opened(options)
    rest = stats.median([stats.timed(partial(probes.draw, app)) for _ in range(60)])
    times = switched(app, 20)
    ratio = max(times) / rest
    shown = f"{ratio:.1f} × ({1000 * max(times):.0f} ms)"
    yield Row("longest frame while switching", "≤ 3 × median", shown, ratio <= 3)
    closed(app)


def starting(options: Options) -> Iterator[Row]:
    """From the shell's prompt to the first finished frame, caches warm."""
    laps: dict[str, list[list[float]]] = {"bare": [], "explorer": []}
    sources = {"bare": BARE, "explorer": EXPLORER.format(options=options_text(options))}

    def start(name: str) -> None:
        began = time.time()
        *parts, end = (float(x) for x in child(sources[name]).split()[-4:])
        laps[name].append([*parts, end - began])  # what follows the frame is not of the start

    start("explorer")  # fills the caches
    laps["explorer"].clear()
    stats.interleaved({name: partial(start, name) for name in laps}, 5, 1)
    bare, own = (stats.median([lap[-1] for lap in laps[name]]) for name in laps)
    yield Row("import panda3d, one frame", "", f"{bare:.2f} s", None)
    yield Row("… of which", "", parts(laps["bare"]), None)
    yield Row("first interactive frame", "≤ 1.0 s", f"{own:.2f} s", own <= 1.0)
    yield Row("… of which", "", parts(laps["explorer"]), None)
    yield Row("… / bare Panda3D", "≤ 3", f"{own / bare:.1f}", own / bare <= 3)


def parts(laps: list[list[float]]) -> str:
    imports, world, frame, _ = (stats.median(list(each)) for each in zip(*laps, strict=True))
    return f"imports {imports:.2f}, window and world {world:.2f}, frame {frame:.2f} s"


def memory(options: Options) -> Iterator[Row]:
    text = options_text(options)
    first = float(child(MEMORY.format(options=text)).split()[-1])
    yield Row("memory, one run resident", "≤ 400 MB", f"{first:.0f} MB", first <= 400)
    # in a small window, so that 1,000 switches take a minute or two
    source = GROWTH.format(options=text, switches=options.switches)
    warm, last = (float(x) for x in child(source).split()[-2:])
    grown = f"{last - warm:+.0f} MB at {warm:.0f} MB"
    yield Row(f"… from switch 20 to {options.switches + 20}", "flat", grown, last - warm <= 10)


def options_text(options: Options) -> str:
    """The options as an expression that a child process evaluates."""
    values = ", ".join(repr(value) for value in (str(options.assets), *options[1:]))
    return f"__import__('tests.benchmarks.bench').benchmarks.bench.Options({values})"


def child(source: str, **environment: str) -> str:
    """What a new process prints; it may keep compiled modules, as everywhere, though this one may not."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run(
        [sys.executable, "-c", source],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise RuntimeError(run.stderr)
    return run.stdout


SECTIONS: dict[str, Callable[[Options], Iterator[Row]]] = {
    "starting": starting,
    "counts": counts,
    "scrubbing": scrubbing,
    "processor": processor,
    "switching": switching,
    "memory": memory,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--assets", type=Path, default=data_dir("assets"))
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--frames", type=int, default=500, help="frames of each kind in a round")
    parser.add_argument("--switches", type=int, default=1000, help="for the memory's growth")
    parser.add_argument("--quick", action="store_true", help="50 frames, 40 switches")
    args = parser.parse_args()
    if unknown := set(args.sections) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there is {', '.join(SECTIONS)}")
    width, _, height = args.size.partition("x")
    frames, switches = (50, 40) if args.quick else (args.frames, args.switches)
    options = Options(args.assets, (int(width), int(height)), 5, frames, switches)
    if (load := stats.busy()) is not None:
        quiet = "an idle machine" if load < 0.15 else "other work is running: trust ratios only"
        print(f"other processes use {load:.1f} cores: {quiet}")
    print(f"{'what':35} {'budget':14} {'measured':42}")
    started = time.perf_counter()
    over = 0
    for name in args.sections or SECTIONS:
        for row in SECTIONS[name](options):
            verdict = {True: "ok", False: "OVER", None: ""}[row.within]
            over += row.within is False
            print(f"{row.what:35} {row.budget:14} {row.measured:42} {verdict}", flush=True)
    print(f"{over} over budget; {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
