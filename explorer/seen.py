"""What a visitor sees at a pixel of the window, and what happens when it is chosen."""

from __future__ import annotations

from math import dist
from typing import TYPE_CHECKING, Any

from assetgen.pack import Pack
from explorer.story.cuts import lever_at, pulled_by
from explorer.story.noising import level_at
from explorer.story.pixels import Place
from explorer.story.training import checkpoint_at
from explorer.world import stations as kinds
from explorer.world.exhibits import probed, slid
from explorer.world.picking import Hit, ray
from explorer.world.pointing import place_on
from explorer.world.projection import fitted
from explorer.world.valley import Vec3

if TYPE_CHECKING:
    from explorer.app import App


def look_through(app: App, x: float, y: float) -> Vec3:
    """The direction of a look through a pixel (from the top left)."""
    width, height = app.size
    pose = app.rig.pose
    return ray(
        pose.eye, pose.heading, pose.pitch, fitted(pose.fov, width, height),
        2 * x / width - 1, 1 - 2 * y / height, width / height,
    )  # fmt: skip


def pick(app: App, x: float, y: float) -> str | None:
    """The id of what stands at a pixel.

    A canvas that is selected already gives the place of the picture under the pixel.
    """
    hit = app.picker.pick(app.rig.pose.eye, look_through(app, x, y))
    if hit is None:
        return None
    chosen = app.store.state.selection or ""
    if hit.id.startswith("canvas:") and (chosen == hit.id or chosen.startswith("pixel:")):
        return _place_on(app, hit) or hit.id
    return hit.id


def select(app: App, x: float, y: float) -> None:
    """Select what stands at a pixel: on a rail or a board of levers what is there, in the Dig the probe's place."""
    found, state = pick(app, x, y), app.store.state
    place = next((p for p in app.site.places.exhibits if p.id == found), None)
    changes: dict[str, Any] = {}
    if place is not None:
        eye, toward = app.rig.pose.eye, look_through(app, x, y)
        changes["probe"] = probed(place, eye, toward, state.probe, state.step, state.steps)
        share = slid(place, eye, toward)
        if share is not None and app.world.run:
            changes |= _slid_to(place.station, share, app.world.run.pack)
    kind, _, word = (found or "").partition(":")
    if kind == "word" and word.isdigit() and state.overlay:
        # the map that lies over the canvases is that of the word being read about
        changes["word"] = int(word)
    wanted = {"selection": found} | {k: v for k, v in changes.items() if v is not None}
    if wanted["selection"] == state.selection and (part := pulled_by(state.selection)):
        wanted["selection"] = part  # pulled again: put back
    app.store.update(**wanted)


def _slid_to(station: kinds.Exhibit, share: float, pack: Pack) -> dict[str, Any]:
    """What the store is told when an exhibit's rail is pressed at a share 0..1 of it; None: nothing."""
    match station:
        case kinds.Noising():
            return {"noise_level": level_at(share, pack)}
        case kinds.Cuts():
            return {"selection": lever_at(share, pack)}
        case kinds.Training():
            return {"checkpoint": checkpoint_at(share, pack, station.columns)}
    return {}


def _place_on(app: App, hit: Hit) -> str | None:
    """The place of the picture that was hit on a canvas; None where no attention was recorded."""
    alike = [c for c in app.site.places.canvases if c.id == hit.id]
    canvas = min(alike, key=lambda c: dist(c.frame.origin, hit.point), default=None)
    run = app.world.run
    if canvas is None or run is None or not run.pack.has("attention"):
        return None
    u, v = place_on(canvas, hit.point, app.world.tiles_on(canvas))
    return Place(canvas.shows, u, v).id
