"""What hangs on the front of a wall: drawn only from where it can be read."""

from __future__ import annotations

import panda3d.core as p3d

from explorer.state import State
from explorer.world.displays import FACE
from explorer.world.exhibits import ExhibitPlace
from explorer.world.valley import Frame, Vec3


class Faced:
    """The part of an exhibit that all walls share. What is drawn hangs under `_face`."""

    def __init__(self, place: ExhibitPlace) -> None:
        self._place = place
        self.root = p3d.NodePath(place.id)
        self._face = self.root.attach_new_node("face")

    def update(self, state: State, eye: Vec3, dt: float) -> None:
        """Only the uniform `moment` moves it; from behind, nothing of its face is drawn."""
        if (behind := eye[1] > FACE) == self._face.is_hidden():
            return
        if behind:
            self._face.hide()
        else:
            self._face.show()

    def leave(self) -> None:
        """Nothing goes on out of sight."""

    def clean_up(self) -> None:
        """All of it hangs under the root."""

    def _at(self, x: float, z: float) -> Frame:
        """Where a line of text is written: metres right of the wall's middle and above its foot."""
        return Frame(self._place.frame.to_world((x, FACE - 0.03, z)), self._place.frame.yaw)
