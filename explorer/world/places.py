"""What a scene's stations need of the world: where canvases hang, what can be stood on, what blocks the way."""

from __future__ import annotations

import msgspec

from explorer.world import stations as kinds
from explorer.world.exhibits import ExhibitPlace, place_exhibit
from explorer.world.scene import Scene
from explorer.world.scene_load import resolve
from explorer.world.valley import Deck, Frame, Valley, Vec3, Wall

PLINTH = 0.45
"""Height of the gallery's floor."""
LINTEL = 1.75
"""From the largest canvas of a gallery to its roof: the prompt's words hang there."""
LOOKOUT = 5.0
"""Length of the level platform at the far end of a rising jetty."""
NOTICE_FOOT, NOTICE = 0.36, 1.06
"""Lower and upper edge of a notice: one sees the valley over it, metres."""
SIZES = {"x_t": "size", "noise": "size", "x0": "main_size"}


class CanvasPlace(msgspec.Struct, frozen=True):
    """A picture on a wall. The frame's origin is the picture's centre; it faces the frame's −y."""

    id: str
    shows: str
    frame: Frame
    size: float
    border: float = 0.35
    batch: str = ""
    """Canvases of one batch are drawn as one; by default each alone."""


class GalleryPlace(msgspec.Struct, frozen=True):
    """A pavilion for canvases; the frame's origin is the middle of its front edge, on the ground."""

    station: kinds.Gallery
    frame: Frame
    width: float
    height: float
    canvases: tuple[CanvasPlace, ...]


class Places(msgspec.Struct):
    """Everything that stands in the world besides rooms, placed."""

    canvases: list[CanvasPlace] = msgspec.field(default_factory=list)
    galleries: list[GalleryPlace] = msgspec.field(default_factory=list)
    tower: tuple[kinds.WordTower, Frame] | None = None
    clock: tuple[kinds.Clock, Frame] | None = None
    exhibits: list[ExhibitPlace] = msgspec.field(default_factory=list)
    others: list[tuple[kinds.AnyStation, Frame]] = msgspec.field(default_factory=list)


def furnish(valley: Valley, scene: Scene) -> Places:
    """Place the scene's stations; adds what they carry and block to the valley's decks and walls."""
    places = Places()
    for station in scene.stations:
        frame = resolve(station.at, valley)
        match station:
            case kinds.Gallery():
                gallery = _gallery(station, frame)
                places.galleries.append(gallery)
                places.canvases += gallery.canvases
                _gallery_solids(valley, gallery)
            case kinds.Canvas():
                size = station.size * station.scale
                raised = Frame(frame.to_world((0.0, 0.0, size / 2 + 1.2)), frame.yaw)
                places.canvases.append(
                    CanvasPlace(station.id, station.shows, raised, size, station.frame)
                )
                _block(valley, frame, (size + 0.7, 0.5, size + 2))
            case kinds.RoomCanvas():
                places.canvases += room_canvases(station, valley)
            case kinds.Billboard(array=str(array)):
                size = station.size * station.scale
                raised = Frame(frame.to_world((0.0, 0.0, size / 2 + 1.0)), frame.yaw)
                places.canvases.append(CanvasPlace(station.id, array, raised, size, 0.2))
                _block(valley, frame, (size + 0.4, 0.5, size + 1))
            case kinds.WordTower():
                places.tower = (station, frame)
                _block(valley, frame, (station.width * 1.45, 13.0, station.height))
            case kinds.Exhibit():
                if place := place_exhibit(station, frame, valley, places.exhibits):
                    places.exhibits.append(place)
            case kinds.Clock():
                places.clock = (station, frame)
            case kinds.Jetty():
                half, far, rise = station.width / 2, -station.length, station.rise
                _slope(valley, frame, half, (far, rise), (far + LOOKOUT, rise))
                _slope(valley, frame, half, (far + LOOKOUT, rise), (0.0, 0.0))
                _slope(valley, frame, half, (0.0, 0.0), (4.4, 0.0))
                for x in (-half, half):
                    a, b = frame.to_world((x, far, 0.0)), frame.to_world((x, 0.0, 0.0))
                    valley.walls.append(Wall(a[:2], b[:2], a[2] - 1, a[2] + rise + 1.1, 0.1))
                places.others.append((station, frame))
            case kinds.Notice():
                _block(valley, frame, (station.width, 0.1, NOTICE))
                places.others.append((station, frame))
            case kinds.Box():
                _block(valley, frame, station.size)
                places.others.append((station, frame))
            case _:
                places.others.append((station, frame))
    return places


def _gallery(station: kinds.Gallery, frame: Frame) -> GalleryPlace:
    """Canvases left to right, centres on one line, the wall behind them."""
    k = station.scale
    sizes = [getattr(station, SIZES[name]) * k for name in station.shows]
    gap = (station.gap + 0.8) * k
    width = sum(sizes) + gap * (len(sizes) + 1)
    centre = PLINTH + 1.75 + max(sizes) / 2
    x, canvases = -width / 2, []
    for name, size in zip(station.shows, sizes, strict=True):
        x += gap + size / 2
        place = Frame(frame.to_world((x, 5.6, centre)), frame.yaw)
        canvases.append(CanvasPlace(f"canvas:{name}", name, place, size))
        x += size / 2
    height = centre + max(sizes) / 2 + LINTEL
    return GalleryPlace(station, frame, width, height, tuple(canvases))


def room_canvases(station: kinds.RoomCanvas, valley: Valley) -> list[CanvasPlace]:
    """One picture on the left wall of each room that has 1.2 m for it, framed."""
    canvases = []
    for room in valley.rooms:
        size = min(station.size * station.scale, room.depth - 2.6, room.height - 3.2)
        if size >= 1.2:
            at = (-room.width / 2 + 0.05, 0.6 + room.depth / 2, 0.9 + room.height * 0.40)
            place = Frame(room.frame.to_world(at), room.frame.yaw + 90.0)
            canvases.append(
                CanvasPlace(f"canvas:{station.shows}", station.shows, place, size, 0.16, station.id)
            )
    return canvases


def _gallery_solids(valley: Valley, gallery: GalleryPlace) -> None:
    w, frame = gallery.width / 2, gallery.frame
    _deck(valley, frame, -w - 0.6, w + 0.6, -0.6, 6.4, PLINTH)
    a, b = frame.to_world((-w, 5.8, 0.0)), frame.to_world((w, 5.8, 0.0))
    valley.walls.append(Wall(a[:2], b[:2], a[2] - 12, a[2] + gallery.height, 0.7))


def _deck(
    valley: Valley, frame: Frame, x0: float, x1: float, y0: float, y1: float, z: float
) -> None:
    corners = [frame.to_world(p) for p in ((x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z))]
    valley.decks.append(Deck(tuple(corners)))  # type: ignore[arg-type]


def _slope(
    valley: Valley, frame: Frame, half: float, a: tuple[float, float], b: tuple[float, float]
) -> None:
    """A walkway of half-width `half` between two (y, z) in the frame."""
    (y0, z0), (y1, z1) = a, b
    corners = [
        frame.to_world(p)
        for p in ((-half, y0, z0), (half, y0, z0), (half, y1, z1), (-half, y1, z1))
    ]
    valley.decks.append(Deck(tuple(corners)))  # type: ignore[arg-type]


def _block(valley: Valley, frame: Frame, size: Vec3) -> None:
    """Four walls around a box standing on the frame's origin."""
    w, d = size[0] / 2, size[1] / 2
    z = frame.origin[2]
    corners = [frame.to_world(p)[:2] for p in ((-w, -d, 0), (w, -d, 0), (w, d, 0), (-w, d, 0))]
    for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
        valley.walls.append(Wall(a, b, z - 0.5, z + size[2], 0.2))


def tile_frames(
    tower: kinds.WordTower, frame: Frame, count: int
) -> list[tuple[Frame, float, float]]:
    """Frame (centre of the tile's face), width and height of `count` word tiles, first word lowest."""
    low, high = 5.0, tower.height - 2.5
    pitch = min((high - low) / max(count, 1), 4.0)
    width, height = tower.width * 0.91, min(pitch * 0.74, 2.56)
    start = (low + high - pitch * (count - 1)) / 2
    return [
        (
            Frame(frame.to_world((0.0, -tower.width * 0.42, start + pitch * i)), frame.yaw),
            width,
            height,
        )
        for i in range(count)
    ]
