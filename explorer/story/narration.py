"""What a narrator says: the words of a caption, their file, and how long they take.

The recorded voice lies in `assets/voice/<language>/`, one Ogg file a sentence, named by a hash of its
text; `index.json` gives seconds. Without a file a caption stands as long as it takes to read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

WORDS_PER_SECOND = 2.3
"""Calm reading aloud."""
LEAST = 2.0
"""Shortest time a caption stands, seconds."""
INDEX = "index.json"


def text_hash(text: str) -> str:
    """Name of a sentence's file: it changes with every letter."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def reading_time(text: str) -> float:
    """Seconds that a caption needs without a voice."""
    return max(len(text.split()) / WORDS_PER_SECOND + 0.6, LEAST)


class Voice(msgspec.Struct, frozen=True):
    """The recorded sentences of one language."""

    folder: Path
    seconds: Mapping[str, float] = msgspec.field(default_factory=dict)
    """Hash of the text → length."""

    @classmethod
    def load(cls, folder: Path) -> Voice:
        """What is recorded in a folder; nothing where there is none."""
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return cls(folder)
        return cls(folder, {str(k): float(v) for k, v in index["seconds"].items()})

    def duration(self, text: str) -> float:
        """Seconds that a caption stands: as long as it is spoken, and never too short to be read."""
        spoken = self.seconds.get(text_hash(text))
        return reading_time(text) if spoken is None else max(spoken, LEAST)

    def file(self, text: str) -> Path | None:
        """The sentence as sound, or None."""
        name = text_hash(text)
        return self.folder / f"{name}.ogg" if name in self.seconds else None
