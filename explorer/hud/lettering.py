"""Type on screen: one dynamic font per face and pixel size, so that a texel is a pixel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import panda3d.core as p3d

from explorer.hud.measure import font_file
from explorer.hud.shapes import Align, Label

MARGIN = 4
"""Empty pixels around a glyph in its font's texture, so that none shows the edge of another."""
COMMON = "0123456789.-abcdefghijklmnopqrstuvwxyz"
"""Set at once, so that numbers which change with the step bring no new glyph and no upload."""
SHIFT = MARGIN - 0.5
"""Panda3D draws a glyph too far right and down by its margin, less half a pixel; this puts it back."""

_ALIGN: dict[Align, Literal[0, 1, 2]] = {"left": 0, "right": 1, "centre": 2}
"""`TextNode.A_left`, `A_right`, `A_center`."""


class Lettering:
    """Sets labels as nodes. Kerning by HarfBuzz, as `FontMeasure` measures it."""

    def __init__(self, folder: Path) -> None:
        p3d.ConfigVariableBool("text-use-harfbuzz").set_value(True)
        self.folder = folder
        self._font = lru_cache(maxsize=64)(self._open)

    def _open(self, face: str, size: int) -> p3d.DynamicTextFont:
        path = p3d.Filename.from_os_specific(str(font_file(self.folder, face)))
        font = p3d.DynamicTextFont(path, 0)
        font.set_render_mode(p3d.TextFont.RM_texture)
        font.set_pixels_per_unit(size)
        font.set_scale_factor(1)
        font.set_native_antialias(True)
        font.set_page_size(512, 512)
        font.set_texture_margin(MARGIN)
        font.set_poly_margin(0)
        font.set_minfilter(p3d.SamplerState.FT_linear)
        font.set_magfilter(p3d.SamplerState.FT_linear)
        for character in COMMON:
            font.get_glyph(ord(character))
        return font

    def node(self, label: Label) -> p3d.PandaNode:
        """The label as drawn, in window pixels (y up)."""
        text = p3d.TextNode("label")
        font = self._font(label.face, label.size)
        text.set_font(font)
        text.set_text_scale(label.size)
        text.set_align(_ALIGN[label.align])
        text.set_text_color(label.color)
        text.set_text(label.text)
        node = text.generate()
        _clamp(font)
        node.set_transform(p3d.TransformState.make_pos((label.x - SHIFT, 0, SHIFT - label.y)))
        return node


def _clamp(font: p3d.DynamicTextFont) -> None:
    """Glyphs at the rim of a page would mix with its border, which is not transparent on every driver."""
    for index in range(font.get_num_pages()):
        page = font.get_page(index)
        if page.get_wrap_u() != p3d.SamplerState.WM_clamp:
            page.set_wrap_u(p3d.SamplerState.WM_clamp)
            page.set_wrap_v(p3d.SamplerState.WM_clamp)
