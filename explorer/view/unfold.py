"""A room unfolded into its real layers: one plate a layer, in the order in which data pass them."""

from __future__ import annotations

import panda3d.core as p3d

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.ask import Ask
from explorer.story.record import Record
from explorer.story.rooms import layer_panel
from explorer.story.texts import Texts
from explorer.view.lettering import Line, fitted, letter
from explorer.world.picking import layer_targets
from explorer.world.valley import Frame, Room

WARM = frozenset({"cross_attention", "joint_attention"})
"""Layers that read the prompt carry the colour of meaning."""
INDENT = 0.1
"""From the edge of a plate to its figures, metres."""
COOL_INK, WARM_INK, MUTED = (190, 224, 255), (255, 214, 160), (188, 206, 232)


def make_layers(room: Room, pack: Pack, state: State, texts: Texts) -> p3d.NodePath:
    """Plates with name, output shape and parameters of each layer of the room's unit."""
    lines = layer_lines(room, pack, state, texts)
    return letter("layers", lines) if lines else p3d.NodePath("layers")


def layer_lines(room: Room, pack: Pack, state: State, texts: Texts) -> list[Line]:
    """A plate with its name for each layer, and on it two lines of figures: the wall behind may be bright."""
    unit = next((u for u in pack.architecture.units if u.id == room.unit), None)
    if unit is None or not unit.layers:
        return []
    ask = Ask(state, Record(pack, pack.architecture), texts)
    lines: list[Line] = []
    targets = layer_targets(room, [layer.id for layer in unit.layers])
    for layer, target in zip(unit.layers, targets, strict=True):
        width, _, height = target.size
        centre = Frame(target.frame.to_world((0.0, 0.0, height * 0.43)), target.frame.yaw)
        ink = WARM_INK if layer.kind in WARM else COOL_INK
        title = layer_panel(ask, layer.id).title
        lines.append(
            Line(title, centre, 0.13, ink, "Inter-SemiBold", "centre", 48, (width, height * 1.06))
        )
        facts = (
            ask.shape(layer.output),
            texts.get("sign.parameters", count=ask.count(layer.parameters)),
        )
        for i, fact in enumerate(facts):
            at = target.frame.to_world((INDENT - width / 2, -0.01, height * (0.11 - 0.13 * i)))
            place = Frame(at, target.frame.yaw)
            room_for_it = width - 2 * INDENT
            lines.append(
                fitted(fact, place, 0.075, MUTED, "JetBrainsMono-Regular", 28, room_for_it)
            )
    return lines
