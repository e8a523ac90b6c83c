"""The prompt in the world: word tiles on the tower, and beams to the rooms where the words are read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import panda3d.core as p3d

from assetgen.pack import Pack
from explorer.view.flows import additive
from explorer.view.lettering import Line, letter
from explorer.view.lights import Lights
from explorer.view.mesh import make_geom, make_node
from explorer.view.shaders import load_shader
from explorer.view.textures import float_texture
from explorer.world import paths
from explorer.world.places import Places, tile_frames
from explorer.world.valley import Valley, Vec3

BEAM_COLUMNS = (("vertex", 3), ("direction", 3), ("color", 4), ("info", 3))
BEAM = (1.0, 0.58, 0.22)
WIDTH = 0.40
BEAMS_PER_ROOM = 4
"""A room receives beams of the words it reads most at a step; more would only be a curtain of light."""
Rows = list[tuple[float, ...]]


def tile_owners(pack: Pack) -> list[int | None]:
    """The word that each tile of the tower shows; None for markers."""
    words = iter(w.index for w in pack.metadata.words)
    return [None if text.startswith("‹") else next(words) for text, _ in word_labels(pack)]


def word_labels(pack: Pack) -> list[tuple[str, tuple[int, ...]]]:
    """Tiles of the tower, lowest first: marker or word, and the tokens it stands for. Padding is one tile."""
    tokens = pack.metadata.tokens
    tiles = [("‹begin›", tuple(t.index for t in tokens if t.role == "bos"))]
    tiles += [(w.text, tuple(w.tokens)) for w in pack.metadata.words]
    tiles.append(("‹end›", tuple(t.index for t in tokens if t.role == "eos")))
    return [(text, indices) for text, indices in tiles if indices]


def tile_mass(pack: Pack, tokens: tuple[int, ...]) -> np.ndarray:
    """Attention mass `[S, layers]` a tile's tokens receive, on the run's scale, 0..1."""
    mass = pack.tensor("attention_mass")
    words = [t for w in pack.metadata.words for t in w.tokens]
    top = np.percentile(mass[:, :, words], 99.5) if words else 1.0
    return np.clip(mass[:, :, list(tokens)].sum(-1) / max(float(top), 1e-6), 0, 1)


def unit_readings(pack: Pack, word: int, unit_index: dict[str, int]) -> np.ndarray:
    """How much each unit's cross-attention reads a word, `[S, units]` 0..1; −1 for units that read nothing."""
    readings = np.full((pack.steps, max(len(unit_index), 1)), -1.0, np.float32)
    if not pack.has("attention_mass"):
        return readings
    mass = tile_mass(pack, tuple(pack.metadata.words[word].tokens))
    for i, rect in enumerate(pack.array("attention").layers):
        if rect.unit in unit_index:
            column = readings[:, unit_index[rect.unit]]
            readings[:, unit_index[rect.unit]] = np.maximum(column, mass[:, i])
    return readings


def strongest(table: np.ndarray, count: int) -> np.ndarray:
    """`table` with all but the `count` largest values of its last axis set to 0."""
    if table.shape[-1] <= count:
        return table
    least = np.sort(table, -1)[..., -count][..., None]
    return np.where(table >= least, table, 0.0)


def make_words(valley: Valley, places: Places, pack: Pack) -> tuple[p3d.NodePath, p3d.NodePath]:
    """Tower lettering and beams of one run; both empty where the run has no attention."""
    signs, beams = p3d.NodePath("words"), p3d.NodePath("beams")
    if places.tower is None or not pack.has("attention_mass"):
        return signs, beams
    tower, frame = places.tower
    tiles = word_labels(pack)
    frames = tile_frames(tower, frame, len(tiles))
    lines: list[Line] = []
    rows: list[tuple[Vec3, Vec3, int]] = []
    entry = pack.array("attention_mass")
    layers = entry.layer_ids or tuple(r.id for r in pack.array("attention").layers)
    targets = [valley.room(_unit_of(layer, valley)) for layer in layers]
    table = np.stack([tile_mass(pack, t) for _, t in tiles], -1)  # [S, layers, tiles]
    beam_table = strongest(table * [not text.startswith("‹") for text, _ in tiles], BEAMS_PER_ROOM)
    for j, ((text, _), (place, width, height)) in enumerate(zip(tiles, frames, strict=True)):
        marker = text.startswith("‹")
        color = (166, 150, 132) if marker else (255, 214, 160)
        plate = (width, height)
        lines.append(Line(text, place, height * 0.36, color, "Inter-SemiBold", "centre", 72, plate))
        for i, room in enumerate(targets):
            if room is not None and not marker:
                side = place.to_world((room.side * width * 0.46, -0.1, 0.0))
                rows.append((side, paths.roof(room), i * len(tiles) + j))
    letter("words", lines, glow=0.95).reparent_to(signs)
    if rows:
        ribbons(rows, WIDTH).reparent_to(beams)
        flat = beam_table.reshape(len(table), -1).astype(np.float32)
        beams.set_shader_input("mass", float_texture("mass", np.ascontiguousarray(flat)))
    return signs, beams


def _unit_of(layer: str, valley: Valley) -> str:
    return next((r.unit for r in valley.rooms if layer.startswith(r.unit + ".")), layer)


def ribbons(rows: Sequence[tuple[Vec3, Vec3, int]], width: float) -> p3d.NodePath:
    """Beams (from, to, column of the `mass` table); `width` in metres where the table says 1."""
    vertices: Rows = []
    indices: list[int] = []
    for a, b, row in rows:
        direction = np.array(b) - np.array(a)
        direction /= np.linalg.norm(direction)
        base = len(vertices)
        for point, (u, v) in ((a, (0, -1)), (b, (1, -1)), (b, (1, 1)), (a, (0, 1))):
            vertices.append((*point, *direction, *BEAM, width, u, v, row))
        indices += [base + k for k in (0, 1, 2, 0, 2, 3)]
    return _glow("beams", vertices, indices, 15)


def make_halos(lights: Lights) -> p3d.NodePath:
    """Soft discs of light around lanterns and lamps."""
    vertices: Rows = []
    indices: list[int] = []
    for x, y, z, radius, r, g, b, strength in lights.halos:
        base = len(vertices)
        for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            vertices.append((x, y, z, radius, 0, 0, r, g, b, strength, u, v, -1))
        indices += [base + k for k in (0, 1, 2, 0, 2, 3)]
    node = _glow("halos", vertices, indices, 14)
    node.set_shader_input("mass", float_texture("none", np.zeros((1, 1), np.float32)))
    return node


def _glow(name: str, vertices: Rows, indices: list[int], sort: int) -> p3d.NodePath:
    geom = make_geom(np.array(vertices, np.float32), np.array(indices, np.uint32), BEAM_COLUMNS)
    node = p3d.NodePath(make_node(name, geom))
    node.set_shader(load_shader("beams.vert", "beams.frag"))
    node.set_shader_inputs(gain=0.7)
    additive(node, sort)
    return node
