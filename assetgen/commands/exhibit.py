"""`assetgen exhibit KIND`: the small files that exhibits show beside recorded runs (docs/format.md).

noising: true scenes with noise mixed in, and what the model makes of them in one step.
neighbours: the training scenes nearest to the picture of every recorded run.
training: the loss curves of the work folder, kept milestones and scenes it learned from.
samples: twenty pictures, not picked, beside the model's weights (samples.png of the model card).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assetgen.errors import InputError
from assetgen.pack.resources import data_dir

KINDS = ("noising", "neighbours", "training", "samples")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "exhibit",
        help="write what exhibits show beside runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("model", nargs="?", default="miniature", help="a name or a pipeline folder")
    parser.add_argument("--file-as", metavar="ID", help="file it under this model id")
    parser.add_argument("--out", type=Path, help="assets folder (default: the shipped one)")
    parser.add_argument(
        "--work", type=Path, default=Path("out/evaluate"), help="drawings; for `training` its state"
    )
    parser.add_argument("--config", type=Path, help="instead of config/train.yaml")
    parser.add_argument(
        "--until", type=int, metavar="SAMPLES", help="`training`: as far as the exported model saw"
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Write one kind; prints the file."""
    if options.kind == "training" and not (options.work / "unet" / "loss.jsonl").is_file():
        raise InputError(
            f"{options.work} holds no training: unet/loss.jsonl is missing",
            "pass the --work folder of `assetgen train`",
        )
    from assetgen.evaluate import exhibits
    from assetgen.models.load import load_pipeline
    from assetgen.models.registry import find_model
    from assetgen.train.guesses import Guesser
    from assetgen.train.icons import load_drawings
    from assetgen.train.scenes import Composer
    from assetgen.train.words import load_config

    config, entry = load_config(options.config), find_model(options.model)
    composer = Composer(config, load_drawings(config, options.work / "icons"))
    assets, model = options.out or data_dir("assets"), options.file_as or entry.id
    target = assets / "runs" / model
    if options.kind == "noising":
        guesser = Guesser(load_pipeline(entry.folder))
        file = exhibits.noising(guesser, composer, model, entry.folder, target)
    elif options.kind == "neighbours":
        work = options.work / "evaluation"
        count = int(config["unet"]["scenes"])
        file = exhibits.neighbours(composer, count, work, assets, model)
    elif options.kind == "samples":
        file = exhibits.samples(load_pipeline(entry.folder), composer, entry.folder)
    else:
        file = exhibits.training(composer, config, options.work, model, target, options.until)
    print(file)
    return 0
