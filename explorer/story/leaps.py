"""Why many steps: the same noise and prompt in one leap, in two, in thirty."""

from __future__ import annotations

import msgspec
import numpy as np

from assetgen.pack import Pack
from assetgen.pack.errors import PackError
from explorer.story.ask import Ask
from explorer.story.displays import display_panel
from explorer.story.once import once
from explorer.story.panel import Bar, Bars, Panel, PanelAction
from explorer.story.provenance import Provenance
from explorer.story.studies import studies_of

LEAP = "leap"
"""What a scene calls the first guess of the longest run."""


class Stride(msgspec.Struct, frozen=True, eq=False):
    """A picture of the wall: the x0 of one step of a run."""

    run: Pack
    step: int
    leap: bool = False
    """It is the first guess: all the way from the noise at once."""

    def picture(self) -> np.ndarray:
        """`[H, W, 3]`, uint8. Raises PackError."""
        return self.run.image("predicted", self.step)

    @property
    def timestep(self) -> float | None:
        """The noise level at which the model was first asked."""
        return self.run.metadata.steps[0].timestep


def strides_of(pack: Pack) -> dict[str, Stride]:
    """By the name in a scene: `leap`, then `final_<n>` of the studies of kind `steps`, fewest steps first."""
    return once(pack, "strides", lambda: _find(pack))


def _find(pack: Pack) -> dict[str, Stride]:
    runs = [run for run in studies_of(pack, "steps") if run.has("predicted")]
    if not runs:
        return {}
    found = {LEAP: Stride(max(runs, key=lambda run: run.steps), 0, leap=True)}
    return found | {f"final_{i}": Stride(run, run.steps - 1) for i, run in enumerate(runs, 1)}


def away(strides: dict[str, Stride]) -> dict[str, float] | None:
    """Mean difference of the colours from the end of the longest run, 0..1; None where a picture is missing."""
    try:
        end = strides[LEAP].run
        last = end.image("predicted", end.steps - 1).astype(np.int16)
        return {k: float(np.abs(s.picture() - last).mean()) / 255 for k, s in strides.items()}
    except (KeyError, PackError):
        return None


def _level(stride: Stride) -> str | None:
    return None if stride.timestep is None else f"{stride.timestep:g}"


def leaps_panel(ask: Ask, name: str) -> Panel:
    """How far each end is from the end of the longest run."""
    pack = ask.record.pack
    strides = strides_of(pack)
    apart = once(pack, "away", lambda: away(strides)) if strides else None
    if not strides or apart is None:
        return display_panel(ask, name, None, (), ask.python(".metadata.steps"), missing=True)
    rows = tuple(
        Bar(ask.text("value.leap") if s.leap else str(s.run.metadata.study and s.run.metadata.study.label),
            apart[key], s.leap)
        for key, s in strides.items()
    )  # fmt: skip
    longest = strides[LEAP].run
    first = strides.get("final_1", strides[LEAP])
    return display_panel(
        ask,
        name,
        Bars(ask.text("plot.leaps"), rows, max(max(apart.values()), 1e-6), Provenance.DERIVED,
             ask.text("plot.leaps_formula", count=longest.steps)),
        (
            ask.fact("seed", str(longest.metadata.seed)),
            ask.fact("leap_from", _level(strides[LEAP])),
            ask.fact("one_from", _level(first)),
        ),
        ask.code("away(strides_of({pack}))", "from explorer.story.leaps import away, strides_of"),
        PanelAction("select", ask.text("action.noising"), "station:noising"),
    )  # fmt: skip
