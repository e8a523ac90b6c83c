"""Pointer and keys: what they do to the HUD. Changes leave only through the store or `on_command`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explorer.hud.focus import next_focus, toward
from explorer.hud.model import HudModel
from explorer.hud.widget import Action, Change, Command, Slide

OnCommand = Callable[[str, Any], None]

MENUS = ("prompts", "help", "settings", "map", "tours", "discoveries", "share")
SCROLLING = ("sheet_body", "reading_body")
NOTCH = 80
"""Reference pixels that one notch of the wheel scrolls."""


class HudInput:
    """A press acts when it is released over the same widget; a slider follows at once."""

    def __init__(self, model: HudModel, on_command: OnCommand | None = None) -> None:
        self.model = model
        self.store = model.store
        self.on_command: OnCommand = on_command or (lambda name, value: None)
        self._drag: Slide | None = None
        self._held: str | None = None

    def pointer(self, kind: str, x: float, y: float, button: int = 1, delta: float = 0.0) -> bool:
        """One pointer event in window pixels. True if the HUD took it."""
        self.model.refresh()
        match kind:
            case "wheel":
                return self._wheel(x, y, delta)
            case "move":
                return self._move(x, y)
            case "down" if button == 1:
                return self._down(x, y)
            case "up" if button == 1:
                return self._up(x, y)
        return self.model.at(x, y)[1]

    def action(self, name: str) -> bool:
        """One action of the action map. True if the HUD took it."""
        model = self.model
        if name in MENUS:
            self.store.update(menu=None if self.store.state.menu == name else name)
            return True
        match name:
            case "focus_next" | "focus_previous":
                forward = name == "focus_next"
                target = next_focus(model.root, model.view.local.focus, forward)
                if target is not None:
                    model.focus(target)
                return target is not None
            case "focus_left" | "focus_right" | "focus_up" | "focus_down":
                return self._arrow(name.removeprefix("focus_"))
            case "activate":
                widget = model.focused
                if widget is not None:
                    self.perform(widget.action)
                return widget is not None
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

    def release(self) -> None:
        """Nothing is pressed any more, and nothing acts."""
        self._drag = self._held = None

    def _move(self, x: float, y: float) -> bool:
        local = self.model.view.local
        if self._drag is not None:
            self._slide(self._drag, x)
            return True
        target, covered = self.model.at(x, y)
        hover = target.id if target else None
        if hover != local.hover:
            local.hover, self.model.dirty = hover, True
        return covered or local.pressed is not None

    def _down(self, x: float, y: float) -> bool:
        model, local = self.model, self.model.view.local
        target, covered = model.at(x, y)
        model.show_focus(False)
        if target is None:
            if not covered and self.store.state.menu is not None:
                self.store.update(menu=None)
                return True
            return covered
        local.pressed, local.focus, model.dirty = target.id, target.id, True
        if target.hold is not None:
            self._held = target.hold
            self.on_command("hold", (target.hold, True))
        if target.slide is not None:
            self._drag = target.slide
            self._slide(target.slide, x)
        return True

    def _up(self, x: float, y: float) -> bool:
        model, local = self.model, self.model.view.local
        target, covered = model.at(x, y)
        pressed, local.pressed = local.pressed, None
        if self._held is not None:
            self.on_command("hold", (self._held, False))
            self._held = None
        if pressed is None:
            return covered
        model.dirty = True
        if self._drag is not None:
            self._slide(self._drag, x)  # it may have moved since the last frame
            self._settle(self._drag)
            self._drag = None
        elif target is not None and target.id == pressed:
            self.perform(target.action)
        return True

    def _wheel(self, x: float, y: float, delta: float) -> bool:
        for name in SCROLLING:
            section = self.model.sections[name]
            clip = section.clip
            if clip is not None and clip.contains(x, y) and section.scroll_limit > 0:
                self.model.scroll(name, -delta * self.model.view.metrics.px(NOTCH))
                return True
        return self.model.at(x, y)[1]

    def _slide(self, slide: Slide, x: float) -> None:
        if slide.command is not None:
            self.on_command(slide.command, ("seek", slide.at(x)))
            return
        changes: dict[str, Any] = {name: slide.at(x) for name in slide.fields}
        if slide.pause:
            changes["playing"] = False
        self.store.update(**changes)

    def _settle(self, slide: Slide) -> None:
        """After a drag the timeline heads for the nearest recorded step."""
        if slide.settle is not None:
            value = getattr(self.store.state, slide.settle)
            self.store.update(**{slide.settle: float(round(value))})

    def _arrow(self, direction: str) -> bool:
        widget = self.model.focused
        if widget is None:
            return False
        slide = widget.slide
        if slide is None or direction in ("up", "down"):
            target = toward(self.model.root, widget, direction)
            if target is not None:
                self.model.focus(target)
            return target is not None
        value = slide.value + slide.step * (1 if direction == "right" else -1)
        value = min(max(value, slide.low), slide.high)
        if slide.command is not None:
            self.on_command(slide.command, ("seek", value))
        elif slide.settle is not None:
            self.store.update(**{slide.settle: float(round(value)), "playing": False})
        else:
            self.store.update(**{name: value for name in slide.fields})
        return True

    def _back(self) -> bool:
        """Leave the innermost thing: an overlay, the selection, the focus."""
        model, state = self.model, self.store.state
        if state.menu is not None:
            self.store.update(menu=None)
        elif state.selection is not None:
            self.store.update(selection=None)
        elif model.view.local.focus_visible:
            model.view.local.focus = None
            model.show_focus(False)
        else:
            return False
        return True
