"""Builds the static world (or takes it from the cache): vertices of every part, lights baked in."""

from __future__ import annotations

from assetgen.pack import Architecture
from explorer.view import cache
from explorer.view.cache import Part
from explorer.view.exhibition.stones import build_walk, stone
from explorer.view.furniture import build_furniture
from explorer.view.ground import build_ground
from explorer.view.lights import Lights, bake
from explorer.view.mesh import Material, Mesh
from explorer.view.palette import Palette, scaled
from explorer.view.pavilions import build_room
from explorer.view.spans import build_bridge, build_stairs
from explorer.world.places import Places
from explorer.world.promenade import lit_path
from explorer.world.scene import Scene
from explorer.world.valley import Valley


def build_statics(
    architecture: Architecture,
    valley: Valley,
    places: Places,
    scene: Scene,
    unit_index: dict[str, int],
) -> tuple[dict[str, Part], Lights]:
    """Part name → (vertices `[n, 15]`, triangles): one part per room, bridge, and kind of thing, for culling."""
    key = cache.key_of(architecture, scene)
    if kept := cache.load(key):
        return kept
    palette, lights = Palette.of(scene.theme), Lights()
    meshes: dict[str, Mesh] = {}

    def mesh(name: str) -> Mesh:
        return meshes.setdefault(name, Mesh())

    build_ground(mesh("ground"), lights, valley.terrain, palette)
    for room in valley.rooms:
        build_room(mesh(room.id), lights, room, unit_index.get(room.unit, -1), palette)
    for bridge in valley.bridges:
        build_bridge(mesh(bridge.id), lights, bridge, unit_index.get(bridge.source, -1), palette)
    for top, bottom in valley.stairs:
        build_stairs(mesh("stairs"), lights, top, bottom, scene.layout.stair_width, palette)
    build_furniture(mesh("furniture"), lights, valley, places, palette)
    for place in places.exhibits:
        stone(mesh(place.id), lights, place, palette)
    for side in (-1, 1):
        if any(p.frame.origin[0] * side > 0 for p in places.exhibits):
            build_walk(mesh("walk"), lights, lit_path(valley.terrain, side), palette)
    _court(mesh("furniture"), valley, palette)
    parts = {name: m.arrays() for name, m in meshes.items()}
    for vertices, _ in parts.values():
        bake(vertices, lights)
    cache.save(key, parts, lights)
    return parts, lights


def _court(mesh: Mesh, valley: Valley, palette: Palette) -> None:
    """The platform of the Deep."""
    low, high = valley.court
    mesh.box(
        (low[0], low[1], low[2] - 3.0),
        high,
        scaled(palette.dark, 1.35),
        top=Material.POLISHED,
        split=1.6,
    )
    mesh.box(
        (low[0] - 0.05, low[1] - 0.06, high[2] - 0.2), (high[0] + 0.05, low[1], high[2] - 0.1),
        palette.machine, glow=1.1, faces="tf",
    )  # fmt: skip
