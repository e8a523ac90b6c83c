"""What every protocol needs: the pipeline, the scenes, the judges, and a place for results so far."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from assetgen.models.load import load_pipeline
from assetgen.models.recogniser import FOLDER, Recogniser, load_recogniser
from assetgen.models.registry import ModelEntry
from assetgen.train.guesses import Guesser
from assetgen.train.icons import Drawings, load_drawings
from assetgen.train.scenes import Composer

Array = NDArray[Any]
STEPS, GUIDANCE = 30, 4.0


@dataclass(frozen=True)
class Sizes:
    """How much each protocol looks at."""

    prompts: int = 200
    seeds: int = 2
    judged: int = 500
    localised: int = 500
    chosen_on: int = 100
    reconstructed: int = 500
    training: int = 24000
    tracked: int = 40
    steps: int = STEPS


QUICK = Sizes(20, 1, 100, 40, 20, 50, 2000, 5)
"""To see that it works; the figures say little, and the file says so."""


@dataclass
class Bench:
    """One model under test. Results so far are kept in `folder`, by name, as arrays."""

    entry: ModelEntry
    config: dict[str, Any]
    composer: Composer
    drawings: Drawings
    pipe: Any
    guesser: Guesser
    judge: Recogniser
    recogniser: Recogniser
    sizes: Sizes
    folder: Path

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary, in the order of the judges' outputs."""
        return self.judge.words

    def kind(self, word: str) -> str:
        """object, thing, ground or sky."""
        return next(kind for kind, own in self.composer.grammar.words.items() if word in own)

    def kept(self, name: str, make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """Arrays called `name`: from an earlier, interrupted evaluation, or made now and kept."""
        file = self.folder / f"{name}.npz"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_name(f"{name}.part.npz")
            np.savez(part, **cast(dict[str, Any], make()))
            os.replace(part, file)
        with np.load(file) as stored:
            return dict(stored)


def open_bench(entry: ModelEntry, config: dict[str, Any], work: Path, sizes: Sizes) -> Bench:
    """Load everything. The drawings come from `work/icons`, or are fetched into it.

    Raises InputError if the model ships no recogniser or is damaged.
    """
    judge, recogniser = (load_recogniser(entry.folder, role) for role in ("judge", "recogniser"))
    pipe = load_pipeline(entry.folder)
    drawings = load_drawings(config, work / "icons")
    return Bench(
        entry=entry,
        config=config,
        composer=Composer(config, drawings),
        drawings=drawings,
        pipe=pipe,
        guesser=Guesser(pipe),
        judge=judge,
        recogniser=recogniser,
        sizes=sizes,
        folder=work / "evaluation" / _key(entry.folder, sizes),
    )


def _key(model: Path, sizes: Sizes) -> str:
    """Changes with any weight of the pipeline and with what is looked at, not with the judges."""
    total = hashlib.sha256(repr(sizes).encode())
    for file in sorted(model.rglob("*.safetensors")):
        if file.parent.name == FOLDER:
            continue
        total.update(file.relative_to(model).as_posix().encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]
