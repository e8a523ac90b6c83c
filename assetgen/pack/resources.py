"""Where the data folders lie: beside the packages in a checkout, inside `diffusion_explorer_data` once installed."""

from __future__ import annotations

from pathlib import Path

INSTALLED = "diffusion_explorer_data"
_ROOT = Path(__file__).resolve().parents[2]
"""The checkout, or site-packages."""
NAMES = ("assets", "config", "scenes", "shaders")


def data_dir(name: str) -> Path:
    """The folder `name` (one of `NAMES`) of this checkout or installation.

    Raises FileNotFoundError if the folder is missing, ValueError for another name.
    """
    if name not in NAMES:
        raise ValueError(f"{name!r} is no data folder; there are {', '.join(NAMES)}")
    folder = _ROOT / name if in_checkout() else _ROOT / INSTALLED / name
    if not folder.is_dir():
        raise FileNotFoundError(
            f"data folder {folder} is missing; install diffusion-explorer again"
        )
    return folder


def in_checkout() -> bool:
    """True if the packages are read from a checkout rather than from an installation."""
    return (_ROOT / "pyproject.toml").is_file()
