"""Sheets of thumbnails, put together beside the main loop: rough ones at once, sharp ones when they are ready."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assetgen.pack import Pack, PackError
from explorer.hud.skins import round_corners
from explorer.hud.view import SHEET_COLUMNS, LibraryEntry
from explorer.story.cut_panel import SHEET, SHOTS
from explorer.story.cuts import cut_pictures, cuts_of

U8 = NDArray[np.uint8]


class Sheet(msgspec.Struct, frozen=True):
    """Pictures in rows of `SHEET_COLUMNS`; `cells` says what each of them shows."""

    name: str
    pixels: U8
    """`[rows · size, SHEET_COLUMNS · size, 4]`, straight alpha."""
    cells: tuple[Hashable, ...]


def tile(
    name: str, pictures: Sequence[U8], cells: Sequence[Hashable], size: int, radius: int
) -> Sheet:
    """A sheet of pictures `[h, w, 3]`, each resampled to `size` with rounded corners."""
    rows = -(-max(len(pictures), 1) // SHEET_COLUMNS)
    pixels = np.zeros((rows * size, SHEET_COLUMNS * size, 4), np.uint8)
    for index, picture in enumerate(pictures):
        y, x = index // SHEET_COLUMNS * size, index % SHEET_COLUMNS * size
        pixels[y : y + size, x : x + size] = round_corners(picture, size, radius)
    return Sheet(name, pixels, tuple(cells))


def predicted(pack: Pack, size: int, radius: int) -> Iterator[Sheet]:
    """Predicted pictures of all steps: from the run's page of thumbnails, then from the pictures.

    An imported run may have kept x_t only: then that.
    """
    steps = range(pack.steps)
    shown = next((name for name in ("predicted", "steps") if pack.has(name)), None)
    if shown is None:
        return
    array = pack.array(shown)
    if array.thumbnail is not None:
        yield tile("predicted", list(pack.page(shown)), steps, size, radius)
        if array.thumbnail.height >= size:
            return
    yield tile("predicted", [pack.image(shown, k) for k in steps], steps, size, radius)


def without(pack: Pack, part: str, size: int, radius: int) -> Iterator[Sheet]:
    """The whole run, the run without one part, and where they differ, at every step."""
    cuts = cuts_of(pack)
    shown = None if cuts is None else cut_pictures(cuts, part)
    if shown is None:
        return
    cells = [(part, kind, k) for kind in SHOTS for k in range(len(shown[0]))]
    yield tile(SHEET, [picture for kind in shown for picture in kind], cells, size, radius)


def finals(entries: Sequence[LibraryEntry], size: int, radius: int) -> Iterator[Sheet]:
    """Final pictures of the runs that have one."""
    pictures, cells = [], []
    for entry in entries:
        if entry.picture is None:
            continue
        try:
            with Image.open(entry.picture) as image:
                pictures.append(np.asarray(image.convert("RGB")))
        except OSError:
            continue
        cells.append((entry.model, entry.run))
    if pictures:
        yield tile("finals", pictures, cells, size, radius)


class PictureLoader:
    """Runs one job per sheet in a worker thread; a newer job for a sheet replaces the older."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="hud-pictures")
        self._ready: list[tuple[int, Sheet]] = []
        self._jobs: dict[str, int] = {}
        self._futures: dict[str, Future[None]] = {}

    @property
    def busy(self) -> bool:
        return bool(self._ready) or any(not f.done() for f in self._futures.values())

    def request(self, name: str, sheets: Callable[[], Iterator[Sheet]]) -> None:
        """Make the sheet `name` in the background."""
        job = self._jobs[name] = self._jobs.get(name, 0) + 1

        def run() -> None:
            try:
                for sheet in sheets():
                    if self._jobs[name] != job:
                        return
                    self._ready.append((job, sheet))
            except (PackError, OSError, ValueError):
                return  # a damaged picture: its place stays empty, the run is usable

        self._futures[name] = self._worker.submit(run)

    def collect(self) -> list[Sheet]:
        """Sheets finished since the last call, the newest of each name."""
        if not self._ready:
            return []
        ready, self._ready = self._ready, []
        return [sheet for job, sheet in ready if self._jobs[sheet.name] == job]

    def wait(self) -> None:
        """Until every job is done."""
        wait(self._futures.values())

    def close(self) -> None:
        self._jobs = {name: job + 1 for name, job in self._jobs.items()}
        self._worker.shutdown(wait=False, cancel_futures=True)
