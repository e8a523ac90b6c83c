"""A meter for flashes: pairs of opposing changes of luminance, over a quarter of the screen, in any second.

A change counts from a tenth of full relative luminance on, with the darker side below 0.8 (WCAG 2.3.1). The limit here
is 2 a second: stricter. `python -m tests.tour.flash [NAME …]` measures every shipped tour, drawn frame by frame.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import inf

import numpy as np
from numpy.typing import NDArray

AREA = 0.25
CHANGE, DARK = 0.1, 0.8
Frames = Iterable[NDArray[np.uint8]]


def luminance(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Relative luminance 0..1 of an sRGB picture `[h, w, 3]`."""
    c = image.astype(np.float32) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722], np.float32))


def flashes(frames: Frames, rate: float) -> tuple[float, float]:
    """Most flashes in any second, and the second in which that ends.

    Each pixel remembers its last extreme and turns when it leaves it by more than the threshold; a turn of a quarter of
    the pixels within a tenth of a second is a turn of the screen; two turns are one flash.
    """
    extreme: NDArray[np.float32] | None = None
    rising = np.zeros(0, bool)
    turns: list[float] = []
    recent: list[NDArray[np.bool_]] = []
    for i, image in enumerate(frames):
        now = luminance(image)
        if extreme is None:
            extreme, rising = now.copy(), np.ones(now.shape, bool)
            continue
        down = rising & (extreme - now > CHANGE) & (now < DARK)
        up = ~rising & (now - extreme > CHANGE) & (extreme < DARK)
        turned = up | down
        rising = np.where(turned, up, rising)
        extreme = np.where(
            turned, now, np.where(rising, np.maximum(extreme, now), np.minimum(extreme, now))
        )
        recent = [*recent, turned][-max(round(rate / 10), 1) :]
        if np.logical_or.reduce(recent).mean() >= AREA:
            turns.append(i / rate)
            recent = []
    worst, at = 0.0, 0.0
    for t in turns:
        count = sum(t - 1.0 < u <= t for u in turns) / 2
        if count > worst:
            worst, at = count, t
    return worst, at


def main() -> int:
    from assetgen.pack.resources import data_dir
    from explorer.headless import open_app
    from explorer.runs import Runs
    from explorer.settings import Settings
    from tests.tour.conftest import TOURS

    app = open_app(
        Runs(data_dir("assets")), Settings(), data_dir("scenes") / "unet_valley.yaml", (160, 90)
    )
    bad = 0
    for name in sys.argv[1:] or TOURS:
        worst, at = flashes(drawn(app, name, 10.0), 10.0)
        bad += worst > 2
        print(f"{name:12} at most {worst:g} flashes a second, at {at:.1f} s", flush=True)
    return 1 if bad else 0


def drawn(app, name: str, rate: float, start: float = 0.0, end: float = inf):  # type: ignore[no-untyped-def]
    """Every frame of a tour, from a second to a second, as a visitor sees it; questions pass by themselves."""
    from explorer.capture import grab

    app.guide.start(name, asks=False)
    player = app.guide.player
    player.seek(start)
    while player.status != "ended" and player.time < end:
        app.frame(1 / rate)
        app.load_now()
        app.base.task_mgr.step()
        yield grab(app.base)
    app.guide.end()


if __name__ == "__main__":
    raise SystemExit(main())
