"""What a visitor is told when a study is opened: it is not the whole run."""

from __future__ import annotations

from assetgen.pack import Pack
from explorer.state import State
from explorer.story.ask import Ask
from explorer.story.record import Record
from explorer.story.rooms import room_title
from explorer.story.texts import Texts


def notice(pack: Pack, texts: Texts) -> str | None:
    """One line about what a study varies, for when it is opened; None for a full run."""
    study = pack.metadata.study
    if study is None:
        return None
    if study.kind != "ablation" or " " in (study.cut or ""):
        return texts.get("hud.study", title=pack.metadata.title)
    return texts.get(
        "hud.study_cut", part=part_name(Record(pack, pack.architecture), study.cut or "", texts)
    )


def part_name(record: Record, cut: str, texts: Texts) -> str:
    """A room, layer or bridge as its panel calls it."""
    kind, _, name = cut.partition(":")
    ask = Ask(State(), record, texts)
    if kind == "skip":
        source, _, target = name.partition("->")
        ends = {"source": source, "target": target}
        return ask.text(
            "value.cut.bridge", **{k: room_title(v, record, texts) for k, v in ends.items()}
        )
    if kind == "layer" and (found := record.layer(name)):
        layer = texts.first(f"panel.layer.{found[1].kind}.name", "panel.layer.other.name")
        room = room_title(found[0].id, record, texts)
        return ask.text("value.cut.layer", layer=layer, room=room)
    return room_title(name, record, texts)
