"""Writing a pack that is complete or absent: temporary folder beside the target, fsync, manifest, rename."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from assetgen.pack.codec import encode
from assetgen.pack.errors import PackError
from assetgen.pack.images import LARGE, U8, encode_image, make_page
from assetgen.pack.schema import FORMAT, FileEntry, Manifest, Metadata, Thumbnail, Timing

_ABANDONED_AFTER = 24 * 3600.0
"""Seconds after which another host's unfinished folder counts as abandoned."""


class PackWriter:
    """Collects the files of one run; nothing is visible at `target` before `finish`.

    Used as a context manager: leaving it without `finish` removes what was written.
    """

    def __init__(self, target: str | Path, *, replace: bool = False) -> None:
        self.target = Path(target)
        self.replace = replace
        if self.target.exists() and not replace:
            raise PackError(
                self.target, "exists already", hint="choose another name or pass --force"
            )
        self.target.parent.mkdir(parents=True, exist_ok=True)
        sweep(self.target)
        tag = f"{socket.gethostname()}-{os.getpid()}"
        self._folder = self.target.with_name(f".{self.target.name}.{tag}.part")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        self._files: dict[str, FileEntry] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return sum(entry.bytes for entry in self._files.values())

    def image(self, name: str, pixels: U8) -> None:
        """Write `[H, W(, 3)]` under the relative `name`; its suffix chooses PNG or JPEG."""
        self._write(name, encode_image(pixels, Path(name).suffix))

    def page(self, array: str, frames: list[U8]) -> Thumbnail:
        """Write `thumbnails/<array>.png` (of large pictures `.jpg`) from every step's and describe it."""
        page, columns = make_page(frames)
        large = frames[0].ndim == 3 and max(frames[0].shape) > LARGE
        name = f"thumbnails/{array}{'.jpg' if large else '.png'}"
        self.image(name, page)
        rows = -(-len(frames) // columns)
        return Thumbnail(name, columns, page.shape[0] // rows, page.shape[1] // columns)

    def tensors(self, tensors: Mapping[str, NDArray[np.generic]]) -> None:
        """Write tensors.safetensors, arrays of any shape by name; the same arrays give the same bytes."""
        ordered = {key: np.ascontiguousarray(tensors[key]) for key in sorted(tensors)}
        self._write("tensors.safetensors", save(ordered))

    def finish(self, metadata: Metadata, timing: Timing | None = None) -> Path:
        """Write the JSON files, make everything durable and move it to the target in one rename."""
        self._write("metadata.json", encode(metadata, rows=True))
        manifest = Manifest(FORMAT, dict(sorted(self._files.items())), content_hash(self._files))
        _durable(self._folder / "manifest.json", encode(manifest, rows=True))
        if timing is not None:
            _durable(self._folder / "timing.json", encode(timing))
        for folder in {p.parent for p in self._folder.rglob("*")}:
            _sync_folder(folder)
        self._publish()
        return self.target

    def _publish(self) -> None:
        old = self._folder.with_suffix(".replaced")
        if self.replace and self.target.exists():
            self.target.rename(old)
        try:
            self._folder.rename(self.target)
        except OSError as error:
            if old.exists():
                old.rename(self.target)
            raise PackError(self.target, f"cannot be put in place: {error.strerror}") from None
        _sync_folder(self.target.parent)
        shutil.rmtree(old, ignore_errors=True)

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _durable(path, data)
        self._files[name] = FileEntry(len(data), hashlib.sha256(data).hexdigest())


def content_hash(files: Mapping[str, FileEntry]) -> str:
    """sha256 of the lines `<sha256>  <path>`, sorted by path: what `sha256sum` prints."""
    lines = "".join(f"{files[name].sha256}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def write_file(path: Path, data: bytes) -> None:
    """Replace one file in a single rename (architecture.json, shared by several runs)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    _durable(partial, data)
    partial.replace(path)
    _sync_folder(path.parent)


def sweep(target: Path) -> None:
    """Remove unfinished folders of `target` whose writer is gone; put a half-replaced pack back."""
    for folder in target.parent.glob(f".{target.name}.*-*.*"):
        if folder.suffix not in (".part", ".replaced") or not _abandoned(folder, target.name):
            continue
        if folder.suffix == ".replaced" and not target.exists():
            folder.rename(target)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path, name: str) -> bool:
    host, _, pid = folder.stem[len(name) + 2 :].rpartition("-")
    if not pid.isdigit():
        return False
    if host == socket.gethostname() and os.name == "posix":
        return int(pid) == os.getpid() or not _alive(int(pid))
    return time.time() - folder.stat().st_mtime > _ABANDONED_AFTER


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0 only asks whether the process is there
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:  # in a container nobody may collect a killed process: it stays as a zombie
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in ("Z", "X")


def _durable(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # a directory cannot be opened for syncing elsewhere
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
