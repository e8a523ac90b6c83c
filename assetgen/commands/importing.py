"""`assetgen import FOLDER`: step pictures, or a dataset of Diffulizer, as a run for the explorer."""

from __future__ import annotations

import argparse
from pathlib import Path

from assetgen.commands.generate import check_names, default_out
from assetgen.errors import InputError
from assetgen.pack.library import NO_RUNS


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "import", help="make a run of what another program kept", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="numbered pictures, or a Diffulizer dataset")
    parser.add_argument("--prompt", help="what was asked for (pictures need it)")
    parser.add_argument("--name", help="name of the run (default: made of the prompt)")
    parser.add_argument("--title", help="its title (default: the prompt)")
    parser.add_argument(
        "--shows", choices=("x_t", "x0"), default="x_t",
        help="what pictures show: the noisy latent (default) or the predicted picture",
    )  # fmt: skip
    parser.add_argument(
        "--architecture", metavar="NAME|FILE", help="sd15, sdxl, flux, or an architecture.json"
    )
    parser.add_argument("--file-as", metavar="ID", help="file the run under this model id")
    parser.add_argument("--out", type=Path, help="assets folder to write to")
    parser.add_argument("--force", action="store_true", help="replace a run that exists")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Read, say what is there and what is not, write."""
    from assetgen.imports.diffulizer import is_dataset, read_dataset
    from assetgen.imports.pictures import read_pictures
    from assetgen.imports.source import write_pack
    from assetgen.pack.names import slug

    check_names(options)
    folder: Path = options.folder
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder", "pass the folder that holds the pictures")
    if is_dataset(folder):
        if options.prompt is not None:
            raise InputError("--prompt with a dataset", "it knows its own prompt")
        found = read_dataset(folder)
    else:
        if not (options.prompt or "").strip():
            raise InputError("pictures without a prompt", 'pass --prompt "a fox on grass"')
        found = read_pictures(folder, options.prompt, options.shows)
    if options.architecture is not None:
        found.structure = options.architecture
    name = options.name or slug(found.prompt)
    if name in NO_RUNS:
        raise InputError(f"a run cannot be called {name!r}", "pass another --name")
    title = options.title or found.prompt[:1].upper() + found.prompt[1:]
    path = write_pack(
        found, options.out or default_out(), name, title, options.file_as, force=options.force
    )
    for note in found.notes:
        print(note)
    if found.structure is None:
        print("the architecture was not recorded; --architecture sdxl would show its rooms")
    print(path)
    return 0
