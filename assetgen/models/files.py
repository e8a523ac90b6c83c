"""Which files of a model repository a pipeline is loaded from: configurations and safetensors, never a pickle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from assetgen.errors import InputError

INDEX = "model_index.json"
_PICKLES = (".bin", ".ckpt", ".pkl", ".pickle", ".pt", ".pth")
_TEXTS = (".jinja", ".json", ".model", ".txt")
_WITHOUT_WEIGHTS = re.compile(r"(Scheduler|Tokenizer(Fast)?|Processor|FeatureExtractor)$")
HALF = ("fp16", "bf16")
"""Variants that are loaded where a part has no plain weights."""
_SHARD = re.compile(r"^(?P<stem>.+?)-(?P<number>\d{5})-of-(?P<total>\d{5})(?P<variant>\.[^.]+)?$")


def components(index: Mapping[str, Any]) -> dict[str, str]:
    """Folder -> class name of each part that a `model_index.json` names; parts left out are null there."""
    return {
        name: str(value[1])
        for name, value in index.items()
        if not name.startswith("_") and isinstance(value, list) and len(value) == 2 and value[1]
    }


def select(names: Iterable[str], index: Mapping[str, Any], model: str) -> list[str]:
    """The files of `names` (paths in the repository) that loading `index` needs, sorted.

    Plain weights where a part has them, else its half-precision ones. Raises InputError if a part has
    no weights, misses a shard, comes as a pickle only, or in another variant only.
    """
    everything = set(names)
    kept = {INDEX, *(n for n in everything if re.fullmatch(r"LICEN[CS]E[^/]*", n))} & everything
    for part, kind in components(index).items():
        inside = [n for n in everything if PurePosixPath(n).parent.as_posix() == part]
        weights = [n for n in inside if n.endswith(".safetensors")]
        variant = _variant_in_use(weights)
        chosen = [n for n in weights if _variant(n) == variant]
        if not inside:
            raise InputError(f"{model} is incomplete: it has no folder {part}")
        if not _WITHOUT_WEIGHTS.search(kind):
            _check_weights(model, part, inside, weights, chosen)
        kept |= {n for n in inside if n.endswith(_TEXTS) and not _index_of_others(n, variant)}
        kept |= set(chosen)
    return sorted(kept)


def variant_of(folder: Path) -> str | None:
    """`fp16` (or `bf16`) if a part of a pipeline folder has weights of that kind only; None for plain ones.

    Raises InputError if its parts come in both kinds.
    """
    found = set()
    for part in components(read_index(folder)):
        names = [path.name for path in (folder / part).glob("*.safetensors")]
        if names and (variant := _variant_in_use(names)) in HALF:
            found.add(variant)
    if len(found) > 1:
        raise InputError(
            f"{folder} has some weights as fp16 and some as bf16 only",
            "take a repository with one of both, or with plain weights",
        )
    return next(iter(found), None)


def check_folder(folder: Path) -> None:
    """Raise InputError unless the pipeline folder holds every file that loading it needs, as safetensors."""
    index = read_index(folder)
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    select(names, index, str(folder))


def has_configurations(folder: Path) -> bool:
    """Whether every part of a pipeline folder that has weights has its configuration, so that it can be traced."""
    try:
        parts = components(read_index(folder))
    except InputError:
        return False
    return all(
        _WITHOUT_WEIGHTS.search(kind) or (folder / part / "config.json").is_file()
        for part, kind in parts.items()
    )


def read_index(folder: Path) -> dict[str, Any]:
    """`model_index.json` of a pipeline folder. Raises InputError if it is missing or damaged."""
    path = folder / INDEX
    if not path.is_file():
        raise InputError(
            f"{folder} is no diffusers pipeline folder: it has no {INDEX}",
            "pass --model a folder that save_pretrained wrote",
        )
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        index = None
    if not isinstance(index, dict):
        raise InputError(f"{path} is damaged", "copy the model again")
    return index


def _check_weights(
    model: str, part: str, inside: list[str], weights: list[str], chosen: list[str]
) -> None:
    if not chosen and weights:
        variants = ", ".join(sorted({_variant(n) or "" for n in weights}))
        raise InputError(
            f"{model} has the weights of {part} as variant {variants} only",
            "take a repository with plain weights, or save_pretrained a folder of them",
        )
    if not chosen:
        pickles = sorted(n for n in inside if n.endswith(_PICKLES))
        if pickles:
            raise InputError(
                f"{model} has {pickles[0]} and no safetensors for {part}: "
                "a pickle can run any code and is refused",
                "take a repository with safetensors",
            )
        raise InputError(f"{model} is incomplete: {part} has no weights")
    for name in chosen:
        if match := _SHARD.match(PurePosixPath(name).stem):
            start, end = f"{part}/{match['stem']}", match["variant"] or ""
            for number in range(1, int(match["total"]) + 1):
                shard = f"{start}-{number:05d}-of-{match['total']}{end}.safetensors"
                if shard not in chosen:
                    raise InputError(f"{model} is incomplete: {shard} is missing")


def _variant(name: str) -> str | None:
    """`fp16` of model.fp16.safetensors or model.fp16-00001-of-00002.safetensors; None for plain weights."""
    stem = PurePosixPath(name).stem
    match = _SHARD.match(stem)
    if match and match["variant"]:
        return match["variant"][1:]
    return (match["stem"] if match else stem).partition(".")[2] or None


def _variant_in_use(names: Iterable[str]) -> str | None:
    """None where there are plain weights, or nothing that can be used; else the first of HALF that is there."""
    there = {_variant(name) for name in names}
    return None if None in there else next((kind for kind in HALF if kind in there), None)


def _index_of_others(name: str, variant: str | None) -> bool:
    """True for the list of shards of a pickle, of flax weights or of another variant."""
    if not name.endswith(".json") or ".index." not in name:
        return False
    own = rf"\.{variant}" if variant else ""
    return not re.fullmatch(rf"[^.]+\.safetensors\.index{own}\.json", PurePosixPath(name).name)
