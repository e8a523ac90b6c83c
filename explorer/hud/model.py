"""The HUD without pixels: sections laid out from the store, one focus, one pointer. Testable without a window."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from explorer.hud import minimap, notices, prompt, reading, sheet, strip, timeline
from explorer.hud.focus import next_focus, toward
from explorer.hud.geometry import Rect
from explorer.hud.measure import Measure
from explorer.hud.metrics import Metrics
from explorer.hud.view import LibraryEntry, MapPlan, Pose, Section, View
from explorer.hud.widget import Action, Change, Command, Slide, Widget
from explorer.state import State, Store
from explorer.story.build import panel_for
from explorer.story.record import Record
from explorer.story.texts import Texts

OnCommand = Callable[[str, Any], None]


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
    Element("playhead", timeline.playhead_key, timeline.build_playhead),
    Element("sheet", sheet.key, sheet.build),
    Element("sheet_body", sheet.key, sheet.build_body),
    Element("toast", notices.key, notices.build),
)
MENUS = ("prompts", "help", "settings", "map")


class HudModel:
    """Owns the view and its sections; changes leave only through the store or `on_command`."""

    def __init__(
        self, store: Store, texts: Texts, measure: Measure, width: int, height: int
    ) -> None:
        self.store = store
        self.on_command: OnCommand = lambda name, value: None
        metrics = Metrics(width, height, store.state.text_scale)
        self.view = View(store.state, metrics, measure, texts)
        self.sections: dict[str, Section] = {e.name: Section() for e in ELEMENTS}
        self.sections["focus"] = Section()
        self._keys: dict[str, Hashable] = {}
        self._panel_key: Hashable = None
        self._drag: Slide | None = None
        self.dirty = True
        store.subscribe(self._changed)

    # -- what is shown ---------------------------------------------------------------------------

    def set_record(self, record: Record | None) -> None:
        self.view.record = record
        self.view.local.sheets.pop("predicted", None)
        self._forget()

    def set_library(self, entries: tuple[LibraryEntry, ...]) -> None:
        self.view.library = entries
        self.dirty = True

    def set_help(self, rows: tuple[tuple[str, str], ...]) -> None:
        self.view.help_rows = rows
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
        self.view.metrics = Metrics(width, height, self.view.state.text_scale)
        self._forget()

    def _forget(self) -> None:
        self._keys.clear()
        self._panel_key = None
        self.dirty = True

    def _changed(self, new: State, old: State) -> None:
        local = self.view.local
        if new.selection != old.selection or new.depth != old.depth:
            local.scroll.pop("reading_body", None)
        if new.menu != old.menu:
            local.scroll.pop("sheet_body", None)
            local.focus = None
        self.view.state = new
        if new.text_scale != old.text_scale:
            self.resize(self.view.metrics.width, self.view.metrics.height)
        self.dirty = True

    def refresh(self) -> list[str]:
        """Lay out what changed; the names of the sections that look different now."""
        if not self.dirty:
            return []
        self.dirty = False
        self._refresh_panel()
        changed = []
        for name, key, build in ELEMENTS:
            value = key(self.view)
            if name in self._keys and self._keys[name] == value:
                continue
            self._keys[name] = value
            section = build(self.view)
            if section != self.sections[name]:
                self.sections[name] = section
                changed.append(name)
        ring = notices.focus_ring(self.view, self._focus_rect())
        if ring != self.sections["focus"]:
            self.sections["focus"] = ring
            changed.append("focus")
        return changed

    def _refresh_panel(self) -> None:
        view, s = self.view, self.view.state
        key = (
            s.selection, s.whole_step, s.depth, s.magnitude_scale, s.decoded, s.overlay, s.word,
            s.unfolded, s.split, s.color_map, s.attention_scale, id(view.record),
        )  # fmt: skip
        if key == self._panel_key:
            return
        self._panel_key = key
        if s.selection is None or view.record is None:
            view.panel = None
        else:
            view.panel = panel_for(s.selection, s, view.record, view.texts)

    @property
    def root(self) -> Widget:
        """The whole tree, in reading order; under an open overlay only that."""
        self.refresh()
        names = list(self.sections)
        if self.view.state.menu in sheet.MENUS:
            names = ["sheet", "sheet_body", "toast"]
        elif self.view.state.menu == "map":
            names = ["map", "toast"]
        children = tuple(w for name in names for w in self.sections[name].widgets)
        metrics = self.view.metrics
        whole = Rect(0, 0, metrics.width, metrics.height)
        return Widget("hud", "group", whole, self.view.text("name"), children=children)

    def find(self, widget_id: str) -> Widget | None:
        """A widget of any section."""
        for section in self.sections.values():
            for widget in section.widgets:
                if found := widget.find(widget_id):
                    return found
        return None

    # -- pointer -----------------------------------------------------------------------------------

    def pointer(
        self, kind: str, x: float, y: float, button: int = 1, delta: float = 0.0
    ) -> bool:
        """One pointer event in window pixels. True if the HUD took it."""
        self.refresh()
        local = self.view.local
        target, covered = self._at(x, y)
        if kind == "wheel":
            return self._wheel(x, y, delta) or covered
        if kind == "move":
            if self._drag is not None:
                self._slide_to(self._drag.at(x))
                return True
            self._hover(target.id if target else None)
            return covered or local.pressed is not None
        if kind == "down" and button == 1:
            self._show_focus(False)
            if target is None:
                if not covered and self.view.state.menu is not None:
                    self.store.update(menu=None)
                    return True
                return covered
            local.pressed, local.focus, self.dirty = target.id, target.id, True
            if target.slide is not None:
                self._drag = target.slide
                self._slide_to(target.slide.at(x))
            return True
        if kind == "up" and button == 1:
            pressed, local.pressed = local.pressed, None
            self.dirty = self.dirty or pressed is not None
            if self._drag is not None:
                self._settle(self._drag)
                self._drag = None
                return True
            if pressed is None:
                return covered
            if target is not None and target.id == pressed:
                self.perform(target.action)
            return True
        return covered

    def _at(self, x: float, y: float) -> tuple[Widget | None, bool]:
        """The uppermost widget under the pointer, and whether any panel lies there."""
        for section in reversed(self.sections.values()):
            if section.clip is None or section.clip.contains(x, y):
                for widget in reversed(section.widgets):
                    if hit := widget.hit(x, y):
                        return hit, True
            if any(rect.contains(x, y) for rect in section.covers):
                return None, True
        return None, False

    def _hover(self, widget_id: str | None) -> None:
        if widget_id != self.view.local.hover:
            self.view.local.hover = widget_id
            self.dirty = True

    def _wheel(self, x: float, y: float, delta: float) -> bool:
        for name in ("sheet_body", "reading_body"):
            section = self.sections[name]
            if section.clip is not None and section.clip.contains(x, y) and section.scroll_limit > 0:
                self._scroll(name, -delta * self.view.metrics.px(80))
                return True
        return False

    def _scroll(self, name: str, distance: float) -> None:
        limit = self.sections[name].scroll_limit
        scroll = self.view.local.scroll
        scroll[name] = min(max(scroll.get(name, 0.0) + distance, 0.0), limit)
        self.dirty = True

    def _slide_to(self, value: float) -> None:
        assert self._drag is not None
        changes: dict[str, Any] = {name: value for name in self._drag.fields}
        if self._drag.pause:
            changes["playing"] = False
        self.store.update(**changes)

    def _settle(self, slide: Slide) -> None:
        if slide.settle is not None:
            value = getattr(self.store.state, slide.settle)
            self.store.update(**{slide.settle: float(round(value))})

    # -- keyboard ----------------------------------------------------------------------------------

    def action(self, name: str) -> bool:
        """One action of the action map. True if the HUD took it."""
        if name in MENUS:
            self.store.update(menu=None if self.view.state.menu == name else name)
            return True
        match name:
            case "focus_next" | "focus_previous":
                return self._move_focus(next_focus(self.root, self.view.local.focus, name == "focus_next"))
            case "focus_left" | "focus_right" | "focus_up" | "focus_down":
                return self._arrow(name.removeprefix("focus_"))
            case "activate":
                return self._activate()
            case "back":
                return self._back()
        return False

    def perform(self, action: Action | None) -> None:
        """Carry out what a widget stands for."""
        match action:
            case Change(changes):
                self.store.update(**dict(changes))
            case Command(name, value):
                self.on_command(name, value)

    def _focused(self) -> Widget | None:
        local = self.view.local
        return self.find(local.focus) if local.focus and local.focus_visible else None

    def _focus_rect(self) -> Rect | None:
        widget = self._focused()
        return None if widget is None else widget.rect

    def _show_focus(self, visible: bool) -> None:
        if visible != self.view.local.focus_visible:
            self.view.local.focus_visible = visible
            self.dirty = True

    def _move_focus(self, target: Widget | None) -> bool:
        if target is None:
            return False
        self.view.local.focus = target.id
        self._show_focus(True)
        self._reveal(target)
        self.dirty = True
        return True

    def _reveal(self, widget: Widget) -> None:
        """Scroll so that the focused widget is inside its section."""
        for name, section in self.sections.items():
            clip = section.clip
            if clip is None or section.scroll_limit <= 0:
                continue
            if any(w.find(widget.id) for w in section.widgets):
                below = max(widget.rect.bottom - clip.bottom, 0.0)
                above = min(widget.rect.y - clip.y, 0.0)
                self._scroll(name, below or above)

    def _arrow(self, direction: str) -> bool:
        widget = self._focused()
        if widget is None:
            return False
        slide = widget.slide
        if slide is not None and direction in ("left", "right"):
            value = slide.value + slide.step * (1 if direction == "right" else -1)
            value = min(max(value, slide.low), slide.high)
            if slide.settle is not None:
                self.store.update(**{slide.settle: float(round(value)), "playing": False})
            else:
                self.store.update(**{name: value for name in slide.fields})
            return True
        return self._move_focus(toward(self.root, widget, direction))

    def _activate(self) -> bool:
        widget = self._focused()
        if widget is None:
            return False
        self.perform(widget.action)
        return True

    def _back(self) -> bool:
        state, local = self.view.state, self.view.local
        if state.menu is not None:
            self.store.update(menu=None)
        elif state.selection is not None:
            self.store.update(selection=None)
        elif local.focus_visible:
            local.focus = None
            self._show_focus(False)
        else:
            return False
        return True
