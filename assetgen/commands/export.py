"""`assetgen export PACK`: a contact sheet (PNG) and a film (GIF) of a run, without the 3D world."""

from __future__ import annotations

import argparse
from pathlib import Path

from assetgen.errors import InputError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "export", help="a contact sheet and a film of a run", description=__doc__
    )
    parser.add_argument("pack", help="a run's folder, or the name of a run in assets/")
    parser.add_argument("--model", help="whose run, where several have one of that name")
    parser.add_argument(
        "--out", type=Path, default=Path(), help="folder to write to (default: here)"
    )
    parser.add_argument("--only", choices=("png", "gif"), help="one of the two")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Write `<run>.png` and `<run>.gif`, each in one rename."""
    from assetgen.export.film import film, save_film
    from assetgen.export.sheet import contact_sheet
    from assetgen.pack import Pack

    pack = Pack.open(find_pack(options.pack, options.model))
    out: Path = options.out
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file", "pass a folder as --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind in [options.only] if options.only else ["png", "gif"]:
            target = out / f"{pack.metadata.id}.{kind}"
            part = target.with_name(f".{target.name}.part")
            try:
                if kind == "png":
                    contact_sheet(pack).save(part, "PNG", optimize=True)
                else:
                    save_film(film(pack), part)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
            print(f"{target}  {target.stat().st_size / 1e6:.2f} MB")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror or error}") from None
    return 0


def find_pack(name: str, model: str | None = None) -> Path:
    """A run's folder, or the run of that name among the shipped ones. Raises InputError."""
    import difflib

    from assetgen.commands.generate import default_out
    from assetgen.pack import Library

    folder = Path(name)
    if (folder / "metadata.json").is_file():
        return folder.resolve()
    if folder.is_dir():
        raise InputError(
            f"{folder} is no run: it has no metadata.json", "pass the run's own folder"
        )
    library = Library.open(default_out())
    runs = [run for run in library.runs if model in (None, run.model)]
    runs += [e.run for m in library.architectures for e in library.studies(m) if model in (None, m)]
    found = [run for run in runs if run.id == name]
    if not found:
        close = difflib.get_close_matches(name, [run.id for run in runs], 3, cutoff=0.4)
        raise InputError(
            f"no run {name!r}", f"nearest: {', '.join(close)}" if close else "pass a folder"
        )
    return found[0].path
