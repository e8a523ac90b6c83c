"""Who chooses the picture: recorded runs that share a noise, and recorded runs that share a prompt."""

from __future__ import annotations

import msgspec
import numpy as np

from assetgen.pack import Pack
from assetgen.pack.errors import PackError
from explorer.story.ask import Ask
from explorer.story.displays import display_panel
from explorer.story.once import once
from explorer.story.panel import Panel, PanelAction
from explorer.story.provenance import Provenance
from explorer.story.record import Record, Series
from explorer.story.studies import studies_of

BASE, NOISE = "base", "base_noise"
"""What a scene calls the run that the others vary, and the noise that it began with."""


class Choice(msgspec.Struct, frozen=True, eq=False):
    """A run, runs of other prompts from its noise, and runs of its prompt from other noise."""

    base: Pack
    prompts: tuple[Pack, ...]
    seeds: tuple[Pack, ...]

    def run(self, name: str) -> Pack | None:
        """The run that a scene calls `base`, `prompt_<n>` or `seed_<n>`, counted from 1."""
        if name == BASE:
            return self.base
        kind, _, number = name.rpartition("_")
        runs = {"prompt": self.prompts, "seed": self.seeds}.get(kind, ())
        return (
            runs[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(runs) else None
        )


def choice_of(pack: Pack) -> Choice | None:
    """Of this run, or of the first run of the model that was varied in both ways; None if there is none."""
    return once(pack, "choice", lambda: _find(pack))


def _find(pack: Pack) -> Choice | None:
    prompts, seeds = studies_of(pack, "prompt"), studies_of(pack, "seed")
    about = [run.metadata.study for run in (*prompts, *seeds)]
    bases = {study.base for study in about if study}
    if not prompts or not seeds or len(bases) != 1:
        return None
    try:
        base = Pack.open(pack.model_folder / bases.pop())
    except PackError:
        return None
    same, words = base.metadata.seed, base.metadata.prompt
    return Choice(
        base,
        tuple(run for run in prompts if run.metadata.seed == same),
        tuple(run for run in seeds if run.metadata.seed != same and run.metadata.prompt == words),
    )


def apart(here: Pack, there: Pack) -> Series | None:
    """Mean difference of the colours of two runs' x0 at every step, 0..1; None where one kept no pictures."""
    if not (here.has("predicted") and there.has("predicted")) or here.steps != there.steps:
        return None
    try:
        pairs = [
            (here.image("predicted", k), there.image("predicted", k)) for k in range(here.steps)
        ]
    except PackError:
        return None
    return tuple(float(np.abs(a.astype(np.int16) - b).mean()) / 255 for a, b in pairs)


def distances(found: Choice) -> tuple[Series | None, Series | None]:
    """How far the first other prompt and the first other noise are from the base, step by step; computed once."""

    def measure() -> tuple[Series | None, Series | None]:
        first = [runs[0] if runs else None for runs in (found.prompts, found.seeds)]
        words, noise = (None if run is None else apart(found.base, run) for run in first)
        return words, noise

    return once(found.base, "distances", measure)


def choice_panel(ask: Ask, name: str) -> Panel:
    """What one is looking at: other words, other picture; other noise, other picture."""
    found = choice_of(ask.record.pack)
    if found is None or not found.prompts or not found.seeds:
        return display_panel(ask, name, None, (), ask.python(".metadata.seed"), missing=True)
    base = found.base
    by_words, by_noise = distances(found)
    step = min(ask.step, base.steps - 1)
    opened = f"{base.architecture.model}/{base.path.name}"
    about = Ask(ask.state, Record(base, base.architecture), ask.texts)
    return display_panel(
        ask,
        name,
        about.plot("by_words", by_words, Provenance.DERIVED, "by_words_formula"),
        (
            ask.fact("by_words", ask.percent(by_words[step]) if by_words else None),
            ask.fact("by_noise", ask.percent(by_noise[step]) if by_noise else None),
            ask.fact("seeds", " · ".join(str(r.metadata.seed) for r in (base, *found.seeds))),
        ),
        ask.code(
            "distances(choice_of({pack}))[0]",
            "from explorer.story.choice import choice_of, distances",
        ),
        *(
            [PanelAction("open_run", ask.text("action.open_base"), opened)]
            if ask.record.pack.path != base.path
            else []
        ),
    )  # fmt: skip
