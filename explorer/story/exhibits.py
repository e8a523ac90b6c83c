"""Panels of the exhibits: what moves here, what the metaphor gets right, and where it breaks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.story.ask import Ask, fixed
from explorer.story.panel import Fact, Panel, PanelAction, Plot
from explorer.story.provenance import Provenance
from explorer.story.record import pixel_at, settling_dust
from explorer.story.rooms import unit_title
from explorer.story.score import Score

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
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
    # the numbers need the place of one part; where the metaphor breaks is never left out
    parts = ("", ".right", ".breaks") if ask.state.depth == "look" else ("", ".breaks")
    return Panel(
        id=f"station:{name}",
        badge=ILLUSTRATION,
        title=ask.text(f"{key}.title"),
        kicker=ask.text("exhibit.kicker"),
        lines=tuple(line for part in parts for line in ask.lines(key + part)),
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


STRIDE = 0.08
"""How far a panel's buttons move the row of the Dig, of the picture's height."""


def _dig(ask: Ask, name: str) -> Panel:
    record, (right, down) = ask.record, ask.state.probe
    pixel = record.pixel("steps", ask.state.probe)
    light = None if pixel is None else tuple(float(v) for v in pixel @ LUMINANCE / 255)
    row, column = pixel_at(ask.state.probe, *record.metadata.size[::-1])
    latent = record.tensor("x_t")
    shown = None
    if latent is not None:
        y, x = pixel_at(ask.state.probe, *latent.shape[2:])
        shown = " ".join(f"{v:+.2f}" for v in latent[ask.step, :4, y, x])
    return _metaphor(
        ask,
        name,
        ask.plot("dig", light, DERIVED, "dig_formula", high=1.0),
        (
            ask.fact("pixel", ask.text("value.pixel", row=row + 1, column=column + 1)),
            ask.fact("rgb", None if pixel is None else " ".join(str(v) for v in pixel[ask.step])),
            ask.fact("latent", shown),
        ),
        f'.image("steps", {ask.step})[{row}, {column}]',
        *(
            PanelAction(
                "probe", ask.text(f"action.{key}"), (right, min(max(down + by, 0.04), 0.96))
            )
            for key, by in (("row_up", -STRIDE), ("row_down", STRIDE))
        ),
    )


def _orchestra(ask: Ask, name: str) -> Panel:
    record = ask.record
    score = Score(record, sounds=False)
    level = None if score.loudness is None else tuple(float(v) for v in score.loudness.mean(axis=1))
    loudest = score.loudest(ask.step)
    unit = record.unit(loudest.unit) if loudest else None
    step = record.step(ask.step)
    muted = ask.state.muted
    return _metaphor(
        ask,
        name,
        ask.plot("orchestra", level, DERIVED, "orchestra_formula", high=1.0),
        (
            ask.fact("loudest", unit_title(ask, unit) if unit else None),
            ask.fact(
                "tone",
                None
                if step.alpha is None
                else ask.text("value.tone", alpha=fixed(step.alpha, 2), sigma=fixed(step.sigma, 2)),
            ),
        ),
        f'.tensor("unit_rms")[{ask.step}]',
        PanelAction("mute", ask.text("action.unmute" if muted else "action.mute"), not muted),
    )


EXHIBITS: dict[str, Callable[[Ask, str], Panel]] = {
    "sculptor": _sculptor,
    "dig": _dig,
    "orchestra": _orchestra,
}
"""Panels by the id of their station."""
