"""The lock file of a cached model: commit, sizes and sha256 of its files. Finds damage without a network.

`from_pretrained` loads a flipped byte without complaint, and the checks of huggingface_hub ask the hub.
The lock lies in the model's cache folder, `models--<owner>--<name>/assetgen/<commit>.json`, where
huggingface_hub does not look and from where it goes with the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from assetgen.errors import InputError
from assetgen.pack.writer import write_file

_CHUNK = 1 << 22


class LockedFile(msgspec.Struct, frozen=True):
    """Size and checksum of one file."""

    bytes: int
    sha256: str


class Lock(msgspec.Struct, frozen=True):
    """What was there when the model was found complete.

    `compared`: whether every checksum agreed with the one that the hub publishes, or was only taken.
    """

    format: int
    repo: str
    commit: str
    compared: bool
    files: dict[str, LockedFile]


class Seen(msgspec.Struct):
    """What the last check found: `(bytes, mtime_ns)` of each file whose sha256 was right, and last use."""

    used: str = ""
    files: dict[str, tuple[int, int]] = {}


@dataclass(frozen=True)
class Expected:
    """What the hub says about a file: sha256 for large ones, git's blob id (sha1) for the others."""

    bytes: int | None
    sha256: str | None = None
    blob: str | None = None


@dataclass(frozen=True)
class Problem:
    """One damaged file: its path in the repository and what is wrong with it."""

    path: str
    what: Literal["missing", "size", "content"]
    detail: str

    def __str__(self) -> str:
        return f"{self.path} {self.detail}"


def lock_path(repo_folder: Path, commit: str) -> Path:
    """Where the lock of `commit` lies."""
    return repo_folder / "assetgen" / f"{commit}.json"


def read_lock(repo_folder: Path, commit: str) -> Lock | None:
    """The lock of `commit`, or None if there is none that can be read."""
    try:
        lock = msgspec.json.decode(lock_path(repo_folder, commit).read_bytes(), type=Lock)
    except (OSError, msgspec.DecodeError):
        return None
    return lock if lock.format == 1 and lock.commit == commit else None


def write_lock(
    repo_folder: Path,
    repo: str,
    commit: str,
    files: Iterable[str],
    expected: Mapping[str, Expected] | None,
    progress: Callable[[int], object] = lambda _: None,
) -> list[Problem]:
    """Hash `files` of the snapshot and write their lock; nothing is written if one is not as `expected`.

    `expected` is None where the hub was not asked. Returns the files that differ.
    """
    snapshot = repo_folder / "snapshots" / commit
    locked: dict[str, LockedFile] = {}
    seen: dict[str, tuple[int, int]] = {}
    problems: list[Problem] = []
    for name in sorted(files):
        path = snapshot / name
        wanted = (expected or {}).get(name, Expected(None))
        try:
            stat = path.stat()
        except OSError:
            problems.append(Problem(name, "missing", "is missing"))
            continue
        if wanted.bytes is not None and stat.st_size != wanted.bytes:
            problems.append(_size(name, stat.st_size, wanted.bytes))
            continue
        sha256 = digest(path, progress)
        if (wanted.sha256 or sha256) != sha256 or (
            wanted.sha256 is None and wanted.blob and git_blob(path) != wanted.blob
        ):
            problems.append(Problem(name, "content", "does not have the published checksum"))
            continue
        locked[name] = LockedFile(stat.st_size, sha256)
        seen[name] = (stat.st_size, stat.st_mtime_ns)
    if not problems:
        lock = Lock(1, repo, commit, expected is not None, locked)
        _write(lock_path(repo_folder, commit), lock)
        _write(_seen_path(repo_folder, commit), Seen(_now(), seen))
    return problems


def check(
    repo_folder: Path, lock: Lock, *, deep: bool, progress: Callable[[int], object] = lambda _: None
) -> list[Problem]:
    """Compare the snapshot with its lock, offline.

    Every file is looked at: missing, another size. `deep` hashes all of them; else only those touched
    since their sha256 was last found right.
    """
    snapshot = repo_folder / "snapshots" / lock.commit
    seen = read_seen(repo_folder, lock.commit)
    problems: list[Problem] = []
    sound: dict[str, tuple[int, int]] = {}
    for name, file in lock.files.items():
        path = snapshot / name
        try:
            stat = path.stat()
        except OSError:
            problems.append(Problem(name, "missing", "is missing"))
            continue
        mark = (stat.st_size, stat.st_mtime_ns)
        if stat.st_size != file.bytes:
            problems.append(_size(name, stat.st_size, file.bytes))
        elif (deep or seen.files.get(name) != mark) and digest(path, progress) != file.sha256:
            problems.append(Problem(name, "content", "has changed: its sha256 differs"))
        else:
            sound[name] = mark
    if sound != seen.files:
        _try_write(_seen_path(repo_folder, lock.commit), Seen(seen.used, sound))
    return problems


def read_seen(repo_folder: Path, commit: str) -> Seen:
    """What the last check and the last use left behind; empty if nothing did."""
    try:
        return msgspec.json.decode(_seen_path(repo_folder, commit).read_bytes(), type=Seen)
    except (OSError, msgspec.DecodeError):
        return Seen()


def note_use(repo_folder: Path, commit: str) -> None:
    """Remember that the model was used now; a cache that cannot be written is left as it is."""
    seen = read_seen(repo_folder, commit)
    _try_write(_seen_path(repo_folder, commit), Seen(_now(), seen.files))


def lock_digest(lock: Lock) -> str:
    """sha256 over paths and sha256 of all files: the same for the same model, wherever it lies."""
    return files_digest({name: file.sha256 for name, file in lock.files.items()})


def files_digest(sums: Mapping[str, str]) -> str:
    """sha256 of the lines `<sha256>  <path>`, sorted by path, as `sha256sum` prints them."""
    lines = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    return hashlib.sha256(lines.encode()).hexdigest()


def digest(path: Path, progress: Callable[[int], object] = lambda _: None) -> str:
    """sha256 of a file, told `progress` in bytes. Raises InputError if it cannot be read."""
    total = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
                progress(len(chunk))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    return total.hexdigest()


def git_blob(path: Path) -> str:
    """The id that git gives the file: sha1 over a short header and its content."""
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _seen_path(repo_folder: Path, commit: str) -> Path:
    return repo_folder / "assetgen" / f"{commit}.seen.json"


def _size(name: str, there: int, wanted: int) -> Problem:
    what = "is cut off" if there < wanted else "is too long"
    return Problem(name, "size", f"{what}: {there} of {wanted} bytes")


def _write(path: Path, value: msgspec.Struct) -> None:
    write_file(path, msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def _try_write(path: Path, value: msgspec.Struct) -> None:
    with suppress(OSError):
        _write(path, value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
