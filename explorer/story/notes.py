"""What is found about a run by looking beyond it: confirmed events, runs from the same noise, training scenes.

Made in the background (`make_notes`), since other runs are read for it; a panel that needs it says so until then.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Library, Pack, PackError, RunEntry
from assetgen.pack.evaluation import Quantiles
from assetgen.pack.measures import Neighbour, Neighbours, read_measure, read_tile
from explorer.story.discoveries import Finding, confirmed
from explorer.story.discoveries.pictures import likeness
from explorer.story.record import Record

U8 = NDArray[np.uint8]
SIDE = 32
"""Pictures are compared at this size."""


class Twin(msgspec.Struct, frozen=True):
    """Another run from the very same noise with other words."""

    run: str
    prompt: str
    noise: float
    """Correlation of the two first noises: 1 says it is the same."""
    pictures: float
    """Correlation of the two final pictures."""


class Nearest(msgspec.Struct, frozen=True):
    """The training scenes nearest to the picture, and how near new true scenes lie."""

    scenes: tuple[Neighbour, ...]
    usual: Quantiles
    of: int
    """Training scenes that were compared."""
    held_out: bool


class Notes(msgspec.Struct, frozen=True):
    """All of it for one run."""

    run: str
    findings: tuple[Finding, ...] = ()
    twin: Twin | None = None
    nearest: Nearest | None = None
    pictures: Mapping[Hashable, U8] = msgspec.field(default_factory=dict)
    """What the panels show besides this run's own pictures, `[h, w, 3]`."""

    def finding(self, name: str) -> Finding | None:
        return next((f for f in self.findings if f.id == name), None)


def make_notes(library: Library, entry: RunEntry) -> Notes:
    """Read what is needed of the model's other runs. A damaged one is passed over."""
    record = _record(library, entry)
    if record is None:
        return Notes(entry.id)
    others = [
        e for e in library.runs
        if e.model == entry.model and e.id != entry.id and e.profile == entry.profile
    ]  # fmt: skip
    pictures: dict[Hashable, U8] = {}
    with suppress(PackError):
        pictures["final"] = record.pack.final()
    return Notes(
        entry.id,
        confirmed(record, _records(library, others)),
        _twin(library, record, others, pictures),
        _nearest(library, entry, pictures),
        pictures,
    )


def _record(library: Library, entry: RunEntry) -> Record | None:
    try:
        return Record(Pack.open(entry.path), library.architectures[entry.model])
    except PackError:
        return None


def _records(library: Library, entries: list[RunEntry]) -> Iterator[Record]:
    for entry in entries:
        if (record := _record(library, entry)) is not None:
            yield record


def _twin(
    library: Library, record: Record, others: list[RunEntry], pictures: dict[Hashable, U8]
) -> Twin | None:
    """The run with the same first noise and other words whose picture differs most."""
    noise = record.tensor("x_t")
    if noise is None or "final" not in pictures:
        return None
    best: tuple[Twin, U8] | None = None
    own = _small(pictures["final"])
    for other in _records(library, others):
        if other.metadata.seed != record.metadata.seed:
            continue
        if other.metadata.prompt == record.metadata.prompt:
            continue
        start = other.tensor("x_t")
        if start is None or start.shape[1:] != noise.shape[1:]:
            continue
        alike = float(np.corrcoef(start[0].reshape(-1), noise[0].reshape(-1))[0, 1])
        try:
            final = other.pack.final()
        except PackError:
            continue
        like = float(likeness(_small(final)[None], own)[0])
        if alike > 0.999 and (best is None or like < best[0].pictures):
            twin = Twin(other.metadata.id, other.metadata.prompt, alike, like)
            best = (twin, final)
    if best is None:
        return None
    pictures["twin"] = best[1]
    return best[0]


def _nearest(library: Library, entry: RunEntry, pictures: dict[Hashable, U8]) -> Nearest | None:
    try:
        measured = read_measure(Neighbours, library.path, entry.model)
        if measured is None:
            return None
        mine = next((r for r in measured.runs if r.run == entry.id), None)
        if mine is None or not mine.nearest:
            return None
        for i, scene in enumerate(mine.nearest):
            pictures[("near", i)] = read_tile(measured.sheet, scene.tile, library.path, entry.model)
    except PackError:
        return None
    return Nearest(mine.nearest, measured.usual, measured.training_scenes, mine.held_out)


def _small(picture: U8) -> NDArray[np.float32]:
    """A picture at `SIDE` × `SIDE`, 0..1."""
    height, width = picture.shape[:2]
    rows, columns = np.arange(SIDE) * height // SIDE, np.arange(SIDE) * width // SIDE
    high, wide = max(height // SIDE, 1), max(width // SIDE, 1)
    total = np.zeros((SIDE, SIDE, 3), np.float32)
    for dy in range(high):
        for dx in range(wide):
            y, x = np.minimum(rows + dy, height - 1), np.minimum(columns + dx, width - 1)
            total += picture[np.ix_(y, x)].astype(np.float32)
    return total / np.float32(255 * high * wide)
