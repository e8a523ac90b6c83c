"""What the HUD lists: the runs and structures there are, and the keys."""

from __future__ import annotations

from collections.abc import Iterable

from assetgen.pack.library import Library
from explorer.controls.actions import Action
from explorer.hud.view import LibraryEntry
from explorer.story.structure import named
from explorer.story.texts import Texts


def library_of(library: Library, texts: Texts) -> list[LibraryEntry]:
    """Every full run, then every model of which only the structure is known."""
    runs = [
        LibraryEntry(run.model, run.id, run.title, run.prompt, run.path / "final.png")
        for run in library.runs
        if run.profile != "light"
    ]
    structures = [
        LibraryEntry(
            model, "", model, texts.get("hud.prompts.structure", model=named(texts, model))
        )
        for model in library.structures
    ]
    return runs + structures


def help_of(actions: Iterable[Action], texts: Texts) -> list[tuple[str, str]]:
    """Title and keys of every action that has keys."""
    return [(texts.get(a.title), "  ".join(map(_pretty, a.keys))) for a in actions if a.keys]


def _pretty(key: str) -> str:
    return key.removeprefix("raw-").replace("arrow_", "").replace("_", " ").title()
