"""Labels of the exhibits from where a visitor stands: large enough, on their wall, and none over another."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import radians, tan
from typing import Any

import numpy as np
import pytest

from assetgen.pack.resources import data_dir
from explorer.view import signs
from explorer.view.exhibition import choice, cuts, dig, display, noising, orchestra, sculptor
from explorer.view.exhibition.cuts import WIDTH as BOARD
from explorer.view.exhibition.noising import LETTERS
from explorer.view.exhibition.noising import WIDTH as RAIL
from explorer.view.lettering import CAP, Line, font, wrapped
from explorer.world import stations as kinds
from explorer.world.displays import FACE, FLOOR, lay_display
from explorer.world.noising import rail
from explorer.world.places import NOTICE_FOOT
from explorer.world.valley import Frame

TALL = 1080
"""Pixels of the screen on which labels are measured."""
LEAST = 22.0
"""Size of a label's letters on it, pixels."""
ABOUT = (kinds.Display, kinds.Sculptor, kinds.Dig, kinds.Orchestra)


@pytest.fixture
def lettered(
    explore: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, dict[str, list[Line]]]:
    """The explorer on the shipped runs, and the lines that each exhibit wrote, by the node's name."""
    written: dict[str, list[Line]] = {}
    for module in (choice, cuts, dig, display, noising, orchestra, sculptor, signs):
        original = getattr(module, "letter", None)
        if original is None:
            continue

        def keep(name: str, lines: list[Line], *, _of: Any = original, **options: Any) -> Any:
            written[name] = list(lines)
            return _of(name, lines, **options)

        monkeypatch.setattr(module, "letter", keep)
    return explore(folder=data_dir("assets")), written


def stand(app: Any, name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Eye, direction and pixels a metre at one metre, at the camera of an exhibit."""
    from explorer.headless import settle

    app.start_at(name, None)
    settle(app, 1)
    pose = app.rig.pose
    h, p = radians(pose.heading), radians(pose.pitch)
    ahead = np.array((-np.sin(h) * np.cos(p), np.cos(h) * np.cos(p), np.sin(p)))
    return np.array(pose.eye), ahead, TALL / 2 / (tan(radians(pose.fov) / 2) * 9 / 16)


@pytest.mark.gl
def test_labels_are_large_enough_where_one_stands(lettered: Any) -> None:
    app, written = lettered
    small = []
    for place in app.site.places.exhibits:
        if not isinstance(place.station, ABOUT):
            continue
        eye, ahead, focal = stand(app, place.station.id)
        lines = written.get(place.id) or written[place.station.id]
        for line in lines:
            _, y, _ = place.frame.to_local(line.frame.origin)
            if isinstance(place.station, kinds.Sculptor) and y > 0:
                continue  # what is written behind it is read from there
            away = float((np.array(line.frame.origin) - eye) @ ahead)
            if (size := line.height / CAP / away * focal) < LEAST:
                small.append((place.station.id, line.text, round(size, 1)))
    assert not small


@pytest.mark.gl
def test_what_is_drawn_on_rail_and_board_is_large_enough(lettered: Any) -> None:
    app, _ = lettered
    for place in app.site.places.exhibits:
        station = place.station
        if isinstance(station, kinds.Noising | kinds.Cuts):
            eye, ahead, focal = stand(app, station.id)
            left, right, low, high = rail(station)
            bench = isinstance(station, kinds.Noising)
            metres = (LETTERS / RAIL if bench else cuts.LETTERS / BOARD) * (right - left)
            for x in (left, right):
                at = np.array(place.frame.to_world((x, FACE, (low + high) / 2)))
                assert metres / float((at - eye) @ ahead) * focal >= LEAST, station.id


@pytest.mark.gl
@pytest.mark.parametrize(("model", "text"), [("miniature", "look"), ("sdxl", "structure")])
def test_the_first_words_of_a_visit_are_read_from_where_it_begins(
    lettered: Any, model: str, text: str
) -> None:
    """And nothing is told of a run where there is none."""
    app, written = lettered
    if model != app.model:
        app.command("open_model", model)
        app.load_now()
    eye, ahead, focal = stand(app, app.site.scene.start)
    right = np.cross(ahead, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    notice, frame = next(o for o in app.site.places.others if isinstance(o[0], kinds.Notice))
    title, words = (app.texts.get(f"{notice.text}.{part}").split() for part in ("title", text))
    lines = [x for x in written["signs"] if x.frame.yaw == frame.yaw and _is_on(notice, frame, x)]
    assert len(lines) > 4
    for line in lines:
        gap = np.array(line.frame.origin) - eye
        away = float(gap @ ahead)
        assert line.height / CAP / away * focal >= LEAST, line.text
        x0, x1, _, _ = box(None, line)
        end = float(gap @ right) / away * focal + (x1 - x0) / away * focal
        assert end < TALL * 8 / 9 - 16, line.text
        assert frame.to_local(line.frame.origin)[2] > NOTICE_FOOT + line.height, line.text
    assert " ".join(x.text for x in lines).split() == [*title, *words] and len(words) <= 50


def _is_on(notice: kinds.Notice, frame: Frame, line: Line) -> bool:
    x, y, _ = frame.to_local(line.frame.origin)
    return abs(x) < notice.width / 2 and abs(y) < 0.1


@pytest.mark.gl
def test_lines_stay_on_their_wall_and_off_each_other(lettered: Any) -> None:
    app, written = lettered
    for place in app.site.places.exhibits:
        station = place.station
        if not isinstance(station, kinds.Display):
            continue
        stand(app, station.id)
        wall = lay_display(station)
        boxes = {line.text + str(i): box(place, line) for i, line in enumerate(written[place.id])}
        frame = 0.16
        hung = {
            f"picture {p.shows}": (
                p.x - p.size / 2 - frame, p.x + p.size / 2 + frame, p.z - p.size / 2 - frame, p.z + p.size / 2 + frame,
            )
            for p in wall.pictures
        }  # fmt: skip
        if isinstance(station, kinds.Noising | kinds.Cuts):
            hung["rail"] = rail(station)
        for text, (x0, x1, z0, z1) in boxes.items():
            assert -wall.half <= x0 and x1 <= wall.half, (station.id, text)
            assert z0 >= FLOOR and z1 <= wall.height, (station.id, text)
        for (a, one), (b, other) in combinations({**hung, **boxes}.items(), 2):
            if a in hung and b in hung:
                continue
            apart = (
                one[1] <= other[0] or other[1] <= one[0] or one[3] <= other[2] or other[3] <= one[2]
            )
            assert apart, (station.id, a, b)


def box(place: Any, line: Line) -> tuple[float, float, float, float]:
    """Left, right, low and high of a line on its wall, with what hangs below the baseline."""
    x, _, z = place.frame.to_local(line.frame.origin) if place else (0.0, 0.0, 0.0)
    wide = font(line.font, 100).getlength(line.text) / (100 * CAP) * line.height
    left = {"left": 0.0, "centre": -wide / 2, "right": -wide}[line.align]
    return (x + left, x + left + wide, z - 0.25 * line.height, z + line.height)


def test_a_line_is_broken_at_its_points_first() -> None:
    text = "its channels, ±3.01 · RECORDED"
    assert wrapped(text, 0.16, 20.0) == [text]
    assert wrapped(text, 0.16, 2.6) == ["its channels, ±3.01", "RECORDED"]
    assert wrapped(text, 0.16, 1.5) == ["its channels,", "±3.01", "RECORDED"]
    assert wrapped("", 0.16, 1.0) == []
