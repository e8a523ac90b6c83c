"""Take-away codes: there and back, and one clear line for anything else."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from assetgen.pack import Architecture, Library
from assetgen.pack.codec import decode as decode_json
from assetgen.pack.resources import data_dir
from explorer.story import view_code
from explorer.story.discoveries import DETECTORS
from explorer.story.view_code import CodeError, View, decode, encode
from tests.fixtures.packs import ARCHITECTURES

RUNS = {"miniature": ("fox-on-grass", "castle-by-night"), "flux": ("",)}
VIEW = View("miniature", "castle-by-night", 12, (12.25, 100.5, 3.5), 33.75, -10.0, 5, 2, True, True)
PRINTED = "ED6M0-CGRN2-97SHR-019W5"
OTHERS = ("canvas:x0", "word:2", "clock", *(f"discovery:{name}" for name in DETECTORS))


def near(a: View, b: View) -> bool:
    """The same, up to what the code rounds."""
    return (
        msgspec.structs.replace(a, eye=b.eye, heading=b.heading, pitch=b.pitch) == b
        and all(abs(p - q) <= 0.26 for p, q in zip(a.eye, b.eye, strict=True))
        and abs((a.heading - b.heading + 180) % 360 - 180) <= 1.5
        and abs(a.pitch - b.pitch) <= 2.6
    )


def test_there_and_back_anywhere() -> None:
    rng = random.Random(4)
    for _ in range(400):
        model = rng.choice(list(RUNS))
        view = View(
            model, rng.choice(RUNS[model]), rng.randrange(256),
            (rng.uniform(-200, 200), rng.uniform(-150, 700), rng.uniform(-30, 80)),
            rng.uniform(-180, 180), rng.uniform(-79, 79), rng.randrange(1 << 14),
            rng.choice([None, *range(15)]), rng.random() < 0.5, rng.random() < 0.5,
            rng.choice(view_code.FOVS),
        )  # fmt: skip
        assert near(decode(encode(view), RUNS), view), view


def test_a_code_is_short_and_stays_good() -> None:
    """Codes are printed: what was handed out yesterday must be read tomorrow."""
    code = encode(VIEW)
    assert code == PRINTED
    assert near(decode(PRINTED, RUNS), VIEW)


def test_small_letters_blanks_and_lookalikes_are_taken_as_meant() -> None:
    code = encode(VIEW)
    sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert decode(sloppy, RUNS) == decode(code, RUNS)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", "expected 20 letters and digits"),
        ("HELLO", "this has 5; type it again"),
        ("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", "expected 20 letters and digits"),
        ("?!?!?-?!?!?-?!?!?-?!?!?", "expected 20 letters and digits"),
        ("x" * 5000, "expected 20 letters and digits"),
    ],
)
def test_nonsense_gets_one_clear_line(code: str, expected: str) -> None:
    with pytest.raises(CodeError, match=expected) as caught:
        decode(code, RUNS)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_nearly_every_slip_is_noticed() -> None:
    """One wrong sign anywhere: noticed, or at least never an error of another kind."""
    code = encode(VIEW).replace("-", "")
    slips = noticed = 0
    for i, sign in enumerate(code):
        for other in view_code.SIGNS:
            if other == sign:
                continue
            slips += 1
            try:
                decode(code[:i] + other + code[i + 1 :], RUNS)
            except CodeError:
                noticed += 1
    assert noticed / slips > 0.95


def test_what_is_not_here_is_named() -> None:
    code = encode(VIEW)
    with pytest.raises(CodeError, match="of a model that is not here; there is flux"):
        decode(code, {"flux": ("",)})
    with pytest.raises(CodeError, match="of a run of miniature that is not here"):
        decode(code, {"miniature": ("fox-on-grass",)})


@pytest.mark.parametrize("steps", [1, 2, 40, 256, 257, 1000])
def test_steps_come_back(steps: int) -> None:
    for step in {0, steps // 3, steps - 1}:
        back = view_code.step_of(view_code.kept_step(step, steps), steps)
        assert abs(back - step) <= (0 if steps <= 256 else steps / 255)


@pytest.mark.parametrize("model", [p.stem for p in sorted(ARCHITECTURES.glob("*.json"))])
def test_every_part_of_a_model_can_be_kept(model: str) -> None:
    architecture = decode_json(Architecture, Path(ARCHITECTURES) / f"{model}.json")
    ids = [f"unit:{u.id}" for u in architecture.units]
    ids += [f"layer:{x.id}" for u in architecture.units for x in u.layers]
    ids += [f"skip:{e.source}->{e.target}" for e in architecture.edges if e.kind == "skip"]
    ids += [f"cut:{part}" for part in ids]
    numbers = [view_code.selection_number(i, architecture, OTHERS) for i in (*ids, *OTHERS)]
    assert len(set(numbers)) == len(numbers) and 0 not in numbers and max(numbers) < 1 << 14
    back = [view_code.selection_of(n, architecture, OTHERS) for n in numbers]
    assert back == [*ids, *OTHERS]
    assert view_code.selection_number(None, architecture, OTHERS) == 0
    assert view_code.selection_of(0, architecture, OTHERS) is None
    canvas = view_code.selection_number("pixel:x0:0.5,0.5", architecture, OTHERS)
    assert view_code.selection_of(canvas, architecture, OTHERS) == "canvas:x0"


def test_what_is_set_on_an_exhibit_comes_back() -> None:
    architecture = decode_json(Architecture, Path(ARCHITECTURES) / "sdxl.json")
    ids = [f"{name}:{a}:{b}" for name in view_code.DIALS for a in (0, 7, 15) for b in (0, 3, 15)]
    numbers = [view_code.selection_number(i, architecture, OTHERS) for i in ids]
    assert len(set(numbers)) == len(numbers) and 0 not in numbers
    assert [view_code.selection_of(n, architecture, OTHERS) for n in numbers] == ids
    assert view_code.selection_number("training:16:0", architecture, OTHERS) == 0


def test_shipped_runs_are_told_apart() -> None:
    library = Library.open(data_dir("assets"))
    names = {(r.model, r.id) for r in library.runs}
    hashes = {
        (view_code._hash(m, view_code.FIELDS["model"]), view_code._hash(r, view_code.FIELDS["run"]))
        for m, r in names
    }
    assert len(hashes) == len(names)


def test_what_is_meant_as_a_code() -> None:
    assert view_code.meant_as_code(encode(VIEW))
    assert view_code.meant_as_code("ABCD1-ABCDE-ABC")
    for camera in ("arrival", "first_light", "first-light", "a-b-c"):
        assert not view_code.meant_as_code(camera)
