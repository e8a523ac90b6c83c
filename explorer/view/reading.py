"""Pixel to words: the prompt on a lintel over the canvases, and light from a chosen place to the words read there."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d

from assetgen.pack import Pack
from explorer.story.pixels import MARKERS, Lane, Place, lanes_of, shares
from explorer.story.texts import Texts
from explorer.view.lettering import Line, font, letter
from explorer.view.textures import RunArrays, float_texture
from explorer.view.words import ribbons
from explorer.world.places import GalleryPlace, Places
from explorer.world.valley import Frame, Vec3

CAP = 0.27
"""Cap height of the words, metres; smaller where a long prompt needs it."""
PLATE, GAP = 0.62, 0.16
RISE = 0.62
"""Middle of the plates above the upper edge of the largest frame."""
WORD, MARKER = (255, 214, 160), (166, 150, 132)
WIDTH = 0.34


def lanes(pack: Pack, texts: Texts) -> list[Lane]:
    """What can be read in a run, with the markers' names."""
    return lanes_of(pack, {role: texts.get(f"sign.{role}") for role in MARKERS})


def plates(gallery: GalleryPlace, names: list[str]) -> list[tuple[Frame, float, float]]:
    """Frame (centre of the face), width and cap height of each plate, left to right over the canvases."""
    face = font("Inter-SemiBold", 100)
    wide = [face.getlength(name) / 73 * CAP + 0.42 for name in names]
    room = gallery.width - 1.4
    scale = min(1.0, (room - GAP * (len(names) - 1)) / max(sum(wide), 1e-6))
    wide = [w * scale for w in wide]
    gap = min((room - sum(wide)) / max(len(names) - 1, 1), 0.5)
    x = -(sum(wide) + gap * (len(names) - 1)) / 2
    top = max(c.frame.origin[2] + c.size / 2 + c.border for c in gallery.canvases)
    z = top - gallery.frame.origin[2] + RISE
    placed = []
    for w in wide:
        at = gallery.frame.to_world((x + w / 2, 5.52, z))
        placed.append((Frame(at, gallery.frame.yaw), w, CAP * scale))
        x += w + gap
    return placed


def make_lintels(places: Places, pack: Pack, texts: Texts) -> p3d.NodePath:
    """The prompt over every gallery; nothing where no attention was recorded."""
    if not pack.has("attention") or not places.galleries:
        return p3d.NodePath("lintels")
    words = lanes(pack, texts)
    lines = []
    for gallery in places.galleries:
        for lane, (frame, width, cap) in zip(
            words, plates(gallery, [w.text for w in words]), strict=True
        ):
            color = WORD if lane.role == "word" else MARKER
            plate = (width, PLATE)
            lines.append(Line(lane.text, frame, cap, color, "Inter-SemiBold", "centre", 48, plate))
    return letter("lintels", lines, glow=0.95)


def make_reading(places: Places, run: RunArrays, place: Place, texts: Texts) -> p3d.NodePath:
    """Ribbons from a place on the x0 canvas to the words, as bright as it reads them at each step."""
    atlas = run.images.get("attention")
    gallery = next((g for g in places.galleries if any(c.shows == "x0" for c in g.canvases)), None)
    if atlas is None or gallery is None:
        return p3d.NodePath("reading")
    canvas = next(c for c in gallery.canvases if c.shows == "x0")
    words = lanes(run.pack, texts)
    table = shares(run.pack, atlas, place, words)
    scale = run.pack.array("attention").scale_p995 or 1.0
    x, z = (place.u - 0.5) * canvas.size, (0.5 - place.v) * canvas.size
    start = canvas.frame.to_world((x, -0.06, z))
    rows: list[tuple[Vec3, Vec3, int]] = []
    for j, (frame, _, _) in enumerate(plates(gallery, [w.text for w in words])):
        rows.append((start, frame.to_world((0.0, -0.06, -PLATE / 2)), j))
    node = ribbons(rows, WIDTH)
    node.set_shader_input("mass", float_texture("mass", _lit(table / np.float32(scale))))
    return node


def _lit(table: np.ndarray) -> np.ndarray:
    """On the run's scale, 0..1; the shader leaves out the weakest."""
    return np.ascontiguousarray(np.clip(table, 0.0, 1.0), np.float32)
