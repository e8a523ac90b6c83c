"""From what a person types as `--model` to a pipeline folder: shipped, local, cached or fetched."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assetgen.errors import InputError
from assetgen.models import files
from assetgen.models.registry import ModelEntry, find_model, hub_entry, is_hub_id, known_models


@contextmanager
def open_model(
    name: str,
    *,
    cache_dir: Path | None = None,
    keep: bool = True,
    say: Callable[[str], object] = print,
) -> Iterator[ModelEntry]:
    """The model called `name`, for as long as the block lasts.

    A model of the hub is taken from `cache_dir` without a network, or fetched into it the first time;
    with `keep=False` it is fetched into a temporary folder that is deleted at the end. Raises
    InputError in one line, with the command to type next.
    """
    if not is_hub_id(name) or Path(name).is_dir():
        entry = find_model(name)
        files.check_folder(entry.folder)
        yield entry
    elif keep:
        from assetgen.models.cache import DEFAULT_CACHE

        yield _cached(name, cache_dir or DEFAULT_CACHE, say, fetch=True)
    else:
        from assetgen.models.download import download

        with tempfile.TemporaryDirectory(prefix="assetgen-") as folder:
            snapshot = download(name, Path(folder), _pinned(name), say)
            yield hub_entry(name, snapshot, snapshot.name)


def cached_model(name: str, cache_dir: Path | None = None) -> ModelEntry:
    """A hub model that the cache holds complete and undamaged. Raises InputError if it does not."""
    from assetgen.models.cache import DEFAULT_CACHE

    return _cached(name, cache_dir or DEFAULT_CACHE, lambda _: None, fetch=False)


def _cached(repo: str, cache_dir: Path, say: Callable[[str], object], *, fetch: bool) -> ModelEntry:
    from assetgen.models import cache, lock
    from assetgen.models.download import download

    pinned = _pinned(repo)
    found = cache.look(cache_dir, repo, pinned)
    if found is None or found.commit is None or found.state == "incomplete":
        if not fetch:
            raise InputError(
                f"{repo} is not complete in {cache_dir}",
                f"fetch it: assetgen cache download {repo}",
            )
        snapshot = download(repo, cache_dir, pinned, say)
        return hub_entry(repo, snapshot, snapshot.name)
    if pinned is not None and found.commit != pinned:
        say(f"{repo}: the cache has {found.commit[:12]}, which is used, not {pinned[:12]}")
    if problems := cache.verify(found, deep=False):
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise InputError(
            f"{repo} is damaged in {cache_dir}: {problems[0]}{more}",
            f"fetch what is damaged: assetgen cache download {repo}",
        )
    lock.note_use(found.folder, found.commit)
    return hub_entry(repo, found.snapshot, found.commit)


def _pinned(repo: str) -> str | None:
    known = known_models().get(repo)
    return known.commit if known else None
