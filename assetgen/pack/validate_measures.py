"""Do the figures beside a model's runs agree with themselves and with their pictures?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from assetgen.pack.codec import decode
from assetgen.pack.comparing import distance, psnr
from assetgen.pack.errors import PackError
from assetgen.pack.evaluation import Evaluation, Rate, rate
from assetgen.pack.images import image_size
from assetgen.pack.measures import AGAIN, MEASURES, Neighbours, Noising, Sheet, Training, read_tile
from assetgen.pack.reader import Problem

_JPEG_DB, _JPEG_STEPS = 2.0, 3.0
"""What compression may change of a PSNR (below 28 dB) and of a distance."""

_JUDGED = ("object_present", "both_present", "false_presence")
"""Figures that are void if the judge is."""


def check_measures(assets: Path, model: str) -> Iterator[Problem]:
    """Every measure that is there for `model`; what is absent was not measured."""
    for name, kind in MEASURES.items():
        path = assets / "runs" / model / f"{name}.json"
        if not path.is_file():
            continue
        try:
            found: Any = decode(kind, path, AGAIN)
            if found.model != model:
                yield Problem(path, f"is about {found.model!r}, not {model!r}")
            yield from _check_rates(path, found, name)
            yield from _CHECKS[name](path, found, assets)
        except PackError as error:
            yield Problem(Path(error.path), error.message)


def _check_rates(path: Path, value: Any, where: str) -> Iterator[Problem]:
    """Every rate anywhere in `value` is what its counts say."""
    if isinstance(value, Rate):
        if not 0 <= value.count <= value.of or value != rate(value.count, value.of):
            yield Problem(path, f"{where}: {value.rate} is not {value.count} of {value.of}")
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _check_rates(path, getattr(value, name), f"{where}.{name}")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _check_rates(path, part, f"{where}.{name}")
    elif isinstance(value, tuple):
        for i, part in enumerate(value):
            yield from _check_rates(path, part, f"{where}[{i}]")


def _check_evaluation(path: Path, found: Evaluation, assets: Path) -> Iterator[Problem]:
    del assets
    sources: dict[str, float | None] = {}
    if f := found.following:
        sources |= {
            "object_present": f.present.rate,
            "both_present": f.both.rate,
            "false_presence": f.false.rate,
            "judge_recall": f.judge.drawn.recall.rate,
            "judge_precision": f.judge.drawn.precision.rate,
        }
        weak = [
            name
            for name in ("recall", "precision")
            if (getattr(f.judge.drawn, name).rate or 0) < 0.98
        ]
        if bool(weak) != (f.void is not None):
            yield Problem(path, "following.void and the judge's own figures disagree")
    if found.localisation:
        sources["attention_iou"] = found.localisation.iou
    if found.reconstruction:
        sources["autoencoder_psnr"] = found.reconstruction.psnr
    if found.recognition:
        sources["control_words"] = found.recognition.controls.rate
    void = found.following is not None and found.following.void is not None
    for line in found.summary:
        if line.id not in sources or line.value != sources[line.id]:
            yield Problem(path, f"summary: {line.id} is not the figure that was measured")
            continue
        met = None
        if line.value is not None and not (void and line.id in _JUDGED):
            met = line.value >= line.goal if line.at_least else line.value <= line.goal
        if line.met != met:
            yield Problem(path, f"summary: {line.id} says that its goal is met: {line.met}")
    for part in (found.following, found.localisation, found.reconstruction, found.memorisation):
        if part is not None and not (path.parent / part.sheet).is_file():
            yield Problem(path.parent / part.sheet, "is missing")


def _check_sheet(path: Path, sheet: Sheet, tiles: Sequence[int]) -> Iterator[Problem]:
    height, width, _ = image_size(path.parent / sheet.file)
    if width != sheet.columns * sheet.width or height % sheet.height:
        yield Problem(path.parent / sheet.file, f"is {width}×{height}, no sheet as described")
    most = sheet.columns * (height // sheet.height)
    if any(not 0 <= tile < most for tile in tiles):
        yield Problem(path, f"names a tile beyond the {most} of its sheet")


def _check_training(path: Path, found: Training, assets: Path) -> Iterator[Problem]:
    del assets
    yield from _check_sheet(path, found.sheet, [example.tile for example in found.examples])
    for stage in found.stages:
        samples = [point.samples for point in stage.curve]
        if samples != sorted(set(samples)) or not samples or samples[-1] != stage.samples:
            yield Problem(path, f"the curve of {stage.name} does not rise to its samples")
    unet = next((stage for stage in found.stages if stage.name == "unet"), None)
    if unet and any(milestone > unet.samples for milestone in found.milestones):
        yield Problem(path, "a milestone lies beyond the end of training")


def _check_noising(path: Path, found: Noising, assets: Path) -> Iterator[Problem]:
    tiles = [scene.tile for scene in found.scenes]
    tiles += [t for scene in found.scenes for g in scene.guesses for t in (g.noised, g.guess)]
    yield from _check_sheet(path, found.sheet, tiles)
    for level in found.levels:
        if abs(level.alpha**2 + level.sigma**2 - 1) > 1e-3:
            yield Problem(path, f"level {level.timestep}: alpha² + sigma² is not 1")
    for scene in found.scenes:
        if len(scene.guesses) != len(found.levels):
            yield Problem(path, f"scene {scene.number} has not one guess per level")
            continue
        truth = read_tile(found.sheet, scene.tile, assets, found.model)
        for level, guess in zip(found.levels, scene.guesses, strict=True):
            shown = psnr(truth, read_tile(found.sheet, guess.guess, assets, found.model))
            if min(shown, guess.psnr) < 28 and abs(shown - guess.psnr) > _JPEG_DB:
                yield Problem(
                    path, f"scene {scene.number} at {level.timestep}: the picture shows "
                    f"{shown:.1f} dB, not {guess.psnr:.1f}",
                )  # fmt: skip


def _check_neighbours(path: Path, found: Neighbours, assets: Path) -> Iterator[Problem]:
    tiles = [run.tile for run in found.runs]
    tiles += [near.tile for run in found.runs for near in run.nearest]
    yield from _check_sheet(path, found.sheet, tiles)
    for run in found.runs:
        if not (path.parent / run.run).is_dir():
            yield Problem(path, f"there is no run {run.run!r}")
        distances = [near.distance for near in run.nearest]
        if distances != sorted(distances):
            yield Problem(path, f"neighbours of {run.run} are not in order")
        own = read_tile(found.sheet, run.tile, assets, found.model)
        for near in run.nearest:
            shown = distance(own, read_tile(found.sheet, near.tile, assets, found.model))
            if abs(shown - near.distance) > _JPEG_STEPS:
                yield Problem(
                    path, f"{run.run}: scene {near.number} is {shown:.1f} away, not {near.distance}"
                )  # fmt: skip


_CHECKS: dict[str, Any] = {
    "evaluation": _check_evaluation,
    "training": _check_training,
    "noising": _check_noising,
    "neighbours": _check_neighbours,
}
