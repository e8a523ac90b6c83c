"""What every exhibit is, and who looks after them: built on a quiet frame when one comes near, hidden when far.

The stone of an exhibit (`stones`) belongs to the static world. Everything that follows the run is made here, so that a
visit starts without it, and what is out of reach costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import dist
from typing import Any, Protocol

import panda3d.core as p3d

from explorer.state import State
from explorer.story.texts import Texts
from explorer.view.palette import Palette
from explorer.view.quality import Quality
from explorer.view.textures import RunArrays
from explorer.world.exhibits import ExhibitPlace
from explorer.world.stations import Exhibit as Station
from explorer.world.valley import Vec3

QUIET_FRAMES = 4
"""Frames drawn before the first exhibit is built: the first picture does not wait for any."""
HYSTERESIS = 1.1
"""What is shown stays until it is this much farther away than its reach."""


@dataclass(frozen=True)
class Setting:
    """What an exhibit is made from besides its place."""

    base: Any
    texts: Texts
    palette: Palette
    quality: Quality


@dataclass(frozen=True)
class Shown:
    """The run to show: its arrays, and its textures that are on the graphics card already."""

    run: RunArrays
    textures: Mapping[str, p3d.Texture]


class Exhibit(Protocol):
    """The part of an exhibit that follows the run. World coordinates; `root` is hung under the world."""

    root: p3d.NodePath

    def dress(self, shown: Shown, state: State) -> None:
        """Show a run; called again when its full resolution, or another run, is there."""

    def follow(self, state: State) -> None:
        """The store changed in something but time: `step` is the uniform `moment`, set by the world."""

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """Once a frame while shown; `eye` in the exhibit's own axes."""

    def clean_up(self) -> None:
        """Give back what is not under `root`."""


Maker = Callable[[ExhibitPlace, Setting], Exhibit]


class Exhibition:
    """The scene's exhibits under `parent`."""

    def __init__(
        self,
        places: list[ExhibitPlace],
        makers: Mapping[type[Station], Maker],
        setting: Setting,
        parent: p3d.NodePath,
    ) -> None:
        self._places, self._makers, self._setting, self._parent = places, makers, setting, parent
        self._built: dict[str, Exhibit] = {}
        self._shown: Shown | None = None
        self._frames = 0

    @property
    def built(self) -> Mapping[str, Exhibit]:
        """Exhibits made so far, by the id of their station."""
        return self._built

    def dress(self, shown: Shown, state: State) -> None:
        """Show another run, or the same one at full resolution."""
        self._shown = shown
        for exhibit in self._built.values():
            exhibit.dress(shown, state)

    def follow(self, state: State) -> None:
        for exhibit in self._built.values():
            exhibit.follow(state)

    @property
    def heard(self) -> str | None:
        """Caption of what is heard here, from the first exhibit that sounds."""
        for exhibit in self._built.values():
            if not exhibit.root.is_hidden() and (caption := getattr(exhibit, "heard", None)):
                return str(caption)
        return None

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """Once a frame: at most one exhibit is built in it."""
        self._frames += 1
        may_build = self._frames > QUIET_FRAMES
        for place in self._places:
            may_build = not self._attend(place, state, eye, dt, may_build=may_build) and may_build

    def complete(self, state: State, eye: Vec3) -> None:
        """Build all that can be seen from here at once (pictures, tests)."""
        for place in self._places:
            self._attend(place, state, eye, 0.0, may_build=True)

    def _attend(
        self, place: ExhibitPlace, state: State, eye: Vec3, dt: float, *, may_build: bool
    ) -> bool:
        """Show, hide or build one exhibit; True if it was built."""
        away, reach = dist(place.frame.origin, eye), place.station.reach
        exhibit = self._built.get(place.id)
        if exhibit is None:
            if not may_build or self._shown is None or away > reach:
                return False
            exhibit = self._makers[type(place.station)](place, self._setting)
            exhibit.root.reparent_to(self._parent)
            exhibit.dress(self._shown, state)
            exhibit.follow(state)
            exhibit.update(state, place.frame.to_local(eye), dt)
            self._built[place.id] = exhibit
            return True
        hidden = exhibit.root.is_hidden()
        if away > reach * HYSTERESIS:
            if not hidden:
                exhibit.root.hide()
        elif hidden and away <= reach:
            exhibit.root.show()
            hidden = False
        if not exhibit.root.is_hidden():
            exhibit.update(state, place.frame.to_local(eye), dt)
        return False

    def clean_up(self) -> None:
        for exhibit in self._built.values():
            exhibit.clean_up()
            exhibit.root.remove_node()
        self._built.clear()
