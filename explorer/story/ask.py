"""What a panel is built from, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from explorer.state import State
from explorer.story.panel import Fact, Formula, Legend, PanelAction, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import Record, Series
from explorer.story.texts import Texts

ROUND = (1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class Ask(msgspec.Struct, frozen=True):
    """One question: what to say about something, in this state, from this record."""

    state: State
    record: Record
    texts: Texts

    @property
    def step(self) -> int:
        """The recorded step that numbers refer to."""
        return min(self.state.whole_step, self.record.steps - 1)

    def text(self, key: str, **values: object) -> str:
        return self.texts.get(f"panel.{key}", **values)

    def fact(self, name: str, value: str | None) -> Fact:
        return Fact(self.text(f"fact.{name}"), self.not_recorded if value is None else value)

    @property
    def not_recorded(self) -> str:
        return self.texts.get("number.not_recorded")

    def count(self, value: float) -> str:
        """A large number in words: 1.23 million."""
        return in_words(self.texts, value)

    def percent(self, share: float | None) -> str | None:
        if share is None:
            return None
        value = 100 * share
        return self.texts.get(
            "number.percent", value=f"{value:.2f}" if value < 1 else f"{value:.1f}"
        )

    def shape(self, shape: Iterable[int]) -> str:
        return " × ".join(str(size) for size in shape)

    def lines(self, *keys: str, **values: object) -> tuple[str, ...]:
        """The text for this depth, the most special key first: `<key>.look`, else `<key>.understand`."""
        depth = "look" if self.state.depth == "look" else "understand"
        options = [f"panel.{key}.{depth}" for key in keys] + [f"panel.{key}.look" for key in keys]
        return (self.texts.first(*options, **values),)

    def formula(self, keys: Iterable[str], python: Iterable[str]) -> Formula:
        names = [f"panel.{key}" for key in keys]
        paper = self.texts.first(*(f"{name}.paper" for name in names), "panel.paper.text")
        text = self.texts.first(*(f"{name}.formula" for name in names))
        return Formula(text, tuple(python), paper)

    def python(self, expression: str) -> tuple[str, ...]:
        """Three lines that open this very pack and return the array: `expression` follows `Pack.open(run)`."""
        return self.code("{pack}" + expression)

    def code(self, expression: str, needs: str = "") -> tuple[str, ...]:
        """As `python`, with the opened pack written as `{pack}`; `needs` is one more import."""
        return (
            "; ".join((*([needs] if needs else []), "from assetgen.pack import Pack")),
            f'run = "{typed(self.record.pack.path)}"',
            expression.replace("{pack}", "Pack.open(run)"),
        )

    def depth_actions(self, *between: PanelAction) -> tuple[PanelAction, ...]:
        """Links at the foot: to the formula or back to plain words, what the panel adds, and deeper.

        The formula is offered in plain words only to who has been at the numbers once (`State.opened`).
        """
        depth = self.state.depth
        if depth == "look":
            last = (PanelAction("depth", self.text("action.deeper"), "understand"),)
            if self.state.opened == "look":
                return (*between, *last)
            first = PanelAction("depth", self.text("action.formula"), "engineer")
        else:
            first = PanelAction("depth", self.text("action.plain"), "look")
            name, value = (
                ("formula", "engineer") if depth == "understand" else ("numbers", "understand")
            )
            last = (PanelAction("depth", self.text(f"action.{name}"), value),)
        return (first, *between, *last)

    def legend(self, ramp: str, low: str = "weak", high: str = "strong") -> Legend:
        return Legend(ramp, self.text(f"legend.{low}"), self.text(f"legend.{high}"))

    def plot(
        self,
        title: str,
        values: Series | None,
        badge: Provenance,
        formula: str,
        *,
        low: float | None = 0.0,
        high: float | None = None,
        **numbers: object,
    ) -> Plot | None:
        """A plot of `values` over the steps, from `low` to a round number above their maximum.

        `numbers` are those that the text of the formula names.
        """
        if values is None:
            return None
        known = [value for value in values if value is not None]
        if not known:
            return None
        top = round_up(max(known)) if high is None else high
        bottom = min(known) if low is None else low
        return Plot(
            self.text(f"plot.{title}"), values, bottom, max(top, bottom + 1e-9), badge,
            self.text(f"plot.{formula}", **numbers), self.step,
        )  # fmt: skip


def typed(path: Path) -> str:
    """A folder as it is typed where the explorer was started."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def in_words(texts: Texts, value: float) -> str:
    """A large number in words: 1.23 million."""
    for name, size in (("trillion", 1e12), ("billion", 1e9), ("million", 1e6), ("thousand", 1e4)):
        if abs(value) >= size:
            base = 1e3 if name == "thousand" else size
            return texts.get(f"number.{name}", value=f"{value / base:.3g}")
    return f"{value:,.0f}"


def indices(tokens: Sequence[int]) -> str:
    """Token indices as they are written in brackets: `2:3`, or a list where they do not follow."""
    low, high = (tokens[0], tokens[-1] + 1) if tokens else (0, 0)
    return f"{low}:{high}" if list(tokens) == list(range(low, high)) else str(list(tokens))


def relative(values: Series | None) -> Series | None:
    """Values against their own maximum over the run."""
    if values is None:
        return None
    top = max((abs(v) for v in values if v is not None), default=0.0)
    return tuple(None if v is None or not top else v / top for v in values)


def round_up(value: float) -> float:
    """The next number of the form `ROUND` × 10ⁿ, so that an axis ends on something readable."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** int(f"{value:e}".partition("e")[2])
    return next(unit * k for k in ROUND if value <= unit * k * 1.0001)


def significant(value: float | None) -> str | None:
    """Three significant digits."""
    return None if value is None else f"{value:.3g}"


def fixed(value: float | None, digits: int) -> str | None:
    """So many digits after the point."""
    return None if value is None else f"{value:.{digits}f}"
