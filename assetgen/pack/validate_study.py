"""Does a study vary the one thing that it says, about a run that is there?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assetgen.pack.errors import PackError
from assetgen.pack.reader import STUDIES, Pack, Problem
from assetgen.pack.schema import Architecture, Metadata, Study

_VARIES = {
    "guidance": "guidance", "seed": "seed", "steps": "steps", "sampler": "sampler",
    "prompt": "prompt", "learned": "weights", "ablation": None,
}  # fmt: skip
"""The one property of the base run that a kind of study may change."""


def check_study(pack: Pack) -> Iterator[Problem]:
    """Everything `study` promises; nothing for a full run in its place."""
    path = pack.path / "metadata.json"
    study = pack.metadata.study
    among = pack.path.parent.name == STUDIES
    if study is None:
        if among:
            yield Problem(path, "lies among the studies and has no `study`")
        return
    if not among:
        yield Problem(path, f"is a study and does not lie in {STUDIES}/")
    yield from _check_value(path, pack.metadata, study)
    for cut in cuts_of(study):
        if not names_something(cut, pack.architecture):
            yield Problem(path, f"study.cut names nothing of the architecture: {cut!r}")
    try:
        base = pack.base().metadata
    except PackError as error:
        yield Problem(path, f"the base run {study.base!r} cannot be read: {error.message}")
        return
    if base.study is not None:
        yield Problem(path, f"the base run {study.base!r} is a study itself")
    own, others = _properties(pack.metadata), _properties(base)
    for name in own:
        if name != _VARIES[study.kind] and own[name] != others[name]:
            yield Problem(
                path, f"a study of {study.kind} has another {name} than its base run "
                f"({own[name]!r}, not {others[name]!r})",
            )  # fmt: skip


def cuts_of(study: Study) -> tuple[str, ...]:
    """The ids that were cut, none if the study is no ablation."""
    return tuple((study.cut or "").split())


def names_something(cut: str, architecture: Architecture) -> bool:
    """True if `cut` is the id of a unit, skip or layer of `architecture`."""
    return cut in cut_ids(architecture)


def cut_ids(architecture: Architecture) -> list[str]:
    """Ids of everything that can be cut: units, skips and layers, as the explorer names them."""
    return [
        *(f"unit:{unit.id}" for unit in architecture.units),
        *(f"skip:{e.source}->{e.target}" for e in architecture.edges if e.kind == "skip"),
        *(f"layer:{layer.id}" for unit in architecture.units for layer in unit.layers),
    ]


def _check_value(path: Path, data: Metadata, study: Study) -> Iterator[Problem]:
    if not study.label.strip():
        yield Problem(path, "study.label is empty")
    if (study.kind == "ablation") != bool(cuts_of(study)):
        yield Problem(path, f"a study of {study.kind} with study.cut {study.cut!r}")
    if bool(study.cut) != (study.mode is not None):
        yield Problem(path, f"study.cut {study.cut!r} with study.mode {study.mode!r}")
    if study.kind == "learned":
        if not isinstance(study.value, int) or study.value <= 0:
            yield Problem(path, f"study.value {study.value!r} is no number of samples")
        return
    said = {**_properties(data), "cut": study.cut}[_VARIES[study.kind] or "cut"]
    if study.value != said:
        yield Problem(path, f"study.value is {study.value!r} (expected {said!r})")


def _properties(data: Metadata) -> dict[str, object]:
    return {
        "prompt": data.prompt,
        "negative prompt": data.negative_prompt,
        "seed": data.seed,
        "guidance": data.guidance_scale,
        "steps": len(data.steps),
        "sampler": data.scheduler.name,
        "weights": data.model.weights,
        "architecture": data.model.architecture,
    }
