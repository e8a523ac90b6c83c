"""Panels of the exhibits: what moves here, what the metaphor gets right, and where it breaks."""

from __future__ import annotations

from collections.abc import Callable

from explorer.story.ask import Ask
from explorer.story.panel import Fact, Panel, PanelAction, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import settling_dust

DERIVED, ILLUSTRATION = Provenance.DERIVED, Provenance.ILLUSTRATION


def exhibit_panel(ask: Ask, name: str) -> Panel:
    """Panel of the exhibit `name`, one of `EXHIBITS`."""
    return EXHIBITS[name](ask, name)


def _metaphor(
    ask: Ask,
    name: str,
    plot: Plot | None,
    facts: tuple[Fact, ...],
    python: str,
    *actions: PanelAction,
) -> Panel:
    """A panel in three parts: what is seen, what the metaphor gets right, where it breaks."""
    key = f"station.{name}"
    return Panel(
        id=f"station:{name}",
        badge=ILLUSTRATION,
        title=ask.text(f"{key}.title"),
        kicker=ask.text("exhibit.kicker"),
        lines=tuple(line for part in ("", ".right", ".breaks") for line in ask.lines(key + part)),
        plot=plot,
        facts=facts,
        formula=ask.formula((key,), ask.python(python)),
        actions=ask.depth_actions(*actions),
    )


def _sculptor(ask: Ask, name: str) -> Panel:
    record = ask.record
    shares = tuple(settling_dust(step) for step in record.metadata.steps)
    now = shares[ask.step]
    step = record.step(ask.step)
    c = step.coefficients
    return _metaphor(
        ask,
        name,
        ask.plot("dust", shares, DERIVED, "dust_formula", high=1.0),
        (
            ask.fact("settles", ask.percent(now)),
            ask.fact("fresh", None if c is None else f"{c.noise:.3f}"),
        ),
        f'.image("steps", {ask.step})',
    )


EXHIBITS: dict[str, Callable[[Ask, str], Panel]] = {"sculptor": _sculptor}
"""Panels by the id of their station."""
