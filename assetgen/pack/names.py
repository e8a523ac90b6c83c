"""Names of runs and of models that runs are filed under: visible folders on any system."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath


def is_name(name: str) -> bool:
    """Whether `name` is one folder that is not hidden: what begins with a dot is half a pack to every reader."""
    parts = (PurePosixPath(name).name, PureWindowsPath(name).name)
    return not name.startswith(".") and parts == (name, name)


def slug(prompt: str) -> str:
    """A folder name made of the prompt's words."""
    return "-".join(re.findall(r"[a-z0-9]+", prompt.lower()))[:80].strip("-") or "run"
