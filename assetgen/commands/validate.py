"""`assetgen validate PATH`: does a pack, or every pack of an assets folder, keep its promises?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "validate", help="check a pack or an assets folder", description=__doc__
    )
    parser.add_argument("path", type=Path, help="a run's folder, or the folder that holds runs/")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Print one line a problem; 1 if there are any."""
    from assetgen.pack.validate import count_packs, validate

    problems = validate(options.path)
    for problem in problems:
        print(problem, file=sys.stderr)
    packs = count_packs(options.path)
    if problems:
        print(f"problems: {len(problems)}, packs: {packs}", file=sys.stderr)
        return 1
    print(f"{packs} {'pack keeps' if packs == 1 else 'packs keep'} every promise of the format")
    return 0
