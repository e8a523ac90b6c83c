"""`assetgen train`: the stages of the miniature's training, one after the other."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from assetgen.errors import InputError

STAGES = ("all", "vae", "unet", "decoder", "recogniser", "export")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers `train` and its options; `func` returns the exit status."""
    parser = subparsers.add_parser("train", help="train the miniature model from nothing")
    parser.add_argument("--work", type=Path, required=True, help="folder for all training state")
    parser.add_argument("--stage", choices=STAGES, default="all")
    parser.add_argument("--config", type=Path, help="instead of config/train.yaml")
    parser.add_argument(
        "--minutes", type=float, help="time budget of each stage, earlier runs included"
    )
    parser.add_argument("--threads", type=int, default=0, help="0: as many as cores are free")
    parser.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on from the state in the work folder (the default)",
    )
    parser.add_argument("--out", type=Path, help="where `export` puts the pipeline folder")
    parser.add_argument(
        "--milestone", type=int, metavar="SAMPLES", help="`export` the model as it was then"
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Runs the chosen stages; torch is imported only from here on. Raises InputError."""
    if options.threads < 0:
        raise InputError(f"--threads {options.threads}", "pass 0 for as many as are free, or more")
    if options.minutes is not None and not 0 <= options.minutes < math.inf:
        raise InputError(f"--minutes {options.minutes:g}", "pass the minutes of a stage, from 0")
    from assetgen.train.stages import run_stages

    return run_stages(options)
