"""A folder of step pictures, in the order of their numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from assetgen.errors import InputError
from assetgen.imports.source import Found
from assetgen.pack import PackError
from assetgen.pack.images import U8, read_image
from assetgen.pack.recording import Origin, Recording

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MOST = 256
"""A run's steps are the layers of one texture array."""

Shows = Literal["x_t", "x0"]
ARRAYS: dict[Shows, str] = {"x_t": "steps", "x0": "predicted"}


def read_pictures(folder: Path, prompt: str, shows: Shows) -> Found:
    """One step a picture; the last is also the final one. Raises InputError."""
    files = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES), key=_number
    )
    if not files:
        raise InputError(
            f"{folder} holds no pictures", "pass a folder of numbered PNG or JPEG files"
        )
    if len(files) > MOST:
        raise InputError(f"{folder} holds {len(files)} pictures", f"at most {MOST} can be shown")
    frames = same_size(files)
    name = ARRAYS[shows]
    origin = Origin("DERIVED", f"a picture of {shows} that was given", "not recorded")
    recording = Recording(final=frames[-1], pictures={name: frames}, origins={name: origin})
    recording.lossy = (name,)
    return Found(
        recording, prompt, (None,) * len(frames), f"pictures in {folder.resolve().name}",
        notes=[f"{len(frames)} pictures as {shows}; all else is not recorded"],
    )  # fmt: skip


def same_size(files: list[Path]) -> list[U8]:
    """The pictures `[H, W, 3]`; raises InputError for one that is damaged or of another size."""
    frames: list[U8] = []
    for file in files:
        try:
            frames.append(read_image(file))
        except PackError as error:
            raise InputError(f"{file}: {error.what}", "remove it or make it again") from None
        if frames[-1].shape != frames[0].shape:
            raise InputError(
                f"{file} is {_size(frames[-1])} (expected {_size(frames[0])} like {files[0].name})",
                "all steps need one size",
            )
    return frames


def _number(path: Path) -> tuple[list[int | str], str]:
    """step_2 before step_10."""
    parts = re.split(r"(\d+)", path.stem)
    return [int(p) if i % 2 else p for i, p in enumerate(parts)], path.suffix


def _size(picture: U8) -> str:
    return f"{picture.shape[1]}×{picture.shape[0]}"
