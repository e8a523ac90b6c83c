"""The action map: every action with its bindings, read from config/controls.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from explorer.schema import Base, about
from explorer.typed_yaml import decode
from explorer.world.fields import Identifier, TextKey
from explorer.yaml_nodes import Place, YamlError, compose, nearest

Group = Literal["move", "look", "places", "time", "show", "interface"]
MODIFIERS = ("shift", "control", "alt")
"""In the order in which they are written before a key."""
KEYS = frozenset(
    [chr(c) for c in range(ord("a"), ord("z") + 1)]
    + [*"0123456789,.;/'[]\\`-=+*#<"]
    + [f"f{n}" for n in range(1, 17)]
    + [f"arrow_{d}" for d in ("left", "right", "up", "down")]
    + ["space", "enter", "escape", "tab", "backspace", "insert", "delete", "home", "end"]
    + ["page_up", "page_down", "shift", "control", "alt", "menu", "pause", "print_screen"]
)
MOUSE = frozenset(["mouse1", "mouse2", "mouse3", "mouse4", "mouse5", "wheel_up", "wheel_down"])
AXES = ("left_x", "left_y", "right_x", "right_y", "left_trigger", "right_trigger")
GAMEPAD = frozenset(
    [f"{axis}{sign}" for axis in AXES[:4] for sign in "+-"]
    + [*AXES[4:], "start", "back", "guide", "lstick", "rstick", "lshoulder", "rshoulder"]
    + [f"face_{n}" for n in "abxy"]
    + [f"dpad_{d}" for d in ("left", "right", "up", "down")]
)


class Action(Base, frozen=True, kw_only=True):
    """Something a visitor can do."""

    id: Annotated[Identifier, about("what the application receives")]
    group: Annotated[Group, about("heading under which help lists it")]
    title: Annotated[TextKey, about("its name")]
    hold: Annotated[bool, about("acts while held, instead of once")] = False
    keys: Annotated[list[str], about("keys, by Panda3D's names; modifiers as in shift-tab")] = []
    mouse: Annotated[list[str], about("mouse buttons")] = []
    gamepad: Annotated[list[str], about("gamepad buttons, or axes with a sign")] = []
    touch: Annotated[
        Literal["tap", "drag", "button"] | None, about("gesture, or a button on the screen")
    ] = None


class ControlsFile(Base, frozen=True, kw_only=True):
    """config/controls.yaml."""

    format: Annotated[Literal[1], about("version of this schema")]
    actions: Annotated[list[Action], about("every action, once", min_length=1)]


class Actions(msgspec.Struct, frozen=True):
    """All actions, by id and by binding. Tapping and dragging may share a button."""

    by_id: Mapping[str, Action]
    by_key: Mapping[str, Action]
    by_gamepad: Mapping[str, Action]

    def __iter__(self) -> Iterator[Action]:
        return iter(self.by_id.values())

    def for_key(self, key: str, held: frozenset[str] | set[str]) -> Action | None:
        """The action of a pressed key: with the held modifiers if bound so, else without."""
        prefix = "".join(f"{m}-" for m in MODIFIERS if m in held and m != key)
        return self.by_key.get(prefix + key) or self.by_key.get(key)


def load_actions(path: Path) -> Actions:
    """Read and check the action map; raises `YamlError`."""
    file, places = decode(compose(path), ControlsFile)
    by_id: dict[str, Action] = {}
    bound: dict[str, dict[str, Action]] = {"keys": {}, "mouse": {}, "gamepad": {}}
    known = {"keys": KEYS, "mouse": MOUSE, "gamepad": GAMEPAD}
    for action in file.actions:
        path_of = f"actions[{action.id}]"
        if action.id in by_id:
            raise YamlError(places[f"{path_of}.id"], path_of, "each action once", "it twice")
        by_id[action.id] = action
        for device, names in known.items():
            for i, binding in enumerate(getattr(action, device)):
                where = f"{path_of}.{device}[{i}]"
                _check_name(binding, names, device, places[where], where)
                other = bound[device].setdefault(binding, action)
                if other is not action and device != "mouse":
                    found = f"{binding!r}, which {other.id!r} has"
                    raise YamlError(places[where], where, "a binding of its own", found)
    return Actions(by_id, bound["keys"], bound["gamepad"])


def _check_name(binding: str, known: frozenset[str], device: str, place: Place, path: str) -> None:
    name = binding.removeprefix("raw-")
    if device == "keys" and binding == name:
        for modifier in MODIFIERS:
            if name != modifier:
                name = name.removeprefix(f"{modifier}-")
    if name not in known:
        expected = {"keys": "a key", "mouse": "a mouse button", "gamepad": "a gamepad control"}
        raise YamlError(place, path, expected[device], repr(binding) + nearest(name, sorted(known)))
