"""What shows recorded pixels: feature walls and canvases. Their shaders bypass exposure and fog only lightly."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d

from assetgen.pack import Pack
from explorer.view.mesh import make_geom, make_node
from explorer.view.shaders import load_shader
from explorer.world.places import CanvasPlace
from explorer.world.valley import Frame, Room, Vec3

WALL_COLUMNS = (("vertex", 3), ("cell", 2), ("tile", 4), ("unit", 1))
CANVAS_COLUMNS = (("vertex", 3), ("texcoord", 2))
GAP = 0.10
RELIEF = 0.14


def tiles(room: Room, recorded: int) -> list[tuple[Vec3, float]]:
    """Centre and side of each feature tile of a wall that shows `recorded` channels, in the room's frame."""
    columns, rows = room.wall
    shown = min(recorded, columns * rows)
    if not shown:
        return []
    rows = -(-shown // columns)
    usable_w, usable_h = room.width - 1.2, room.height - 1.75
    pitch = min(usable_w / min(columns, shown), usable_h / rows)
    columns = min(max(int(usable_w / pitch + 1e-6), 1), shown)
    rows = -(-shown // columns)
    pitch = min(usable_w / columns, usable_h / rows)
    x0 = -columns * pitch / 2
    z0 = 0.35 + (room.height - 0.35 - 0.9 - rows * pitch) / 2
    return [
        (
            (
                x0 + (i % columns + 0.5) * pitch,
                room.depth - RELIEF,
                z0 + (rows - 1 - i // columns + 0.5) * pitch,
            ),
            pitch * (1 - GAP),
        )
        for i in range(shown)
    ]


def wall_top(room: Room, recorded: int) -> float:
    """Height above which a label is clear of the tiles."""
    return max((c[2] + s / 2 for c, s in tiles(room, recorded)), default=room.height * 0.6)


def make_walls(rooms: list[Room], pack: Pack, unit_index: dict[str, int]) -> p3d.NodePath:
    """One Geom per room whose unit's features were recorded; nothing at all where they were not."""
    root = p3d.NodePath("walls")
    if not pack.has("features"):
        return root
    rects = {r.id: r for r in pack.array("features").units}
    atlas_height = pack.array("features").shape[-2]
    for room in rooms:
        rect = rects.get(room.unit)
        if rect is None:
            continue
        rows: list[tuple[float, ...]] = []
        indices: list[int] = []
        for i, ((x, y, z), side) in enumerate(tiles(room, len(rect.channels))):
            u = rect.x + i % rect.columns * rect.width
            v = atlas_height - (rect.y + i // rect.columns * rect.height) - rect.height
            h = side / 2
            base = len(rows)
            for dx, dz, cu, cv in ((-h, -h, 0, 0), (h, -h, 1, 0), (h, h, 1, 1), (-h, h, 0, 1)):
                place = room.frame.to_world((x + dx, y, z + dz))
                cell = (cu * rect.width, cv * rect.height)
                rows.append((*place, *cell, u, v, rect.width, rect.height, unit_index[room.unit]))
            indices += [base + k for k in (0, 1, 2, 0, 2, 3)]
        if rows:
            geom = make_geom(np.array(rows, np.float32), np.array(indices, np.uint32), WALL_COLUMNS)
            root.attach_new_node(make_node(room.id, geom))
    root.set_shader(load_shader("wall.vert", "wall.frag"))
    return root


def make_quad(name: str, frame: Frame, size: tuple[float, float]) -> p3d.NodePath:
    """A canvas of any width and height, centred on the frame's origin, facing its −y."""
    w, h = size[0] / 2, size[1] / 2
    rows = [
        (*frame.to_world((x * w, 0.0, z * h)), (x + 1) / 2, (z + 1) / 2)
        for x, z in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    quad = np.array((0, 1, 2, 0, 2, 3), np.uint32)
    node = p3d.NodePath(
        make_node(name, make_geom(np.array(rows, np.float32), quad, CANVAS_COLUMNS))
    )
    node.set_shader(load_shader("canvas.vert", "canvas.frag"))
    return node


def make_canvases(canvases: list[CanvasPlace]) -> p3d.NodePath:
    """Quads that show one array of the run; their inputs are set by the world."""
    rows = [
        (*canvas.frame.to_world((x * s, 0.0, z * s)), (x + 1) / 2, (z + 1) / 2)
        for canvas in canvases
        for s in (canvas.size / 2,)
        for x, z in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    quad = np.array((0, 1, 2, 0, 2, 3), np.uint32)
    indices = (quad + 4 * np.arange(len(canvases), dtype=np.uint32)[:, None]).ravel()
    geom = make_geom(np.array(rows, np.float32), indices, CANVAS_COLUMNS)
    node = p3d.NodePath(make_node(canvases[0].id, geom))
    node.set_shader(load_shader("canvas.vert", "canvas.frag"))
    return node
