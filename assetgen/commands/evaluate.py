"""`assetgen evaluate MODEL`: how good is the model? Figures by fixed protocols, with contact sheets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import assetgen.evaluate
from assetgen.errors import InputError
from assetgen.pack.resources import data_dir

if TYPE_CHECKING:
    from assetgen.pack.evaluation import Line


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command; its help is the protocols themselves."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a trained miniature",
        description=assetgen.evaluate.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", nargs="?", default="miniature", help="a name or a pipeline folder")
    parser.add_argument("--file-as", metavar="ID", help="file the figures under this model id")
    parser.add_argument("--out", type=Path, help="assets folder (default: the shipped one)")
    parser.add_argument(
        "--work", type=Path, default=Path("out/evaluate"), help="drawings and results so far"
    )
    parser.add_argument("--config", type=Path, help="instead of config/train.yaml")
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of everything; marked as such"
    )
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Measure, write, print the summary; 0 whether or not goals are met: figures are no verdict."""
    if options.config is not None and not options.config.is_file():
        raise InputError(
            f"{options.config} is missing", "pass --config a YAML file like train.yaml"
        )
    import torch

    from assetgen.evaluate.run import evaluate
    from assetgen.models.registry import find_model
    from assetgen.train.words import load_config

    if options.threads:
        torch.set_num_threads(options.threads)
    entry = find_model(options.model)
    target = (options.out or data_dir("assets")) / "runs" / (options.file_as or entry.id)
    found = evaluate(entry, load_config(options.config), options.work, target, quick=options.quick)
    if found.quick:
        print("QUICK: too few pictures for figures to be quoted")
    if found.following and found.following.void:
        print(f"void: {found.following.void}")
    for line in found.summary:
        print(told(line))
    print(target / "evaluation.json")
    return 0


def told(line: Line) -> str:
    """One figure of the summary as a line of text."""
    if line.value is None:
        return f"{line.id:18} not measured"
    span = "" if line.low is None or line.high is None else f" [{line.low:.3f}, {line.high:.3f}]"
    verdict = "void" if line.met is None else "met" if line.met else "missed"
    sign = ">=" if line.at_least else "<="
    return f"{line.id:18} {line.value:8.3f}{span}  goal {sign} {line.goal:g}: {verdict}"
