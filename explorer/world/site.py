"""A network, laid out and furnished by a scene file: everything about a place that needs no graphics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from assetgen.pack import Architecture
from explorer.world.layout import lay_out
from explorer.world.levers import Lever, layer_levers, lever_places
from explorer.world.picking import Picker, layer_targets
from explorer.world.places import Places, furnish
from explorer.world.pointing import targets_of, word_targets
from explorer.world.rails import Pose, look_at
from explorer.world.scene import Scene
from explorer.world.scene_load import fit, load_scene, view_of
from explorer.world.valley import Valley


class Site(msgspec.Struct, frozen=True):
    """One model's valley as one scene shows it."""

    file: Path
    architecture: Architecture
    scene: Scene
    valley: Valley
    places: Places

    @classmethod
    def build(
        cls,
        architecture: Architecture,
        file: Path,
        models: Mapping[str, Architecture] | None = None,
        texts: Collection[str] | None = None,
    ) -> Site:
        """`models` stand beside it in the Annex; of `texts`, keys, the scene may name any.

        Raises SceneError or LayoutError, each one readable line.
        """
        scene = load_scene(file, texts)
        valley = lay_out(architecture, scene.layout)
        valley.models = models or {}
        scene = fit(scene, valley)
        return cls(file, architecture, scene, valley, furnish(valley, scene))

    def view(self, camera: str | None = None) -> Pose:
        """The pose of a camera, by default the one at which a visit begins; ValueError names those there are."""
        name = camera or self.scene.start
        if name not in self.scene.cameras:
            known = ", ".join(self.scene.cameras)
            raise ValueError(f"{self.file}: no camera {name!r}; there is {known}")
        view = self.scene.cameras[name]
        return look_at(*view_of(view, self.valley), view.fov)

    def pose_at(self, place: str) -> Pose | None:
        """Where to stand to see a spot, a camera, a room (`unit:<id>`) or an anchor; None if there is no such place."""
        name = place.removeprefix("station:")
        camera = next((s.camera for s in self.scene.spots if name in (s.id, s.title)), name)
        if camera in self.scene.cameras:
            return self.view(camera)
        frame = self.valley.anchors.get(place)
        if frame is None:
            return None
        away = 3.3 if place.startswith("unit:") else 9.0
        return look_at(frame.to_world((0.0, -away, 1.7)), frame.to_world((0.0, 6.0, 3.0)), 78)

    def picker(
        self, unfolded: str | None, words: Sequence[int | None], cut: Iterable[str] = ()
    ) -> Picker:
        """What can be pointed at: what stands there, the layers of an unfolded room, the tower's words, levers.

        `cut` are the ids of parts that have a lever.
        """
        room = self.valley.room(unfolded) if unfolded else None
        unit = next((u for u in self.architecture.units if room and u.id == room.unit), None)
        layers = layer_targets(room, [x.id for x in unit.layers]) if room and unit else []
        fixed = targets_of(self.valley, self.places)
        levers = [lever.target for lever in self.levers(unfolded, cut)]
        return Picker(
            [*fixed, *layers, *word_targets(self.places, list(words)), *levers], self.valley.ground
        )

    def levers(self, unfolded: str | None, cut: Iterable[str]) -> list[Lever]:
        """Levers of the parts `cut`: of rooms, of bridges, and of the layers of an unfolded room."""
        parts = list(cut)
        room = self.valley.room(unfolded) if unfolded else None
        unit = next((u for u in self.architecture.units if room and u.id == room.unit), None)
        inside = layer_levers(room, [x.id for x in unit.layers], parts) if room and unit else []
        return [*lever_places(self.valley, parts), *inside]
