"""The HUD on screen: the model laid out, painted into its own buffer, and only when something changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import panda3d.core as p3d

from assetgen.pack import Architecture, Pack
from assetgen.pack.resources import data_dir
from explorer.hud import share, skins, timeline
from explorer.hud.asking import SHOT
from explorer.hud.buffer import HudBuffer
from explorer.hud.draw import Painter
from explorer.hud.inputs import HudInput
from explorer.hud.keys import merge
from explorer.hud.measure import FontMeasure
from explorer.hud.model import HudModel
from explorer.hud.motion import GROUPS, Motion
from explorer.hud.picker import PICTURE
from explorer.hud.pictures import PictureLoader, finals, predicted, tile, without
from explorer.hud.plan import plan_of
from explorer.hud.view import LibraryEntry
from explorer.hud.widget import Widget
from explorer.postcard import qr
from explorer.state import Store
from explorer.story.cut_panel import SHEET as CUT_SHEET
from explorer.story.cuts import pulled_by
from explorer.story.notes import Notes
from explorer.story.record import Record
from explorer.story.rooms import room_title
from explorer.story.structure import Structure
from explorer.story.texts import Texts
from explorer.world.valley import Room, Valley

MESSAGE_SECONDS = 8.0
POSE_INTERVAL = 0.1
"""Seconds between two redraws that only move the arrow on the map."""


class Hud:
    """What the application sees of the HUD.

    `texture` holds the picture with premultiplied alpha, as large as the window. The HUD changes nothing but
    the store; what only the application can do leaves through `on_command(name, value)`: `open_run`
    (model, run), `teleport` (an id or the name of a place).
    """

    def __init__(
        self,
        base: Any,
        store: Store,
        texts: Texts,
        width: int,
        height: int,
        *,
        fonts: Path | None = None,
        on_command: Callable[[str, Any], None] | None = None,
    ) -> None:
        folder = fonts or data_dir("assets") / "fonts"
        self.model = HudModel(store, texts, FontMeasure(folder), width, height)
        self.inputs = HudInput(self.model, on_command)
        self.buffer = HudBuffer(base, width, height)
        self.painter = Painter(self.buffer.root, folder)
        self.painter.place(list(self.model.sections))
        self.pictures = PictureLoader()
        self.motion = Motion()
        self.redraws = 0
        """How often the buffer was drawn."""
        self._repaint_all = True
        self._shift = (0, 0)
        """Offset against burn-in, pixels."""
        self._message: tuple[str | None, float] = (None, 0.0)
        self._pose: tuple[float, float, float] | None = None
        self._pose_wait = 0.0
        self._run: Pack | None = None
        self._valley: Valley | None = None
        self._cut: tuple[Any, ...] = ()
        """Of which lever pictures were asked for, and how large."""

    @property
    def texture(self) -> p3d.Texture:
        return self.buffer.texture

    @property
    def root(self) -> Widget:
        """All widgets, for tests and for reading aloud."""
        return self.model.root

    def set_run(self, pack: Pack | None, architecture: Architecture | None) -> None:
        """Show another run, or none."""
        self._run = pack
        ready = pack is not None and architecture is not None
        self.model.set_record(Record(pack, architecture) if pack and architecture else None)
        if ready:
            self._load_predicted()
        self._plan()

    def set_structure(self, structure: Structure) -> None:
        """Show a model without a run."""
        self._run = None
        self.model.set_structure(structure)
        self._plan()

    def set_notes(self, notes: Notes) -> None:
        """What was found about the run by looking beyond it."""
        self.model.set_notes(notes)
        shown, m = notes.pictures, self.model.view.metrics
        if shown:
            size, radius = int(m.px(SHOT)), int(m.px(8))
            sheet = tile("evidence", list(shown.values()), list(shown), size, radius)
            self.pictures.request("evidence", lambda: iter((sheet,)))

    def set_code(self, code: str, address: str) -> None:
        """What the take-away sheet shows: a code, and what its QR code says."""
        self.model.set_code(code)
        pixels = np.dstack([qr(address)] * 3 + [np.full_like(qr(address), 255)])
        self.painter.set_sheet(share.SHEET, skins.texture(share.SHEET, pixels))
        self.model.sheet_ready(share.SHEET, (code,))

    def set_library(self, entries: Iterable[LibraryEntry]) -> None:
        """The runs that can be chosen."""
        self.model.set_library(tuple(entries))
        self._load_finals()

    def set_valley(self, valley: Valley | None) -> None:
        """The place that the map shows."""
        self._valley = valley
        self._plan()

    def _plan(self) -> None:
        """The map's rooms carry the titles of their panels."""
        valley, record, texts = self._valley, self.model.view.known, self.model.view.texts
        if valley is None:
            self.model.set_plan(None)
            return

        def name(room: Room) -> str:
            return room.unit if record is None else room_title(room.unit, record, texts)

        self.model.set_plan(plan_of(valley, name))

    def set_help(self, rows: Sequence[tuple[str, str]]) -> None:
        """What F1 shows: (what it does, its keys)."""
        self.model.set_help(merge(rows))

    def set_tours(self, tours: Sequence[tuple[str, str, str]]) -> None:
        """The tours that can be taken: (name, title, a line about it)."""
        self.model.set_tours(tuple(tours))

    def set_pose(self, x: float, y: float, heading: float) -> None:
        """Where the visitor stands, metres; heading in degrees, 0 = into the valley, counter-clockwise."""
        self._pose = (x, y, heading)

    def resize(self, width: int, height: int) -> None:
        """Follow the window."""
        metrics = self.model.view.metrics
        if (width, height) == (metrics.width, metrics.height):
            return
        self.buffer.set_size(width, height)
        self.model.resize(width, height)
        self._repaint_all = True
        self._load_predicted()
        self._load_finals()

    def pointer(self, kind: str, x: float, y: float, button: int = 1, delta: float = 0.0) -> bool:
        """`move`, `down`, `up` or `wheel` at window pixels from the top left. True if the HUD took it."""
        dx, dy = self._shift
        return self.inputs.pointer(kind, x - dx, y - dy, button, delta)

    def action(self, name: str) -> bool:
        """An action by name: `focus_next`, `focus_previous`, `focus_left` …, `activate`, `back`, or a menu."""
        return self.inputs.action(name)

    def update(self, dt: float) -> None:
        """Once a frame: draw if anything changed, rest otherwise."""
        self._expire_message(dt)
        self._follow_pose(dt)
        self._follow_kiosk()
        self._load_cut()
        changed = self._take_sheets()
        changed.update(self.model.take_changes())
        if self._repaint_all:
            changed.update(self.model.sections)
            self._repaint_all = False
        moved = self._move(dt, changed)
        for name in sorted(changed):
            self.painter.draw(name, self.model.sections[name], self.model.view.metrics)
        drawn = bool(changed) or moved
        self.redraws += drawn
        self.buffer.request(drawn)

    def forget(self) -> None:
        """Focus, pointer and scrolling as they are at the start."""
        self.model.view.local.forget()
        self.inputs.release()
        self.model.dirty = True

    def settle(self) -> None:
        """Finish loading and moving now, so that the next frame is a still (screenshots, tests)."""
        self.pictures.wait()
        self.update(0.0)

    def _take_sheets(self) -> set[str]:
        """Take over pictures that were loaded meanwhile; the sections that show them."""
        sections = self.model.sections
        stale: set[str] = set()
        for sheet in self.pictures.collect():
            self.painter.set_sheet(sheet.name, skins.texture(sheet.name, sheet.pixels))
            self.model.sheet_ready(sheet.name, sheet.cells)
            stale.update(name for name, s in sections.items() if s.uses(sheet.name))
        return stale

    def _move(self, dt: float, changed: set[str]) -> bool:
        """Fade panels in and out. One that goes keeps what it showed until it is gone."""
        sections = self.model.sections
        shown = {group: bool(sections[names[0]].shapes) for group, names in GROUPS.items()}
        moved = self.motion.advance(dt, shown)
        for group, names in GROUPS.items():
            if not shown[group]:
                gone = self.motion.gone(group)
                changed.difference_update(() if gone else names)
                changed.update(names if gone and group in moved else ())
            if group in moved:
                for name in names:
                    self.painter.set_alpha(name, self.motion.alpha(group))
        return bool(moved)

    def close(self) -> None:
        self.pictures.close()
        self.buffer.close()

    def _load_predicted(self) -> None:
        pack, m = self._run, self.model.view.metrics
        if pack is not None:
            size, radius = int(m.px(timeline.THUMB)), int(m.px(7))
            self.pictures.request("predicted", lambda: predicted(pack, size, radius))

    def _load_cut(self) -> None:
        """Pictures of the run without the part whose lever was pulled."""
        pack, m = self._run, self.model.view.metrics
        part = pulled_by(self.model.view.state.selection) if pack else None
        wanted = (pack, part, m.width, m.height)
        if wanted == self._cut:
            return
        self._cut = wanted
        if pack is not None and part is not None:
            size, radius = int(m.px(SHOT)), int(m.px(8))
            self.pictures.request(CUT_SHEET, lambda: without(pack, part, size, radius))

    def _load_finals(self) -> None:
        entries, m = self.model.view.library, self.model.view.metrics
        if entries:
            size, radius = int(m.px(PICTURE)), int(m.px(7))
            self.pictures.request("finals", lambda: finals(entries, size, radius))

    def _expire_message(self, dt: float) -> None:
        """A message goes by itself after a while."""
        message, age = self._message
        present = self.model.view.state.message
        if message != present:
            self._message = (present, 0.0)
        elif present is not None:
            self._message = (present, age + dt)
            if age + dt > MESSAGE_SECONDS:
                self.model.store.update(message=None)

    def _follow_kiosk(self) -> None:
        """High contrast, and the drift against burn-in."""
        state = self.model.view.state
        if state.contrast != self.painter.contrast:
            self.painter.set_contrast(on=state.contrast)
            self._repaint_all = True
        shift = state.kiosk.shift if state.kiosk else (0, 0)
        if shift != self._shift:
            self._shift = shift
            self.buffer.root.set_pos(shift[0], 0, -shift[1])
            self._repaint_all = True

    def _follow_pose(self, dt: float) -> None:
        self._pose_wait -= dt
        if self._pose is not None and self._pose_wait <= 0:
            self.model.set_pose(*self._pose)
            self._pose, self._pose_wait = None, POSE_INTERVAL
