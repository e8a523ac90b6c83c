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
    check: Callable[[ModelEntry], object] = lambda _: None,
) -> Iterator[ModelEntry]:
    """The model called `name`, for as long as the block lasts.

    A model of the hub is taken from `cache_dir` without a network, or fetched into it the first time;
    with `keep=False` it is fetched into a temporary folder that is deleted at the end. `check` sees the
    model first, before any weights are fetched: what it raises stops everything. Raises InputError in
    one line, with the command to type next.
    """
    if not is_hub_id(name) or Path(name).is_dir():
        entry = find_model(name)
        files.check_folder(entry.folder)
        check(entry)
        yield entry
    elif keep:
        from assetgen.models.cache import DEFAULT_CACHE

        cache_dir = cache_dir or DEFAULT_CACHE
        if (entry_here := _cached(name, cache_dir, say)) is not None:
            check(entry_here)
            yield entry_here
        else:
            yield _fetched(name, cache_dir, say, check)
    else:
        with tempfile.TemporaryDirectory(prefix="assetgen-") as folder:
            yield _fetched(name, Path(folder), say, check)


def configured_model(name: str, cache_dir: Path | None = None) -> ModelEntry:
    """The model called `name` for a trace: its folder holds the configurations, perhaps no weights.

    Of a hub model that is not cached only those are fetched, some kilobytes. Raises InputError.
    """
    if not is_hub_id(name) or Path(name).is_dir():
        return find_model(name)
    from assetgen.models import cache
    from assetgen.models.download import fetch_configuration

    cache_dir = cache_dir or cache.DEFAULT_CACHE
    found = cache.look(cache_dir, name, _pinned(name))
    if found is None or found.commit is None or not files.has_configurations(found.snapshot):
        folder = fetch_configuration(name, cache_dir, _pinned(name))
    else:
        folder = found.snapshot
    return hub_entry(name, folder, folder.name)


def cached_model(name: str, cache_dir: Path | None = None) -> ModelEntry:
    """A hub model that the cache holds complete and undamaged. Raises InputError if it does not."""
    from assetgen.models.cache import DEFAULT_CACHE

    cache_dir = cache_dir or DEFAULT_CACHE
    if (found := _cached(name, cache_dir, lambda _: None)) is None:
        raise InputError(
            f"{name} is not complete in {cache_dir}", f"fetch it: assetgen cache download {name}"
        )
    return found


def _fetched(
    repo: str,
    cache_dir: Path,
    say: Callable[[str], object],
    check: Callable[[ModelEntry], object],
) -> ModelEntry:
    from assetgen.models.download import download

    def entry(folder: Path) -> ModelEntry:
        return hub_entry(repo, folder, folder.name)

    return entry(download(repo, cache_dir, _pinned(repo), say, lambda folder: check(entry(folder))))


def _cached(repo: str, cache_dir: Path, say: Callable[[str], object]) -> ModelEntry | None:
    """None if the cache does not hold all of it. Raises InputError if something of it is damaged."""
    from assetgen.models import cache, lock

    pinned = _pinned(repo)
    found = cache.look(cache_dir, repo, pinned)
    if found is None or found.commit is None or found.state in cache.UNUSABLE:
        return None
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
