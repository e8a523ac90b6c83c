"""A model of which no run was recorded: its building can be walked through, and nothing is made up."""

from __future__ import annotations

from pathlib import Path

import msgspec

from assetgen.pack import Architecture, Pack
from assetgen.pack.schema import FORMAT, Metadata, Model, Scheduler
from explorer.story.ask import Ask
from explorer.story.panel import Panel, PanelAction
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.texts import Texts

TRACED = ("unit", "layer", "skip", "cost", "spotlight")
"""Families of ids that the architecture alone can speak about."""


class Structure(Record):
    """What may be asked of a model without a run: every number of a run is None."""


def structure_of(folder: Path, architecture: Architecture) -> Structure:
    """`folder` is `runs/<model>`; the pack inside is empty and nowhere on disk."""
    nothing = Metadata(
        format=FORMAT, profile="light", id="", title="", prompt="", negative_prompt="", seed=0,
        guidance_scale=0.0, size=architecture.image,
        model=Model(folder.name, architecture.model, "", ""), software={}, tokens=(), words=(),
        scheduler=Scheduler("", ""), steps=(), calls=(), arrays={},
    )  # fmt: skip
    return Structure(Pack(folder / "structure", nothing), architecture)


def named(texts: Texts, model: str) -> str:
    """The name of a model for people, its id where there is none."""
    key = f"hud.model.{model}"
    return texts.get(key) if texts.has(key) else model


def without_run(ask: Ask, panel: Panel) -> Panel:
    """A room's panel that begins with what is missing; its code opens the architecture."""
    note = ask.text("structure.line", model=_name(ask))
    formula = panel.formula and msgspec.structs.replace(panel.formula, python=python_of(ask))
    return msgspec.structs.replace(
        panel, badge=Provenance.DERIVED, lines=(note, *panel.lines), formula=formula, legend=None
    )


def nothing_here(ask: Ask, selection: str) -> Panel:
    """What stands for everything that only a run could fill."""
    model = _name(ask)
    # who stands before a kiosk has neither a command line nor, mostly, a keyboard
    todo = "structure.next" if ask.state.kiosk is None else "structure.next_kiosk"
    return Panel(
        id=selection,
        badge=Provenance.ILLUSTRATION,
        title=ask.text("structure.title"),
        kicker=model,
        lines=(ask.text("structure.line", model=model), ask.text(todo)),
        actions=(PanelAction("menu", ask.text("action.ride"), "tours"),),
    )


def _name(ask: Ask) -> str:
    return named(ask.texts, ask.record.metadata.model.id)


def python_of(ask: Ask) -> tuple[str, ...]:
    """Lines that open this very architecture."""
    path = ask.record.pack.path.parent
    return (
        "from assetgen.pack import Library",
        f'library = Library.open("{path.parents[1].as_posix()}")',
        f'library.architectures["{path.name}"]',
    )
