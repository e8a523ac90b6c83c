"""Reading a jobs file: the form of `config/prompts.yaml`, where a field may also be a list of values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml

from assetgen.errors import InputError
from assetgen.pack.names import is_name
from assetgen.pack.schema import Profile

_SWEPT = ("seed", "steps", "guidance")
"""Fields that may be lists: a job for every combination."""

Size = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+(x[0-9]+)?$")]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One prompt of a jobs file, defaults filled in.

    `size` is `768x512`, width first, or the side of a square in pixels; `scheduler` is a name of
    `assetgen.models.names` and replaces the model's own.
    """

    prompt: str
    title: str | None = None
    negative: str = ""
    seed: int | list[int] = 0
    steps: int | list[int] = 40
    guidance: float | list[float] = 4.0
    size: Size | int | None = None
    scheduler: str | None = None
    profile: Profile = "viewer"
    pair: str | None = None
    model: str = "miniature"


class JobSpec(msgspec.Struct, frozen=True):
    """One run to bake: `id` is its folder's name, `entry` has single values, `key` names the result."""

    id: str
    entry: Entry
    key: str = ""

    @property
    def title(self) -> str:
        """The title given, or the prompt with a capital."""
        return self.entry.title or self.entry.prompt[:1].upper() + self.entry.prompt[1:]


def read_jobs(path: Path, model: str | None = None) -> list[JobSpec]:
    """The jobs of a YAML file, in its order; `model` replaces the model of all of them.

    Raises InputError naming file, prompt and field of what is wrong.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict) or not isinstance(content.get("prompts"), dict):
        raise InputError(f"{path} has no `prompts`", "see config/prompts.yaml for the form")
    defaults = content.get("defaults") or {}
    jobs: dict[str, JobSpec] = {}
    for name, own in content["prompts"].items():
        for job in _expand(path, str(name), {**defaults, **_mapping(path, name, own)}, model):
            if job.id in jobs:
                raise InputError(f"{path}: two jobs are called {job.id!r}", "rename one of them")
            jobs[job.id] = job
    return list(jobs.values())


def _mapping(path: Path, name: object, own: object) -> Mapping[str, Any]:
    if isinstance(own, str):
        return {"prompt": own}
    if isinstance(own, dict):
        return own
    raise InputError(f"{path}: prompt {name!r} is neither a text nor a mapping")


def _expand(path: Path, name: str, spec: dict[str, Any], model: str | None) -> Iterator[JobSpec]:
    if not is_name(name):
        raise InputError(f"{path}: {name!r} is no folder name", "use letters and hyphens")
    try:
        entry = msgspec.convert(spec, Entry)
    except msgspec.ValidationError as error:
        known = ", ".join(Entry.__struct_fields__)
        raise InputError(f"{path}: prompt {name!r}: {error}", f"fields are {known}") from None
    if model is not None:
        entry = msgspec.structs.replace(entry, model=model)
    swept = {field: value for field in _SWEPT if isinstance(value := getattr(entry, field), list)}
    for values in product(*swept.values()):
        chosen = dict(zip(swept, values, strict=True))
        suffix = "".join(f"-{field}-{value:g}" for field, value in chosen.items())
        yield JobSpec(name + suffix, msgspec.structs.replace(entry, **chosen))
