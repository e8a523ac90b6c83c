"""Runs the stages of training in order; each takes up where its saved state ends.

The work folder holds `icons/`, `vae/`, `frozen/` (the autoencoder whose latents the U-Net depends
on, and the tokenizer: written once), `latents/`, `unet/`, `decoder/`, `judge/`, `estimates/`,
`recogniser/` (its `model/` is what ships) and `pipeline/`. Without `unet/` the U-Net is trained anew
on the same latents; everything rests on `frozen/`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from assetgen.errors import InputError
from assetgen.models.recogniser import FOLDER, save_recogniser
from assetgen.train import latents
from assetgen.train.checkpoints import load_state
from assetgen.train.estimates import load_estimates
from assetgen.train.export import centre_latents, describe, export
from assetgen.train.guesses import Guesser
from assetgen.train.icons import load_drawings
from assetgen.train.loop import train
from assetgen.train.recogniser import RecogniserTask, calibration
from assetgen.train.scenes import Composer
from assetgen.train.threads import Threads
from assetgen.train.tokenizer import train_tokenizer
from assetgen.train.unet import UnetTask
from assetgen.train.vae import VaeTask, to_tensor
from assetgen.train.words import load_config

Config = dict[str, Any]
CENTRING_SCENES = 500
MADE = {
    "vae": ("vae", "frozen", "latents"),
    "unet": ("unet",),
    "decoder": ("decoder",),
    "recogniser": ("judge", "estimates", "recogniser"),
    "export": (),
}
"""Folders of the work folder that a stage makes, and `--no-resume` removes."""


def run_stages(options: argparse.Namespace) -> int:
    """Returns 0 when every chosen stage is complete, 1 when one was interrupted. Raises InputError."""
    config = load_config(options.config)
    try:
        options.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"--work {options.work} cannot be used: {error.strerror}", "pass a folder"
        ) from None
    stages: dict[str, Callable[[Config, argparse.Namespace], bool]] = {
        "vae": train_vae,
        "unet": train_unet,
        "decoder": train_decoder,
        "recogniser": train_recogniser,
        "export": export_pipeline,
    }
    wanted = tuple(stages) if options.stage == "all" else (options.stage,)
    if not options.resume:
        _forget(wanted, options.work)
    return 0 if all(stages[stage](config, options) for stage in wanted) else 1


def _forget(stages: tuple[str, ...], work: Path) -> None:
    """Removes what these stages have made so far; refuses to pull the ground from under the others."""
    if stages == ("vae",) and (work / "unet").exists():
        raise InputError(
            f"{work / 'unet'} was trained on the latents of this autoencoder",
            "pass --stage all to begin everything anew, or another --work",
        )
    for stage in stages:
        for name in MADE[stage]:
            shutil.rmtree(work / name, ignore_errors=True)


def train_vae(config: Config, options: argparse.Namespace) -> bool:
    """Trains the autoencoder and, at the end of its budget, freezes it."""
    task = VaeTask(config, _composer(config, options.work), options.work)
    minutes = config["vae"]["minutes"] if options.minutes is None else options.minutes
    if not train(task, options.work, minutes, Threads(options.threads)):
        return False
    freeze(config, options.work)
    return True


def freeze(config: Config, work: Path) -> None:
    """Saves the autoencoder, its latents centred, and the tokenizer, unless they are there."""
    folder = work / "frozen"
    if folder.exists():
        return
    composer = _composer(config, work)
    task = VaeTask(config, composer, work)
    task.load_state_dict(load_state(work / "vae" / "state.pt")["task"])
    task.ema.swap()
    pixels = np.stack([composer.picture(number).pixels for number in range(CENTRING_SCENES)])
    centre_latents(task.vae, to_tensor(pixels))
    tokenizer = train_tokenizer(
        (composer.caption(number) for number in range(config["text"]["captions"])),
        config["text"]["length"],
    )
    part = folder.with_name("frozen.part")
    task.vae.save_pretrained(part / "vae")
    tokenizer.save_pretrained(part / "tokenizer")
    part.replace(folder)


def train_unet(config: Config, options: argparse.Namespace) -> bool:
    """Trains the U-Net and the text encoder on latents of the frozen autoencoder."""
    task = _unet_task(config, options.work, config["unet"]["scenes"])
    minutes = config["unet"]["minutes"] if options.minutes is None else options.minutes
    return train(task, options.work, minutes, Threads(options.threads))


def train_decoder(config: Config, options: argparse.Namespace) -> bool:
    """Goes on training the decoder of the frozen autoencoder; the latents do not change."""
    task = VaeTask(config, _composer(config, options.work), options.work, _frozen(options.work))
    minutes = config["vae"]["decoder_minutes"] if options.minutes is None else options.minutes
    return train(task, options.work, minutes, Threads(options.threads))


def train_recogniser(config: Config, options: argparse.Namespace) -> bool:
    """Trains the judge on true scenes, then the recogniser on partly denoised ones as well."""
    work, spec = options.work, config["recogniser"]
    composer = _composer(config, work)
    threads = Threads(options.threads or 1)
    judge = RecogniserTask(config, composer, work)
    minutes = spec["judge_minutes"] if options.minutes is None else options.minutes
    if not train(judge, work, minutes, threads):
        return False
    task = _trained(config, options)
    guesser = Guesser(task.pipeline)
    parts = {
        training: load_estimates(spec, composer, guesser, work / "estimates", training=training)
        for training in (True, False)
    }
    seer = RecogniserTask(config, composer, work, parts[True])
    minutes = spec["minutes"] if options.minutes is None else options.minutes
    if not train(seer, work, minutes, threads):
        return False
    snr = np.array([guesser.snr(level) for level in range(guesser.levels)])
    calibrated = calibration(seer.network, parts[False], snr)
    print(json.dumps(calibrated))
    described = {
        "words": {kind: list(words) for kind, words in composer.grammar.words.items()},
        "unsaid": {"sky": config["caption"]["default_sky"]},
        "channels": spec["channels"],
        "size": composer.size,
        "temperature": {"judge": 1.0, "recogniser": round(seer.network.temperature, 5)},
        "samples": {"judge": judge.samples, "recogniser": seer.samples, "unet": task.samples},
        "calibration": calibrated,
    }
    networks = {"judge": judge.network, "recogniser": seer.network}
    save_recogniser(networks, described, work / "recogniser" / "model")
    return True


def export_pipeline(config: Config, options: argparse.Namespace) -> bool:
    """Writes the pipeline folder from the latest saved states; training may be running."""
    folder = options.out or options.work / "pipeline"
    check_target(folder)
    task = _trained(config, options)
    export(task.pipeline, folder)
    describe(config, folder)
    trained = options.work / "recogniser" / "model"
    if trained.exists():
        shutil.copytree(trained, folder / FOLDER, dirs_exist_ok=True)
    print(f"exported as after {task.samples} samples")
    return True


def check_target(folder: Path) -> None:
    """Raise InputError unless `export` may put a pipeline at `folder`, all of which it replaces."""
    if folder.is_dir():
        if any(folder.iterdir()) and not (folder / "model_index.json").is_file():
            raise InputError(
                f"{folder} holds something else than a pipeline and would be replaced",
                "pass an empty or new folder as --out",
            )
    elif folder.exists():
        raise InputError(f"{folder} is a file", "pass a folder as --out")


def _trained(config: Config, options: argparse.Namespace) -> UnetTask:
    """The pipeline with averaged weights, and the sharper decoder if there is one. Raises InputError."""
    if not (options.work / "unet" / "state.pt").is_file():
        raise InputError(
            f"{options.work} holds no trained U-Net: unet/state.pt is missing",
            f"run `assetgen train --work {options.work} --stage unet`",
        )
    task = _unet_task(config, options.work, scenes=latents.SHARD)
    _sharpen(task, config, options.work)
    if options.milestone:
        task.load_milestone(options.milestone)
    else:
        state = load_state(options.work / "unet" / "state.pt")
        task.load_state_dict(state["task"])
        task.samples = state["samples"]
        task.ema.swap()
    return task


def _sharpen(task: UnetTask, config: Config, work: Path) -> None:
    """Gives the pipeline the decoder that was trained on, if by now it is better than the frozen one."""
    if not (work / "decoder" / "state.pt").exists():
        return
    sharper = VaeTask(config, _composer(config, work), work, task.pipeline.vae)
    before, *_ = sharper.evaluate()
    sharper.load_state_dict(load_state(work / "decoder" / "state.pt")["task"])
    after, *_ = sharper.evaluate()
    print(f"decoder: {before:.2f} dB frozen, {after:.2f} dB trained on")
    if after > before:
        sharper.ema.swap()
    else:
        task.pipeline.vae.load_state_dict(_frozen(work).state_dict())


def _unet_task(config: Config, work: Path, scenes: int) -> UnetTask:
    vae = _frozen(work)
    tokenizer = CLIPTokenizer.from_pretrained(work / "frozen" / "tokenizer")
    data = latents.load_latents(scenes, _composer(config, work), vae, work / "latents")
    return UnetTask(config, tokenizer, vae.requires_grad_(False), data, work)


def _frozen(work: Path) -> AutoencoderKL:
    if not (work / "frozen" / "vae" / "config.json").is_file():
        raise InputError(
            f"{work} holds no finished autoencoder: frozen/vae is missing",
            f"run `assetgen train --work {work} --stage vae`",
        )
    return AutoencoderKL.from_pretrained(work / "frozen" / "vae")


def _composer(config: Config, work: Path) -> Composer:
    return Composer(config, load_drawings(config, work / "icons"))
