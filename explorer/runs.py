"""The library on disk and the one run that is open: loaded off the main thread, first as pages, then in full."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assetgen.pack import Architecture, Library, Pack, PackError, RunEntry
from explorer.view.textures import RunArrays, load_full, load_pages

Prepare = Callable[[RunArrays, bool], Any]


class NoRunError(RuntimeError):
    """There is nothing to show; the message says what is there and what to do."""


@dataclass(frozen=True)
class Loaded:
    """A stage of loading that is ready for the main thread."""

    entry: RunEntry
    arrays: RunArrays
    complete: bool
    dressed: Any = None
    """What `prepare` made of the arrays."""


class Runs:
    """Finds runs and loads them; `collect` is called once a frame and never waits."""

    def __init__(self, assets: Path) -> None:
        self.library = Library.open(assets)
        self._pool = ThreadPoolExecutor(1, "runs")
        self._wanted: RunEntry | None = None
        self._stages: list[tuple[RunEntry, Future[Loaded]]] = []

    @property
    def problems(self) -> list[str]:
        """One readable line per damaged pack."""
        return [str(p) for p in self.library.problems]

    def choose(self, model: str | None, run: str | None, preferred: str = "") -> RunEntry:
        """The run asked for, by id, title or prompt; else `preferred`, else the first full one.

        A model without runs gives an entry without an id: its structure can be walked through. So does
        a folder in which there is nothing but networks.

        Raises NoRunError.
        """
        runs = [r for r in self.library.runs if model is None or r.model == model]
        structures = self.library.structures
        if not runs and run is None and (model in structures or self._only_structures(model)):
            return self.structure(model or structures[0])
        if not runs:
            wanted = ""
            if model is not None:
                known = sorted({*(r.model for r in self.library.runs), *self.library.structures})
                wanted = f" of model {model!r}; there is {', '.join(known) or 'none'}"
            damaged = "".join(f"; {problem}" for problem in self.problems[:1])
            raise NoRunError(
                f"{self.library.path}: no run{wanted}; bake one with `assetgen generate`{damaged}"
            )
        if run is None:
            full = [r for r in runs if r.profile != "light"]
            return next((r for r in full if r.id == preferred), (full or runs)[0])
        for r in runs:
            if run.casefold() in (r.id.casefold(), r.title.casefold(), r.prompt.casefold()):
                return r
        for name in sorted({r.model for r in runs}):  # a study goes by its id
            for entry in self.library.studies(name):
                if entry.run.id.casefold() == run.casefold():
                    return entry.run
        raise NoRunError(f"no run {run!r}; there is {', '.join(r.id for r in runs[:12])}")

    def _only_structures(self, model: str | None) -> bool:
        """Nobody asked for a model, and nothing is there to be shown but networks: not even a damaged run."""
        return model is None and bool(self.library.structures) and not self.problems

    def structure(self, model: str) -> RunEntry:
        """What stands for a model of which only the architecture is known: an entry without a run."""
        return RunEntry(model, "", model, "", "", self.library.path / "runs" / model, None)

    def architecture(self, entry: RunEntry) -> Architecture:
        return self.library.architectures[entry.model]

    def open(self, entry: RunEntry, prepare: Prepare | None = None) -> None:
        """Start loading; earlier loads that are not shown yet are forgotten.

        `prepare(arrays, first)` runs in the background too: what is slow must not hold up a frame.
        """
        self._wanted = entry
        for _, future in self._stages:
            future.cancel()
        pack = self._pool.submit(Pack.open, entry.path)

        def stage(load: Callable[[Pack], RunArrays], complete: bool) -> Loaded:
            arrays = load(pack.result())
            return Loaded(
                entry, arrays, complete, prepare(arrays, not complete) if prepare else None
            )

        self._stages = [
            (entry, self._pool.submit(stage, load_pages, False)),
            (entry, self._pool.submit(stage, load_full, True)),
        ]

    def forget(self) -> None:
        """Drop what is still loading."""
        for _, future in self._stages:
            future.cancel()
        self._stages = []

    def collect(self) -> Loaded | PackError | None:
        """The next stage that is ready, an error in one readable line, or None."""
        if not self._stages or not self._stages[0][1].done():
            return None
        _, future = self._stages.pop(0)
        try:
            return future.result()
        except PackError as error:
            self._stages.clear()
            return error

    @property
    def loading(self) -> bool:
        """Whether a stage of the open run is still to come."""
        return bool(self._stages)

    def wait(self) -> Loaded | PackError | None:
        """Block for the next stage (start-up, headless rendering, tests)."""
        if self._stages:
            self._stages[0][1].exception()
        return self.collect()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
