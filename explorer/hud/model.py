"""The HUD without pixels: sections laid out from the store, each again only when what it shows has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from explorer.hud import (
    emergence,
    heard,
    minimap,
    notices,
    nudge,
    prompt,
    reading,
    sheet,
    strip,
    timeline,
    tour,
)
from explorer.hud import kiosk as kiosk_section
from explorer.hud.geometry import Rect
from explorer.hud.measure import Measure
from explorer.hud.metrics import Metrics
from explorer.hud.view import LibraryEntry, MapPlan, Pose, Section, View
from explorer.hud.widget import Widget
from explorer.state import State, Store
from explorer.story.build import panel_for
from explorer.story.notes import Notes
from explorer.story.record import Record
from explorer.story.structure import Structure
from explorer.story.texts import Texts

PAD = 1.35
"""Side of a walking arrow, in fingers."""


class Element(NamedTuple):
    """A section: laid out again only when its key changes."""

    name: str
    key: Callable[[View], Hashable]
    build: Callable[[View], Section]


ELEMENTS = (
    Element("prompt", prompt.key, prompt.build),
    Element("map", minimap.key, minimap.build),
    Element("map_marker", minimap.marker_key, minimap.build_marker),
    Element("strip", strip.key, strip.build),
    Element("reading", reading.key, reading.build),
    Element("reading_body", reading.key, reading.build_body),
    Element("timeline", timeline.key, timeline.build),
    Element("marks", nudge.marks_key, nudge.build_marks),
    Element("playhead", timeline.playhead_key, timeline.build_playhead),
    Element("track", emergence.key, emergence.build),
    Element("flag", emergence.flag_key, emergence.build_flag),
    Element("nudge", nudge.key, nudge.build),
    Element("tour", tour.key, tour.build),
    Element("tour_time", tour.time_key, tour.build_time),
    Element("sheet", sheet.key, sheet.build),
    Element("sheet_body", sheet.key, sheet.build_body),
    Element("heard", heard.key, heard.build),
    Element("toast", notices.key, notices.build),
    Element("kiosk", kiosk_section.key, kiosk_section.build),
    Element("kiosk_over", kiosk_section.over_key, kiosk_section.build_over),
)


def _metrics(width: int, height: int, state: State) -> Metrics:
    kiosk = state.kiosk
    if kiosk is None:
        return Metrics(width, height, state.text_scale)
    return Metrics(width, height, state.text_scale, kiosk.zoom, kiosk.finger * PAD)


class HudModel:
    """Owns the view and its sections. `explorer.hud.inputs` moves focus and pointer in it."""

    def __init__(
        self, store: Store, texts: Texts, measure: Measure, width: int, height: int
    ) -> None:
        self.store = store
        metrics = _metrics(width, height, store.state)
        self.view = View(store.state, metrics, measure, texts)
        self.sections: dict[str, Section] = {e.name: Section() for e in ELEMENTS}
        self.sections["focus"] = Section()
        self._keys: dict[str, Hashable] = {}
        self._panel_key: Hashable = None
        self._track_last = False
        """The concept track was asked for after the panel."""
        self._changes: set[str] = set()
        self.dirty = True
        store.subscribe(self._changed)

    # -- what is shown ---------------------------------------------------------------------------

    def set_record(self, record: Record | None) -> None:
        self.view.record, self.view.structure = record, None
        self.view.local.sheets.pop("predicted", None)
        self._forget()

    def set_structure(self, structure: Structure) -> None:
        self.set_record(None)
        self.view.structure = structure
        self._forget()

    def set_notes(self, notes: Notes) -> None:
        """What was found about the run that is shown; notes about another one are dropped."""
        record = self.view.record
        if record is not None and record.metadata.id == notes.run:
            record.notes = notes
            self._forget()

    def set_code(self, code: str) -> None:
        """What brings back this view."""
        self.view.code = code
        self.dirty = True

    def set_library(self, entries: tuple[LibraryEntry, ...]) -> None:
        self.view.library = entries
        self.dirty = True

    def set_help(self, rows: tuple[tuple[str, str], ...]) -> None:
        self.view.help_rows = rows
        self.dirty = True

    def set_tours(self, tours: tuple[tuple[str, str, str], ...]) -> None:
        self.view.tours = tours
        self.dirty = True

    def set_plan(self, plan: MapPlan | None) -> None:
        self.view.plan = plan
        self.dirty = True

    def set_pose(self, x: float, y: float, heading: float) -> None:
        self.view.pose = Pose(x, y, heading)
        if minimap.marker_key(self.view) != self._keys.get("map_marker"):
            self.dirty = True

    def sheet_ready(self, name: str, cells: tuple[Hashable, ...]) -> None:
        """A sheet of pictures has come; `cells` says what it shows."""
        self.view.local.sheets[name] = cells
        self.dirty = True

    def resize(self, width: int, height: int) -> None:
        self.view.metrics = _metrics(width, height, self.view.state)
        self._forget()

    def _forget(self) -> None:
        self._keys.clear()
        self._panel_key = None
        self.dirty = True

    def _changed(self, new: State, old: State) -> None:
        local = self.view.local
        if new.selection != old.selection or new.depth != old.depth:
            local.scroll.pop("reading_body", None)
        if new.track != old.track or new.selection != old.selection:
            self._track_last = new.track and not old.track
        if new.menu != old.menu:
            local.scroll.pop("sheet_body", None)
            local.focus = None
        self.view.state = new
        if _metrics(1, 1, new) != _metrics(1, 1, old):
            self.resize(self.view.metrics.width, self.view.metrics.height)
        self.dirty = True

    def take_changes(self) -> set[str]:
        """Names of the sections that look different than at the last call."""
        self.refresh()
        changed, self._changes = self._changes, set()
        return changed

    def refresh(self) -> None:
        """Lay out again what changed."""
        if not self.dirty:
            return
        self.dirty = False
        self._refresh_panel()
        if (height := self._track_height()) != self.view.track_height:
            self.view.track_height = height
            self._keys.clear()
        for name, key, build in ELEMENTS:
            value = key(self.view)
            if name in self._keys and self._keys[name] == value:
                continue
            self._keys[name] = value
            section = build(self.view)
            if section != self.sections[name]:
                self.sections[name] = section
                self._changes.add(name)
        ring = notices.focus_ring(self.view, self._focus_rect())
        if ring != self.sections["focus"]:
            self.sections["focus"] = ring
            self._changes.add("focus")

    def _track_height(self) -> float:
        """Of the concept track; where there is no room for it and the panel, what was asked for last is shown."""
        view = self.view
        view.track_yields = False
        height = emergence.size(view)
        if not height or view.panel is None or reading.fits(view, height):
            return height
        if self._track_last:
            view.panel, self._panel_key = None, None  # it is back as soon as there is room
            return height
        view.track_yields = True
        return 0.0

    def _refresh_panel(self) -> None:
        view, s = self.view, self.view.state
        key = (
            s.selection, s.whole_step, s.depth, s.magnitude_scale, s.decoded, s.overlay, s.word,
            s.unfolded, s.split, s.color_map, s.attention_scale, s.cost, s.answers, s.opened,
            round(s.noise_level), s.noise_scene, round(s.checkpoint), s.checkpoint_word,
            id(view.known), view.record and id(view.record.notes),
        )  # fmt: skip
        if key == self._panel_key:
            return
        self._panel_key = key
        known = view.known
        if s.selection is None or known is None:
            view.panel = None
        else:
            try:
                view.panel = panel_for(s.selection, s, known, view.texts)
            except KeyError:  # selected in another run: this one has no such thing
                view.panel = None

    @property
    def root(self) -> Widget:
        """The whole tree, in reading order; under an open overlay only that."""
        self.refresh()
        names = list(self.sections)
        if self.sections["kiosk_over"].widgets:
            names = ["kiosk_over"]
        elif self.view.state.menu in sheet.MENUS:
            names = ["sheet", "sheet_body", "toast", "kiosk"]
        elif self.view.state.menu == "map":
            names = ["map", "toast"]
        children = tuple(w for name in names for w in self.sections[name].widgets)
        metrics = self.view.metrics
        whole = Rect(0, 0, metrics.width, metrics.height)
        return Widget("hud", "group", whole, self.view.text("name"), children=children)

    def find(self, widget_id: str) -> Widget | None:
        """A widget of any section."""
        self.refresh()
        for section in self.sections.values():
            for widget in section.widgets:
                if found := widget.find(widget_id):
                    return found
        return None

    def at(self, x: float, y: float) -> tuple[Widget | None, bool]:
        """The uppermost widget under a point, and whether any panel lies there."""
        for section in reversed(self.sections.values()):
            if section.clip is None or section.clip.contains(x, y):
                for widget in reversed(section.widgets):
                    if hit := widget.hit(x, y):
                        return hit, True
            if any(rect.contains(x, y) for rect in section.covers):
                return None, True
        return None, False

    # -- focus and scrolling ---------------------------------------------------------------------

    @property
    def focused(self) -> Widget | None:
        """The widget with the focus, while the keyboard is in use."""
        local = self.view.local
        return self.find(local.focus) if local.focus and local.focus_visible else None

    def _focus_rect(self) -> Rect | None:
        widget = self.focused
        return None if widget is None else widget.rect

    def show_focus(self, visible: bool) -> None:
        if visible != self.view.local.focus_visible:
            self.view.local.focus_visible = visible
            self.dirty = True

    def focus(self, widget: Widget) -> None:
        """Give the focus to a widget, visibly, and scroll it into sight."""
        self.view.local.focus = widget.id
        self.view.local.focus_visible = True
        self.dirty = True
        for name, section in self.sections.items():
            clip = section.clip
            if clip is None or section.scroll_limit <= 0:
                continue
            if any(w.find(widget.id) for w in section.widgets):
                below = max(widget.rect.bottom - clip.bottom, 0.0)
                above = min(widget.rect.y - clip.y, 0.0)
                self.scroll(name, below or above)

    def scroll(self, name: str, distance: float) -> None:
        """Scroll a section by some pixels, down if positive."""
        limit = self.sections[name].scroll_limit
        scroll = self.view.local.scroll
        scroll[name] = min(max(scroll.get(name, 0.0) + distance, 0.0), limit)
        self.dirty = True
