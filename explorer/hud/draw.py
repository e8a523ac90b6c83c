"""Turns sections into nodes. It knows shapes and nothing about what they mean."""

from __future__ import annotations

from pathlib import Path

import panda3d.core as p3d

from explorer.hud import meshes, skins
from explorer.hud.lettering import Lettering
from explorer.hud.metrics import Metrics
from explorer.hud.shapes import Box, Icon, Label, Line, Picture, Polygon, RampBar, Shape
from explorer.hud.view import Section


class Painter:
    """Keeps one node per section below `root` and replaces those that changed."""

    def __init__(self, root: p3d.NodePath, fonts: Path) -> None:
        self.root = root
        self.lettering = Lettering(fonts)
        self.sheets: dict[str, p3d.Texture] = {}
        self._nodes: dict[str, p3d.NodePath] = {}

    def place(self, order: list[str]) -> None:
        """Make the sections' nodes, the first at the bottom."""
        for sort, name in enumerate(order):
            self._nodes[name] = self.root.attach_new_node(name, sort)

    def draw(self, name: str, section: Section, metrics: Metrics) -> None:
        """Replace what a section shows."""
        node = self._nodes[name]
        node.get_children().detach()
        for shape in section.shapes:
            self._add(node, shape)
        if section.clip is None:
            node.clear_attrib(p3d.ScissorAttrib)
            return
        clip, width, height = section.clip, metrics.width, metrics.height
        frame = (clip.x / width, clip.right / width, 1 - clip.bottom / height, 1 - clip.y / height)
        node.set_attrib(p3d.ScissorAttrib.make(*(min(max(v, 0.0), 1.0) for v in frame)))

    def _add(self, parent: p3d.NodePath, shape: Shape) -> None:
        match shape:
            case Label():
                if shape.text:
                    parent.attach_new_node(self.lettering.node(shape))
            case Box():
                self._box(parent, shape)
            case Picture():
                if (sheet := self.sheets.get(shape.sheet)) is not None:
                    _geom(parent, meshes.quad(shape.rect, shape.tint, shape.part), sheet)
            case Icon():
                texture = skins.icon(shape.name, max(round(shape.rect.width), 4))
                _geom(parent, meshes.quad(shape.rect, shape.color, turn=shape.turn), texture)
            case RampBar():
                quad = meshes.quad(shape.rect, (1.0, 1.0, 1.0, 1.0))
                _geom(parent, quad, skins.ramp_texture(shape.ramp))
            case Line():
                if len(shape.points) > 1:
                    _geom(
                        parent, meshes.ribbon(shape.points, shape.width, shape.color, shape.closed)
                    )
            case Polygon():
                _geom(parent, meshes.area(shape.points, shape.fill))
                _geom(parent, meshes.ribbon(shape.points, 1.0, shape.fill, closed=True))

    def _box(self, parent: p3d.NodePath, box: Box) -> None:
        rect = box.rect
        radius = max(round(min(box.radius, rect.width / 2, rect.height / 2)), 1)
        if box.fill[3] > 0:
            _geom(parent, meshes.nine_slice(rect, radius, box.fill), skins.rounded(radius))
        if box.edge[3] > 0:
            ring = skins.rounded(radius, round(box.edge_width, 1))
            _geom(parent, meshes.nine_slice(rect, radius, box.edge), ring)


def _geom(parent: p3d.NodePath, geom: p3d.Geom, texture: p3d.Texture | None = None) -> None:
    node = p3d.GeomNode("shape")
    state = p3d.RenderState.make_empty()
    if texture is not None:
        state = p3d.RenderState.make(p3d.TextureAttrib.make(texture))
    node.add_geom(geom, state)
    parent.attach_new_node(node)
