"""The film: every step as a frame, the expected picture large, what goes in and the words beside it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from assetgen.export.rows import Row, rows_of
from assetgen.export.style import AMBER, DIM, GROUND, INK, MUTED, PLATE, fitted, font, scaled
from assetgen.pack import Pack
from assetgen.pack.images import U8

MARGIN, BIG, SMALL, GAP = 28, 384, 187, 10
HEAD, FOOT = 72, 54
WORD_MIN, WORD_MAX = 80, 140
"""Smallest and largest side of a word's map."""
FRAME_MS, LAST_MS = 140, 2200
COLOURS = 256


def film(pack: Pack) -> list[Image.Image]:
    """One frame a step."""
    rows, _ = rows_of(pack)
    return [_frame(pack, rows, step) for step in range(pack.steps)]


def save_film(frames: list[Image.Image], path: Path) -> None:
    """A GIF that rests on its last frame and begins again."""
    # one palette for all, from frames all over the run: colours do not flicker
    sample = frames[:: max(1, len(frames) // 6)] + frames[-1:]
    strip = Image.new("RGB", (frames[0].width, frames[0].height * len(sample)))
    for i, frame in enumerate(sample):
        strip.paste(frame, (0, i * frame.height))
    palette = strip.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    small = [
        frame.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for frame in frames
    ]
    times = [FRAME_MS] * (len(small) - 1) + [LAST_MS]
    small[0].save(
        path, "GIF", save_all=True, append_images=small[1:], duration=times, loop=0, optimize=True
    )


def _frame(pack: Pack, rows: list[Row], step: int) -> Image.Image:
    canvases = {row.name: row for row in rows if row.name != "word"}
    words = [row for row in rows if row.name == "word"]
    main = next((name for name in ("predicted", "steps", "noise") if name in canvases), None)
    side = [name for name in ("steps", "noise") if name in canvases and name != main]
    wide = 2 * MARGIN + BIG + (GAP + SMALL if side else 0)
    lines, per_row, word = _grid(len(words), wide - 2 * MARGIN)
    tall = HEAD + BIG + lines * (word + 34) + FOOT
    image = Image.new("RGB", (wide, tall), GROUND)
    draw = ImageDraw.Draw(image)
    room = wide - 2 * MARGIN
    said = fitted(draw, pack.metadata.prompt, room, 20, "SemiBold")
    draw.text((MARGIN, 24), said, INK, font(20, "SemiBold"))
    if main:
        _tile(image, canvases[main].picture(step), MARGIN, HEAD, BIG, canvases[main].title)
    else:
        _tile(image, pack.final(), MARGIN, HEAD, BIG, "the picture")
    for i, name in enumerate(side):
        place = (MARGIN + BIG + GAP, HEAD + i * (SMALL + GAP))
        _tile(image, canvases[name].picture(step), *place, SMALL, canvases[name].title)
    for i, row in enumerate(words):
        x = MARGIN + i % per_row * (word + GAP)
        y = HEAD + BIG + 14 + i // per_row * (word + 34)
        image.paste(scaled(row.picture(step), word), (x, y))
        label = fitted(draw, row.title.strip("“”"), word, 14, "Medium")
        draw.text((x, y + word + 3), label, MUTED, font(14, "Medium"))
    _progress(draw, pack, step, wide, tall)
    return image


def _grid(count: int, room: int) -> tuple[int, int, int]:
    """(rows, columns, side) of the words' maps: as few rows as leave them `WORD_MIN` wide."""
    for lines in range(1, count + 1):
        columns = -(-count // lines)
        side = (room + GAP) // columns - GAP
        if side >= WORD_MIN:
            return lines, columns, min(side, WORD_MAX)
    return count, 1, WORD_MIN


def _tile(image: Image.Image, picture: U8, x: int, y: int, size: int, title: str) -> None:
    tile = scaled(picture, size)
    image.paste(tile, (x + (size - tile.width) // 2, y + (size - tile.height) // 2))
    draw = ImageDraw.Draw(image)
    width = round(draw.textlength(title, font(14, "SemiBold")))
    draw.rounded_rectangle((x + 8, y + 8, x + width + 22, y + 31), 5, GROUND)
    draw.text((x + 15, y + 11), title, INK, font(14, "SemiBold"))


def _progress(draw: ImageDraw.ImageDraw, pack: Pack, step: int, wide: int, tall: int) -> None:
    y, right = tall - 24, wide - MARGIN
    label = f"step {step + 1} of {pack.steps}"
    sigma = pack.metadata.steps[step].sigma
    draw.text((MARGIN, y - 8), label, MUTED, font(14, "Medium"))
    left = MARGIN + 118
    if sigma is not None:
        text = f"σ {sigma:.2f}"
        right -= 58
        draw.text((right + 12, y - 8), text, DIM, font(14))
    draw.line((left, y, right, y), PLATE, 4)
    done = left + round((right - left) * step / max(pack.steps - 1, 1))
    draw.line((left, y, done, y), AMBER, 4)
    draw.ellipse((done - 5, y - 5, done + 5, y + 5), AMBER)
