"""What every exhibit is, and who looks after them: made in the background when one comes near, hidden when far.

The stone of an exhibit (`stones`) belongs to the static world. Everything that follows the run is made here, so that a
visit starts without it, what is out of reach costs nothing, and what was left long ago is given back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from math import dist
from pathlib import Path
from typing import Any, Protocol

import msgspec
import panda3d.core as p3d

from assetgen.pack import Architecture, Pack, PackError
from explorer.state import State
from explorer.story.texts import Texts
from explorer.view.lettering import Line, letter
from explorer.view.palette import Palette
from explorer.view.quality import Quality
from explorer.view.textures import RunArrays
from explorer.world.exhibits import ExhibitPlace
from explorer.world.stations import Exhibit as Station
from explorer.world.valley import Frame, Vec3

QUIET_FRAMES = 4
"""Frames drawn before the first exhibit is begun: the first picture shares the machine with none."""
HYSTERESIS = 1.1
"""What is shown stays until it is this much farther away than its reach."""
KEPT = 2
"""Exhibits out of reach that are kept, those left last; the others are made again when one comes back."""


class Setting(msgspec.Struct, frozen=True):
    """What an exhibit is made from besides its place."""

    base: Any
    texts: Texts
    palette: Palette
    quality: Quality
    models: Mapping[str, Architecture] = msgspec.field(default_factory=dict)
    """Architectures that stand beside this one."""


class Shown(msgspec.Struct, frozen=True):
    """The run to show: its arrays, and its textures that are on the graphics card already."""

    run: RunArrays
    textures: Mapping[str, p3d.Texture]


class Exhibit(Protocol):
    """The part of an exhibit that follows the run. World coordinates; `root` is hung under the world."""

    root: p3d.NodePath

    def dress(self, shown: Shown, state: State) -> None:
        """Show a run, at first off the main thread; again when its full resolution is there."""

    def follow(self, state: State) -> None:
        """The store changed in something but time: `step` is the uniform `moment`, set by the world."""

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """Once a frame while shown; `eye` in the exhibit's own axes."""

    def leave(self) -> None:
        """The visitor has gone out of reach."""

    def clean_up(self) -> None:
        """Give back what is not under `root`."""


def not_recorded(
    setting: Setting, frame: Frame, height: float = 0.24, said: str | None = None
) -> p3d.NodePath:
    """What stands where an array would be shown that this run did not record, or another line that says why not."""
    text = said or setting.texts.get("sign.not_recorded")
    return letter("not recorded", [Line(text, frame, height, (150, 178, 212), align="centre")])


class Bare:
    """An exhibit without what it would show: its stone, and a line that says so."""

    def __init__(self, place: ExhibitPlace, setting: Setting, said: str | None = None) -> None:
        (x0, y0, z0), (x1, _, z1) = place.ground.targets[0]
        at = place.frame.to_world(((x0 + x1) / 2, y0 - 0.04, z0 + 0.55 * (z1 - z0)))
        self.root = not_recorded(setting, Frame(at, place.frame.yaw), said=said)

    def dress(self, shown: Shown, state: State) -> None:
        """Another exhibit takes its place when there is a run."""

    def follow(self, state: State) -> None:
        """The same in every state."""

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """It stands still."""

    def leave(self) -> None:
        """Nothing goes on out of sight."""

    def clean_up(self) -> None:
        """All of it hangs under the root."""


Maker = Callable[[ExhibitPlace, Setting], Exhibit]


class Exhibition:
    """The scene's exhibits under `parent`. They are made in the background: no frame waits for one."""

    def __init__(
        self,
        places: list[ExhibitPlace],
        makers: Mapping[type[Station], Maker],
        setting: Setting,
        parent: p3d.NodePath,
        pool: Executor | None = None,
    ) -> None:
        self._places, self._makers, self._setting, self._parent = places, makers, setting, parent
        self._pool = pool or ThreadPoolExecutor(1, "exhibits")
        self._built: dict[str, Exhibit] = {}
        self._coming: dict[str, tuple[Shown | None, Future[Exhibit]]] = {}
        self._left: list[str] = []
        """Those out of reach, longest first."""
        self._shown: Shown | None = None
        self._bare = False
        """There is no run and none is coming: what needs none is made, all others say so."""
        self._frames = 0

    @property
    def built(self) -> Mapping[str, Exhibit]:
        """Exhibits made so far, by the id of their station."""
        return self._built

    @property
    def heard(self) -> str | None:
        """Caption of what is heard here, from the first exhibit that sounds."""
        for exhibit in self._built.values():
            if not exhibit.root.is_hidden() and (caption := getattr(exhibit, "heard", None)):
                return str(caption)
        return None

    def dress(self, shown: Shown, state: State) -> None:
        """Show the same run at full resolution, or another run: then every exhibit is made anew."""
        same = self._shown is not None and self._shown.run.pack is shown.run.pack
        self._shown = shown
        if same:
            for name in self._built:
                self._have(name, lambda exhibit: exhibit.dress(shown, state))
        else:
            self._drop()

    def stand(self) -> None:
        """A model without a run is shown."""
        self._bare = True

    def follow(self, state: State) -> None:
        for name in self._built:
            self._have(name, lambda exhibit: exhibit.follow(state))

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """Once a frame; none is begun in the first frames, and one at a time after that."""
        self._frames += 1
        for place in self._places:
            self._attend(place, state, eye, dt)
            if self._frames > QUIET_FRAMES and not self._coming:
                self._begin(place, state, eye)

    def complete(self, state: State, eye: Vec3) -> None:
        """Wait for all that can be seen from here (pictures, tests)."""
        for place in self._places:
            for _ in range(2):  # what is coming may belong to the run before
                self._begin(place, state, eye)
                if place.id in self._coming:
                    wait([self._coming[place.id][1]])
                self._attend(place, state, eye, 0.0)

    def _begin(self, place: ExhibitPlace, state: State, eye: Vec3) -> None:
        """Make an exhibit that came into reach."""
        shown, away = self._shown, dist(place.frame.origin, eye)
        if shown is None and not self._bare:
            return
        if place.id in self._built or place.id in self._coming:
            return
        if away > place.station.reach:
            return

        def make() -> Exhibit:
            if shown is None and not place.station.lasting:
                return Bare(place, self._setting)
            exhibit = self._makers[type(place.station)](place, self._setting)
            try:
                if shown is not None:
                    exhibit.dress(shown, state)
            except PackError as error:
                exhibit.clean_up()
                return self._instead(place, error)
            return exhibit

        self._coming[place.id] = (shown, self._pool.submit(make))

    def _attend(self, place: ExhibitPlace, state: State, eye: Vec3, dt: float) -> None:
        """Take in an exhibit that is ready; show, hide and update those that are there."""
        if place.id in self._coming and self._coming[place.id][1].done():
            self._take_in(place, state)
        exhibit = self._built.get(place.id)
        if exhibit is None:
            return
        away, reach = dist(place.frame.origin, eye), place.station.reach
        if away > reach * HYSTERESIS:
            if not exhibit.root.is_hidden():
                exhibit.root.hide()
                exhibit.leave()
                self._leave(place.id)
        elif exhibit.root.is_hidden() and away <= reach:
            exhibit.root.show()
            self._left = [name for name in self._left if name != place.id]
        if not exhibit.root.is_hidden():
            self._have(
                place.id, lambda exhibit: exhibit.update(state, place.frame.to_local(eye), dt)
            )

    def _leave(self, name: str) -> None:
        """Keep the last ones only: what was seen in a long visit must not add up."""
        self._left.append(name)
        while len(self._left) > KEPT:
            gone = self._built.pop(self._left.pop(0))
            gone.clean_up()
            gone.root.remove_node()

    def _take_in(self, place: ExhibitPlace, state: State) -> None:
        shown, future = self._coming.pop(place.id)
        exhibit = future.result()
        if _pack(shown) is not _pack(self._shown):
            exhibit.clean_up()  # another run was opened meanwhile
            return
        exhibit.root.reparent_to(self._parent)
        self._built[place.id] = exhibit
        if (now := self._shown) is not None and shown is not now:
            self._have(place.id, lambda exhibit: exhibit.dress(now, state))
        self._have(place.id, lambda exhibit: exhibit.follow(state))

    def _have(self, name: str, act: Callable[[Exhibit], None]) -> None:
        """Have an exhibit do something; where its files turn out to be damaged, a line that says so takes its place."""
        exhibit = self._built[name]
        try:
            act(exhibit)
        except PackError as error:
            exhibit.clean_up()
            exhibit.root.remove_node()
            self._left = [other for other in self._left if other != name]
            place = next(place for place in self._places if place.id == name)
            self._built[name] = instead = self._instead(place, error)
            instead.root.reparent_to(self._parent)

    def _instead(self, place: ExhibitPlace, error: PackError) -> Exhibit:
        print(f"explorer: {error}", file=sys.stderr)
        said = self._setting.texts.get("sign.damaged", file=Path(error.path).name)
        return Bare(place, self._setting, said)

    def _drop(self) -> None:
        for exhibit in self._built.values():
            exhibit.clean_up()
            exhibit.root.remove_node()
        self._built.clear()
        self._left.clear()

    def abandon(self) -> None:
        """Make nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def clean_up(self) -> None:
        self._drop()
        self._shown = None
        self._pool.shutdown(wait=True, cancel_futures=True)
        for _, future in self._coming.values():
            if not future.cancelled() and future.exception() is None:
                future.result().clean_up()
        self._coming.clear()


def _pack(shown: Shown | None) -> Pack | None:
    return None if shown is None else shown.run.pack
