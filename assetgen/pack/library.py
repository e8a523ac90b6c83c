"""What recorded runs there are: `Library` lists an assets folder, full runs apart from studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from assetgen.pack.codec import decode
from assetgen.pack.errors import PackError
from assetgen.pack.reader import STUDIES, Pack, Problem
from assetgen.pack.schema import Architecture, Metadata, Study, StudyKind

NO_RUNS = (STUDIES, "evaluation")
"""Folders beside a model's runs that are none, so no run may have such a name."""


class RunEntry(NamedTuple):
    """One usable pack, as the prompt picker lists it."""

    model: str
    id: str
    title: str
    prompt: str
    profile: str
    path: Path
    pair: str | None


class StudyEntry(NamedTuple):
    """One light run that varies one thing about a full run: what, and where it lies."""

    run: RunEntry
    study: Study


class _Head(msgspec.Struct):
    """The few fields of metadata.json that a list needs; the rest is skipped unparsed."""

    format: int
    title: str
    prompt: str
    profile: str
    study: Study | None = None


class Architectures(Mapping[str, Architecture]):
    """Model id → architecture; each file is read when it is first asked for. Raises PackError then."""

    def __init__(self) -> None:
        self._files: dict[str, Path] = {}
        self._read: dict[str, Architecture] = {}

    def add(self, model: str, file: Path) -> None:
        """Know of a model without reading it."""
        self._files[model] = file

    def drop(self, model: str) -> None:
        """Forget a model that turned out to be damaged."""
        del self._files[model]

    def __getitem__(self, model: str) -> Architecture:
        if model not in self._read:
            self._read[model] = decode(Architecture, self._files[model])
        return self._read[model]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


class Library:
    """All runs below an assets folder. Damaged ones are listed in `problems`, the others usable.

    Studies are listed apart, when they are first asked for; so is the architecture of a model without
    runs read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.architectures = Architectures()
        self.runs: list[RunEntry] = []
        self.problems: list[Problem] = []
        self._studies: dict[str, list[StudyEntry]] = {}

    @classmethod
    def open(cls, assets_dir: str | Path) -> Self:
        """Read the JSON of every run below `assets_dir/runs`; no picture, no checksum.

        Raises PackError only if the folder itself is not there.
        """
        root = Path(assets_dir)
        if not (root / "runs").is_dir():
            raise PackError(
                root, "holds no recorded runs", "a folder with runs/<model>/<run>",
                "bake one with `assetgen generate`",
            )  # fmt: skip
        library = cls(root)
        for folder in sorted(p for p in (root / "runs").iterdir() if p.is_dir()):
            library._add_model(folder)
        return library

    @property
    def structures(self) -> list[str]:
        """Models with an architecture and no run."""
        with_runs = {run.model for run in self.runs}
        return [model for model in self.architectures if model not in with_runs]

    def entry(self, model: str, id: str) -> RunEntry:
        """The run `id` of `model`, be it a study; KeyError if there is none."""
        for run in self.runs:
            if (run.model, run.id) == (model, id):
                return run
        for entry in self.studies(model):
            if entry.run.id == id:
                return entry.run
        raise KeyError(f"{model}/{id}")

    def studies(
        self, model: str, base: str | None = None, kind: StudyKind | None = None
    ) -> list[StudyEntry]:
        """The studies of `model` (about the run `base`, of one `kind`), ordered by kind and value.

        Read when first asked for: a head of each metadata.json, about 0.1 ms a study. What cannot be
        read is added to `problems`.
        """
        if model not in self._studies:
            self._studies[model] = sorted(self._read_studies(model), key=_study_order)
        return [
            entry for entry in self._studies[model]
            if base in (None, entry.study.base) and kind in (None, entry.study.kind)
        ]  # fmt: skip

    def _read_studies(self, model: str) -> Iterator[StudyEntry]:
        for path in folders(self.path / "runs" / model / STUDIES):
            try:
                head = decode(_Head, path / "metadata.json")
                if head.study is None:
                    raise PackError(path, "is among the studies and is none", "a field `study`")
            except PackError as error:
                self.problems.append(Problem(Path(error.path), error.message))
                continue
            yield StudyEntry(
                RunEntry(model, path.name, head.title, head.prompt, head.profile, path, None),
                head.study,
            )

    def _add_model(self, folder: Path) -> None:
        runs = [path for path in folders(folder) if path.name not in NO_RUNS]
        if not runs and not (folder / "architecture.json").exists():
            return
        self.architectures.add(folder.name, folder / "architecture.json")
        try:
            if runs:
                _ = self.architectures[folder.name]
        except PackError as error:
            self.architectures.drop(folder.name)
            self.problems.append(Problem(Path(error.path), error.message))
            return
        for path in runs:
            try:
                self._add_run(folder.name, path)
            except PackError as error:
                self.problems.append(Problem(Path(error.path), error.message))

    def _add_run(self, model: str, path: Path) -> None:
        metadata = decode(Metadata, path / "metadata.json")
        if not (path / "manifest.json").is_file():
            raise PackError(path, "has no manifest.json", hint="generate the run again")
        self.runs.append(
            RunEntry(
                model, path.name, metadata.title, metadata.prompt, metadata.profile, path,
                metadata.pair,
            )
        )  # fmt: skip


def ablations(pack: Pack) -> dict[str, Path]:
    """Folders of the runs that lack one part of the network, by the id of the part (mode `zero`).

    Of the run that `pack` is, or that it is a study of. What cannot be read is left out.
    """
    study = pack.metadata.study
    base = study.base if study else pack.metadata.id
    found = {}
    for path in folders(pack.model_folder / STUDIES):
        if path.name.startswith(f"{base}-cut-"):
            try:
                head = decode(_Head, path / "metadata.json").study
            except PackError:
                continue
            if head is not None and head.base == base and head.cut and head.mode == "zero":
                found[head.cut] = path
    return found


def folders(folder: Path) -> list[Path]:
    """The folders in `folder`, sorted; none if it is not there.

    Names with a dot in front are runs that are being written.
    """
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _study_order(entry: StudyEntry) -> tuple[str, str, float, str]:
    value = entry.study.value
    number = float(value) if isinstance(value, (int, float)) else 0.0
    return entry.study.base, entry.study.kind, number, entry.run.id
