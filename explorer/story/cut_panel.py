"""The panel of a pulled lever: the run without one part beside the whole run, and which words lost their place."""

from __future__ import annotations

from assetgen.pack.damage import KEPT, Damage
from explorer.story.ask import Ask, typed
from explorer.story.cuts import MUCH, SAME, Cuts, cuts_of
from explorer.story.displays import display_panel
from explorer.story.panel import Bar, Bars, Panel, PanelAction, Shot
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.rooms import room_title
from explorer.story.study import part_name

SHEET = "cut"
"""The HUD's sheet of pictures of the pulled lever; a cell is (part, one of `SHOTS`, step)."""
SHOTS = ("whole", "without", "apart")


def cut_panel(ask: Ask, id: str) -> Panel:
    """One lever: what the picture becomes without the part, and where the words are read then."""
    found = cuts_of(ask.record.pack)
    if found is None or id not in found.folders or (damage := found.damage(id)) is None:
        raise KeyError(f"no run without {id!r} was recorded")
    step = min(ask.step, found.base.steps - 1)
    about = Record(found.base, found.base.architecture)
    part, prompt = part_name(about, id, ask.texts), found.base.metadata.prompt
    return Panel(
        id=f"cut:{id}",
        badge=Provenance.DERIVED,
        title=ask.text(f"cut.title.{id.partition(':')[0]}"),
        kicker=ask.text("cut.kicker"),
        lines=(*ask.lines("cut", part=part, prompt=prompt), outcome(ask, damage)),
        plot=None if ask.state.depth == "look" else _words(ask, damage),
        facts=(
            ask.fact("moves", ask.percent(found.moved(id))),
            ask.fact("against", ask.text("value.decibel", value=f"{damage.psnr:.1f}")),
            ask.fact("lost", ", ".join(damage.lost) or ask.text("value.nothing")),
        ),
        formula=ask.formula(("cut",), _code(found, id)),
        shots=tuple(Shot(SHEET, (id, kind, step), ask.text(f"cut.{kind}"), kind == "without") for kind in SHOTS),
        actions=ask.depth_actions(
            PanelAction("select", ask.text("action.mend"), id), _opens(ask, found, id)
        ),
    )  # fmt: skip


def _opens(ask: Ask, found: Cuts, id: str) -> PanelAction:
    """To the run without the part; where that is open, back to the whole one."""
    study = ask.record.metadata.study
    here = study is not None and study.cut == id
    run = (found.base if here else found.pack(id)).path.name
    label = ask.text("action.whole" if here else "action.without")
    return PanelAction("open_run", label, f"{found.base.model_folder.name}/{run}")


def cuts_panel(ask: Ask, name: str) -> Panel:
    """The wall of levers: how far the picture moves without each bridge."""
    found = cuts_of(ask.record.pack)
    if found is None:
        return display_panel(ask, name, None, (), ask.python(".architecture.edges"), missing=True)
    about = Record(found.base, found.base.architecture)
    moved = {id: found.moved(id) for id in found.folders}
    known = {id: value for id, value in moved.items() if value is not None}
    bridges = {id: value for id, value in known.items() if id.startswith("skip:")}
    plot = Bars(
        ask.text("plot.bridges"),
        tuple(Bar(_source(about, id, ask), value, id == found.worst()) for id, value in bridges.items()),
        max(bridges.values(), default=1.0) or 1.0, Provenance.DERIVED, ask.text("plot.moved_formula"),
    ) if bridges else None  # fmt: skip
    rooms = {id: value for id, value in known.items() if id.startswith("unit:")}
    unseen = sum(_unseen(found.damage(id)) for id in rooms)
    return display_panel(
        ask,
        name,
        plot,
        (
            ask.fact("unseen", ask.text("value.rooms_of", count=unseen, total=len(rooms))),
            *(
                [ask.fact("dearest", part_name(about, max(rooms, key=lambda r: rooms[r]), ask.texts))]
                if rooms
                else []
            ),
        ),
        (
            "from explorer.story.cuts import Pack, cuts_of",
            f'cuts = cuts_of(Pack.open("{typed(found.base.path)}"))',
            '[cuts.moved(id) for id in cuts.folders if id.startswith("skip:")]',
        ),
        PanelAction("select", ask.text("action.cut"), f"cut:{found.worst()}"),
    )  # fmt: skip


def _source(about: Record, skip: str, ask: Ask) -> str:
    """A bridge by the room that it comes from."""
    return room_title(skip.removeprefix("skip:").partition("->")[0], about, ask.texts)


def _unseen(damage: Damage | None) -> bool:
    return damage is not None and damage.psnr >= SAME


def outcome(ask: Ask, damage: Damage) -> str:
    """In plain words: what became of the picture, and of the words."""
    size = (
        "equal" if damage.error == 0 else "same" if damage.psnr >= SAME
        else "parts" if damage.psnr >= MUCH else "other"
    )  # fmt: skip
    said = ask.text(f"cut.{size}")
    if damage.lost:
        return f"{said} {ask.text('cut.lost', words=', '.join(damage.lost))}"
    return f"{said} {ask.text('cut.kept')}" if damage.words else said


def _words(ask: Ask, damage: Damage) -> Bars | None:
    """How much of its place each word kept."""
    rows = tuple(
        Bar(word.text, word.overlap, word.overlap >= KEPT)
        for word in damage.words
        if word.overlap is not None
    )
    title, formula = ask.text("plot.kept"), ask.text("plot.kept_formula")
    return Bars(title, rows, 1.0, Provenance.DERIVED, formula) if rows else None


def _code(found: Cuts, id: str) -> tuple[str, ...]:
    return (
        "from assetgen.pack import Pack; from assetgen.pack.damage import compare",
        f'runs = "{typed(found.base.path)}", "{typed(found.folders[id])}"',
        "[w.overlap for w in compare(*map(Pack.open, runs)).words if w.overlap is not None]",
    )
