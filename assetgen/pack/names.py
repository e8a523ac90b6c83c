"""Names of runs and of models that runs are filed under: visible folders on any system."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath


def is_name(name: str) -> bool:
    """Whether `name` is one folder that is not hidden: what begins with a dot is half a pack to every reader."""
    parts = (PurePosixPath(name).name, PureWindowsPath(name).name)
    return not name.startswith(".") and parts == (name, name)


def slug(prompt: str) -> str:
    """A folder name made of the prompt's words, in any script; at most 80 bytes, as file systems count."""
    small = unicodedata.normalize("NFC", prompt.lower())
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in small)
    name = "-".join("".join(kept).split()).encode()[:80].decode(errors="ignore")
    return name.strip("-") or "run"
