"""Panel of one place of the picture: which words are read there."""

from __future__ import annotations

from assetgen.pack.errors import PackError
from explorer.story.ask import Ask
from explorer.story.panel import Bar, Bars, Fact, Panel, PanelAction
from explorer.story.pixels import MARKERS, Place, lanes_of, layers_read, shares
from explorer.story.provenance import Provenance
from explorer.story.rooms import unit_title

MOST = 4


def pixel_panel(ask: Ask, name: str) -> Panel:
    """`name` is what follows `pixel:` in an id (see `Place`)."""
    place = Place.parse(f"pixel:{name}")
    assert place is not None
    bars = _bars(ask, place)
    lines = ask.lines("pixel")
    if bars is None:
        lines = (*lines, ask.text("pixel.not_recorded"))
    layers = _layers(ask)
    return Panel(
        id=place.id,
        badge=Provenance.DERIVED,
        title=ask.text("pixel.title"),
        kicker=_where(ask, place),
        lines=lines,
        plot=bars,
        facts=_facts(ask, place),
        formula=ask.formula(("pixel",), ask.python(_expression(place, ask.step))),
        actions=ask.depth_actions(
            PanelAction("select", ask.text("action.canvas"), f"canvas:{place.canvas}"),
            *([_next_layer(ask, place, layers)] if layers else []),
        ),
    )


def marker_names(ask: Ask) -> dict[str, str]:
    """What the lanes that are no words are called."""
    return {role: ask.texts.get(f"sign.{role}") for role in MARKERS}


def _layers(ask: Ask) -> list[str]:
    array = ask.record.array("attention")
    return [rect.id for rect in array.layers] if array else []


def _bars(ask: Ask, place: Place) -> Bars | None:
    pack = ask.record.pack
    if not pack.has("attention"):
        return None
    lanes = lanes_of(pack, marker_names(ask))
    try:
        atlas = pack.attention_atlas(ask.step)
    except PackError:
        return None
    values = shares(pack, atlas[None], place, lanes)[0]
    rows = [
        Bar(lane.text, float(value))
        for lane, value in zip(lanes, values, strict=True)
        if lane.role == "word"
    ]
    if (
        ask.state.depth == "engineer"
    ):  # beside formula and code there is room for the words read most
        rows = sorted(rows, key=lambda bar: -bar.value)[:MOST]
    rest = sum(float(v) for lane, v in zip(lanes, values, strict=True) if lane.role != "word")
    rows.append(Bar(ask.text("pixel.rest"), rest, warm=False))
    top = pack.array("attention").scale_p995 or 1.0
    formula = ask.text("plot.pixel_formula_layer" if place.layer else "plot.pixel_formula")
    return Bars(
        ask.text("plot.pixel", top=f"{top:.2f}"), tuple(rows), top, Provenance.DERIVED, formula
    )


def _where(ask: Ask, place: Place) -> str:
    """The layer that is looked into."""
    if place.layer is None:
        return ask.text("pixel.mean")
    found = ask.record.layer(place.layer)
    return place.layer if found is None else unit_title(ask, found[0])


def _next_layer(ask: Ask, place: Place, layers: list[str]) -> PanelAction:
    """From the mean through the layers, in the order in which data pass them."""
    order: list[str | None] = [None, *layers]
    at = order.index(place.layer) if place.layer in order else -1
    following = order[(at + 1) % len(order)]
    key = "action.layer_mean" if following is None else "action.layer_next"
    return PanelAction("select", ask.text(key), place.within(following).id)


def _facts(ask: Ask, place: Place) -> tuple[Fact, ...]:
    latent = ask.record.architecture.traced_at.sample[2:]
    row, column = place.cell(*latent)
    read = ask.record.array("attention")
    maps = layers_read(ask.record.pack, place.layer) if read else []
    return (
        ask.fact("cell", ask.text("value.cell", column=column + 1, row=row + 1)),
        ask.fact("maps", str(len(maps)) if read else None),
    )


def _expression(place: Place, step: int) -> str:
    layer = "" if place.layer is None else f', "{place.layer}"'
    return f".reading_at({place.u:.3f}, {place.v:.3f}, {step}{layer})"
