"""What each action of config/controls.yaml does. One table; the HUD is asked first for those in `FOR_HUD`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.hud.timeline import SPEEDS
from explorer.state import State, Store, play_or_pause
from explorer.story.view_code import LENGTH, plain

if TYPE_CHECKING:
    from explorer.app import App

FOR_HUD = {
    "next_focus": "focus_next",
    "previous_focus": "focus_previous",
    "activate": "activate",
    "back": "back",
}


def run(app: App, name: str, at: tuple[float, float] | None) -> None:
    """Perform an action by id; unknown ids are ignored, so that a controls file may name future ones."""
    if name.startswith("spot_"):
        spot = next((s for s in app.site.scene.spots if s.key == name[5:]), None)
        if spot:
            app.go_to(spot.id)
    elif name in _STATE:
        app.store.update(**_STATE[name](app.store.state))
    elif name in _APP:
        _APP[name](app, at)


def typed(store: Store, name: str) -> bool:
    """While the take-away sheet is open, letters and digits are typed; True if the key was used up."""
    state = store.state
    key = name.removeprefix("raw-")
    if state.menu != "share" or not (key == "backspace" or (len(key) == 1 and key.isalnum())):
        return False
    if not name.startswith("raw-"):  # the same key comes by its place on the keyboard, too
        text = state.typed[:-1] if key == "backspace" else state.typed + plain(key)
        store.update(typed=text[:LENGTH])
    return True


def _step(by: int) -> Callable[[State], dict[str, Any]]:
    return lambda s: {"target": float(round(s.target) + by), "playing": False}


def _menu(name: str) -> Callable[[State], dict[str, Any]]:
    return lambda s: {"menu": None if s.menu == name else name}


def _speed(by: int) -> Callable[[State], dict[str, Any]]:
    def change(s: State) -> dict[str, Any]:
        beyond = [speed for speed in SPEEDS if (speed - s.speed) * by > 1e-6]
        return {"speed": min(beyond, key=lambda speed: abs(speed - s.speed), default=s.speed)}

    return change


def _overlay(s: State) -> dict[str, Any]:
    return {"overlay": not s.overlay, "word": s.word if s.word is not None else 1}


def _unfold(s: State) -> dict[str, Any]:
    unit = (
        s.selection.removeprefix("unit:")
        if s.selection and s.selection.startswith("unit:")
        else None
    )
    return {"unfolded": None if s.unfolded else unit}


def _back(s: State) -> dict[str, Any]:
    if s.menu:
        return {"menu": None}
    if s.unfolded:
        return {"unfolded": None}
    return {"selection": None}


_STATE: dict[str, Callable[[State], dict[str, Any]]] = {
    "play": play_or_pause,
    "previous_step": _step(-1),
    "next_step": _step(1),
    "first_step": lambda s: {"target": 0.0, "playing": False},
    "last_step": lambda s: {"target": float(s.steps - 1), "playing": False},
    "faster": _speed(1),
    "slower": _speed(-1),
    "overlay": _overlay,
    "decoded": lambda s: {"decoded": not s.decoded},
    "split": lambda s: {"split": 0.5 if s.split is None else None},
    "unfold": _unfold,
    "mute": lambda s: {"muted": not s.muted},
    "prompts": _menu("prompts"),
    "settings": _menu("settings"),
    "help": _menu("help"),
    "tours": _menu("tours"),
    "discoveries": _menu("discoveries"),
    "share": _menu("share"),
    "track": lambda s: {"track": not s.track},
    "map": _menu("map"),
    "back": _back,
}


def _select(app: App, at: tuple[float, float] | None) -> None:
    if at is not None:
        app.select(*at)


def _fly(app: App, at: tuple[float, float] | None) -> None:
    app.rig.set_flying(not app.rig.flying)
    app.store.update(flying=app.rig.flying)


def _start(app: App, at: tuple[float, float] | None) -> None:
    app.go_to(app.site.scene.start)


def _fullscreen(app: App, at: tuple[float, float] | None) -> None:
    import panda3d.core as p3d

    properties = p3d.WindowProperties()
    full = not app.base.win.get_properties().fullscreen
    pipe = app.base.pipe
    properties.fullscreen = full
    if full:
        app.windowed = app.size
    native = (pipe.get_display_width(), pipe.get_display_height())
    properties.set_size(*(native if full else app.windowed))
    app.base.win.request_properties(properties)


def _screenshot(app: App, at: tuple[float, float] | None) -> None:
    from explorer.capture import save_screenshot

    name = Path(f"screenshot-{datetime.now():%Y%m%d-%H%M%S}.png")
    save_screenshot(app.base, name)
    app.store.update(message=app.texts.get("app.saved", file=str(name.resolve())))


def _activate(app: App, at: tuple[float, float] | None) -> None:
    state = app.store.state
    if state.menu == "share":
        if len(state.typed) == LENGTH:
            app.takeaway.open(state.typed)
        return
    width, height = app.size
    app.select(width / 2, height / 2)


def _tour(name: str) -> Callable[[App, tuple[float, float] | None], None]:
    return lambda app, at: app.guide.command(name)


_APP: dict[str, Callable[[App, tuple[float, float] | None], None]] = {
    "select": _select,
    "activate": _activate,
    "fly": _fly,
    "start": _start,
    "fullscreen": _fullscreen,
    "screenshot": _screenshot,
    "tour_toggle": _tour("toggle"),
    "tour_next": _tour("next"),
    "tour_back": _tour("back"),
    "tour_end": _tour("end"),
}


def ask(app: App, name: str, value: Any) -> None:
    """What only the application can do, asked for by the HUD."""
    if name == "open_run":
        app.open(*value)
    elif name == "open_model":
        entry = app.runs.choose(str(value), None, app.settings.run)
        app.open(entry.model, entry.id)
    elif name == "teleport":
        app.go_to(str(value))
        if app.store.state.menu == "map":  # one wants to see where one went
            app.store.update(menu=None)
    elif name == "tour":
        app.guide.command(*value)
    elif name == "hold":
        app.input.hold(*value)
    elif name == "open_code":
        app.takeaway.open(str(value))
    elif name == "postcard":
        app.takeaway.save_postcard()
    elif name == "kiosk":
        app.on_kiosk(*value)
