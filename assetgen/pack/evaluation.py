"""`evaluation.json`: every figure of a model, with the counts behind it and whether it met its goal."""

from __future__ import annotations

import math

import msgspec

Z95 = 1.959964
"""Of the normal distribution, for 95 %."""


class Rate(msgspec.Struct, frozen=True):
    """`count` of `of`, with the 95 % interval of Wilson (1927); `rate` is None if `of` is 0."""

    count: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


def rate(count: int, of: int) -> Rate:
    """`count / of` with Wilson's 95 % interval; nothing is claimed about nothing."""
    if not of:
        return Rate(count, of, None, None, None)
    p, z2 = count / of, Z95**2 / of
    middle = (p + z2 / 2) / (1 + z2)
    spread = Z95 / (1 + z2) * math.sqrt(p * (1 - p) / of + z2 / (4 * of))
    low, high = max(0.0, middle - spread), min(1.0, middle + spread)
    return Rate(count, of, round(p, 5), round(low, 5), round(high, 5))


class Line(msgspec.Struct, frozen=True):
    """One figure of the summary against its goal. `met` is None where the figure is void."""

    id: str
    value: float | None
    goal: float
    at_least: bool
    met: bool | None
    low: float | None = None
    high: float | None = None


class Settings(msgspec.Struct, frozen=True):
    """How pictures were painted."""

    steps: int
    guidance: float
    sampler: str
    precision: str


class Scores(msgspec.Struct, frozen=True):
    """A classifier against the truth: of the words that are there, of the words it names."""

    recall: Rate
    precision: Rate


class Judge(msgspec.Struct, frozen=True):
    """The classifier that grades, itself graded on true held-out scenes.

    `drawn` counts objects and things in the sky only, `all` also grounds and skies; `reconstructed`
    is `drawn` for the same scenes after the autoencoder, whose softness generated pictures share.
    """

    pictures: int
    threshold: float
    drawn: Scores
    all: Scores
    reconstructed: Scores


class WordFigure(msgspec.Struct, frozen=True):
    """One word: how often it is there when asked for, how often when not."""

    text: str
    kind: str
    present: Rate
    false: Rate


class Following(msgspec.Struct, frozen=True):
    """Prompt-following on combinations that training never contained. `void` says why not to use it."""

    prompts: int
    seeds: int
    judge: Judge
    present: Rate
    single: Rate
    both: Rate
    false: Rate
    false_pictures: Rate
    kinds: dict[str, Rate]
    words: tuple[WordFigure, ...]
    sheet: str
    void: str | None = None


class Level(msgspec.Struct, frozen=True):
    """Localisation at one noise level: mean over words of the mean overlap, per kind, per word."""

    snr: float
    timestep: int
    iou: float
    low: float
    high: float
    kinds: dict[str, float]
    words: dict[str, float]


class Baseline(msgspec.Struct, frozen=True):
    """What a map without knowledge reaches. `setting` is the one number chosen on training scenes."""

    iou: float
    setting: float
    kinds: dict[str, float]


class Localisation(msgspec.Struct, frozen=True):
    """Overlap of the attention of words with the true masks; `iou` is the mean of the levels."""

    scenes: int
    training_scenes: int
    grid: tuple[int, int]
    layers: tuple[str, ...]
    threshold: float
    iou: float
    low: float
    high: float
    levels: tuple[Level, ...]
    random: Baseline
    box: Baseline
    sheet: str


class Reconstruction(msgspec.Struct, frozen=True):
    """PSNR in dB of the autoencoder: over all pixels, and the mean of the pictures with its interval."""

    scenes: int
    psnr: float
    mean: float
    low: float
    high: float
    sheet: str


class Quantiles(msgspec.Struct, frozen=True):
    """Of distances to the nearest training scene."""

    count: int
    lowest: float
    p05: float
    median: float
    p95: float


class Memorisation(msgspec.Struct, frozen=True):
    """How near generated pictures are to what was learned from.

    Distances are root mean square differences of 32 × 32 pixels, in steps of 0..255. `copies` counts
    generated pictures nearer than 99 of 100 true held-out scenes. `drawing` is the correlation of
    objects with the nearest of their drawings: of generated pictures, of true scenes, and of true
    scenes with drawings of another word. `faithful` are the generated objects that fit as well as 95
    of 100 true ones; `named` those that fit a drawing of their own word better than those of the other
    words (two objects: among the best two): a second opinion beside the judge's, without training.
    """

    training_scenes: int
    generated: Quantiles
    held_out: Quantiles
    copies: Rate
    same_objects: Rate
    one_object: Rate
    drawing: dict[str, Quantiles]
    faithful: Rate
    named: dict[str, Rate]
    sheet: str


class Recognised(msgspec.Struct, frozen=True):
    """The recogniser on runs: prompt words recognised at some step, control words that should not be.

    `judge_median_step` is the same for the judge, who knows finished scenes only and so sees later.
    """

    runs: int
    steps: int
    named: Rate
    controls: Rate
    median_step: float | None
    judge_median_step: float | None
    ece: float | None


class Evaluation(msgspec.Struct, frozen=True):
    """`evaluation.json`. A part that was not measured is None."""

    format: int
    model: str
    weights: str
    quick: bool
    settings: Settings
    software: dict[str, str]
    summary: tuple[Line, ...]
    following: Following | None = None
    localisation: Localisation | None = None
    reconstruction: Reconstruction | None = None
    memorisation: Memorisation | None = None
    recognition: Recognised | None = None
