"""How wide a text is and where its lines break, measured from the font files themselves (no window needed)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from PIL import ImageFont

FACES = (
    "Inter-Regular",
    "Inter-Medium",
    "Inter-SemiBold",
    "InterDisplay-SemiBold",
    "JetBrainsMono-Regular",
)


def font_file(folder: Path, face: str) -> Path:
    """The file of a face, .ttf or .otf."""
    for suffix in (".ttf", ".otf"):
        if (path := folder / f"{face}{suffix}").is_file():
            return path
    raise FileNotFoundError(f"font {face} (.ttf or .otf) is missing in {folder}")


class Measure(Protocol):
    """What a layout needs to know about type."""

    def width(self, text: str, face: str, size: int) -> float:
        """Advance width in pixels."""
        ...


class FontMeasure:
    """Measures with FreeType, kerning included."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._width = lru_cache(maxsize=8192)(self._measure)
        self._font = lru_cache(maxsize=64)(self._open)

    def _open(self, face: str, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(font_file(self.folder, face)), size)

    def _measure(self, text: str, face: str, size: int) -> float:
        return float(self._font(face, size).getlength(text))

    def width(self, text: str, face: str, size: int) -> float:
        return self._width(text, face, size)


def wrap(measure: Measure, text: str, face: str, size: int, width: float) -> list[str]:
    """Break `text` into lines no wider than `width`; a word wider than that is cut."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            trial = f"{line} {word}" if line else word
            if measure.width(trial, face, size) <= width:
                line = trial
                continue
            if line:
                lines.append(line)
            while measure.width(word, face, size) > width and len(word) > 1:
                count = len(word) - 1
                while count > 1 and measure.width(word[:count], face, size) > width:
                    count -= 1
                lines.append(word[:count])
                word = word[count:]
            line = word
        lines.append(line)
    return lines


def shorten(measure: Measure, text: str, face: str, size: int, width: float) -> str:
    """`text`, or its beginning with an ellipsis, so that it fits."""
    if measure.width(text, face, size) <= width:
        return text
    while text and measure.width(text + "…", face, size) > width:
        text = text[:-1]
    return text.rstrip() + "…"
