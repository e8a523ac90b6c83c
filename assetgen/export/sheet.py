"""The contact sheet: steps from left to right; what goes in, what is predicted, what is expected, and each word."""

from __future__ import annotations

from PIL import Image, ImageDraw

from assetgen.export.rows import brightest, chosen, rows_of
from assetgen.export.style import AMBER, DIM, GROUND, INK, MUTED, PLATE, badge, fitted, font, scaled
from assetgen.pack import Pack

MARGIN, LEFT, GAP, TILE, HEAD, FOOT = 56, 258, 10, 186, 218, 118
COLUMNS = 8


def contact_sheet(pack: Pack) -> Image.Image:
    """One picture of the whole run; rows that were not recorded are named at the foot."""
    rows, missing = rows_of(pack)
    steps = chosen(pack.steps, COLUMNS)
    height, width = pack.metadata.size
    tall = round(TILE * height / max(height, width))
    wide = round(TILE * width / max(height, width))
    total = MARGIN * 2 + LEFT + len(steps) * (wide + GAP) - GAP
    size = (max(total, 1180), HEAD + len(rows) * (tall + GAP) + FOOT)
    image = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(image)
    _head(draw, pack, size[0])
    for column, step in enumerate(steps):
        _step(draw, pack, step, MARGIN + LEFT + column * (wide + GAP))
    for line, row in enumerate(rows):
        y = HEAD + line * (tall + GAP)
        middle = y + tall // 2
        draw.text((MARGIN, middle - 38), row.title, INK, font(26, "SemiBold"))
        draw.text((MARGIN, middle - 4), row.note, MUTED, font(15))
        badge(draw, MARGIN, middle + 22, row.provenance, 11)
        for column, step in enumerate(steps):
            x = MARGIN + LEFT + column * (wide + GAP)
            image.paste(scaled(row.picture(step), TILE), (x, y))
    _foot(draw, pack, missing, size)
    return image


def _head(draw: ImageDraw.ImageDraw, pack: Pack, width: int) -> None:
    data = pack.metadata
    room = width - 2 * MARGIN
    draw.text(
        (MARGIN, 44), fitted(draw, data.title, room, 44, "SemiBold"), INK, font(44, "SemiBold")
    )
    said = fitted(draw, f"“{data.prompt}”", room, 21, "Regular")
    draw.text((MARGIN, 104), said, AMBER, font(21))
    draw.text((MARGIN, 140), fitted(draw, facts(pack), room, 17, "Regular"), MUTED, font(17))


def facts(pack: Pack) -> str:
    """Model, sampler and settings in one line; what is not known is left out."""
    data = pack.metadata
    parts = [
        data.model.name,
        data.scheduler.name.removesuffix("Scheduler"),
        f"{pack.steps} step{'s' if pack.steps != 1 else ''}",
        None if data.guidance_scale is None else f"guidance {data.guidance_scale:g}",
        None if data.seed is None else f"seed {data.seed}",
    ]
    return "   ·   ".join(part for part in parts if part)


def _step(draw: ImageDraw.ImageDraw, pack: Pack, step: int, x: int) -> None:
    known = pack.metadata.steps[step]
    draw.text((x, 178), f"step {step + 1}", INK, font(16, "SemiBold"))
    about = f"t {known.timestep:g}" if known.timestep is not None else ""
    if known.sigma is not None:
        about += f"   σ {known.sigma:.2f}"
    draw.text((x, 197), about, DIM, font(13))


def _foot(draw: ImageDraw.ImageDraw, pack: Pack, missing: list[str], size: tuple[int, int]) -> None:
    y = size[1] - FOOT + 22
    draw.line((MARGIN, y - 8, size[0] - MARGIN, y - 8), PLATE, 2)
    lines = []
    if "attention of the words" not in missing:
        lines.append(
            f"Words: mean of the recorded layers that read them; brightest is a probability of {brightest(pack):.2g} "
            "or more, one scale for all words and steps."
        )
    if {"steps", "noise"} & set(pack.metadata.arrays):
        lines.append(
            "The decoder was never trained on noise: x_t and noise are shown through it all the same."
        )
    if missing:
        lines.append(f"Not recorded: {', '.join(missing)}.")
    for i, line in enumerate(lines):
        draw.text((MARGIN, y + 6 + i * 24), line, MUTED, font(15))
