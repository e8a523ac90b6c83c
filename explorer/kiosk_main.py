"""`explorer --kiosk`: the window, the safe scene after crashes, and writing a crash down."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from datetime import datetime
from pathlib import Path

import msgspec

from assetgen.pack.resources import data_dir
from explorer.app import App
from explorer.kiosk.cli import shipped_config
from explorer.kiosk.config import KioskConfig, load_config
from explorer.kiosk.crashes import Crashes
from explorer.kiosk_shell import Kiosk
from explorer.runs import Runs
from explorer.settings import Settings
from explorer.state import QualityName
from explorer.tuning import Tuner
from explorer.window import WindowSpec, is_software, native_size, open_window


def run_kiosk(args: argparse.Namespace, runs: Runs, settings: Settings, scene: Path) -> int:
    """The exit code: 0 after the nightly restart, 77 when staff left with the PIN, 1 after a crash."""
    file = args.config or shipped_config()
    config = load_config(file)
    size = (settings.window.width, settings.window.height) if args.size else native_size()
    if config.run and config.run not in (ids := [run.id for run in runs.library.runs]):
        known = ", ".join(sorted(ids)[:12])  # a kiosk that stays dark were worse: it shows another
        print(f"explorer: {file}: run: no run {config.run!r}; there is {known}", file=sys.stderr)
    crashes = Crashes(config.home, config.safety.crashes, config.safety.quick)
    safe = crashes.start(time.time())
    try:
        kiosk = open_kiosk(
            runs, settings, scene, config, size, crashes, safe=safe, window=bool(args.size)
        )
        return kiosk.run()
    except Exception:
        report = traceback.format_exc()
        crashes.report(f"{datetime.now():%Y%m%d-%H%M%S}", report)
        print(report, file=sys.stderr)
        return 1


def open_kiosk(
    runs: Runs, settings: Settings, scene: Path, config: KioskConfig, size: tuple[int, int],
    crashes: Crashes, *, safe: bool, window: bool,
) -> Kiosk:  # fmt: skip
    """A kiosk on the screen; `safe`: the simplest scene, drawn in the simplest way."""
    cursor = config.screen.cursor
    base = open_window(WindowSpec(*size, fullscreen=not window, bare=True, pointer=cursor))
    if safe:
        scene = data_dir("scenes") / f"{config.safety.scene}.yaml"
        settings = msgspec.structs.replace(settings, quality="low", reduced_motion=True)
    auto = settings.quality == "auto" and not is_software(base)
    quality: QualityName = (
        settings.quality if settings.quality != "auto" else "medium" if auto else "low"
    )
    app = App(base, runs, settings, scene, quality=quality, tuner=Tuner() if auto else None)
    app.load_now(complete=False)
    return Kiosk(app, config, safe=safe, crashes=crashes)
