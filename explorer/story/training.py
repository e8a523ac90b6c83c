"""The Training Hall: one prompt and one noise under the weights kept while training, and the loss meanwhile."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from assetgen.pack import Pack
from assetgen.pack.errors import PackError
from assetgen.pack.images import F32
from assetgen.pack.measures import Point, Stage, Training, read_measure, read_tile
from explorer.state import State
from explorer.story.ask import Ask, round_up
from explorer.story.displays import display_panel
from explorer.story.once import once
from explorer.story.panel import Fact, Panel, PanelAction, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import Series
from explorer.story.studies import studies_of

U8 = NDArray[np.uint8]
DENOISER = "unet"
"""The stage of training whose weights the checkpoints are."""
PART = 8
"""Sharp is a word whose reading lies on one cell of so many."""


class Course(msgspec.Struct, frozen=True, eq=False):
    """The runs of the kept checkpoints, fewest samples first, and what was measured while training."""

    runs: tuple[Pack, ...]
    measured: Training | None
    assets: Path
    model: str
    _sharp: dict[int, tuple[float, ...]] = msgspec.field(default_factory=dict)

    @property
    def samples(self) -> tuple[int, ...]:
        """How many scenes the network had been shown at each checkpoint."""
        return tuple(_samples(run) for run in self.runs)

    @property
    def stage(self) -> Stage | None:
        """The training of the denoiser."""
        stages = self.measured.stages if self.measured else ()
        return next((stage for stage in stages if stage.name == DENOISER and stage.curve), None)

    @property
    def curve(self) -> tuple[Point, ...]:
        """The loss as it was recorded while training; empty where it was not."""
        return self.stage.curve if self.stage else ()

    @property
    def losses(self) -> Series:
        """The loss at each checkpoint: of the point whose steps hold it; None past the end of the curve."""
        return tuple(
            next((point.loss for point in self.curve if point.samples >= n), None)
            for n in self.samples
        )

    @property
    def words(self) -> tuple[tuple[int, str], ...]:
        """Number and text of each word that names something, as far as every checkpoint kept its maps."""
        found = self.runs[0].metadata.concepts if self.runs else ()
        return tuple(
            (concept.word, concept.text)
            for concept in found
            if concept.word is not None and all(run.has_word_map(concept.word) for run in self.runs)
        )

    def at(self, state: State) -> tuple[int, int]:
        """Checkpoint and word (its place in `words`) that are shown, as far as there are so many."""
        last = max(len(self.runs) - 1, 0)
        return min(max(round(state.checkpoint), 0), last), state.checkpoint_word % max(
            len(self.words), 1
        )

    def maps(self, checkpoint: int, word: int) -> F32:
        """Where word number `word` of the prompt is read, `[S, h, w]`, probability. Raises PackError."""
        return reading(self.runs[checkpoint], word)

    def sharpness(self, word: int) -> tuple[float, ...]:
        """`sharp` of the maps of a word of the prompt at each checkpoint. Raises PackError."""
        if word not in self._sharp:
            self._sharp[word] = tuple(sharp(reading(run, word)) for run in self.runs)
        return self._sharp[word]

    @property
    def full(self) -> float:
        """The probability that is shown brightest in every map: the largest 99.5th percentile of the runs."""
        known = [run.array("words").scale_p995 for run in self.runs if run.has("words")]
        return max((scale for scale in known if scale), default=1.0)

    def examples(self, most: int) -> list[U8]:
        """True scenes of the training, each `[H, W, 3]`. Raises PackError."""
        if self.measured is None:
            return []
        shown = self.measured.examples[:most]
        return [read_tile(self.measured.sheet, e.tile, self.assets, self.model) for e in shown]


def reading(run: Pack, word: int) -> F32:
    """The maps of a word in all steps of a run, `[S, h, w]`: kept as they are, or the mean over the layers."""
    if run.has("words"):
        return run.stored_word(word)
    side = max(int(rect.height) for rect in run.array("attention").layers)
    return np.stack([run.word_map(word, step, side, side) for step in range(run.steps)])


def sharp(maps: F32) -> float:
    """The share of the reading that lies on the eighth of the cells that read most, the mean over the steps.

    Even reading gives an eighth.
    """
    flat = np.sort(maps.reshape(len(maps), -1).astype(np.float64), axis=1)
    most = flat[:, -max(flat.shape[1] // PART, 1) :].sum(1)
    return float((most / np.maximum(flat.sum(1), 1e-12)).mean())


def course_of(pack: Pack) -> Course | None:
    """Of this run, or of the first run of the model that has any; None where no checkpoint was run."""
    return once(pack, "course", lambda: _find(pack))


def _find(pack: Pack) -> Course | None:
    runs = tuple(run for run in studies_of(pack, "learned") if run.has("predicted"))
    if not runs:
        return None
    folder = pack.model_folder
    assets = folder.parent.parent
    try:
        measured = read_measure(Training, assets, folder.name)
    except PackError:
        measured = None
    return Course(runs, measured, assets, folder.name)


def _samples(run: Pack) -> int:
    study = run.metadata.study
    return int(study.value) if study and isinstance(study.value, int | float) else 0


def columns(course: Course, most: int) -> tuple[int, ...]:
    """Which checkpoints a wall with `most` columns shows: all, or evenly chosen ones with first and last."""
    count = len(course.runs)
    if count <= most:
        return tuple(range(count))
    return tuple(round(i * (count - 1) / (most - 1)) for i in range(most))


def checkpoint_at(share: float, pack: Pack, most: int) -> float | None:
    """The checkpoint at a share 0..1 of a wall with `most` columns; the last where fewer were kept."""
    course = course_of(pack)
    if course is None:
        return None
    shown = columns(course, most)
    return float(shown[min(max(int(share * most), 0), len(shown) - 1)])


def training_panel(ask: Ask, name: str) -> Panel:
    """One checkpoint: what the training had cost the network until then, and how sharply it reads."""
    course = course_of(ask.record.pack)
    if course is None:
        return display_panel(ask, name, None, (), ask.python(".metadata.model"), missing=True)
    now, word = course.at(ask.state)
    losses, samples, stage = course.losses, course.samples, course.stage
    known = [loss for loss in losses if loss is not None]
    plot = Plot(
        ask.text("plot.loss"), losses, 0.0, round_up(max(known)), Provenance.RECORDED,
        ask.text("plot.loss_formula"), now,
        first=f"{samples[0]:,}", last=ask.text("plot.loss_last", samples=f"{samples[-1]:,}"),
        moves="checkpoint", named=ask.text("plot.loss_slider", samples=f"{samples[now]:,}"),
    ) if known else None  # fmt: skip
    words = course.words
    plain = ask.state.depth == "look"
    facts = (
        ask.fact("rounds", _rounds(ask, course, samples[now])),
        _sharpness(ask, course, now, word),
        ask.fact("hours", ask.text("value.hours", hours=f"{stage.hours:.1f}", samples=f"{stage.samples:,}")
                 if stage else None),
    )  # fmt: skip
    more = (
        PanelAction("checkpoint_word", ask.text("action.other_word"), float((word + 1) % len(words))),
    ) if len(words) > 1 else ()  # fmt: skip
    return display_panel(
        ask, name, plot, facts,
        ask.code("course_of({pack}).losses", "from explorer.story.training import course_of"),
        *more,
        *([PanelAction("select", ask.text("action.copies"), "probe:pastes")] if plain else []),
    )  # fmt: skip


def _rounds(ask: Ask, course: Course, samples: int) -> str | None:
    if course.measured is None or not course.measured.scenes:
        return None
    return ask.text("value.rounds", count=f"{samples / course.measured.scenes:.2g}")


def _sharpness(ask: Ask, course: Course, now: int, word: int) -> Fact:
    """How sharply the chosen word is read at this checkpoint."""
    label, value = ask.text("fact.sharp_none"), None
    if course.words:
        number, text = course.words[word]
        label = ask.text("fact.sharp", word=text)
        try:
            value = ask.percent(course.sharpness(number)[now])
        except PackError:
            value = None
    return Fact(label, ask.not_recorded if value is None else value)
