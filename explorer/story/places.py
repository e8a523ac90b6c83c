"""Panels of the canvases, the Clock and the places of the valley."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.story.ask import Ask, fixed, significant
from explorer.story.choice import choice_panel
from explorer.story.cut_panel import cuts_panel
from explorer.story.displays import DISPLAYS
from explorer.story.exhibits import EXHIBITS, exhibit_panel
from explorer.story.leaps import leaps_panel
from explorer.story.noising import noising_panel
from explorer.story.panel import Fact, Panel, PanelAction, Plot
from explorer.story.pixels import Place
from explorer.story.prompt_and_time import clockwork_panel, encoder_panel
from explorer.story.provenance import Provenance
from explorer.story.record import Record, Series
from explorer.story.training import training_panel

RECORDED, DERIVED, ILLUSTRATION = Provenance.RECORDED, Provenance.DERIVED, Provenance.ILLUSTRATION

LATENTS = {"x_t": "x_t", "noise": "eps", "x0": "x0"}
"""Canvas → the recorded latent behind it."""
PICTURES = {"x_t": "steps", "noise": "noise", "x0": "predicted"}
"""Canvas → its decoded pictures."""


def canvas_panel(ask: Ask, name: str) -> Panel:
    """One of the three pictures that always hang together."""
    if name not in LATENTS:
        raise KeyError(f"canvas {name!r} does not exist")
    shown = shown_on(ask, name)
    lines = ask.lines(f"canvas.{name}")
    if ask.record.array(shown) is None:
        lines = (*lines, ask.text("canvas.not_recorded"))
    plot = _canvas_plot(ask, name)
    tensor = shown == LATENTS[name]
    expression = f'.tensor("{shown}")[{ask.step}]' if tensor else f'.image("{shown}", {ask.step})'
    return Panel(
        id=f"canvas:{name}",
        badge=ask.record.provenance(shown),
        title=ask.text(f"canvas.{name}.title"),
        kicker=ask.text(f"canvas.{name}.kicker"),
        lines=lines,
        plot=plot,
        facts=_canvas_facts(ask, name),
        formula=ask.formula((f"canvas.{name}",), ask.python(expression)),
        actions=ask.depth_actions(*_canvas_action(ask, name), *_words_here(ask, name)),
    )


def shown_on(ask: Ask, name: str) -> str:
    """The array on a canvas: as recorded or decoded, whichever is chosen; the one there is, if there is one."""
    latent, picture = LATENTS[name], PICTURES[name]
    return latent if has_latents(ask.record, name) and not ask.state.decoded else picture


def has_latents(record: Record, name: str) -> bool:
    """Whether a canvas can show the latent as it was recorded; the predicted picture is always decoded."""
    return name != "x0" and record.array(LATENTS[name]) is not None


def can_decode(record: Record, names: Iterable[str] = LATENTS) -> bool:
    """Whether one of those canvases has two views to choose from."""
    return any(has_latents(record, n) and record.array(PICTURES[n]) is not None for n in names)


def can_split(record: Record) -> bool:
    """Whether there is a noisy and a predicted picture to lay side by side."""
    return record.array(PICTURES["x_t"]) is not None and record.array(PICTURES["x0"]) is not None


def _canvas_action(ask: Ask, name: str) -> tuple[PanelAction, ...]:
    if name == "x0":
        open_ = ask.state.split is not None
        label = ask.text("action.split_off" if open_ else "action.split_on")
        action = PanelAction("split", label, None if open_ else 0.5)
        return (action,) if can_split(ask.record) else ()
    label = ask.text("action.decode_off" if ask.state.decoded else "action.decode_on")
    action = PanelAction("decoded", label, not ask.state.decoded)
    return (action,) if can_decode(ask.record, (name,)) else ()


def _words_here(ask: Ask, name: str) -> tuple[PanelAction, ...]:
    """The middle of the picture, to begin with: any other place is a click on the canvas."""
    if not ask.record.pack.has("attention"):
        return ()
    return (PanelAction("select", ask.text("action.words_here"), Place(name, 0.5, 0.5).id),)


def _canvas_plot(ask: Ask, name: str) -> Plot | None:
    """The one curve that says what happens on this canvas."""
    record = ask.record
    if name == "x0":
        return ask.plot("settle", record.settling(), DERIVED, "settle_formula")
    if name == "noise":
        sigma = known(tuple(s.sigma for s in record.metadata.steps))
        return ask.plot("noise", sigma, RECORDED, "noise_formula")
    return ask.plot("latent", record.latent_rms("x_t"), DERIVED, "latent_formula")


def _canvas_facts(ask: Ask, name: str) -> tuple[Fact, ...]:
    array = ask.record.array(LATENTS[name]) or ask.record.array(shown_on(ask, name))
    step, metadata = ask.record.step(ask.step), ask.record.metadata
    special = {
        "x_t": ask.fact("seed", None if metadata.seed is None else str(metadata.seed)),
        "noise": ask.fact("prediction", metadata.scheduler.prediction_type or None),
    }
    return (
        ask.fact("shape_out", ask.shape(array.shape[1:]) if array else None),
        ask.fact("provenance", array.source if array else None),
        ask.fact("alpha", fixed(step.alpha, 3)),
        ask.fact("sigma", fixed(step.sigma, 3)),
        *([special[name]] if name in special else []),
    )


def known(series: Series) -> Series | None:
    """`series`, or None where no step of it was recorded."""
    return series if any(value is not None for value in series) else None


def clock_panel(ask: Ask) -> Panel:
    """The timestep: what every room is told about the noise."""
    record = ask.record
    step = record.step(ask.step)
    timesteps = known(tuple(s.timestep for s in record.metadata.steps))
    return Panel(
        id="clock",
        badge=RECORDED,
        title=ask.text("clock.title"),
        kicker=ask.text("clock.kicker"),
        lines=ask.lines("clock"),
        plot=ask.plot("timestep", timesteps, RECORDED, "timestep_formula"),
        facts=(
            ask.fact("timestep", fixed(step.timestep, 0)),
            ask.fact("alpha", fixed(step.alpha, 3)),
            ask.fact("sigma", fixed(step.sigma, 3)),
            ask.fact("snr", significant(step.snr)),
            ask.fact("scheduler", record.metadata.scheduler.name or None),
            ask.fact("coefficients", _coefficients(ask)),
        ),
        formula=ask.formula(("clock",), ask.code("[s.timestep for s in {pack}.metadata.steps]")),
        actions=ask.depth_actions(
            PanelAction("select", ask.text("action.waves"), "station:clockwork")
        ),
    )


def _coefficients(ask: Ask) -> str | None:
    """How the next x_t is mixed at this step."""
    c = ask.record.step(ask.step).coefficients
    if c is None:
        return None
    key = "value.coefficients_noise" if c.noise else "value.coefficients"
    return ask.text(key, x0=f"{c.x0:.2f}", eps=f"{c.eps:.2f}", noise=f"{c.noise:.2f}")


WALLS = {
    **DISPLAYS, "choice": choice_panel, "cuts": cuts_panel, "leaps": leaps_panel, "noising": noising_panel,
    "training": training_panel, "clockwork": clockwork_panel, "encoder": encoder_panel,
}  # fmt: skip
"""Panels by the id of their station."""


def station_panel(ask: Ask, name: str) -> Panel:
    """An exhibit, or a place that is scenery: nothing on it was recorded."""
    if name in WALLS:
        return WALLS[name](ask, name)
    if name in EXHIBITS:
        return exhibit_panel(ask, name)
    keys = (f"panel.station.{name}", "panel.station.any")
    return Panel(
        id=f"station:{name}",
        badge=ILLUSTRATION,
        title=ask.texts.first(*(f"{key}.title" for key in keys)),
        kicker=ask.text("station.kicker"),
        lines=(ask.texts.first(*(f"{key}.look" for key in keys), steps=ask.record.steps),),
    )
