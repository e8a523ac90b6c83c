"""`assetgen card MODEL`: the model card and the README's figures, from evaluation.json and training.json."""

from __future__ import annotations

import argparse
from pathlib import Path

from assetgen.errors import InputError
from assetgen.pack.resources import data_dir


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("card", help="write the model card", description=__doc__)
    parser.add_argument("model", nargs="?", default="miniature", help="a name or a pipeline folder")
    parser.add_argument("--file-as", metavar="ID", help="model id of its figures")
    parser.add_argument(
        "--out", type=Path, help="assets folder with the figures (default: shipped)"
    )
    parser.add_argument("--config", type=Path, help="instead of config/train.yaml")
    parser.add_argument("--readme", type=Path, help="also replace the figures in this README")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Write and name the files."""
    from assetgen.evaluate.card import write_card
    from assetgen.models.registry import find_model
    from assetgen.train.words import load_config

    if options.readme is not None and not options.readme.is_file():
        raise InputError(f"{options.readme} is missing", "pass --readme README.md")
    entry = find_model(options.model)
    assets = options.out or data_dir("assets")
    name = options.file_as or entry.id
    for file in write_card(entry.folder, load_config(options.config), assets, name, options.readme):
        print(file)
    return 0
