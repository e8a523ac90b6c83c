"""A postcard of a moment in a run: the picture as the model expects it, its words, the way there, the code."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

U8 = NDArray[np.uint8]
SIZE = (1800, 1200)
"""Pixels: 6 × 4 inches at 300 dpi."""
EDGE = 72
PICTURE = 816
GAP = 14
TOP, BOTTOM = (13, 20, 42), (38, 30, 58)
INK, MUTED, WARM, COOL = (233, 240, 252), (166, 186, 212), (255, 180, 92), (108, 196, 255)


class Card(msgspec.Struct, frozen=True):
    """What stands on it; every text comes from the locale or from the run."""

    prompt: str
    step: str
    """Step 13 of 40"""
    place: str
    model: str
    title: str
    code: str
    reopen: str
    """How to come back, above the code."""
    badge: str
    """Where the picture comes from."""
    picture: U8
    """`[h, w, 3]`"""
    strip: tuple[U8, ...]
    """Some steps of the run, first to last."""
    present: int
    """Which of them is nearest to the picture."""
    address: str
    """What the QR code says."""


def qr(text: str, scale: int = 8) -> U8:
    """A QR code, dark on light, `[h, w]`, with the quiet zone that readers need."""
    import segno  # loads slowly, and few visitors ask for a code

    data = io.BytesIO()
    segno.make(text, error="m", micro=False).save(data, kind="png", scale=scale, border=3)
    data.seek(0)
    return np.asarray(Image.open(data).convert("L"))


def postcard(card: Card, fonts: Path) -> Image.Image:
    """The card, 1800 × 1200."""
    image = _backdrop()
    draw = ImageDraw.Draw(image)
    frame = Rect(EDGE, EDGE, PICTURE, PICTURE)
    _picture(image, card.picture, frame, 22)
    draw.rounded_rectangle(frame.box(4), 26, outline=WARM, width=3)
    _words(draw, card, fonts)
    _strip(image, draw, card)
    _code(image, draw, card, fonts)
    return image


def save(card: Card, fonts: Path, folder: Path, name: str) -> Path:
    """Write the card as PNG; a name that is taken gets a number. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path, count = folder / f"{name}.png", 1
    while path.exists():
        count += 1
        path = folder / f"{name} {count}.png"
    postcard(card, fonts).save(path, dpi=(300, 300))
    return path


class Rect(msgspec.Struct, frozen=True):
    """A place on the card, pixels."""

    x: int
    y: int
    width: int
    height: int

    def box(self, more: int = 0) -> tuple[int, int, int, int]:
        """Left, top, right, bottom, a little larger."""
        return (
            self.x - more,
            self.y - more,
            self.x + self.width + more - 1,
            self.y + self.height + more - 1,
        )


def _backdrop() -> Image.Image:
    """Night above, first light below."""
    share = np.linspace(0, 1, SIZE[1])[:, None, None] ** 1.5
    rows = np.array(TOP) * (1 - share) + np.array(BOTTOM) * share
    noise = np.random.default_rng(3).normal(0, 1.2, (SIZE[1], SIZE[0], 1))  # no bands in print
    pixels = np.clip(rows.repeat(SIZE[0], axis=1) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels)


def _picture(image: Image.Image, pixels: U8, frame: Rect, radius: int) -> None:
    size = (frame.width, frame.height)
    picture = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
    mask = Image.new("L", (frame.width * 2, frame.height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, frame.width * 2 - 1, frame.height * 2 - 1), radius * 2, fill=255
    )
    image.paste(picture, (frame.x, frame.y), mask.resize(size, Image.Resampling.BOX))


def _words(draw: ImageDraw.ImageDraw, card: Card, fonts: Path) -> None:
    """Prompt, step and place, at the right of the picture."""
    x, y = EDGE + PICTURE + 60, EDGE - 4
    room = SIZE[0] - EDGE - x
    small = _font(fonts, "Inter-Medium", 30)
    draw.text((x, y), card.title, font=small, fill=COOL)
    y += 62
    size = 72
    while True:  # as large as the words allow
        face = _font(fonts, "InterDisplay-SemiBold", size)
        lines = _wrap(draw, f"“{card.prompt}”", face, room)
        if len(lines) * size * 1.2 <= 400 or size <= 36:
            break
        size -= 4
    for line in lines:
        draw.text((x, y), line, font=face, fill=INK)
        y += round(size * 1.2)
    y += 26
    draw.line((x, y, x + 96, y), fill=WARM, width=4)
    y += 28
    body = _font(fonts, "Inter-Medium", 34)
    for text, color in ((card.step, WARM), (card.place, INK), (card.model, MUTED)):
        for line in _wrap(draw, text, body, room)[:2]:
            draw.text((x, y), line, font=body, fill=color)
            y += 48
    tiny = _font(fonts, "Inter-Medium", 24)
    for line in _wrap(draw, card.badge, tiny, room)[:2]:
        draw.text((x, y + 6), line, font=tiny, fill=MUTED)
        y += 34


def _strip(image: Image.Image, draw: ImageDraw.ImageDraw, card: Card) -> None:
    """The way from noise to picture, along the foot."""
    if not card.strip:
        return
    y = EDGE + PICTURE + 48
    side = SIZE[1] - EDGE - y
    wide = SIZE[0] - 2 * EDGE - 360
    count = max(min(len(card.strip), (wide + GAP) // (side + GAP)), 1)
    last, even = len(card.strip) - 1, np.linspace(0, 1, count)
    keep = sorted({round(last * float(part) ** 1.8) for part in even})  # most happens early
    nearest = min(keep, key=lambda i: abs(i - card.present))
    for i, index in enumerate(keep):
        frame = Rect(EDGE + i * (side + GAP), y, side, side)
        pixels = card.picture if index == nearest else card.strip[index]
        _picture(image, pixels, frame, 12)
        if index == nearest:
            draw.rounded_rectangle(frame.box(4), 16, outline=WARM, width=4)


def _code(image: Image.Image, draw: ImageDraw.ImageDraw, card: Card, fonts: Path) -> None:
    """The QR code on white, and the code in letters, bottom right."""
    side = 288
    x, y = SIZE[0] - EDGE - side, SIZE[1] - EDGE - side
    modules = Image.fromarray(qr(card.address, 1))
    factor = side // modules.width
    inner = modules.width * factor
    draw.rounded_rectangle((x, y, x + side - 1, y + side - 1), 18, fill=(255, 255, 255))
    shift = (side - inner) // 2
    image.paste(
        ImageOps.colorize(modules.resize((inner, inner), Image.Resampling.NEAREST), TOP, "white"),
        (x + shift, y + shift),
    )
    left = EDGE + PICTURE + 60
    face, small = _font(fonts, "JetBrainsMono-Medium", 38), _font(fonts, "Inter-Medium", 26)
    top = EDGE + PICTURE - 138
    groups = card.code.split("-")
    draw.text((left, top), card.reopen, font=small, fill=MUTED)
    for row in range(0, len(groups), 2):
        line = "-".join(groups[row : row + 2]) + ("-" if row + 2 < len(groups) else "")
        draw.text((left, top + 44 + row // 2 * 50), line, font=face, fill=INK)


def _font(fonts: Path, face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts / f"{face}.ttf"), size)


def _wrap(
    draw: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, room: float
) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and draw.textlength(longer, font=face) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
