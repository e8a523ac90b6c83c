"""Text in the world: lines set in Inter by Pillow, packed into one texture, shown on quads that face a frame's −y."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np
import panda3d.core as p3d
from PIL import Image, ImageDraw, ImageFont

from assetgen.pack.resources import data_dir
from explorer.view.mesh import make_geom, make_node
from explorer.view.shaders import load_shader
from explorer.view.textures import U8, picture_texture
from explorer.world.valley import Frame

COLUMNS = (("vertex", 3), ("texcoord", 2), ("ink", 3))
PAD = 4
CAP = 0.73
"""Cap height of Inter over its size."""
GUTTER = 6
"""Pixels between two lines, so that mipmaps do not mix them."""


@cache
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(data_dir("assets") / "fonts" / f"{name}.ttf"), size)


class Line(msgspec.Struct, frozen=True):
    """One line of text on a surface: its place (left end of the baseline), cap height in metres, and colour."""

    text: str
    frame: Frame
    height: float
    color: tuple[int, int, int] = (226, 238, 255)
    font: str = "Inter-Medium"
    align: str = "left"
    pixels: int = 44
    plate: tuple[float, float] | None = None
    """Width and height in metres of a framed plate behind the text, centred on the frame's origin."""


def fitted(
    text: str, frame: Frame, cap: float, color: tuple[int, int, int], face: str, pixels: int,
    room: float,
) -> Line:  # fmt: skip
    """A line that is set smaller where it would be wider than `room` metres."""
    wide = font(face, 100).getlength(text) / (100 * CAP) * cap
    return Line(text, frame, cap * min(1.0, room / max(wide, 1e-6)), color, face, pixels=pixels)


def wrapped(text: str, cap: float, room: float, face: str = "Inter-Regular") -> list[str]:
    """A text in lines of at most `room` metres, broken at its points before its blanks."""

    def fits(line: str) -> bool:
        return font(face, 100).getlength(line) / (100 * CAP) * cap <= room

    lines = [""]
    for part in text.split(" · "):
        if fits(longer := f"{lines[-1]} · {part}".removeprefix(" · ")):
            lines[-1] = longer
            continue
        for word in ("", *part.split(" ")):  # a part begins a line
            if word and lines[-1] and fits(f"{lines[-1]} {word}"):
                lines[-1] += f" {word}"
            elif word or lines[-1]:
                lines.append(word)
    return [line for line in lines if line]


def letter(name: str, lines: Sequence[Line], *, glow: float = 1.0) -> p3d.NodePath:
    """All `lines` as one Geom with one texture: of coverage alone, where no line has a plate."""
    sheet, boxes = _sheet(lines)
    plates = sheet.ndim == 3
    rows: list[tuple[float, ...]] = []
    indices: list[int] = []
    for line, (x0, y0, x1, y1) in zip(lines, boxes, strict=True):
        scale = line.height / (line.pixels * CAP)
        width, height = (x1 - x0) * scale, (y1 - y0) * scale
        left = {"left": 0.0, "centre": -width / 2, "right": -width}[line.align]
        low = -height * (0.5 if line.plate else 0.28)
        base = len(rows)
        w, h = sheet.shape[1], sheet.shape[0]
        for x, z, u, v in (
            (left, low, x0, y1), (left + width, low, x1, y1),
            (left + width, low + height, x1, y0), (left, low + height, x0, y0),
        ):  # fmt: skip
            ink = (c / 255 for c in line.color)
            rows.append((*line.frame.to_world((x, 0.0, z)), u / w, 1 - v / h, *ink))
        indices += [base + i for i in (0, 1, 2, 0, 2, 3)]
    geom = make_geom(np.array(rows, np.float32), np.array(indices, np.uint32), COLUMNS)
    node = p3d.NodePath(make_node(name, geom))
    node.set_texture(picture_texture(name, sheet if plates else sheet[..., None]))
    node.set_shader(load_shader("sign.vert", "sign.frag", **({"PLATES": 1} if plates else {})))
    node.set_shader_input("glow", glow)
    node.set_transparency(p3d.TransparencyAttrib.M_alpha)
    node.set_depth_write(False)
    node.set_bin("fixed", 5)
    return node


def _sheet(lines: Sequence[Line]) -> tuple[U8, list[tuple[int, int, int, int]]]:
    """Draw the lines below each other, column by column; returns their boxes, too.

    The sheet is coverage `[H, W]`, or premultiplied RGBA `[H, W, 4]` if a line has a plate.
    """
    sizes = []
    for line in lines:
        if line.plate:
            per_metre = line.pixels * CAP / line.height
            sizes.append((int(line.plate[0] * per_metre), int(line.plate[1] * per_metre)))
            continue
        face = font(line.font, line.pixels)
        sizes.append((int(face.getlength(line.text)) + 2 * PAD, int(line.pixels * 1.42)))
    widest = max((w for w, _ in sizes), default=8)
    width = max(1024, widest)
    boxes: list[tuple[int, int, int, int]] = []
    x = y = row = 0
    for w, h in sizes:
        if x + w > width:
            x, y, row = 0, y + row, 0
        boxes.append((x, y, x + w, y + h))
        x, row = x + w + GUTTER, max(row, h + GUTTER)
    plates = any(line.plate for line in lines)
    image = Image.new("RGBA" if plates else "L", (width, max(y + row, 8)))
    draw = ImageDraw.Draw(image)
    for line, (x0, y0, x1, y1) in zip(lines, boxes, strict=True):
        if line.plate:
            _plate(draw, line, (x0, y0, x1 - 1, y1 - 1))
            continue
        at, face = (x0 + PAD, y0 + (y1 - y0) * 0.72), font(line.font, line.pixels)
        if not plates:
            draw.text(at, line.text, font=face, fill=255, anchor="ls")
            continue
        layer = Image.new("L", (x1 - x0, y1 - y0))
        at = (PAD, (y1 - y0) * 0.72)
        ImageDraw.Draw(layer).text(at, line.text, font=face, fill=255, anchor="ls")
        image.paste((*line.color, 255), (x0, y0), layer)
    if plates and not all(line.plate for line in lines):  # a plate covers all of its box
        image = image.convert("RGBa")  # with a small a: multiplied by it
    return np.asarray(image), boxes


def _plate(draw: ImageDraw.ImageDraw, line: Line, box: tuple[int, int, int, int]) -> None:
    """A dark plate with a frame in a darker shade of the text's colour."""
    x0, y0, x1, y1 = box
    edge = tuple(int(c * 0.62) for c in line.color)
    back = tuple(int(c * 0.20 + 10) for c in line.color)
    draw.rectangle(box, fill=(*back, 255), outline=(*edge, 255), width=max(2, (y1 - y0) // 32))
    size = line.pixels
    while size > 12 and font(line.font, size).getlength(line.text) > (x1 - x0) * 0.9:
        size -= 2
    middle = ((x0 + x1) / 2, (y0 + y1) / 2 - size * 0.04)
    draw.text(middle, line.text, font=font(line.font, size), fill=(*line.color, 255), anchor="mm")
