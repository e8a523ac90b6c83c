"""Everything in the world that can be pointed at, as picking targets."""

from __future__ import annotations

from explorer.world import stations as kinds
from explorer.world.exhibits import exhibit_targets
from explorer.world.picking import Target, valley_targets
from explorer.world.places import NOTICE, CanvasPlace, Places, tile_frames
from explorer.world.valley import Frame, Valley, Vec3


def word_targets(places: Places, owners: list[int | None]) -> list[Target]:
    """The word tiles of the tower; `owners` gives the word of each tile, None for begin and end markers."""
    if places.tower is None:
        return []
    tower, frame = places.tower
    targets = []
    for owner, (place, width, height) in zip(
        owners, tile_frames(tower, frame, len(owners)), strict=True
    ):
        low = Frame(place.to_world((0.0, -0.5, -height / 2)), place.yaw)
        if owner is not None:
            targets.append(Target(f"word:{owner}", low, (width, 0.4, height)))
    return targets


def targets_of(valley: Valley, places: Places) -> list[Target]:
    """Rooms, bridges, canvases, tower, clock and other stations."""
    targets = valley_targets(valley)
    for canvas in places.canvases:
        low = Frame(canvas.frame.to_world((0.0, -0.05, -canvas.size / 2)), canvas.frame.yaw)
        targets.append(Target(canvas.id, low, (canvas.size, 0.3, canvas.size)))
    if places.tower:
        tower, frame = places.tower
        front = Frame(frame.to_world((0.0, -5.0, 0.0)), frame.yaw)
        targets.append(Target("tower", front, (tower.width, 9.0, tower.height)))
    if places.clock:
        clock, frame = places.clock
        low = Frame(frame.to_world((0.0, -0.2, -clock.radius)), frame.yaw)
        targets.append(Target("clock", low, (2 * clock.radius, 0.4, 2 * clock.radius)))
    for gallery in places.galleries:
        back = Frame(gallery.frame.to_world((0.0, 5.8, 0.0)), gallery.frame.yaw)
        targets.append(
            Target(f"station:{gallery.station.id}", back, (gallery.width, 0.6, gallery.height))
        )
    for exhibit in places.exhibits:
        targets += exhibit_targets(exhibit)
    for station, frame in places.others:
        wide = 2.0 * station.scale
        size = (wide, wide, wide * 2)
        if isinstance(station, kinds.Notice):
            size = (station.width, 0.2, NOTICE)
        targets.append(Target(f"station:{station.id}", frame, size))
    return targets


def place_on(
    canvas: CanvasPlace, point: Vec3, tiles: tuple[int, int] = (1, 1)
) -> tuple[float, float]:
    """Where a point on a canvas lies in the picture, 0..1 from left and top; `tiles` of it stand side by side."""
    x, _, z = canvas.frame.to_local(point)
    u, v = (
        min(max(share, 0.0), 0.9999) for share in (x / canvas.size + 0.5, 0.5 - z / canvas.size)
    )
    return u * tiles[0] % 1.0, v * tiles[1] % 1.0
