"""What happens without a part: the ablation of this run that was recorded, compared with the run itself."""

from __future__ import annotations

from assetgen.pack.damage import Damage
from explorer.story.ask import Ask
from explorer.story.panel import Fact, PanelAction

SAME, LITTLE, MUCH = 40.0, 25.0, 15.0
"""Decibels from which two pictures look the same, differ a little, differ in parts."""


def cut_facts(ask: Ask, id: str) -> tuple[Fact, ...]:
    """`Without it`: how far the picture moves and which words lose their place; nothing if it was not tried."""
    damage = ask.record.damage(id)
    return () if damage is None else (ask.fact("without", describe(ask, damage)),)


def describe(ask: Ask, damage: Damage) -> str:
    """In words, with the number behind them."""
    if damage.error == 0:
        return ask.text("value.cut.equal")
    size = (
        "same" if damage.psnr >= SAME else "little" if damage.psnr >= LITTLE
        else "much" if damage.psnr >= MUCH else "other"
    )  # fmt: skip
    said = ask.text(f"value.cut.{size}", psnr=f"{damage.psnr:.0f}")
    return (
        f"{said} · {ask.text('value.cut.lost', words=', '.join(damage.lost))}"
        if damage.lost
        else said
    )


def cut_actions(ask: Ask, id: str) -> tuple[PanelAction, ...]:
    """To the run without this part, and from there back to the whole one."""
    pack, study = ask.record.pack, ask.record.metadata.study
    model = pack.model_folder.name
    if study is not None and study.cut == id:
        return (PanelAction("open_run", ask.text("action.whole"), f"{model}/{study.base}"),)
    if study is None and id in ask.record.ablations:
        run = ask.record.ablations[id].name
        return (PanelAction("open_run", ask.text("action.without"), f"{model}/{run}"),)
    return ()
