"""Panels that ask first and show then: events found in the data, and three widespread ideas put to the test."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from explorer.story.ask import Ask
from explorer.story.discoveries.event import Finding, When, ends
from explorer.story.discoveries.pictures import likeness, pictures
from explorer.story.notes import Nearest, Twin
from explorer.story.panel import Fact, Formula, Option, Panel, PanelAction, Plot, Shot
from explorer.story.provenance import Provenance
from explorer.story.record import Record
from explorer.story.rooms import room_title

DERIVED = Provenance.DERIVED


def question_id(record: Record, name: str) -> str:
    """What an answer is kept under: the same question about another run is another question."""
    return f"{record.metadata.id}/{name}"


def answer_to(ask: Ask, name: str) -> int | None:
    """The option that was chosen, or None."""
    wanted = question_id(ask.record, name)
    return next((index for question, index in ask.state.answers if question == wanted), None)


# -- discoveries -----------------------------------------------------------------------------------


def discovery_panel(ask: Ask, name: str) -> Panel:
    """One event: the question, and once it was answered what the data say."""
    notes = ask.record.notes
    finding = None if notes is None else notes.finding(name)
    if notes is None or finding is None:
        raise KeyError(f"nothing like {name!r} was found in this run")
    labels = option_labels(ask, finding)
    chosen = answer_to(ask, name)
    key, said = f"discovery.{name}", _said(ask, finding, labels)
    index, count = notes.findings.index(finding) + 1, len(notes.findings)
    panel = Panel(
        id=f"discovery:{name}",
        badge=DERIVED,
        title=ask.texts.get(f"{key}.title"),
        kicker=ask.texts.get("question.kicker", index=index, count=count),
        lines=(ask.texts.get(f"{key}.question", **said),),
        options=_options(ask, name, labels, finding.right, chosen),
    )
    following = _following(ask, finding)
    if chosen is None:
        see = () if finding.asks_when else _see(ask, finding)
        return msgspec.structs.replace(panel, actions=(*see, *following))
    return msgspec.structs.replace(
        panel,
        lines=(_verdict(ask, chosen == finding.right), ask.texts.get(f"{key}.answer", **said)),
        plot=_curve(ask, finding),
        formula=_proof(ask, finding),
        actions=(*_depth(ask), *_see(ask, finding), *following),
    )


def option_labels(ask: Ask, finding: Finding) -> tuple[str, ...]:
    """The answers as they are written."""
    options = finding.options
    if isinstance(options, When):
        last = ends(ask.record.steps)
        first = (1, *(end + 1 for end in last[:-1]))
        return tuple(
            ask.texts.get("question.when", first=a, last=b)
            for a, b in zip(first, last, strict=True)
        )
    if isinstance(options, int):
        said = dict(finding.values)
        return tuple(
            ask.texts.get(f"discovery.{finding.id}.option_{i}", **said) for i in range(options)
        )
    return tuple(_name(ask, option) for option in options)


def _name(ask: Ask, option: str) -> str:
    """A room by its title, a word in quotation marks."""
    if ask.record.unit(option) is not None:
        return room_title(option, ask.record, ask.texts)
    return option if option.startswith("“") else f"“{option}”"


def _said(ask: Ask, finding: Finding, labels: tuple[str, ...]) -> dict[str, str]:
    return {**finding.values, "right": labels[finding.right]}


def _see(ask: Ask, finding: Finding) -> tuple[PanelAction, ...]:
    """Goes to the step; the place is named by the panel that opens there."""
    text = ask.texts.get("question.see", step=finding.step + 1)
    return (PanelAction("visit", text, f"{finding.selection or ''}@{finding.step}"),)


def _following(ask: Ask, finding: Finding) -> tuple[PanelAction, ...]:
    """The next question of this run that has no answer yet."""
    notes = ask.record.notes
    assert notes is not None
    at = notes.findings.index(finding)
    order = (*notes.findings[at + 1 :], *notes.findings[:at])
    open_ = next((f for f in order if answer_to(ask, f.id) is None), None)
    if open_ is None:
        return (PanelAction("menu", ask.texts.get("question.all"), "discoveries"),)
    return (PanelAction("select", ask.texts.get("question.next"), f"discovery:{open_.id}"),)


def _curve(ask: Ask, finding: Finding) -> Plot | None:
    if finding.evidence is None:
        return None
    values = finding.evidence.values
    known = [v for v in values if v is not None]
    if not known:
        return None
    key = f"discovery.{finding.id}"
    plot = ask.plot("settle", values, DERIVED, "settle_formula", low=min(0.0, *known))
    return plot and msgspec.structs.replace(
        plot,
        title=ask.texts.get(f"{key}.curve"),
        formula=ask.texts.get(f"{key}.formula"),
        present=min(finding.step, ask.record.steps - 1),
    )


def _proof(ask: Ask, finding: Finding) -> Formula | None:
    if finding.evidence is None:
        return None
    key = f"discovery.{finding.id}"
    paper = ask.texts.first(f"{key}.paper", "panel.paper.text")
    _, run, _ = ask.python("")
    python = (
        "from explorer.story.discoveries import curve",
        run,
        f'curve("{finding.id}", run)  # {finding.evidence.python}',
    )
    return Formula(ask.texts.get(f"{key}.formula"), python, paper)


# -- ideas put to the test -------------------------------------------------------------------------


def probe_panel(ask: Ask, name: str) -> Panel:
    """A widespread idea, and the data that could have come out otherwise."""
    if name not in PROBES:
        raise KeyError(f"no idea called {name!r} is put to the test")
    return PROBES[name](ask)


def _probe(
    ask: Ask,
    name: str,
    right: int | None,
    *,
    plot: Plot | None = None,
    facts: tuple[Fact, ...] = (),
    shots: tuple[Shot, ...] = (),
    python: tuple[str, ...] = (),
    **said: str,
) -> Panel:
    """`right` is None where nothing was recorded that could tell."""
    key, chosen = f"probe.{name}", answer_to(ask, f"probe.{name}")
    labels = tuple(ask.texts.get(f"{key}.option_{i}") for i in range(3))
    panel = Panel(
        id=f"probe:{name}",
        badge=DERIVED,
        title=ask.texts.get(f"{key}.title"),
        kicker=ask.texts.get("probe.kicker"),
        lines=(ask.texts.get(f"{key}.question"),),
    )
    if right is None:
        return msgspec.structs.replace(
            panel, lines=(*panel.lines, ask.texts.get(f"{key}.not_recorded"))
        )
    if chosen is None:
        return msgspec.structs.replace(
            panel, options=_options(ask, f"probe.{name}", labels, right, None), shots=shots[:1]
        )
    paper = ask.texts.get(f"{key}.paper")
    answer = ask.texts.get(f"{key}.answer_{right}", **said)
    return msgspec.structs.replace(
        panel,
        lines=(
            _verdict(ask, chosen == right, "probe"),
            answer,
            ask.texts.get(f"{key}.but", **said),
        ),
        options=_options(ask, f"probe.{name}", labels, right, chosen),
        plot=plot,
        facts=facts,
        shots=shots,
        formula=Formula(ask.texts.get(f"{key}.formula"), python, paper),
        actions=_depth(ask),
    )


def _pastes(ask: Ask) -> Panel:
    """It pastes stored pictures: how near the nearest training scenes are."""
    notes = ask.record.notes
    near = None if notes is None else notes.nearest
    if near is None:
        return _probe(ask, "pastes", None)
    first = near.scenes[0]
    shots = (
        Shot("evidence", "final", ask.texts.get("probe.shot.painted"), warm=True),
        *(
            Shot("evidence", ("near", i), ask.texts.get("probe.shot.away", distance=f"{s.distance:.0f}"))
            for i, s in enumerate(near.scenes[:3])
        ),
    )  # fmt: skip
    return _probe(
        ask, "pastes", copied(near), shots=shots, python=_nearest_code(ask),
        distance=f"{first.distance:.0f}", farthest=f"{near.usual.p95:.0f}",
        closest=f"{near.usual.lowest:.0f}", scenes=ask.count(near.of),
    )  # fmt: skip


def copied(near: Nearest) -> int:
    """Against new true scenes: 0 nearer than any of them, 1 as near as they are, 2 farther than nearly all."""
    distance = near.scenes[0].distance
    return 0 if distance < near.usual.lowest else 1 if distance <= near.usual.p95 else 2


def _seed(ask: Ask) -> Panel:
    """The seed is a hidden picture: the same noise with other words."""
    notes = ask.record.notes
    twin = None if notes is None else notes.twin
    if twin is None:
        return _probe(ask, "seed", None)
    shots = (
        Shot("evidence", "final", f"“{ask.record.metadata.prompt}”", warm=True),
        Shot("evidence", "twin", f"“{twin.prompt}”"),
    )
    right = 0 if twin.pictures >= 0.95 else 1 if twin.pictures >= 0.3 else 2
    return _probe(
        ask, "seed", right, shots=shots, python=_twin_code(ask, twin), noise=f"{twin.noise:.2f}",
        alike=f"{twin.pictures:.2f}", seed=str(ask.record.metadata.seed),
    )  # fmt: skip


def _knows(ask: Ask) -> Panel:
    """It knows the picture from the start: the first predictions against the last."""
    clean = pictures(ask.record, "predicted")
    if clean is None:
        return _probe(ask, "knows", None)
    like = likeness(clean, clean[-1])
    top = ask.record.steps - 1
    steps = list(dict.fromkeys((0, min(2, top), top // 5, top)))
    shots = tuple(
        Shot("predicted", k, ask.texts.get("probe.shot.step", step=k + 1), warm=k == top)
        for k in steps
    )
    first = float(like[0])
    plot = ask.plot("alike", tuple(float(v) for v in like), DERIVED, "alike_formula", high=1.0)
    right = 0 if first >= 0.95 else 1 if first >= 0.5 else 2
    sure = next((i for i in range(len(like)) if (like[i:] >= 0.99).all()), top)
    return _probe(
        ask, "knows", right, plot=plot, shots=shots, python=_likeness_code(ask),
        first=f"{first:.2f}", sure=str(sure + 1), steps=str(top + 1),
    )  # fmt: skip


def _folder(ask: Ask) -> str:
    """Where this run lies, as it is written in code."""
    return ask.python("")[1].split('"')[1]


def _nearest_code(ask: Ask) -> tuple[str, ...]:
    """The distance of the nearest training scene."""
    runs, _, run = _folder(ask).rpartition("/")
    above, _, model = runs.rpartition("/")
    assets = above.removesuffix("runs").rstrip("/") or "."
    return (
        "from assetgen.pack.measures import Neighbours, read_measure",
        f'runs = read_measure(Neighbours, "{assets}", "{model}").runs',
        f'next(r for r in runs if r.run == "{run}").nearest[0].distance',
    )


def _twin_code(ask: Ask, twin: Twin) -> tuple[str, ...]:
    """Correlation of the two first noises."""
    runs, _, run = _folder(ask).rpartition("/")
    return (
        "import numpy as np; from assetgen.pack import Pack",
        f'a, b = (Pack.open("{runs}/" + r) for r in ("{run}", "{twin.run}"))',
        'np.corrcoef(*(p.tensor("x_t")[0].ravel() for p in (a, b)))[0, 1]',
    )


def _likeness_code(ask: Ask) -> tuple[str, ...]:
    """Likeness of every guess to the last one."""
    return ask.code(
        'likeness(p := {pack}.page("predicted") / 255, p[-1])',
        "from explorer.story.discoveries.pictures import likeness",
    )


PROBES: dict[str, Callable[[Ask], Panel]] = {"pastes": _pastes, "seed": _seed, "knows": _knows}
"""By name, in the order in which they are offered."""


# -- both ------------------------------------------------------------------------------------------


def _options(
    ask: Ask, name: str, labels: tuple[str, ...], right: int, chosen: int | None
) -> tuple[Option, ...]:
    """All to choose from; once one was chosen, that one and the one that the data say."""
    question = question_id(ask.record, name)
    return tuple(
        Option(question, i, label, i == chosen, None if chosen is None else i == right)
        for i, label in enumerate(labels)
        if chosen is None or i in (chosen, right)
    )


def _verdict(ask: Ask, met: bool, family: str = "question") -> str:
    """Never a reproach: a guess is fair, and the data say what they say."""
    return ask.texts.get(f"{family}.met" if met else f"{family}.missed")


def _depth(ask: Ask) -> tuple[PanelAction, ...]:
    """To the code behind the answer, and back."""
    if ask.state.depth == "engineer":
        return (PanelAction("depth", ask.text("action.plain"), "look"),)
    return (PanelAction("depth", ask.texts.get("question.proof"), "engineer"),)
