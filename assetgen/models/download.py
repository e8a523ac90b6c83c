"""Fetching a model into the cache with huggingface_hub, and saying in one line why it could not be."""

from __future__ import annotations

import difflib
import errno
import glob
import shutil
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import huggingface_hub
from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import tqdm

from assetgen.errors import InputError
from assetgen.models import cache, files, lock
from assetgen.models.registry import known_models
from assetgen.pack import PackError

_CONFIGURATION = (files.INDEX, "config.json", "tokenizer_config.json")
"""Names of the files that the shapes of a model follow from: some kilobytes of it."""
_TIMEOUT = 20.0
"""Seconds to wait for the hub's first answer."""
_NETWORK = ("httpcore", "httpcore2", "httpx", "httpx2", "requests", "urllib3")


class _Stopped(KeyboardInterrupt):
    """Ends a thread that fetches."""


class _Bar(tqdm):
    """A progress bar for a terminal; elsewhere an error stays one line.

    Each piece that a thread has fetched is told to it: where a thread can be stopped.
    """

    stop = threading.Event()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "disable": options.get("disable") or None})

    def update(self, n: float | None = 1) -> bool | None:
        """Count `n` bytes, or raise if the download is to end."""
        if self.stop.is_set():
            raise _Stopped
        return super().update(n)


def download(
    repo: str,
    cache_dir: Path,
    commit: str | None,
    say: Callable[[str], object] = print,
    check: Callable[[Path], object] = lambda _: None,
) -> Path:
    """Fetch what loading `repo` needs at `commit` (None: its newest), lock it, return the pipeline folder.

    `check` is called with the folder when only the configurations are in it: whatever it raises comes
    before the weights. Files that are here and right are kept. Raises InputError for whatever stops it;
    then what has arrived completely is still here and the same command goes on.
    """
    folder = cache.repo_folder(cache_dir, repo)
    with _explained(repo, cache_dir):
        published, commit = _ask(repo, commit)
        chosen = _choose(repo, cache_dir, commit, published)
        _remove_damaged(repo, cache_dir, commit, chosen, published)
        missing = [n for n in chosen if not (folder / "snapshots" / commit / n).exists()]
        size = sum(published[n].bytes or 0 for n in missing)
        if missing:
            check(_fetch(repo, cache_dir, commit, filter(_is_configuration, chosen)))
            _check_space(cache_dir, size, repo)
            say(f"fetching {repo} at {commit[:12]}: {len(missing)} files, {bytes_text(size)}")
        _fetch(repo, cache_dir, commit, chosen)
    if problems := lock.write_lock(folder, repo, commit, chosen, published):
        cache.delete_files(cache_dir, repo, commit, [p.path for p in problems])
        raise InputError(f"{repo}: {problems[0]} as it arrived", f"fetch it again: {_again(repo)}")
    cache.write_ref(folder, commit)
    return folder / "snapshots" / commit


def fetch_configuration(repo: str, cache_dir: Path, commit: str | None) -> Path:
    """Fetch what a trace of `repo` needs, no weights; returns the folder. Raises InputError as `download`."""
    with _explained(repo, cache_dir, f"assetgen inspect {repo}"):
        published, commit = _ask(repo, commit)
        return _fetch(repo, cache_dir, commit, filter(_is_configuration, published))


def _fetch(repo: str, cache_dir: Path, commit: str, names: Iterable[str]) -> Path:
    """Those files of `commit` that are not here yet; returns the snapshot's folder."""
    patterns = [glob.escape(name) for name in names]
    with _stoppable():
        snapshot_download(
            repo, revision=commit, cache_dir=cache_dir, allow_patterns=patterns, max_workers=4,
            tqdm_class=_Bar,
        )  # fmt: skip
    return cache.repo_folder(cache_dir, repo) / "snapshots" / commit


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C ends the threads that fetch: huggingface_hub would wait until their files, gigabytes, are here."""
    usual = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or (
        signal.getsignal(signal.SIGINT) is not usual
    ):
        yield
        return

    def stop(number: int, frame: Any) -> None:
        _Bar.stop.set()
        usual(number, frame)

    _Bar.stop.clear()
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        _Bar.stop.clear()


def _is_configuration(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name in _CONFIGURATION and len(path.parts) <= 2


@contextmanager
def _explained(repo: str, cache_dir: Path, again: str | None = None) -> Iterator[None]:
    """Whatever huggingface_hub raises inside becomes one line that ends with the command to type next."""
    again = again or _again(repo)
    try:
        yield
    except (InputError, PackError):
        raise
    except KeyboardInterrupt:
        raise InputError(
            f"the download of {repo} was interrupted; complete files are kept",
            f"go on with: {again}",
        ) from None
    except Exception as error:
        raise explain(error, repo, cache_dir, again) from None


def explain(error: Exception, repo: str, cache_dir: Path, again: str) -> Exception:
    """The one line for what huggingface_hub raised, ending with the command `again`; other errors unchanged."""
    hub = constants.ENDPOINT
    for cause in _causes(error):
        if isinstance(cause, GatedRepoError):
            return InputError(
                f"{repo} is gated: its authors want a licence accepted at {hub}/{repo}",
                f"accept it there, type `hf auth login`, then: {again}",
            )
        if isinstance(cause, RepositoryNotFoundError):
            close = difflib.get_close_matches(repo, known_models(), 1, cutoff=0.8)
            return InputError(
                f"the hub has no model {repo!r} that you may see",
                f"did you mean {close[0]}?" if close
                else f"check the name; if it is private type `hf auth login`, then: {again}",
            )  # fmt: skip
        if isinstance(cause, RevisionNotFoundError):
            return InputError(
                f"{repo} no longer has the pinned commit",
                f"take its newest: {again} --commit main",
            )
        if isinstance(cause, OfflineModeIsEnabled):
            return InputError(
                f"{repo} is not in {cache_dir} and HF_HUB_OFFLINE is set",
                f"type: HF_HUB_OFFLINE=0 {again}",
            )
        if isinstance(cause, HFValidationError):
            return InputError(f"{repo!r} is no model id", "an id is owner/name")
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            return InputError(
                f"the disk of {cache_dir} is full",
                f"make room (assetgen cache list), then go on: {again}",
            )
        if isinstance(cause, HfHubHTTPError):
            status = getattr(cause.response, "status_code", "an error")
            return InputError(f"the hub answered {status} for {repo}", f"try later: {again}")
        if _unreachable(cause):
            return InputError(
                f"no network: {repo} is not complete in {cache_dir} and {hub} cannot be reached",
                f"when you are online type: {again}",
            )
    if isinstance(error, OSError) or _from_network(error):
        line = " ".join(str(error).split())[:200]
        return InputError(f"the download of {repo} broke off: {line}", f"go on with: {again}")
    return error


def _ask(repo: str, commit: str | None) -> tuple[dict[str, lock.Expected], str]:
    """The files that the hub has at `commit`, with sizes and checksums, and the commit's full name."""
    info = HfApi().model_info(repo, revision=commit, files_metadata=True, timeout=_TIMEOUT)
    published = {
        file.rfilename: lock.Expected(
            file.size, file.lfs.sha256 if file.lfs else None, file.blob_id
        )
        for file in info.siblings or ()
    }
    if files.INDEX not in published:
        raise InputError(
            f"{repo} is no diffusers pipeline: it has no {files.INDEX}",
            "take the repository that has one, often named -diffusers",
        )
    return published, str(info.sha)


def _choose(
    repo: str, cache_dir: Path, commit: str, published: Mapping[str, lock.Expected]
) -> list[str]:
    path = huggingface_hub.hf_hub_download(repo, files.INDEX, revision=commit, cache_dir=cache_dir)
    return files.select(published, files.read_index(Path(path).parent), repo)


def _remove_damaged(
    repo: str,
    cache_dir: Path,
    commit: str,
    chosen: list[str],
    published: Mapping[str, lock.Expected],
) -> None:
    """huggingface_hub keeps a file that is there, whatever is in it: remove what is not as published."""
    folder = cache.repo_folder(cache_dir, repo)
    snapshot = folder / "snapshots" / commit
    damaged = {
        name
        for name in chosen
        if (path := snapshot / name).exists() and path.stat().st_size != published[name].bytes
    }
    if known := lock.read_lock(folder, commit):
        damaged |= {problem.path for problem in lock.check(folder, known, deep=True)}
    if damaged:
        cache.delete_files(cache_dir, repo, commit, damaged)


def _check_space(cache_dir: Path, needed: int, repo: str) -> None:
    existing = next(p for p in (cache_dir.resolve(), *cache_dir.resolve().parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < needed * 1.02:
        raise InputError(
            f"{repo} needs {bytes_text(needed)} and the disk of {cache_dir} has {bytes_text(free)} free",
            "make room (assetgen cache list) or pass another --cache-dir",
        )


def _from_network(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in _NETWORK


def _unreachable(error: BaseException) -> bool:
    """No connection came about, or no answer in time."""
    if _from_network(error):
        return "Connect" in type(error).__name__ or "Timeout" in type(error).__name__
    return isinstance(error, ConnectionError | TimeoutError)


def _again(repo: str) -> str:
    return f"assetgen cache download {repo}"


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it came from, outermost first."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def bytes_text(size: float) -> str:
    """`13.9 GB`, decimal units."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size:.0f} B"
