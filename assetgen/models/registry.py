"""Which models there are by name (`config/models.yaml`), and what words they know."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assetgen.errors import InputError
from assetgen.pack.resources import data_dir


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be run: its id, a name for people, its folder, and its words if they are few.

    `repo` and `commit` say where on the hub it came from; both are None for a local folder.
    """

    id: str
    name: str
    folder: Path
    vocabulary: frozenset[str] | None = None
    repo: str | None = None
    commit: str | None = None


@dataclass(frozen=True)
class Known:
    """What `config/models.yaml` says about a model of the hub; None is what nobody has checked.

    `disk` is what a download takes and `memory` what the weights take in 16 bits, both in GB (10^9 bytes).
    """

    repo: str
    name: str
    commit: str | None = None
    licence: str | None = None
    gated: bool | None = None
    disk: float | None = None
    memory: float | None = None


def shipped_models() -> tuple[str, ...]:
    """Names of the models that lie in assets/."""
    return tuple(_registry()["models"])


def find_model(name: str, cache_dir: Path | None = None) -> ModelEntry:
    """A model of the registry, any pipeline folder, or a model of the cache; never from the network.

    Raises InputError naming the known ones, or the command that fetches it.
    """
    shipped = _registry()["models"]
    if name in shipped:
        spec = shipped[name]
        folder = data_dir("assets") / spec["folder"]
        if not folder.is_dir():
            raise InputError(
                f"model {name!r} is not here: {folder} is missing", "train it: `assetgen train`"
            )
        return ModelEntry(name, str(spec.get("name", name)), folder, _words(folder, spec))
    folder = Path(name)
    if folder.is_dir():
        folder = folder.resolve()
        return ModelEntry(folder.name, folder.name, folder, _words(folder, {}))
    if is_hub_id(name):
        from assetgen.models.source import cached_model

        return cached_model(name, cache_dir)
    known = (*shipped, *known_models())
    part = [repo for repo in known if name and name.lower() in repo.lower()]
    close = part or difflib.get_close_matches(name, known, 1)
    raise InputError(
        f"unknown model {name!r}",
        f"did you mean {close[0]!r}?" if close
        else f"pass a pipeline folder, owner/name on the hub, or one of: {', '.join(known)}",
    )  # fmt: skip


def is_hub_id(name: str) -> bool:
    """True for `owner/name`, the form of a model id on the hub."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name) is not None


def known_models() -> dict[str, Known]:
    """The hub models of `config/models.yaml`, by id."""
    return {repo: Known(repo=repo, **spec) for repo, spec in _registry()["hub"].items()}


def hub_entry(repo: str, folder: Path, commit: str) -> ModelEntry:
    """The entry of a model that came from the hub; its runs are filed under the second half of its id."""
    known = known_models().get(repo)
    name = repo.partition("/")[2]
    title = known.name if known else name
    return ModelEntry(name, title, folder, _words(folder, {}), repo, commit)


def check_words(prompt: str, vocabulary: frozenset[str] | None) -> None:
    """Raise InputError for the first word, or other sign, that a model of few words has never seen.

    The punctuation of a keyboard stands between words and is none of them.
    """
    if vocabulary is None:
        return
    words = re.findall(r"\w+|[^\w\s!-/:-@\[-`{-~]+", prompt.lower())
    if prompt.strip() and not words:
        raise InputError(f"the prompt {prompt!r} holds no word", 'pass --prompt "a fox on grass"')
    for word in words:
        if word not in vocabulary:
            close = difflib.get_close_matches(word, sorted(vocabulary), 3, cutoff=0.6)
            raise InputError(
                f"unknown word {word!r} in the prompt",
                f"nearest known words: {', '.join(close)}" if close
                else f"known words: {', '.join(sorted(vocabulary))}",
            )  # fmt: skip


def _registry() -> dict[str, Any]:
    text = (data_dir("config") / "models.yaml").read_text(encoding="utf-8")
    registry: dict[str, Any] = yaml.safe_load(text)
    return registry


def _words(folder: Path, spec: dict[str, Any]) -> frozenset[str] | None:
    """`vocabulary.json` beside the model (a list), or the words of the training configuration."""
    shipped = folder / "vocabulary.json"
    if shipped.is_file():
        return frozenset(map(str, json.loads(shipped.read_text(encoding="utf-8"))))
    if "vocabulary" not in spec:
        return None
    config = yaml.safe_load((data_dir("config") / spec["vocabulary"]).read_text(encoding="utf-8"))
    return frozenset(caption_words(config))


def caption_words(config: dict[str, Any]) -> Iterator[str]:
    """Every word that the captions of config/train.yaml can contain."""
    for kind in config["words"].values():
        yield from kind
    caption = config["caption"]
    yield from caption["article"].values()
    for part in ("and", "ground", "sky", "thing"):
        yield from re.sub(r"\{\w+\}", " ", caption[part]).split()
