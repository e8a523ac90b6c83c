"""Does a pack keep every promise of docs/format.md? `validate` lists what it does not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.library import Library, folders
from assetgen.pack.reader import STUDIES, Pack, Problem
from assetgen.pack.recognition import recognition_step
from assetgen.pack.schema import Architecture, Concept, Manifest, Metadata, Recognition
from assetgen.pack.validate_arrays import check_arrays
from assetgen.pack.validate_measures import check_measures
from assetgen.pack.validate_numbers import check_numbers
from assetgen.pack.validate_study import check_study
from assetgen.pack.writer import content_hash

_OUTSIDE = ("manifest.json", "timing.json")
"""Files a manifest does not list."""


def validate(path: str | Path) -> list[Problem]:
    """Check a pack, or every pack and architecture below an assets folder; empty when all is well."""
    folder = Path(path)
    if (folder / "metadata.json").is_file() or (folder / "manifest.json").is_file():
        return list(_check_pack(folder))
    try:
        library = Library.open(folder)
    except PackError as error:
        return [Problem(folder, error.message)]
    problems = list(library.problems)
    for model in library.architectures:
        file = folder / "runs" / model / "architecture.json"
        try:
            problems += _check_architecture(file, library.architectures[model])
        except PackError as error:
            problems.append(Problem(file, error.message))
        problems += check_measures(library.path, model)
    for run in library.runs:
        problems += _check_pack(run.path)
    for model in library.architectures:
        for path in folders(library.path / "runs" / model / STUDIES):
            problems += _check_pack(path)
    return problems


def count_packs(path: str | Path) -> int:
    """How many packs `validate(path)` looks at."""
    folder = Path(path)
    if (folder / "metadata.json").is_file():
        return 1
    runs = folder.glob("runs/*/[!.]*/metadata.json")
    return sum(1 for _ in runs) + sum(
        1 for _ in folder.glob(f"runs/*/{STUDIES}/[!.]*/metadata.json")
    )


def _check_pack(folder: Path) -> Iterator[Problem]:
    try:
        yield from _check_files(folder)
        pack = Pack.open(folder)
        yield from _check_metadata(folder / "metadata.json", pack.metadata)
        yield from _check_origin(pack)
        yield from check_study(pack)
        usable = True
        for problem in check_arrays(pack):
            usable = False
            yield problem
        if usable:
            yield from check_numbers(pack)
    except PackError as error:
        yield Problem(Path(error.path), error.message)


def _check_files(folder: Path) -> Iterator[Problem]:
    manifest = decode(Manifest, folder / "manifest.json")
    if manifest.content != content_hash(manifest.files):
        yield Problem(folder / "manifest.json", "content hash does not fit the list of files")
    for name, entry in manifest.files.items():
        try:
            data = (folder / name).read_bytes()
        except OSError:
            yield Problem(folder / name, "is missing")
            continue
        if len(data) != entry.bytes:
            yield Problem(folder / name, f"has {len(data)} bytes (expected {entry.bytes})")
        elif hashlib.sha256(data).hexdigest() != entry.sha256:
            yield Problem(folder / name, "differs from its checksum")
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in manifest.files and name not in _OUTSIDE:
            yield Problem(path, "is not in the manifest")


def _check_metadata(path: Path, data: Metadata) -> Iterator[Problem]:
    if data.id != path.parent.name:
        yield Problem(path, f"id {data.id!r} is not the folder's name")
    if not data.steps:
        yield Problem(path, "has no steps")
    for name, rows in (
        ("tokens", data.tokens), ("words", data.words), ("steps", data.steps), ("calls", data.calls)
    ):  # fmt: skip
        if [row.index for row in rows] != list(range(len(rows))):
            yield Problem(path, f"{name} are not numbered 0, 1, 2 …")
            return
    for word in data.words:
        if data.prompt[slice(*word.span)] != word.text:
            yield Problem(path, f"words[{word.index}] {word.text!r} is not at its span")
        if not word.tokens or any(data.tokens[t].word != word.index for t in word.tokens):
            yield Problem(path, f"words[{word.index}] {word.text!r} and its tokens disagree")
    for step in data.steps:
        if not step.calls or any(data.calls[c].step != step.index for c in step.calls):
            yield Problem(path, f"steps[{step.index}] and its calls disagree")
        if (step.alpha is None) != (step.sigma is None):
            yield Problem(path, f"steps[{step.index}] has only one of alpha and sigma")
        elif step.alpha is not None and step.sigma is not None and step.sigma > 0:
            snr = (step.alpha / step.sigma) ** 2
            if step.snr is None or abs(step.snr - snr) > 1e-3 * max(snr, 1e-6):
                yield Problem(path, f"steps[{step.index}].snr is not (alpha / sigma)²")
    for concept in (*data.concepts, *data.controls):
        if concept.word is not None and not 0 <= concept.word < len(data.words):
            yield Problem(path, f"concept {concept.text!r} names no word of the prompt")
        series = [concept.recognition.probability] if concept.recognition else []
        if settled := concept.settling:
            series += [
                settled.localisation, settled.peak, settled.agreement, settled.confidence
            ]  # fmt: skip
        if any(len(values) != len(data.steps) for values in series):
            yield Problem(path, f"concept {concept.text!r} has not one value per step")
        if concept.recognition:
            yield from _check_recognition(path, data, concept, concept.recognition)


def _check_recognition(
    path: Path, data: Metadata, concept: Concept, found: Recognition
) -> Iterator[Problem]:
    """The track is a probability and its step follows from it."""
    if not all(0 <= value <= 1 for value in found.probability):
        yield Problem(path, f"recognition of {concept.text!r} is no probability")
    step, reason = recognition_step(found.probability)
    if (found.step, found.reason) != (step, reason):
        yield Problem(
            path, f"recognition of {concept.text!r} says step {found.step} ({found.reason}), its "
            f"probabilities say {step} ({reason})",
        )  # fmt: skip
    if data.model.recogniser is None:
        yield Problem(path, f"{concept.text!r} was recognised, but model.recogniser names nothing")
    said = {word.text.lower() for word in data.words}
    if concept.word is None and concept.text in said:
        yield Problem(path, f"{concept.text!r} is a word of the prompt and says that it is not")


def _check_origin(pack: Pack) -> Iterator[Problem]:
    """The architecture beside the pack is the one it was recorded with."""
    path = pack.model_folder / "architecture.json"
    data = pack.metadata
    decode(Architecture, path)
    if hashlib.sha256(path.read_bytes()).hexdigest() != data.model.architecture:
        yield Problem(path, f"is not the architecture that {pack.path.name} was recorded with")
    units = {unit.id for unit in pack.architecture.units}
    for name in ("attention", "features"):
        if name not in data.arrays:
            continue
        entry = data.arrays[name]
        named = {rect.unit for rect in entry.layers} | {rect.id for rect in entry.units}
        for unknown in sorted(named - units):
            yield Problem(pack.path / "metadata.json", f"{name} names no unit {unknown!r}")


def _check_architecture(path: Path, architecture: Architecture) -> Iterator[Problem]:
    units = [unit.id for unit in architecture.units]
    if [unit.index for unit in architecture.units] != list(range(len(units))):
        yield Problem(path, "units are not numbered in order")
    if len(set(units)) != len(units):
        yield Problem(path, "two units share an id")
    sources = {*units, *(companion.id for companion in architecture.companions), "text_encoder"}
    for edge in architecture.edges:
        for end, known in ((edge.source, sources), (edge.target, units)):
            if end not in known:
                yield Problem(path, f"the {edge.kind} edge to {edge.target!r} names no {end!r}")
    fed = {edge.target for edge in architecture.edges if edge.kind == "flow"}
    for unit in architecture.units[1:]:
        if unit.id not in fed:
            yield Problem(path, f"nothing flows into {unit.id!r}")
    for unit in architecture.units:
        if unit.parameters < sum(layer.parameters for layer in unit.layers):
            yield Problem(path, f"{unit.id!r} has fewer parameters than its layers")
