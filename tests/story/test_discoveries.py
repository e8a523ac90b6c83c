"""Discoveries: events in the shipped runs, gone or elsewhere when the array behind them is another one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from assetgen.pack import Architecture, Library, Pack
from assetgen.pack.codec import decode, encode
from assetgen.pack.evaluation import Quantiles
from assetgen.pack.images import encode_image
from assetgen.pack.measures import Neighbour, Neighbours, RunNeighbours, Sheet
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import Profile
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.discoveries import DETECTORS, Finding, confirmed, found
from explorer.story.notes import Nearest, Notes, make_notes
from explorer.story.panel import Panel
from explorer.story.questions import question_id
from explorer.story.record import Record
from explorer.story.spotlights import kinds
from explorer.story.texts import Texts
from tests.fixtures.packs import ARCHITECTURES, build_pack
from tests.story.test_texts import HIGHEST_GRADE, MOST_WORDS, grade

LEAST = 20
ARRAYS = {
    "picture_in_noise": "page steps",
    "shapes_first": "page predicted",
    "colours_early": "page predicted",
    "last_touch": "page predicted",
    "before_half": "page predicted",
    "biggest_leap": "x0",
    "half_way": "x0",
    "sharpest_turn": "x0",
    "straight_road": "x_t",
    "first_noise": "eps",
    "guidance_peak": "output_uncond",
    "guidance_fades": "output_uncond",
    "resting_place": "attention_mass",
    "most_read": "attention_mass",
    "little_word": "attention_mass",
    "word_rises": "attention_mass",
    "word_falls": "attention_mass",
    "words_where": "attention_mass",
    "settles_first": "concepts",
    "settles_last": "concepts",
    "shared_place": "maps",
    "reading_narrows": "self_attention_entropy",
    "widest_reader": "self_attention_entropy",
    "louder_room": "unit_rms",
    "quieter_room": "unit_rms",
    "loudest_bridge": "unit_rms",
    "liveliest_step": "unit_rms",
    "busiest_room": "unit_update",
}
"""What each detector reads."""


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.open(data_dir("assets"))


@pytest.fixture(scope="session")
def records(library: Library) -> list[Record]:
    runs = [r for r in library.runs if r.profile != "light"]
    return [Record(Pack.open(r.path), library.architectures[r.model]) for r in runs]


@pytest.fixture(scope="session")
def findings(records: list[Record]) -> dict[str, tuple[Finding, ...]]:
    """What is shown in each shipped run."""
    return {
        record.metadata.id: confirmed(record, (o for o in records if o is not record))
        for record in records
    }


def shuffled(record: Record, array: str) -> Record:
    """The same run with the steps (or rooms, words, layers) of one array in another order, reversed."""
    other = Record(record.pack, record.architecture)
    pack = Damaged(record.pack.path, record.metadata, array)
    other.pack = pack
    return other


class Damaged(Pack):
    """A pack in which one array is another one."""

    def __init__(self, path: Path, metadata: object, array: str) -> None:
        super().__init__(path, metadata)  # type: ignore[arg-type]
        self.array_ = array
        if array == "concepts":
            concepts = tuple(_late(c) for c in self.metadata.concepts)
            self.metadata = _with(self.metadata, concepts=concepts)

    def tensor(self, key: str) -> np.ndarray:
        values = super().tensor(key)
        if key != self.array_:
            return values
        rng = np.random.default_rng(0)
        flipped = values[::-1].copy()
        if flipped.ndim >= 2:
            flipped = rng.permuted(flipped, axis=1 if flipped.ndim < 4 else 0)
        return flipped + rng.normal(0, np.nanstd(values), values.shape).astype(np.float32) * (
            flipped.ndim == 4
        )

    def page(self, array: str) -> np.ndarray:
        values = super().page(array)
        if f"page {array}" != self.array_:
            return values
        return np.random.default_rng(0).integers(0, 255, values.shape).astype(np.uint8)

    def word_map(self, word_index: int, step: int, height: int, width: int) -> np.ndarray:
        values = super().word_map(word_index, step, height, width)
        if self.array_ != "maps":
            return values
        return np.random.default_rng(word_index).random((height, width)).astype(np.float32)


def _with(struct: object, **changes: object) -> object:
    return msgspec.structs.replace(struct, **changes)  # type: ignore[type-var]


def _late(concept: object) -> object:
    """Every word settles at one and the same step."""
    settling = getattr(concept, "settling", None)
    return concept if settling is None else _with(concept, settling=_with(settling, step=1))


def test_there_are_enough_in_every_shipped_run(findings: dict[str, tuple[Finding, ...]]) -> None:
    assert len(DETECTORS) >= LEAST and set(ARRAYS) == set(DETECTORS)
    assert findings
    for run, shown in findings.items():
        assert len(shown) >= LEAST, (run, len(shown))


def test_an_event_is_shown_only_if_another_run_has_it_too(
    records: list[Record], findings: dict[str, tuple[Finding, ...]]
) -> None:
    """Checked the slow way: every detector on every run."""
    having = {name: [detect(r) is not None for r in records] for name, detect in DETECTORS.items()}
    for i, record in enumerate(records):
        shown = {f.id for f in findings[record.metadata.id]}
        for name, here in having.items():
            elsewhere = any(h for j, h in enumerate(here) if j != i)
            assert (name in shown) == (here[i] and elsewhere), (record.metadata.id, name)


def test_without_another_run_nothing_is_shown(records: list[Record]) -> None:
    assert found(records[0])
    assert confirmed(records[0], ()) == ()


@pytest.mark.parametrize("name", ARRAYS)
def test_another_array_moves_the_event_or_ends_it(records: list[Record], name: str) -> None:
    detect = DETECTORS[name]
    told = 0
    for record in records:
        before = detect(record)
        if before is None:
            continue
        after = detect(shuffled(record, ARRAYS[name]))
        told += 1
        assert after is None or (after.step, after.right, after.values) != (
            before.step, before.right, before.values,
        ), (name, record.metadata.id)  # fmt: skip
        if told == 2:
            return
    if told == 0:
        pytest.skip(f"no shipped run has {name}: see the synthetic test")


def test_a_synthetic_change_is_found_where_it_was_put(tmp_path: Path) -> None:
    """One leap, one loud room, one narrowing, put into a run on purpose."""
    pack = Pack.open(build_pack(tmp_path, steps=16))
    real = pack.tensor

    def tensor(key: str) -> np.ndarray:
        values = real(key)
        if key == "x0":
            values = np.linspace(0, 0.01, 16)[:, None, None, None] + np.zeros_like(values)
            values[9:] += 1.0
        if key == "unit_rms":
            values = np.ones_like(values)
            values[12:, 4] = 3.0
        if key == "self_attention_entropy":
            values = np.linspace(0.9, 0.5, 16)[:, None] + np.zeros_like(values)
        return values

    pack.tensor = tensor  # type: ignore[method-assign]
    record = Record(pack, pack.architecture)
    leap = DETECTORS["biggest_leap"](record)
    assert leap is not None and leap.step == 9
    louder = DETECTORS["louder_room"](record)
    assert louder is not None and isinstance(louder.options, tuple)
    assert louder.options[louder.right] == pack.architecture.units[4].id
    narrow = DETECTORS["reading_narrows"](record)
    assert narrow is not None and narrow.right == 0


def test_what_is_absent_is_not_found(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record.pack, "has", lambda name: False)
    bare = Record(record.pack, record.architecture)
    metadata = _with(record.metadata, concepts=())
    monkeypatch.setattr(record.pack, "metadata", metadata)
    assert found(bare) == ()


@pytest.mark.parametrize(
    ("architecture", "profile", "steps"),
    [("miniature", "light", 6), ("two_level", "viewer", 1), ("two_level", "viewer", 3)],
)
def test_odd_runs_break_nothing(
    tmp_path: Path, texts: Texts, architecture: str, profile: Profile, steps: int
) -> None:
    for prompt in ("a fox on grass", "a frog on sand"):
        build_pack(tmp_path, steps=steps, architecture=architecture, profile=profile, prompt=prompt)
    library = Library.open(tmp_path)
    notes = make_notes(library, library.runs[0])
    record = Record(Pack.open(library.runs[0].path), library.architectures[architecture])
    record.notes = notes
    for finding in notes.findings:
        panel_for(f"discovery:{finding.id}", answered(record, finding.id, 0), record, texts)


# -- as panels -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def noted(library: Library) -> list[tuple[Record, Notes]]:
    runs = [r for r in library.runs if r.profile != "light"][:4]
    result = []
    for run in runs:
        record = Record(Pack.open(run.path), library.architectures[run.model])
        record.notes = make_notes(library, run)
        result.append((record, record.notes))
    return result


def answered(record: Record, name: str, index: int) -> State:
    return State(steps=record.steps, answers=((question_id(record, name), index),))


def test_a_question_gives_nothing_away_before_it_is_answered(
    noted: list[tuple[Record, Notes]], texts: Texts
) -> None:
    for record, notes in noted:
        for finding in notes.findings:
            panel = panel_for(f"discovery:{finding.id}", State(steps=record.steps), record, texts)
            assert len(panel.options) >= 2 and panel.plot is None and panel.formula is None
            assert all(option.right is None for option in panel.options)
            if finding.asks_when:
                assert not any(action.name == "visit" for action in panel.actions)


def test_an_answer_is_met_with_the_data(noted: list[tuple[Record, Notes]], texts: Texts) -> None:
    for record, notes in noted:
        for finding in notes.findings:
            name = f"discovery:{finding.id}"
            wrong = 1 if finding.right == 0 else 0
            for index, verdict in ((finding.right, "met"), (wrong, "missed")):
                panel = panel_for(name, answered(record, finding.id, index), record, texts)
                assert panel.lines[0] == texts.get(f"question.{verdict}")
                assert [o.index for o in panel.options if o.right] == [finding.right]
                assert {o.index for o in panel.options if o.chosen} == {index}
                if finding.evidence is not None:
                    assert panel.plot is not None and panel.plot.present == finding.step
                said = " ".join(panel.lines)
                wanted = texts.wants(f"discovery.{finding.id}.answer") & set(finding.values)
                assert wanted, "an answer quotes a number of this run"
                assert all(finding.values[key] in said for key in wanted)


def test_python_behind_an_answer_runs(noted: list[tuple[Record, Notes]], texts: Texts) -> None:
    record, notes = noted[0]
    for finding in notes.findings:
        if finding.evidence is None:
            continue
        state = msgspec.structs.replace(answered(record, finding.id, 0), depth="engineer")
        panel = panel_for(f"discovery:{finding.id}", state, record, texts)
        assert panel.formula is not None and panel.formula.paper
        assert 1 <= len(panel.formula.python) <= 3
        *setup, expression = panel.formula.python
        scope: dict[str, object] = {}
        exec("\n".join(setup), scope)
        assert panel.plot is not None and eval(expression, scope) == panel.plot.values


def test_words_are_few_and_plain(noted: list[tuple[Record, Notes]], texts: Texts) -> None:
    for record, notes in noted:
        for finding in notes.findings:
            panel = panel_for(f"discovery:{finding.id}", State(steps=record.steps), record, texts)
            after = panel_for(
                f"discovery:{finding.id}", answered(record, finding.id, 0), record, texts
            )
            for lines in (panel.lines, after.lines):
                text = " ".join(lines)
                assert len(text.split()) <= MOST_WORDS, (finding.id, text)
                assert grade(text) <= HIGHEST_GRADE, (finding.id, round(grade(text), 1), text)


def test_every_discovery_has_its_texts_and_none_is_left_over(texts: Texts) -> None:
    told = {key.split(".")[1] for key in texts.entries if key.startswith("discovery.")}
    assert told == set(DETECTORS)
    for name in DETECTORS:
        assert {f"discovery.{name}.{part}" for part in ("title", "question", "answer")} <= set(
            texts.entries
        )


def test_the_kind_words_of_a_wrong_guess(texts: Texts) -> None:
    said = " ".join(texts.entries[key] for key in texts.entries if key.startswith("question."))
    assert not re.search(r"wrong|false|fail|bad|incorrect", said.lower())


# -- ideas put to the test -------------------------------------------------------------------------


def test_the_seed_is_tested_with_a_run_from_the_same_noise(
    noted: list[tuple[Record, Notes]], texts: Texts
) -> None:
    some = [(record, notes) for record, notes in noted if notes.twin is not None]
    assert some
    record, notes = some[0]
    assert notes.twin is not None and notes.twin.noise > 0.999
    assert notes.twin.run != record.metadata.id and notes.twin.prompt != record.metadata.prompt
    panel = panel_for("probe:seed", answered(record, "probe.seed", 0), record, texts)
    assert len(panel.shots) == 2
    assert f"{notes.twin.pictures:.2f}" in " ".join(panel.lines)
    other = msgspec.structs.replace(notes, twin=msgspec.structs.replace(notes.twin, pictures=0.99))
    record.notes = other
    changed = panel_for("probe:seed", answered(record, "probe.seed", 0), record, texts)
    record.notes = notes
    assert [(o.index, o.right) for o in changed.options] == [(0, True)]
    assert changed.lines != panel.lines


def test_what_was_not_measured_is_said(record: Record, texts: Texts) -> None:
    for name in ("pastes", "seed"):
        panel = panel_for(f"probe:{name}", State(steps=record.steps), record, texts)
        assert texts.get(f"probe.{name}.not_recorded") in panel.lines
        assert not panel.options


def test_the_first_guess_is_compared_with_the_last(
    noted: list[tuple[Record, Notes]], texts: Texts
) -> None:
    record, _ = noted[0]
    before = panel_for("probe:knows", answered(record, "probe.knows", 0), record, texts)
    after = panel_for(
        "probe:knows", answered(record, "probe.knows", 0), shuffled(record, "page predicted"), texts
    )
    assert before.plot is not None and after.plot is not None
    assert before.plot.values != after.plot.values and before.lines != after.lines


def proof(panel: Panel) -> object:
    assert panel.formula is not None and len(panel.formula.python) == 3 and panel.formula.paper
    *setup, expression = panel.formula.python
    scope: dict[str, object] = {}
    exec("\n".join(setup), scope)
    return eval(expression, scope)


def test_the_code_behind_an_idea_returns_what_it_says(
    noted: list[tuple[Record, Notes]], texts: Texts
) -> None:
    record, notes = next(pair for pair in noted if pair[1].twin and pair[1].nearest)
    assert notes.twin is not None and notes.nearest is not None

    def panel(name: str) -> Panel:
        return panel_for(f"probe:{name}", answered(record, f"probe.{name}", 0), record, texts)

    assert proof(panel("pastes")) == notes.nearest.scenes[0].distance
    assert np.isclose(float(proof(panel("seed"))), notes.twin.noise)  # type: ignore[arg-type]
    knows = panel("knows")
    assert knows.plot is not None
    assert np.allclose(np.asarray(proof(knows)), knows.plot.values, atol=1e-5)  # type: ignore[union-attr]


@pytest.fixture
def measured() -> Callable[[float], Notes]:
    """Notes about a run whose nearest training scene is so far away; new true scenes 5, 10, 20."""

    def make(distance: float) -> Notes:
        scene = Neighbour(1, "a fox", distance, (), 0)
        nearest = Nearest((scene,), Quantiles(9, 5.0, 6.0, 10.0, 20.0), 1000, False)
        return Notes("x", nearest=nearest)

    return make


def test_notes_read_the_measured_neighbours(tmp_path: Path) -> None:
    folder = build_pack(tmp_path, steps=4, prompt="a fox on grass")
    (folder.parent / "evaluation").mkdir()
    sheet = Sheet("evaluation/near.png", 2, 8, 8)
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, 8:] = (10, 200, 30)
    (folder.parent / sheet.file).write_bytes(encode_image(pixels, ".png"))
    run = Pack.open(folder).metadata.id
    scene = Neighbour(3, "a fox on sand", 12.0, ("fox",), 1)
    file = Neighbours(
        1, folder.parent.name, 500, Quantiles(9, 5.0, 6.0, 10.0, 20.0), sheet,
        (RunNeighbours(run, "a fox on grass", False, 0, (scene,)),),
    )  # fmt: skip
    (folder.parent / "neighbours.json").write_bytes(encode(file))
    library = Library.open(tmp_path)
    notes = make_notes(library, library.runs[0])
    assert notes.nearest is not None and notes.nearest.scenes == (scene,)
    assert np.array_equal(notes.pictures["near", 0], pixels[:, 8:])
    (folder.parent / "neighbours.json").write_text("{")
    assert make_notes(library, library.runs[0]).nearest is None, "a damaged measure says nothing"


@pytest.mark.parametrize(("distance", "right"), [(2.0, 0), (7.0, 1), (19.0, 1), (25.0, 2)])
def test_a_copy_would_be_told(
    record: Record,
    texts: Texts,
    measured: Callable[[float], Notes],
    distance: float,
    right: int,
) -> None:
    record.notes = measured(distance)
    panel = panel_for("probe:pastes", answered(record, "probe.pastes", right), record, texts)
    assert [(o.index, o.right) for o in panel.options] == [(right, True)]
    assert "by heart" in panel.lines[-1] and "Large ones do so at times, too" in panel.lines[-1]


def test_probes_are_plain(noted: list[tuple[Record, Notes]], texts: Texts) -> None:
    for key, text in texts.entries.items():
        if re.match(
            r"(probe\.\w+\.(question|answer_\d|but|not_recorded)|spotlight\..*\.look)$", key
        ):
            plain = re.sub(r"\{\w+\}", "4", text)
            assert len(plain.split()) <= MOST_WORDS, key
            assert grade(plain) <= HIGHEST_GRADE, (key, round(grade(plain), 1))


# -- parts of the network --------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["miniature", "sd15", "sdxl", "sd3", "flux", "pixart"])
def test_every_kind_of_part_has_plain_words(
    record: Record, texts: Texts, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """For every architecture, without a run: then the learned numbers are shown."""
    monkeypatch.setattr(record.pack, "has", lambda name: False)
    bare = Record(record.pack, decode(Architecture, ARCHITECTURES / f"{model}.json"))
    for kind in kinds(bare):
        panel = panel_for(kind.id, State(steps=4), bare, texts)
        assert panel.title and len(panel.lines) == 2 and panel.plot is not None
        text = " ".join(panel.lines)
        assert len(text.split()) <= MOST_WORDS, (kind, text)


def test_the_python_of_a_spotlight_runs(record: Record, texts: Texts) -> None:
    for kind in kinds(record):
        state = State(steps=record.steps, step=2.0, target=2.0, depth="engineer")
        panel = panel_for(kind.id, state, record, texts)
        formula = panel.formula
        assert formula is not None and formula.paper and len(formula.python) <= 3
        *setup, expression = formula.python
        scope: dict[str, object] = {}
        exec("\n".join(setup), scope)
        values = np.ravel(eval(expression, scope))
        assert panel.plot is not None
        top = max(row.value for row in panel.plot.rows)  # type: ignore[union-attr]
        assert np.isclose(values.max(), top, rtol=1e-3) or values.sum() >= top


def test_a_spotlight_shows_this_runs_numbers(
    record: Record, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = record.pack.tensor
    for part, key in (
        ("unit.resnet", "unit_rms"),
        ("layer.self_attention", "self_attention_entropy"),
        ("layer.cross_attention", "attention_mass"),
    ):
        before = panel_for(f"spotlight:{part}", State(steps=6), record, texts)
        monkeypatch.setattr(
            record.pack, "tensor", lambda k, key=key: real(k) * (0.5 if k == key else 1)
        )
        fresh = Record(record.pack, record.architecture)
        after = panel_for(f"spotlight:{part}", State(steps=6), fresh, texts)
        monkeypatch.setattr(record.pack, "tensor", real)
        assert before.plot is not None and after.plot is not None
        assert before.plot.rows != after.plot.rows  # type: ignore[union-attr]
