"""`assetgen inspect MODEL`: the architecture of a model, traced from its configuration alone."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from assetgen.commands.cache import add_folder
from assetgen.pack.codec import decode, encode
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import Architecture, Unit


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "inspect", help="print a model's architecture", description=__doc__
    )
    parser.add_argument(
        "model",
        nargs="?",
        default="miniature",
        help="a name, a pipeline folder, or owner/name on the hub",
    )
    parser.add_argument("--json", action="store_true", help="print architecture.json")
    parser.add_argument("--layers", action="store_true", help="open every unit")
    add_folder(parser)
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Trace and print; no weights are read."""
    architecture = shipped(options.model) or traced(options.model, options.cache_dir)
    if options.json:
        sys.stdout.write(encode(architecture).decode())
    else:
        print("\n".join(tree(architecture, layers=options.layers)))
    return 0


def shipped(model: str) -> Architecture | None:
    """The architecture of a model that ships as a structure only: no configuration, no weights."""
    folder = data_dir("assets") / "runs" / model
    lone = Path(model).name == model and not Path(model).is_dir()
    if not lone or not (folder / "architecture.json").is_file() or in_registry(model):
        return None
    return decode(Architecture, folder / "architecture.json")


def in_registry(model: str) -> bool:
    """Whether `model` is a name of config/models.yaml that can be run."""
    from assetgen.models.registry import shipped_models

    return model in shipped_models()


def traced(model: str, cache_dir: Path | None = None) -> Architecture:
    """Run the model's denoiser on the meta device; of a hub model only the configurations are fetched."""
    from assetgen.capture.trace import trace
    from assetgen.models.skeleton import load_skeleton
    from assetgen.models.source import configured_model

    entry = configured_model(model, cache_dir)
    return trace(replace(load_skeleton(entry.folder), name=entry.id))


def tree(architecture: Architecture, *, layers: bool = False) -> list[str]:
    """The architecture as indented lines: level by level, skips with their sources."""
    sample, edges = architecture.traced_at.sample, Counter(e.kind for e in architecture.edges)
    kinds = Counter(layer.kind for unit in architecture.units for layer in unit.layers)
    lines = [
        f"{architecture.model}: {architecture.class_}, {_count(architecture.parameters)} parameters, "
        f"{_count(architecture.flops)}FLOP a call at {_shape(sample[1:])}",
        f"{len(architecture.units)} units, {edges['skip']} skips, {kinds['cross_attention']} "
        f"cross-attention layers, {kinds['joint_attention']} joint-attention layers",
    ]
    skips = {e.target: e.source for e in architecture.edges if e.kind == "skip"}
    width = max(len(unit.id) + 2 * unit.level for unit in architecture.units)
    for unit in architecture.units:
        lines.append(_unit(unit, width, skips.get(unit.id)))
        if layers:
            pad = "  " * (unit.level + 2)
            for layer in unit.layers:
                name = layer.id[len(unit.id) + 1 :] or layer.id
                lines.append(f"{pad}{name}  {layer.kind}  {_count(layer.parameters)}")
    for companion in architecture.companions:
        lines.append(
            f"beside it: {companion.id} ({companion.class_}) {_count(companion.parameters)}"
        )
    return lines


def _unit(unit: Unit, width: int, skip: str | None) -> str:
    name = "  " * unit.level + unit.id
    line = (
        f"{name:<{width}}  {unit.kind:<10} {_shape(unit.input):>12} -> {_shape(unit.output):<12} "
        f"{_count(unit.parameters):>8} {_count(unit.flops):>8}FLOP"
    )
    return f"{line}  <- {skip}" if skip else line


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _count(number: int) -> str:
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.4g} {unit}"
    return f"{number} "
