"""Scenes: what they say, how they change one another, and one precise line for every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.world.scene_docs import scenes_page
from explorer.world.scene_load import SceneError, fit, load_scene, resolve, view_of
from explorer.world.stations import Box, Clock
from tests.world.small_valley import small_valley

ROOT = Path(__file__).parents[2]
SCENES = sorted((ROOT / "scenes").glob("*.yaml"))

GOOD = """\
format: 1
title: scene.good
stations:
  - id: lamp
    kind: lamp
    at: {anchor: mouth, offset: [1, 2, 3]}
  - id: board
    kind: billboard
    at: {anchor: deep}
    array: predicted
cameras:
  first: {eye: {offset: [0, -60, 30]}, look: {anchor: deep}}
  second: {eye: {anchor: mouth}, look: {anchor: deep}, fov: 60}
flights:
  arrival: {seconds: 5, keys: [{camera: first}, {camera: second}]}
spots:
  - {id: here, key: 1, title: spot.here, camera: first}
start: first
"""


def write(folder: Path, text: str, name: str = "scene.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SCENES, ids=lambda p: p.stem)
def test_shipped_scenes_are_valid(path: Path) -> None:
    scene = load_scene(path)
    assert scene.start in scene.cameras


def test_minimal_scene_is_short() -> None:
    assert len((ROOT / "scenes" / "minimal.yaml").read_text().splitlines()) <= 30


def test_documentation_is_current() -> None:
    page = (ROOT / "docs" / "scenes.md").read_text(encoding="utf-8")
    assert page == scenes_page(), "run: python -m explorer.world.scene_docs > docs/scenes.md"


def test_a_good_scene_resolves_in_a_valley(tmp_path: Path) -> None:
    scene, valley = load_scene(write(tmp_path, GOOD)), small_valley()
    assert resolve(scene.stations[0].at, valley).origin == (1, -13, 3)
    eye, look = view_of(scene.cameras["first"], valley)
    assert eye == (0, -60, 30) and look == (35, 2, -9)
    assert fit(scene, valley) == scene


MISTAKES = [
    # (what is replaced, by what, line, words of the message)
    ("kind: lamp", "kind: lampe", 5, "stations[lamp].kind: expected one of gallery", "'lamp'?"),
    ("    kind: lamp\n", "", 4, "expected the field 'kind'", "found none"),
    ("anchor: mouth, offset", "anker: mouth, offset", 6, "stations[lamp].at", "'anchor'?"),
    ("[1, 2, 3]", "[1, 2]", 6, "at.offset: expected three numbers: [x, y, z]", "a list of 2"),
    ("[1, 2, 3]", "[1, two, 3]", 6, "at.offset[1]: expected a number", "'two'"),
    ("anchor: mouth, o", "anchor: moon, o", 6, "at.anchor: expected an anchor: origin", "'moon'"),
    ("anchor: mouth, o", "anchor: room:left.2, o", 6, "expected an anchor", "'room:left.2'"),
    ("array: predicted", "colour: #FF0000", 10, 'expected a colour in quotes: "#RRGGBB"', "nothing"),
    ("array: predicted", 'colour: "#F00"', 10, "expected a colour", "'#F00'"),
    ("array: predicted", "array: a\n    text: b", 7, "either `array` or `text`", "both"),
    ("id: board", "id: lamp", 7, "expected an id that is used once", "'lamp' twice"),
    ("id: board", "id: a b c", 7, "expected an id of letters", "'a b c'"),
    ("fov: 60", "fov: 160", 13, "cameras.second.fov: expected a number from 20 to 110", "'160'"),
    ("fov: 60", "fov: sixty", 13, "cameras.second.fov", "'sixty'"),
    ("fov: 60", "fov: 60, fov: 61", 13, "fov: expected each field once", "it twice"),
    ("{camera: second}", "{camera: secnd}", 15, "keys[1].camera", "(did you mean 'second'?)"),
    ("{camera: second}", "{camera: second, at: 2}", 15, "expected a number from 0 to 1", "'2'"),
    (", {camera: second}", "", 15, "keys: expected at least 2 entries", "a list of 1"),
    ("seconds: 5", "seconds: 0", 15, "expected a number above 0", "'0'"),
    ("seconds: 5", "seconds: .inf", 15, "expected a number above 0", "'.inf'"),
    ("key: 1", "key: 0", 17, "expected a number key from 1 to 9", "'0'"),
    ("start: first", "start: frist", 18, "start: expected the name of a camera", "'first'?"),
    ("start: first\n", "", 1, "expected the field 'start'", "found none"),
    ("format: 1", "format: 2", 1, "format: expected 1", "'2'"),
    ("title: scene.good", "title: Hello, world", 2, "expected a text key", "'Hello, world'"),
    ("stations:", "stations: none\nx:", 3, "stations: expected a list", "'none'"),
    ("start: first", "start: [first", 19, "expected valid YAML", ""),
    ("start: first", "remove: [lamp]\nstart: first", 18, "`extends` beside it", ""),
    ("start: first", "extends: nowhere.yaml\nstart: first", 18, "a scene file", "nowhere.yaml"),
    ("start: first", "extends: scene.yaml\nstart: first", 18, "does not extend this one", ""),
    ("start: first", "theme: {lamps: 3}\nstart: first", 18, "'lamps'", "(did you mean 'lamp'?)"),
    ("start: first", "layout: {risers: 2.5}\nstart: first", 18, "a whole number from", "'2.5'"),
    ("start: first", "start: first\ntest: maybe", 19, "one of compare, off, run", "'maybe'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "expected", "found"), MISTAKES)
def test_every_mistake_is_one_line_at_its_place(
    tmp_path: Path, old: str, new: str, line: int, expected: str, found: str
) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SceneError) as caught:
        load_scene(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: "), message
    assert expected in message and found in message and "\n" not in message, message


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "just words", "\x00", "a: &a [*a]\n", "? [x]\n: y\n"]
)
def test_files_that_are_no_scenes(tmp_path: Path, text: str) -> None:
    with pytest.raises(SceneError) as caught:
        load_scene(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="a readable file"):
        load_scene(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes("title: Größe".encode("latin-1"))
    with pytest.raises(SceneError, match="plain UTF-8 text"):
        load_scene(tmp_path / "latin.yaml")


@pytest.mark.parametrize(
    ("missing", "line", "path"),
    [
        ("scene.good", 2, "title"),
        ("sign.lamp", 6, "stations[lamp].text"),
        ("choice.saying", 12, "stations[c].saying"),
        ("welcome.look", 13, "stations[n].text"),
        ("spot.here", 20, "spots[here].title"),
    ],
)
def test_a_text_that_is_not_there(tmp_path: Path, missing: str, line: int, path: str) -> None:
    known = {
        "scene.good",
        "sign.lamp",
        "choice.saying",
        "welcome.title",
        "welcome.look",
        "spot.here",
    }
    more = "  - {id: c, kind: choice, at: {}, saying: choice.saying}\n"
    more += "  - {id: n, kind: notice, at: {}, text: welcome}\n"
    text = GOOD.replace("kind: lamp", "kind: lamp\n    text: sign.lamp")
    file = write(tmp_path, text.replace("cameras:", more + "cameras:"))
    assert load_scene(file, known) == load_scene(file)
    with pytest.raises(SceneError) as caught:
        load_scene(file, known - {missing})
    expected = f"{file}:{line}: {path}: expected the key of a text in scenes/locales, found "
    message = str(caught.value)
    assert message.startswith(f"{expected}'{missing}'"), message


def test_an_anchor_that_the_model_lacks(tmp_path: Path) -> None:
    text = GOOD.replace("anchor: deep}\n    array", "anchor: unit:down.9}\n    array")
    scene = load_scene(write(tmp_path, text))
    with pytest.raises(SceneError) as caught:
        fit(scene, small_valley())
    message = str(caught.value)
    assert ":9: stations[board].at.anchor: expected a place of the network 'test'" in message
    assert "'unit:down.9'" in message
    optional = text.replace("array: predicted", "array: predicted\n    optional: true")
    fitted = fit(load_scene(write(tmp_path, optional)), small_valley())
    assert [s.id for s in fitted.stations] == ["lamp"]


def test_optional_cameras_take_their_keys_and_spots_along(tmp_path: Path) -> None:
    text = GOOD.replace("fov: 60", "fov: 60, optional: true").replace(
        "{anchor: mouth}, look", "{anchor: unit:absent}, look"
    )
    text = text.replace("camera: first}\nstart", "camera: second}\nstart")
    fitted = fit(load_scene(write(tmp_path, text)), small_valley())
    assert set(fitted.cameras) == {"first"} and not fitted.flights and not fitted.spots


def test_extending_moves_recolours_removes_and_adds(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "base.yaml")
    change = """\
format: 1
title: scene.changed
extends: base.yaml
remove: [board]
theme: {lamp: "#00FF00"}
layout: {level_drop: 12}
stations:
  - {id: lamp, colour: "#FF0000", at: {offset: [9, 9, 9]}}
  - {id: block, kind: box, at: {anchor: mouth}, size: [1, 2, 3]}
cameras:
  second: {fov: 50}
"""
    scene = load_scene(write(tmp_path, change))
    lamp, block = scene.stations
    assert lamp.colour == "#FF0000" and lamp.at.offset == (9, 9, 9) and lamp.at.anchor == "mouth"
    assert isinstance(block, Box) and block.size == (1, 2, 3)
    assert scene.theme.lamp == "#00FF00" and scene.theme.machine == "#AADFFF"
    assert scene.layout.level_drop == 12 and scene.cameras["second"].fov == 50
    assert scene.title == "scene.changed" and scene.start == "first" and len(scene.spots) == 1


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        ("remove: [lampp]", 4, "expected an id of the extended scene, found 'lampp' (did you"),
        ("stations: [{id: lamp, hight: 3}]", 4, "found 'hight' (did you mean 'height'?)"),
        ("stations: [{id: new, height: 3}]", 4, "expected the field 'kind'"),
        ("remove: [lamp]\nstations: [{id: lamp, height: 3}]", 5, "expected the field 'kind'"),
        (
            "stations: [{id: lamp, height: 3}, {id: lamp, height: 4}]",
            4,
            "expected the field 'kind'",
        ),
    ],
)
def test_mistakes_in_changes(tmp_path: Path, change: str, line: int, words: str) -> None:
    write(tmp_path, GOOD, "base.yaml")
    path = write(tmp_path, f"format: 1\ntitle: scene.x\nextends: base.yaml\n{change}\n")
    with pytest.raises(SceneError) as caught:
        load_scene(path)
    assert str(caught.value).startswith(f"{path}:{line}: ") and words in str(caught.value)


def test_a_mistake_in_the_extended_file_names_that_file(tmp_path: Path) -> None:
    base = write(tmp_path, GOOD.replace("fov: 60", "fov: 600"), "base.yaml")
    path = write(tmp_path, "format: 1\ntitle: scene.x\nextends: base.yaml\n")
    with pytest.raises(SceneError, match="600") as caught:
        load_scene(path)
    assert str(caught.value).startswith(f"{base}:13: ")


def test_the_test_scene_changes_something_of_each_kind() -> None:
    base = load_scene(ROOT / "scenes" / "minimal.yaml")
    changed = load_scene(ROOT / "scenes" / "test_changes.yaml")
    before, after = {s.id: s for s in base.stations}, {s.id: s for s in changed.stations}
    assert set(before) - set(after) == {"lamp"} and set(after) - set(before) == {"block", "line"}
    clock = after["clock"]
    assert (
        isinstance(clock, Clock) and clock.colour and clock.at.offset != before["clock"].at.offset
    )
    assert changed.theme != base.theme and changed.cameras["rim"] == base.cameras["rim"]
