"""The `assetgen` command and its subcommands. Exit code 2 for bad input, in one line."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from assetgen import __version__
from assetgen.errors import CaptureError, InputError
from assetgen.pack import PackError

COMMANDS = (
    "assetgen.commands.generate",
    "assetgen.commands.batch",
    "assetgen.commands.study",
    "assetgen.commands.importing",
    "assetgen.commands.export",
    "assetgen.commands.inspect",
    "assetgen.commands.cache",
    "assetgen.commands.validate",
    "assetgen.commands.evaluate",
    "assetgen.commands.exhibit",
    "assetgen.commands.card",
)
TRAIN = "assetgen.train.command"
_EXTRAS = {
    **dict.fromkeys(("diffusers", "huggingface_hub", "torch", "transformers"), "bake"),
    **dict.fromkeys(("resvg_py", "tokenizers"), "train"),
}
"""Packages that are installed with an extra only, and its name."""


def build_parser() -> argparse.ArgumentParser:
    """The parser with all commands; importing torch is left to the commands that need it."""
    parser = argparse.ArgumentParser(prog="assetgen", description=__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=f"assetgen {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in (*COMMANDS, TRAIN):
        importlib.import_module(name).add_parser(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 well, 1 problems found, 2 bad input."""
    options = build_parser().parse_args(arguments)
    # Read when torch starts: threads that wait by spinning make a busy machine five times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return int(options.func(options))
    except (InputError, PackError, CaptureError) as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        return _fail(f"{error.name} is not installed; pip install 'diffusion-explorer[{extra}]'")
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        _fail("interrupted; nothing half-written was left")
        return 130


def _fail(line: str) -> int:
    print(f"assetgen: {line}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
