"""Where this platform keeps what belongs to a user: settings, and what can be made again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

NAME = "diffusion-explorer"
PLACES: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "win32": {
        "config": ("APPDATA", ("AppData", "Roaming")),
        "cache": ("LOCALAPPDATA", ("AppData", "Local")),
    },
    "darwin": {
        "config": ("", ("Library", "Application Support")),
        "cache": ("", ("Library", "Caches")),
    },
    "linux": {
        "config": ("XDG_CONFIG_HOME", (".config",)),
        "cache": ("XDG_CACHE_HOME", (".cache",)),
    },
}
"""Platform → kind → (variable that names the folder, where it lies in the home folder without it)."""


def user_folder(kind: Literal["config", "cache"]) -> Path:
    """This program's folder; it need not exist."""
    variable, parts = PLACES.get(sys.platform, PLACES["linux"])[kind]
    return Path(os.environ.get(variable) or Path.home().joinpath(*parts)) / NAME


def pictures_folder() -> Path:
    """Where pictures that a visitor keeps are put; it need not exist."""
    named = os.environ.get("XDG_PICTURES_DIR") if sys.platform == "linux" else None
    return (Path(named) if named else Path.home() / "Pictures") / "Diffusion Explorer"
