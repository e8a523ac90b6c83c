"""Studies: light runs that vary one thing about a full run. What is varied is data, config/studies.yaml."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import yaml

from assetgen.capture.call import Settings
from assetgen.capture.cut import check_cuts
from assetgen.capture.solvers import solver_for
from assetgen.errors import InputError
from assetgen.generate import Baker, Job
from assetgen.models.runtime import other_scheduler
from assetgen.pack import Architecture, Metadata, Pack, PackError
from assetgen.pack.names import slug
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import CutMode, Study, StudyKind
from assetgen.pack.validate_study import cut_ids

Value = int | float | str
KINDS: tuple[StudyKind, ...] = get_args(StudyKind)


class Variation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of study: its values, and how each is labelled."""

    label: str
    values: tuple[Value, ...] = ()
    prompts: Mapping[str, tuple[str, ...]] = {}
    labels: Mapping[str, str] = {}
    mode: CutMode = "zero"


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`config/studies.yaml`."""

    flagships: tuple[str, ...]
    studies: dict[StudyKind, Variation]


def load_plan(path: Path | None = None) -> Plan:
    """The shipped plan, or another file; raises InputError naming file and field."""
    path = path or data_dir("config") / "studies.yaml"
    try:
        # keys of YAML may be numbers; those of a study's labels are compared as text
        return msgspec.convert(_texts(yaml.safe_load(path.read_text(encoding="utf-8"))), Plan)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", "pass another --plan"
        ) from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}", "compare with config/studies.yaml") from None


def plan_jobs(
    plan: Plan, baker: Baker, kinds: Sequence[str] = (), checkpoints: Path | None = None
) -> Iterator[Job]:
    """Every study of the plan (of these `kinds`), in its order.

    Raises InputError if a base run is not there or was recorded with other weights. Milestones that
    `checkpoints` does not hold are left out.
    """
    kept = milestones(checkpoints) if checkpoints else {}
    for base in plan.flagships:
        data = base_run(baker, base)
        for kind, variation in plan.studies.items():
            if kinds and kind not in kinds:
                continue
            for value in values_of(variation, kind, base, baker.architecture):
                if kind == "learned" and value not in kept:
                    continue
                label = label_of(variation, value)
                mode = variation.mode if kind == "ablation" else None
                yield job_of(data, kind, value, label, mode, kept.get(value))


def base_run(baker: Baker, name: str) -> Metadata:
    """The full run `name`; raises InputError unless it is there and this very model's."""
    again = f"bake it: assetgen generate {name} --force"
    try:
        data = Pack.open(baker.folder / name).metadata
    except PackError as error:
        raise InputError(f"the base run {name!r} cannot be read: {error}", again) from None
    if data.study is not None or data.profile == "light" or data.seed is None:
        raise InputError(f"the base run {name!r} is no full run", again)
    if data.model.weights != baker.weights:
        raise InputError(f"the base run {name!r} was recorded with other weights", again)
    return data


def values_of(
    variation: Variation, kind: StudyKind, base: str, architecture: Architecture
) -> Sequence[Value]:
    """What one kind of study goes through about the run `base`."""
    if kind == "prompt":
        return variation.prompts.get(base, ())
    return (
        parts(architecture, map(str, variation.values)) if kind == "ablation" else variation.values
    )


def parts(architecture: Architecture, kinds: Iterable[str]) -> list[str]:
    """Ids of everything of some kinds that can be cut: `unit`, `skip`, or a kind of layer; InputError for another."""
    layers = {f"layer:{y.id}": y.kind for unit in architecture.units for y in unit.layers}
    found = []
    for kind in kinds:
        own = [id for id in cut_ids(architecture) if kind in (id.partition(":")[0], layers.get(id))]
        if not own:
            raise InputError(
                f"the architecture has no {kind!r} to cut", "skip, unit, cross_attention"
            )
        found += own
    return found


def job_of(
    base: Metadata,
    kind: StudyKind,
    value: Value,
    label: str,
    mode: CutMode | None = None,
    weights: Path | None = None,
) -> Job:
    """The light run that gives `base` one other `value`."""
    assert base.seed is not None and base.guidance_scale is not None  # only imports lack them
    study = Study(kind, base.id, value, label, str(value) if mode else None, mode)
    settings = Settings(
        prompt=str(value) if kind == "prompt" else base.prompt,
        negative=base.negative_prompt,
        steps=int(value) if kind == "steps" else len(base.steps),
        seed=int(value) if kind == "seed" else base.seed,
        guidance=float(value) if kind == "guidance" else base.guidance_scale,
        size=base.size,
    )
    name = f"{base.id}-{'cut' if mode else kind}-{_name(value)}"
    if mode == "mean":
        name += "-mean"
    return Job(name, f"{base.title}: {label}", settings, "light", study=study, weights=weights)


def label_of(variation: Variation, value: Value) -> str:
    """What a visitor reads beside the run."""
    return variation.labels.get(str(value)) or variation.label.format(value=value)


def check_job(job: Job, baker: Baker) -> None:
    """Raise InputError for a study that cannot work, before time is spent on it."""
    study = job.study
    if study is not None and study.mode is not None:
        check_cuts(baker.architecture, (study.cut or "").split(), study.mode)
    if study is not None and study.kind == "sampler":
        solver_for(other_scheduler(baker.pipe.scheduler, str(study.value)))
    baker.check(job, force=True)


def is_done(job: Job, baker: Baker) -> bool:
    """True if the very run that `job` would bake is there already."""
    try:
        data = Pack.open(baker.target(job)).metadata
    except PackError:
        return False
    if job.study is None and not _as_in(job, data, baker):
        return False
    wanted = (
        job.study, job.profile, job.settings.prompt, job.settings.negative, job.settings.seed,
        job.settings.guidance, job.settings.steps, baker.weights_of(job), baker.recogniser_hash,
        hashlib.sha256(baker.architecture_bytes).hexdigest(),
    )  # fmt: skip
    return wanted == (
        data.study, data.profile, data.prompt, data.negative_prompt, data.seed,
        data.guidance_scale, len(data.steps), data.model.weights, data.model.recogniser,
        data.model.architecture,
    )  # fmt: skip


def _as_in(job: Job, data: Metadata, baker: Baker) -> bool:
    """Whether what only a full run is free to choose is as in the run that is there."""
    return (
        job.title, job.pair, job.settings.size or baker.architecture.image,
        type(baker.pipe.scheduler).__name__, baker.where(),
    ) == (
        data.title, data.pair, data.size, data.scheduler.name,
        {key: value for key, value in data.software.items() if key in ("device", "dtype")},
    )  # fmt: skip


def milestones(folder: Path) -> dict[Value, Path]:
    """Samples seen → file, of the weights kept during training; InputError if there are none."""
    for place in (folder / "unet" / "milestones", folder / "milestones", folder):
        found: dict[Value, Path] = {
            int(file.stem): file for file in sorted(place.glob("*.pt")) if file.stem.isdigit()
        }
        if found:
            return found
    raise InputError(
        f"{folder} holds no checkpoints", "pass the folder that `assetgen train --work` was given"
    )


def _name(value: Value) -> str:
    """A value as part of a folder's name, on any system."""
    if isinstance(value, (int, float)):
        return f"{value:g}" if value < 1000 else f"{int(value):08d}"
    if re.match(r"(unit|skip|layer):", value):
        return re.sub(r"[^\w.]+", "-", value.replace("->", "-to-"))
    return slug(value.removesuffix("Scheduler"))


def _texts(value: Any) -> Any:
    """The same structure with every key as text."""
    if isinstance(value, dict):
        return {str(key): _texts(item) for key, item in value.items()}
    return [_texts(item) for item in value] if isinstance(value, list) else value
