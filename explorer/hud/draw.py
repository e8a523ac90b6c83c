"""Turns sections into nodes. It knows shapes and nothing about what they mean."""

from __future__ import annotations

from pathlib import Path

import panda3d.core as p3d

from explorer.hud import meshes, skins
from explorer.hud.contrast import strengthen
from explorer.hud.geometry import Rect
from explorer.hud.lettering import Lettering
from explorer.hud.metrics import Metrics
from explorer.hud.shapes import Box, Icon, Label, Line, Picture, Polygon, RampBar, Shape
from explorer.hud.view import Section


class Painter:
    """Keeps one node per section below `root`; a shape that stays keeps its node."""

    def __init__(self, root: p3d.NodePath, fonts: Path) -> None:
        self.root = root
        self.lettering = Lettering(fonts)
        self._sheets: dict[str, p3d.Texture] = {}
        self._nodes: dict[str, p3d.NodePath] = {}
        self._made: dict[str, dict[Shape, p3d.PandaNode]] = {}
        self.contrast = False

    def set_contrast(self, *, on: bool) -> None:
        """High contrast on or off; every section must be drawn again."""
        self.contrast = on
        self._made = {name: {} for name in self._made}

    def place(self, order: list[str]) -> None:
        """Make the sections' nodes, the first at the bottom."""
        for sort, name in enumerate(order):
            self._nodes[name] = self.root.attach_new_node(name, sort)
            self._made[name] = {}

    def set_sheet(self, name: str, texture: p3d.Texture) -> None:
        """Take another texture for the sheet `name`; sections that show it must be drawn again."""
        self._sheets[name] = texture
        for section, made in self._made.items():
            self._made[section] = {
                shape: node
                for shape, node in made.items()
                if not (isinstance(shape, Picture) and shape.sheet == name)
            }

    def set_alpha(self, name: str, alpha: float) -> None:
        """Let a section fade as a whole."""
        if alpha < 1:
            self._nodes[name].set_alpha_scale(alpha)
        else:
            self._nodes[name].clear_color_scale()

    def draw(self, name: str, section: Section, metrics: Metrics) -> None:
        """Show a section: new shapes are made, others are taken over."""
        parent, before = self._nodes[name].node(), self._made[name]
        made: dict[Shape, p3d.PandaNode] = {}
        parent.remove_all_children()
        for shape in section.shapes:
            node = made[shape] = before.get(shape) or self._make(
                strengthen(shape) if self.contrast else shape
            )
            parent.add_child(node)
        self._made[name] = made
        self._clip(self._nodes[name], section.clip, metrics)

    def _clip(self, node: p3d.NodePath, clip: Rect | None, metrics: Metrics) -> None:
        if clip is None:
            node.clear_attrib(p3d.ScissorAttrib)
            return
        width, height = metrics.width, metrics.height
        frame = (clip.x / width, clip.right / width, 1 - clip.bottom / height, 1 - clip.y / height)
        node.set_attrib(p3d.ScissorAttrib.make(*(min(max(v, 0.0), 1.0) for v in frame)))

    def _make(self, shape: Shape) -> p3d.PandaNode:
        if isinstance(shape, Label):
            return self.lettering.node(shape)
        node = p3d.GeomNode("shape")
        match shape:
            case Box():
                _box(node, shape)
            case Picture():
                if (sheet := self._sheets.get(shape.sheet)) is not None:
                    _add(node, meshes.quad(shape.rect, shape.tint, shape.part), sheet)
            case Icon():
                texture = skins.icon(shape.name, max(round(shape.rect.width), 4))
                _add(node, meshes.quad(shape.rect, shape.color, turn=shape.turn), texture)
            case RampBar():
                quad = meshes.quad(shape.rect, (1.0, 1.0, 1.0, 1.0))
                _add(node, quad, skins.ramp_texture(shape.ramp))
            case Line():
                _add(node, meshes.ribbon(shape.points, shape.width, shape.color, shape.closed))
            case Polygon():
                _add(node, meshes.area(shape.points, shape.fill))
                _add(node, meshes.ribbon(shape.points, 1.0, shape.fill, closed=True))
        return node


def _box(node: p3d.GeomNode, box: Box) -> None:
    rect = box.rect
    radius = max(int(min(box.radius, rect.width / 2, rect.height / 2)), 1)
    if box.fill[3] > 0:
        _add(node, meshes.nine_slice(rect, radius, box.fill), skins.rounded(radius))
    if box.edge[3] > 0:
        ring = skins.rounded(radius, round(box.edge_width, 1))
        _add(node, meshes.nine_slice(rect, radius, box.edge), ring)


def _add(node: p3d.GeomNode, geom: p3d.Geom, texture: p3d.Texture | None = None) -> None:
    state = p3d.RenderState.make_empty()
    if texture is not None:
        state = p3d.RenderState.make(p3d.TextureAttrib.make(texture))
    node.add_geom(geom, state)
