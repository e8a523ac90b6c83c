"""Which run or structure is shown: opened, waited for, received, and replaced where it turns out damaged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from assetgen.pack import PackError
from assetgen.pack.library import RunEntry
from explorer.notes import NotesLoader
from explorer.runs import Loaded
from explorer.story.notes import Notes
from explorer.story.structure import Structure, named, structure_of
from explorer.story.study import notice

if TYPE_CHECKING:
    from explorer.app import App


class Stage:
    """Brings runs into the application's store, world and HUD. `entry` is shown, or will be once it is loaded."""

    def __init__(self, app: App, entry: RunEntry) -> None:
        self.app = app
        self.entry = entry
        self._said: str | None = None
        """What was last told of what is shown."""
        self._damaged: set[tuple[str, str]] = set()
        self._notes = NotesLoader(app.runs.library)

    def open(self, model: str, run: str) -> None:
        """Show a run; the old one stays until the new one's pages are there. No run: the structure alone."""
        if not run:
            self._show_structure(model)
            return
        app = self.app
        self.entry = app.runs.library.entry(model, run)
        world = app.world if model == app.model else None
        app.runs.open(
            self.entry,
            (lambda run, first: world.prepare(run, nodes=first)) if world else None,
        )

    def structure(self) -> Structure:
        """The network at hand without a run."""
        folder = self.app.runs.library.path / "runs" / self.app.model
        return structure_of(folder, self.app.site.architecture)

    def wait(self, *, complete: bool) -> None:
        """Load now: everything, or only until the run that was opened can be shown."""
        while complete or not self._shows_what_was_opened:
            if (loaded := self.app.runs.wait()) is None:
                self._receive_notes(self._notes.wait())
                return
            self._receive(loaded)

    def collect(self) -> None:
        """Once a frame: show what has been loaded meanwhile."""
        if (loaded := self.app.runs.collect()) is not None:
            self._receive(loaded)
        self._receive_notes(self._notes.collect())

    def close(self) -> None:
        self._notes.close()

    def _show_structure(self, model: str) -> None:
        """A model of which no run was recorded: its place, and nothing of what a run would fill it with."""
        app = self.app
        self.entry = app.runs.structure(model)
        app.runs.forget()
        app.store.update(
            model=model, run="", steps=1, step=0.0, target=0.0, playing=False, word=None, overlay=False,
            selection=None, unfolded=None,
        )  # fmt: skip
        self._tell(app.texts.get("hud.structure", model=named(app.texts, model)))
        if model != app.model:
            app.input.close()
            app.build_world(model)
        app.rebuild_view()
        if app.hud:
            app.hud.set_structure(self.structure())
            app.hud.set_tours([])

    def _show(self, loaded: Loaded) -> None:
        app, pack, entry = self.app, loaded.arrays.pack, loaded.entry
        if entry.model != app.model:  # a room of the same name is another network's room
            app.store.update(selection=None, unfolded=None, hover=None)
            app.input.close()
            app.build_world(entry.model)
            app.rebuild_view()
        state = app.store.state
        first = (state.model, state.run) != (entry.model, entry.id)
        if first:
            part = state.step / max(state.steps - 1, 1)
            step = float(round(part * (pack.steps - 1)))
            app.store.update(
                model=entry.model, run=entry.id, steps=pack.steps, step=step, target=step,
                word=None, overlay=False, guess=None, asked=None, revealed=False,
            )  # fmt: skip
            self._tell(notice(pack, app.texts))
            if app.hud:
                app.hud.set_run(pack, app.site.architecture)
        if loaded.complete:
            self._notes.request(entry)
        shown = app.world.run
        dressed = loaded.dressed or app.world.prepare(
            loaded.arrays, nodes=shown is None or shown.pack is not pack
        )
        app.world.set_run(dressed, app.store.state)
        app.retarget(app.store.state)
        if first:
            app.takeaway.arrived()

    def _tell(self, said: str | None) -> None:
        """Say what there is to know of what is shown now; what was said of the last is no longer true."""
        if said is not None or self.app.store.state.message == self._said:
            self.app.store.update(message=said)
        self._said = said

    @property
    def _shows_what_was_opened(self) -> bool:
        state = self.app.store.state
        return (state.model, state.run) == (self.entry.model, self.entry.id)

    def _receive(self, loaded: Loaded | PackError) -> None:
        if isinstance(loaded, PackError):
            print(f"explorer: {loaded}", file=sys.stderr)
            if self.app.world.run is None:
                self._open_another()
            self.app.store.update(message=str(loaded))
        else:
            self._show(loaded)

    def _receive_notes(self, notes: Notes | None) -> None:
        if notes is not None and self.app.hud:
            self.app.hud.set_notes(notes)

    def _open_another(self) -> None:
        """The first run turned out to be damaged: show the next that can be read, or the network alone."""
        self._damaged.add((self.entry.model, self.entry.id))
        for run in self.app.runs.library.runs:
            if run.model == self.app.model and (run.model, run.id) not in self._damaged:
                self.open(run.model, run.id)
                return
        self._show_structure(self.app.model)
