"""Built geometry kept between starts: the same network, scene and builders give the same vertices."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Architecture
from explorer.folders import user_folder
from explorer.view.lights import Lights
from explorer.world.scene import Scene

Part = tuple[NDArray[np.float32], NDArray[np.uint32]]
KEPT = 8
"""Worlds kept; the oldest go first."""


def cache_dir() -> Path:
    """Where worlds are kept; the folder need not exist."""
    return user_folder("cache") / "worlds"


def key_of(architecture: Architecture, scene: Scene) -> str:
    """Hash of everything the geometry depends on, the source of its builders included."""
    digest = hashlib.sha256()
    digest.update(msgspec.json.encode(architecture))
    digest.update(msgspec.json.encode(scene))
    package = Path(__file__).resolve().parents[1]
    for folder in ("view", "world"):
        for source in sorted((package / folder).rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:24]


def load(key: str) -> tuple[dict[str, Part], Lights] | None:
    """A kept world, or None when there is none or it cannot be read."""
    path = cache_dir() / f"{key}.npz"
    try:
        with np.load(path) as file:
            names, ends = file["names"].tolist(), file["ends"]
            vertices = np.split(file["vertices"], ends[:-1, 0])
            triangles = np.split(file["triangles"], ends[:-1, 1])
            halos = [tuple(float(x) for x in row) for row in file["halos"]]
        parts = dict(zip(names, zip(vertices, triangles, strict=True), strict=True))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # after a power cut, say
        return None
    return parts, Lights(halos=halos)


def save(key: str, parts: dict[str, Part], lights: Lights) -> None:
    """Keep a world, complete or not at all; a full or read-only disk is no error."""
    folder = cache_dir()
    vertices, triangles = zip(*parts.values(), strict=True)
    arrays = {  # few and large: each array of a file takes its time
        "names": np.array(list(parts)),
        "ends": np.cumsum([(len(v), len(t)) for v, t in parts.values()], 0),
        "vertices": np.concatenate(vertices),
        "triangles": np.concatenate(triangles),
        "halos": np.array(lights.halos, np.float32),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        Path(file.name).replace(folder / f"{key}.npz")
        for old in sorted(folder.glob("*.npz"), key=lambda p: p.stat().st_mtime)[:-KEPT]:
            old.unlink()
    except OSError:
        return
