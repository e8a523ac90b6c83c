"""Runs the protocols one after the other and writes `evaluation.json` with its contact sheets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch

from assetgen import __version__
from assetgen.evaluate import contact
from assetgen.evaluate.bench import GUIDANCE, QUICK, Bench, Sizes, open_bench
from assetgen.evaluate.figures import line
from assetgen.evaluate.following import measure_following, truth
from assetgen.evaluate.localisation import measure_localisation
from assetgen.evaluate.memorisation import measure_memorisation
from assetgen.evaluate.paint import paint_all
from assetgen.evaluate.recognition import recognised
from assetgen.evaluate.reconstruction import measure_reconstruction
from assetgen.models.load import weights_hash
from assetgen.models.recogniser import read_config
from assetgen.models.registry import ModelEntry
from assetgen.pack.codec import encode
from assetgen.pack.evaluation import Evaluation, Line, Settings
from assetgen.pack.schema import FORMAT
from assetgen.pack.writer import write_file

FOLDER = "evaluation"
"""Of the pictures, beside `evaluation.json`."""


def evaluate(
    entry: ModelEntry, config: dict[str, Any], work: Path, target: Path, *, quick: bool = False
) -> Evaluation:
    """Measure `entry` and write to `target` (runs/<model>). Interrupted, it goes on from `work`."""
    bench = open_bench(entry, config, work, QUICK if quick else Sizes())
    pictures = target / FOLDER
    reconstruction = measure_reconstruction(bench, _name("reconstruction"))
    contact.reconstruction_sheet(bench, pictures / "reconstruction.jpg")
    localisation = measure_localisation(bench, _name("localisation"))
    contact.localisation_sheet(bench, localisation, pictures / "localisation.jpg")
    painted = paint_all(bench)
    following = measure_following(bench, painted, _name("following"))
    contact.following_sheet(bench, painted, pictures / "following.jpg")
    memorisation = measure_memorisation(bench, painted, _name("memorisation"))
    contact.memorisation_sheet(bench, painted, pictures / "memorisation.jpg")
    asked = truth(bench.words, painted.scenes[: len(painted.guesses)])
    ece = read_config(entry.folder).get("calibration", {}).get("ece")
    found = Evaluation(
        format=FORMAT,
        model=entry.id,
        weights=weights_hash(entry.folder / "unet"),
        quick=quick,
        settings=_settings(bench),
        software={
            "assetgen": __version__,
            "diffusers": diffusers.__version__,
            "torch": str(torch.__version__),
        },
        summary=(),
        following=following,
        localisation=localisation,
        reconstruction=reconstruction,
        memorisation=memorisation,
        recognition=recognised(
            painted.tracks(bench.recogniser), painted.tracks(bench.judge), asked, ece
        ),
    )
    found = Evaluation(**{**_fields(found), "summary": summary(found)})
    write_file(target / "evaluation.json", encode(found))
    return found


def summary(found: Evaluation) -> tuple[Line, ...]:
    """Every figure that has a goal, in the order of the protocols; also those that miss it."""
    lines: list[Line] = []
    if f := found.following:
        void = f.void is not None
        lines += [
            line("object_present", f.present, 0.9, void=void),
            line("both_present", f.both, 0.8, void=void),
            line("false_presence", f.false, 0.05, at_least=False, void=void),
            line("judge_recall", f.judge.drawn.recall, 0.98),
            line("judge_precision", f.judge.drawn.precision, 0.98),
        ]
    if spots := found.localisation:
        lines.append(
            Line("attention_iou", spots.iou, 0.6, True, spots.iou >= 0.6, spots.low, spots.high)
        )
    if r := found.reconstruction:
        lines.append(line("autoencoder_psnr", r.psnr, 32.0))
    if found.recognition:
        lines.append(line("control_words", found.recognition.controls, 0.05, at_least=False))
    return tuple(lines)


def _fields(value: Evaluation) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def _settings(bench: Bench) -> Settings:
    sampler = type(bench.pipe.scheduler).__name__
    return Settings(bench.sizes.steps, GUIDANCE, sampler, "bfloat16 autocast")


def _name(part: str) -> str:
    return f"{FOLDER}/{part}.jpg"
