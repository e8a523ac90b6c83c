"""What lies in a model cache, and clearing it: huggingface_hub's scan with our lock files beside it.

The layout is the hub's own, so `hf cache` and other programs may share the folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from huggingface_hub import CachedRepoInfo, DeleteCacheStrategy, HFCacheInfo, scan_cache_dir
from huggingface_hub.errors import CacheNotFound
from huggingface_hub.file_download import repo_folder_name

from assetgen.errors import InputError
from assetgen.models import files, lock

DEFAULT_CACHE = Path("models_cache")
"""Below the working directory."""
REF = "assetgen"
"""The ref that names the commit in use: `refs/assetgen`; without it `hf cache prune` would take it away."""

_NOTHING = "0" * 40
"""Stands for a commit where a download left none."""

State = Literal["locked", "complete", "configuration", "incomplete", "damaged", "other"]
"""`configuration`: what `assetgen inspect` fetches, and nothing else; `other`: no pipeline of diffusers."""
UNUSABLE: tuple[State, ...] = ("configuration", "incomplete", "other")
"""States of what has to be fetched before it can be used."""


@dataclass(frozen=True)
class Cached:
    """One model of the cache. Sizes in bytes; `locked` if a lock file says what belongs there."""

    repo: str
    folder: Path
    commit: str | None
    size: int
    files: int
    state: State
    problem: str
    used: datetime | None

    @property
    def snapshot(self) -> Path:
        """The pipeline folder."""
        return self.folder / "snapshots" / str(self.commit)


def repo_folder(cache_dir: Path, repo: str) -> Path:
    """`models--<owner>--<name>` of a repository."""
    return cache_dir / repo_folder_name(repo_id=repo, repo_type="model")


def commit_of(folder: Path, wanted: str | None = None) -> str | None:
    """The cached commit to use: `wanted`, else what refs name, else the only one; None if there is none."""
    snapshots = folder / "snapshots"
    there = {p.name for p in snapshots.iterdir() if p.is_dir()} if snapshots.is_dir() else set()
    there.discard(_NOTHING)
    for ref in (REF, "main"):
        path = folder / "refs" / ref
        if wanted not in there and path.is_file():
            wanted = path.read_text(encoding="utf-8").strip()
    if wanted in there:
        return wanted
    return next(iter(there)) if len(there) == 1 else None


def look(cache_dir: Path, repo: str, wanted: str | None = None) -> Cached | None:
    """What the cache holds of `repo`, without hashing; None if it holds nothing."""
    folder = repo_folder(cache_dir, repo)
    if not folder.is_dir():
        return None
    commit = commit_of(folder, wanted)
    state, problem = _state(folder, commit, repo)
    blobs = _entries(folder)
    seen = lock.read_seen(folder, commit).used if commit else ""
    used = datetime.fromisoformat(seen) if seen else None
    return Cached(
        repo=repo,
        folder=folder,
        commit=commit,
        size=sum(blobs.values()),
        files=len(blobs),
        state=state,
        problem=problem,
        used=used or _accessed(blobs),
    )


def everything(cache_dir: Path) -> list[Cached]:
    """All models of the cache, sorted by name, damaged ones too."""
    repos = []
    for folder in sorted(cache_dir.glob("models--*--*")) if cache_dir.is_dir() else []:
        repos.append(folder.name.removeprefix("models--").replace("--", "/", 1))
    found = [look(cache_dir, repo) for repo in repos]
    return [each for each in found if each is not None]


def verify(
    found: Cached, *, deep: bool, progress: Callable[[int], object] = lambda _: None
) -> list[lock.Problem]:
    """Compare a cached model with its lock, offline; `deep` hashes every file.

    What another program put into the cache has no lock yet: it gets one, compared with the listing that
    huggingface_hub kept of the commit where there is one. Raises InputError for an incomplete model.
    """
    assert found.commit is not None
    if known := lock.read_lock(found.folder, found.commit):
        return lock.check(found.folder, known, deep=deep, progress=progress)
    index = files.read_index(found.snapshot)
    there = (p for p in found.snapshot.rglob("*") if p.is_file())
    names = files.select(
        [p.relative_to(found.snapshot).as_posix() for p in there], index, found.repo
    )
    published = published_files(found.folder, found.commit)
    return lock.write_lock(found.folder, found.repo, found.commit, names, published, progress)


def published_files(folder: Path, commit: str) -> dict[str, lock.Expected] | None:
    """What the hub said about the files of `commit` when huggingface_hub last asked; None if unknown.

    `get_cached_repo_tree` leaves the sha256 out, so its file `trees/<commit>.json` is read.
    """
    try:
        tree = json.loads((folder / "trees" / f"{commit}.json").read_text(encoding="utf-8"))
        if tree["format_version"] != 1:
            return None
        return {
            name: lock.Expected(file["size"], file.get("lfs_sha256"), file["blob_id"])
            for name, file in tree["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def scan(cache_dir: Path) -> HFCacheInfo | None:
    """huggingface_hub's own scan; None if there is no such folder. Raises InputError if it is a file."""
    try:
        return scan_cache_dir(cache_dir)
    except CacheNotFound:
        return None
    except ValueError:
        raise InputError(f"{cache_dir} is a file", "pass a folder as --cache-dir") from None


def plan_clear(cache_dir: Path, repos: Iterable[str]) -> list[DeleteCacheStrategy]:
    """What deleting every commit of `repos` removes and frees, one plan a model; empty if none is there.

    Each is `delete_revisions` of huggingface_hub: files that another model shares stay. It is asked about
    one model at a time, because copies of a model have the same commits and it takes a commit for unique.
    """
    wanted = set(repos)
    for repo in wanted:
        mend(repo_folder(cache_dir, repo))
    info = scan(cache_dir)
    chosen = [each for each in _models(info) if each.repo_id in wanted] if info else []
    return [
        replace(info, repos=frozenset([each])).delete_revisions(
            *(revision.commit_hash for revision in each.revisions)
        )
        for each in chosen
        if info
    ]


def delete_files(cache_dir: Path, repo: str, commit: str, names: Iterable[str]) -> None:
    """Remove files of one commit so that they are fetched again; shared blobs stay."""
    wanted = {
        repo_folder(cache_dir, repo).resolve() / "snapshots" / commit / name for name in names
    }
    mend(repo_folder(cache_dir, repo))
    if info := scan(cache_dir):
        chosen = [
            file
            for each in _models(info)
            if each.repo_id == repo
            for revision in each.revisions
            if revision.commit_hash == commit
            for file in revision.files
            if file.file_path in wanted
        ]
        info.delete_files(*chosen).execute()


def mend(folder: Path) -> None:
    """Make a half-downloaded or damaged model folder one that huggingface_hub can scan.

    Its scan drops a folder with a dangling link or a ref to nothing, and what is dropped cannot be
    deleted. Links to nothing are removed, missing snapshot folders made; no file is touched.
    """
    if not folder.is_dir():
        return
    snapshots = folder / "snapshots"
    snapshots.mkdir(exist_ok=True)
    for path in snapshots.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()
    for ref in (p for p in (folder / "refs").rglob("*") if p.is_file()):
        if name := ref.read_text(encoding="utf-8").strip():
            (snapshots / name).mkdir(exist_ok=True)
    if not any(snapshots.iterdir()):
        (snapshots / _NOTHING).mkdir()


def write_ref(folder: Path, commit: str) -> None:
    """Note `commit` as the one in use."""
    path = folder / "refs" / REF
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{REF}.{os.getpid()}")
    partial.write_text(commit, encoding="utf-8")
    partial.replace(path)


def _models(info: HFCacheInfo) -> list[CachedRepoInfo]:
    return [repo for repo in info.repos if repo.repo_type == "model"]


def _state(folder: Path, commit: str | None, repo: str) -> tuple[State, str]:
    if commit is None:
        return "incomplete", "no file of it is complete"
    if known := lock.read_lock(folder, commit):
        problems = _sizes(folder, known)
        return ("damaged", "; ".join(map(str, problems))) if problems else ("locked", "")
    snapshot = folder / "snapshots" / commit
    if any(snapshot.iterdir()) and not os.path.lexists(snapshot / files.INDEX):
        return "other", f"it has no {files.INDEX}: another program's, no pipeline of diffusers"
    if files.has_configurations(snapshot) and not any(snapshot.rglob("*.safetensors")):
        return "configuration", "its weights were not fetched"
    try:
        files.check_folder(snapshot)
    except InputError as error:
        return "incomplete", str(error)
    return "complete", ""


def _sizes(folder: Path, known: lock.Lock) -> list[lock.Problem]:
    """Missing files and other sizes only: what a listing can tell in no time."""
    snapshot = folder / "snapshots" / known.commit
    problems = []
    for name, file in known.files.items():
        try:
            size = (snapshot / name).stat().st_size
        except OSError:
            problems.append(lock.Problem(name, "missing", "is missing"))
            continue
        if size != file.bytes:
            problems.append(lock.Problem(name, "size", f"has {size} of {file.bytes} bytes"))
    return problems


def _entries(folder: Path) -> dict[Path, int]:
    """Every stored file behind the snapshots, once, with its size."""
    found: dict[Path, int] = {}
    for path in (folder / "snapshots").rglob("*"):
        if path.is_file():
            target = path.resolve()
            found[target] = target.stat().st_size
    return found


def _accessed(blobs: Iterable[Path]) -> datetime | None:
    """The newest access time; file systems may keep it coarsely or not at all."""
    times = [path.stat().st_atime for path in blobs]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def unfinished(cache_dir: Path) -> tuple[int, int]:
    """Number and bytes of what killed downloads left behind: `*.incomplete`, of use to nobody."""
    info: Any = scan(cache_dir)
    left = getattr(info, "incomplete_files", ())
    return len(left), sum(file.size_on_disk for file in left)
