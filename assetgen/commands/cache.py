"""`assetgen cache`: the models that were fetched from the hub: list, inspect, verify, fetch and clear them."""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from assetgen.errors import InputError

if TYPE_CHECKING:
    from assetgen.models.cache import Cached

_DEFAULT = "models_cache"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "cache", help="models fetched from the hub: list, verify, clear", description=__doc__
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        found = verbs.add_parser(name, help=text, description=text)
        add_folder(found)
        return found

    verb("list", "every model of the cache").set_defaults(func=_list)
    info = verb("info", "one model, or the cache and all models known by name")
    info.add_argument("id", nargs="?", help="owner/name")
    info.set_defaults(func=_info)
    check = verb("verify", "hash every file and compare with the lock file; no network")
    check.add_argument("id", nargs="?", help="owner/name (default: all)")
    check.set_defaults(func=_verify)
    fetch = verb("download", "fetch a model, or what is missing or damaged of it")
    fetch.add_argument("id", help="owner/name")
    fetch.add_argument("--commit", help="a commit, tag or branch instead of the pinned commit")
    fetch.set_defaults(func=_download)
    clear = verb("clear", "delete a model, or all")
    clear.add_argument("id", nargs="?", help="owner/name")
    clear.add_argument("--all", action="store_true", help="delete every model")
    clear.add_argument("--dry-run", action="store_true", help="only say what would be freed")
    clear.add_argument("--yes", action="store_true", help="do not ask")
    clear.set_defaults(func=_clear)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `generate` about the cache."""
    group = parser.add_argument_group("models of the hub")
    add_folder(group)
    group.add_argument("--no-cache", action="store_true", help="fetch, use and delete the model")
    group.add_argument("--list-cache", action="store_true", help="list the cached models")
    group.add_argument("--clear-cache", action="store_true", help="delete all cached models")
    group.add_argument("--clear-model-cache", metavar="ID", help="delete one cached model")
    group.add_argument("--yes", action="store_true", help="do not ask before deleting")


def act_on_cache(options: argparse.Namespace) -> bool:
    """Do what those options ask of the cache itself; True if anything was asked."""
    asked = False
    if options.clear_cache or options.clear_model_cache:
        repo = None if options.clear_cache else options.clear_model_cache
        clear(options.cache_dir, repo, dry_run=False, yes=options.yes)
        asked = True
    if options.list_cache:
        _list(options)
        asked = True
    return asked


def clear(cache_dir: Path, repo: str | None, *, dry_run: bool, yes: bool) -> None:
    """Delete one model, or all for None, after a question; says what is freed.

    Raises InputError if it is not there, or if nobody can be asked.
    """
    from assetgen.models import cache
    from assetgen.models.download import bytes_text

    there = [each.repo for each in cache.everything(cache_dir)]
    if repo is not None and repo not in there:
        raise InputError(f"{repo} is not in {cache_dir}", "see: assetgen cache list")
    doomed = [repo] if repo is not None else there
    plans = cache.plan_clear(cache_dir, doomed)
    if not plans:
        print(f"{cache_dir} holds no model")
        return
    before = _size_on_disk(cache_dir)
    size = bytes_text(before if repo is None else sum(p.expected_freed_size for p in plans))
    what = repo or f"all {len(doomed)} models of {cache_dir}"
    if dry_run:
        print(f"deleting {what} would free {size}")
        return
    if not yes and not _agreed(f"Delete {what} and free {size}? [y/N] "):
        print("nothing was deleted")
        return
    for plan in plans:
        plan.execute()
    print(f"deleted {what}: {bytes_text(before - _size_on_disk(cache_dir))} freed")


def _size_on_disk(cache_dir: Path) -> int:
    from assetgen.models import cache

    info = cache.scan(cache_dir)
    return info.size_on_disk if info else 0


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError("nobody is there to be asked before deleting", "pass --yes")
    return input(question).strip().lower() in ("y", "yes")


def add_folder(parser: argparse._ActionsContainer) -> None:
    """`--cache-dir`."""
    parser.add_argument(
        "--cache-dir", type=Path, metavar="DIR", default=Path(_DEFAULT),
        help=f"where models of the hub are kept (default: {_DEFAULT})",
    )  # fmt: skip


def _list(options: argparse.Namespace) -> int:
    from assetgen.models import cache
    from assetgen.models.download import bytes_text

    found = cache.everything(options.cache_dir)
    if not found:
        print(f"{options.cache_dir} holds no model; fetch one: assetgen cache download ID")
        return 0
    width = max(len(each.repo) for each in found)
    for each in found:
        print(
            f"{each.repo:<{width}}  {(each.commit or '')[:12]:<12}  {bytes_text(each.size):>9}  "
            f"{_STATES[each.state]:<11}  {_ago(each.used)}"
        )
    count = "1 model" if len(found) == 1 else f"{len(found)} models"
    print(f"{count}, {bytes_text(_size_on_disk(options.cache_dir))} in {options.cache_dir}")
    number, size = cache.unfinished(options.cache_dir)
    if number:
        print(
            f"{number} files of broken-off downloads take {bytes_text(size)}; "
            f"remove them: hf cache prune --cache-dir {options.cache_dir}"
        )
    return 0


_STATES = {
    "locked": "complete",
    "complete": "unverified",
    "configuration": "no weights",
    "incomplete": "incomplete",
    "other": "no pipeline",
    "damaged": "damaged",
}


def _info(options: argparse.Namespace) -> int:
    from assetgen.models import cache
    from assetgen.models.download import bytes_text
    from assetgen.models.registry import known_models

    if options.id is None:
        folder = options.cache_dir.resolve()
        existing = next(p for p in (folder, *folder.parents) if p.exists())
        print(f"cache     {folder}")
        print(f"free      {bytes_text(shutil.disk_usage(existing).free)}")
        for repo, known in known_models().items():
            found = cache.look(options.cache_dir, repo, known.commit)
            disk = f"{known.disk} GB" if known.disk else "size unknown"
            state = _STATES[found.state] if found else "not cached"
            print(f"{repo:<48}  {disk:>9}  {state}")
        return 0
    model = known_models().get(options.id)
    found = cache.look(options.cache_dir, options.id, model.commit if model else None)
    if found is None and model is None:
        raise InputError(
            f"{options.id} is neither cached nor known",
            f"fetch it: assetgen cache download {options.id}",
        )
    print(options.id)
    if model is not None:
        gate = {True: "yes: accept it on the hub, then `hf auth login`", False: "no", None: None}
        for label, value in (
            ("name", model.name),
            ("pinned", model.commit or "not pinned: the newest is fetched, the lock remembers it"),
            ("licence", model.licence),
            ("gated", gate[model.gated]),
            ("disk", f"{model.disk} GB" if model.disk else None),
            ("memory", f"{model.memory} GB in 16 bits" if model.memory else None),
        ):
            print(f"  {label:<10}{'unknown' if value is None else value}")
    _print_cached(found, options.id)
    return 0


def _print_cached(found: Cached | None, repo: str) -> None:
    from assetgen.models import lock
    from assetgen.models.download import bytes_text

    if found is None:
        print(f"  cached    no; fetch it: assetgen cache download {repo}")
        return
    known = lock.read_lock(found.folder, found.commit or "")
    checked = "compared with the hub's checksums" if known and known.compared else "as it was found"
    print(f"  cached    {bytes_text(found.size)} in {found.files} files, {_STATES[found.state]}")
    print(f"  commit    {found.commit or 'none complete'}")
    print(f"  locked    {checked if known else 'not yet: assetgen cache verify'}")
    print(f"  last use  {_ago(found.used)}")
    print(f"  folder    {found.folder}")
    if found.problem:
        after = "" if found.state == "other" else f"; assetgen cache download {repo}"
        print(f"  problem   {found.problem}{after}")


def _verify(options: argparse.Namespace) -> int:
    from assetgen.models import cache
    from assetgen.models.download import bytes_text

    if options.id is not None:
        one = cache.look(options.cache_dir, options.id)
        if one is None:
            raise InputError(
                f"{options.id} is not in {options.cache_dir}", "see: assetgen cache list"
            )
        models = [one]
    else:
        models = cache.everything(options.cache_dir)
    bad = 0
    for each in models:
        if each.state in ("configuration", "other"):
            what = "no weights to verify" if each.state == "configuration" else "no pipeline"
            print(f"{each.repo}  {(each.commit or '')[:12]}  {what}")
            continue
        if each.state == "incomplete":
            lines = [each.problem]
        else:
            with _bar(each) as bar:
                lines = [
                    str(problem) for problem in cache.verify(each, deep=True, progress=bar.update)
                ]
        for line in lines:
            print(f"{each.repo}: {line}", file=sys.stderr)
        if lines:
            print(f"fetch what is missing: assetgen cache download {each.repo}", file=sys.stderr)
            bad += 1
        else:
            print(f"{each.repo}  {(each.commit or '')[:12]}  {bytes_text(each.size)} as locked")
    return 1 if bad else 0


def _bar(model: Cached) -> tqdm[Any]:
    return tqdm(
        total=model.size, desc=model.repo, unit="B", unit_scale=True, leave=False, disable=None
    )


def _download(options: argparse.Namespace) -> int:
    from assetgen.models import cache
    from assetgen.models.download import bytes_text, download
    from assetgen.models.registry import known_models

    known = known_models().get(options.id)
    commit = options.commit or (known.commit if known else None)
    folder = download(options.id, options.cache_dir, commit)
    found = cache.look(options.cache_dir, options.id, folder.name)
    assert found is not None
    print(f"{options.id} at {folder.name[:12]} is complete: {bytes_text(found.size)} in {folder}")
    return 0


def _clear(options: argparse.Namespace) -> int:
    if (options.id is None) != options.all:
        raise InputError("nothing or too much was named", "pass one id, or --all")
    clear(options.cache_dir, options.id, dry_run=options.dry_run, yes=options.yes)
    return 0


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return "never used"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = int(seconds // length)
            return f"used {number} {unit}{'s' if number > 1 else ''} ago"
    return "used just now"
