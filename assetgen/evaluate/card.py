"""The model card and the README's figures: a template, filled in with what was measured.

Nothing here runs a model: the figures are those of `evaluation.json` and `training.json`, good or bad.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open

from assetgen.errors import InputError
from assetgen.pack.evaluation import Evaluation, Line, Rate, Recognised
from assetgen.pack.measures import Training, read_measure
from assetgen.pack.resources import data_dir

START, END = "<!-- figures: `assetgen card` -->", "<!-- end of figures -->"
TEMPLATE = "model_card.md"
"""Below config/."""
NOTES = "notes.md"
"""Beside the model: what somebody saw by eye, in their own words."""

TITLES = {
    "object_present": "objects of the prompt that are there",
    "both_present": "both of two objects are there",
    "false_presence": "objects and things nobody asked for",
    "judge_recall": "the judge's recall on true scenes",
    "judge_precision": "the judge's precision on true scenes",
    "attention_iou": "attention of a word on its true place (mean IoU)",
    "autoencoder_psnr": "autoencoder, true scenes and back",
    "control_words": "control words recognised in a run",
}


def card(model: Path, config: Mapping[str, Any], found: Evaluation, learned: Training) -> str:
    """The text of `README.md` beside the weights in `model`; InputError if a measure is missing."""
    if not (found.following and found.localisation and found.memorisation):
        raise InputError("evaluation.json is not complete", "run `assetgen evaluate`")
    objects, grounds = config["words"]["object"], config["words"]["ground"]
    words = {kind: ", ".join(own) for kind, own in config["words"].items()}
    parts = {part: _json(model / part / "config.json") for part in ("text_encoder", "unet", "vae")}
    side, channels = parts["unet"]["sample_size"], parts["unet"]["in_channels"]
    middle = found.localisation.levels[len(found.localisation.levels) // 2].kinds
    notes = model / NOTES
    return (
        (data_dir("config") / TEMPLATE)
        .read_text(encoding="utf-8")
        .format(
            **words,
            model=model.name,
            notes="\n\n" + notes.read_text(encoding="utf-8").strip() if notes.is_file() else "",
            size=config["scene"]["size"],
            unsaid=config["caption"]["default_sky"],
            tokens=config["text"]["length"],
            text_layers=parts["text_encoder"]["num_hidden_layers"],
            text_width=parts["text_encoder"]["hidden_size"],
            text_parameters=_parameters(model / "text_encoder"),
            unet_parameters=_parameters(model / "unet"),
            vae_parameters=_parameters(model / "vae"),
            seer_parameters=_parameters(model / "recogniser", "judge"),
            latent=f"{side} × {side} × {channels}",
            channels=", ".join(map(str, parts["unet"]["block_out_channels"])),
            rotation=config["scene"]["rotation"],
            hue=config["scene"]["hue"],
            held_pairs=len(config["held_out"]["pairs"]),
            all_pairs=len(objects) * (len(objects) - 1) // 2,
            held_grounds=len(config["held_out"]["grounds"]),
            all_grounds=len(objects) * len(grounds),
            scenes=learned.scenes,
            stages="\n".join(
                f"| {_STAGES[stage.name]} | {stage.samples:,} | {stage.hours:.1f} |"
                for stage in learned.stages
            ),
            min_snr=config["unet"]["min_snr"],
            dropped=f"{config['unet']['drop_caption']:.0%}",
            figures=figures(found),
            faithful=_percent(found.memorisation.faithful),
            named=_percent(found.memorisation.named["generated"]),
            true_named=_percent(found.memorisation.named["true"]),
            fit=f"{found.memorisation.drawing['generated'].median:.2f}",
            true_fit=f"{found.memorisation.drawing['true'].median:.2f}",
            copies=found.memorisation.copies.count,
            pictures=found.memorisation.copies.of,
            sky_iou=f"{middle['sky']:.0%}",
            object_iou=f"{middle['object']:.0%}",
            recognition=_recognition(
                found.recognition,
                _json(model / "recogniser" / "config.json").get("calibration", {}),
            ),
        )
    )


_STAGES = {
    "vae": "autoencoder (crops and pictures)",
    "unet": "U-Net and text encoder",
    "decoder": "decoder alone, afterwards",
}


def figures(found: Evaluation) -> str:
    """A table of every figure with its goal, and a sentence on what it was measured with."""
    rows = ["| | measured | 95 % interval | goal | |", "| --- | --- | --- | --- | --- |"]
    rows += [_row(line) for line in found.summary]
    said = (
        f"By `assetgen evaluate`, {found.settings.steps} steps, guidance {found.settings.guidance:g}; "
        "the protocols: `assetgen evaluate --help`; pictures, not picked: "
        f"`assets/runs/{found.model}/evaluation/`."
    )
    if f := found.following:
        said = f"{f.prompts} prompts with combinations training never contained, {f.seeds} starting noises. {said}"
        if f.void:
            said = f"**The first three figures are void: {f.void}.** {said}"
    if found.quick:
        said = f"**A quick look, too few pictures to be quoted.** {said}"
    return "\n".join([*rows, "", said])


def replace_figures(text: str, table: str) -> str:
    """A Markdown text with what stands between the two marks replaced; InputError if there are none."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise InputError(
            "the README has no marks for the figures", f"put {START!r} and {END!r} into it"
        )
    return f"{before}{START}\n{table}\n{END}{after}"


def write_card(
    model: Path, config: Mapping[str, Any], assets: Path, name: str, readme: Path | None
) -> list[Path]:
    """Writes the card and, if given, the figures of `readme`; returns the files written. Raises InputError."""
    found = read_measure(Evaluation, assets, name)
    learned = read_measure(Training, assets, name)
    for kind, value, command in (
        ("evaluation", found, "assetgen evaluate"),
        ("training", learned, "assetgen exhibit training"),
    ):
        if value is None:
            raise InputError(f"{assets}/runs/{name} has no {kind}.json", f"run `{command}`")
    assert found is not None and learned is not None
    written = [model / "README.md"]
    written[0].write_text(card(model, config, found, learned), encoding="utf-8")
    if readme is not None:
        text = replace_figures(readme.read_text(encoding="utf-8"), figures(found))
        readme.write_text(text, encoding="utf-8")
        written.append(readme)
    return written


def _recognition(found: Recognised | None, calibrated: Mapping[str, Any]) -> str:
    """What the concept track cannot tell: an order that is not there, and how sure is sure."""
    said = ""
    if found is not None and found.median_step is not None:
        said = (
            "- The recogniser finds the median word of a prompt in the prediction of "
            f"step {found.median_step + 1:g} of {found.steps}: what comes first\n"
            "  within a run is often not resolved.\n"
        )
    if {"ece", "pairs", "ece_in_doubt", "in_doubt"} <= set(calibrated):
        said += (
            f"- Its probabilities are off by {calibrated['ece']:.3f} on average (ECE, {calibrated['pairs']:,} pairs of "
            f"picture and word); where it is in doubt\n  ({calibrated['in_doubt']} of them) by "
            f"{calibrated['ece_in_doubt']:.2f}.\n"
        )
    return said


def _row(line: Line) -> str:
    show = _decibel if line.id == "autoencoder_psnr" else _share
    span = "" if line.low is None or line.high is None else f"{show(line.low)} to {show(line.high)}"
    sign = "≥" if line.at_least else "≤"
    verdict = {True: "met", False: "**missed**", None: "void"}[line.met]
    value = "not measured" if line.value is None else show(line.value)
    return f"| {TITLES[line.id]} | {value} | {span} | {sign} {show(line.goal)} | {verdict} |"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _decibel(value: float) -> str:
    return f"{value:.1f} dB"


def _percent(found: Rate) -> str:
    return "no share (none were looked at)" if found.rate is None else f"{found.rate:.0%}"


def _json(file: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{file} cannot be read", "export the model again") from None
    return value


def _parameters(folder: Path, name: str = "*") -> str:
    """The number of weights in the safetensors files of a part, in millions."""
    total = 0
    for path in sorted(folder.glob(f"{name}.safetensors")):
        with safe_open(path, framework="numpy") as file:
            for key in file.keys():  # noqa: SIM118
                size = 1
                for length in file.get_slice(key).get_shape():
                    size *= length
                total += size
    return f"{total / 1e6:.1f} M"
