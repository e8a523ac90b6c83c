"""Pixel to words and the cost meter in the world: what is lit follows the recorded arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from explorer.headless import settle
from explorer.story.pixels import Place
from explorer.view.meter import make_columns, readings_of
from explorer.view.textures import load_full
from explorer.world.rails import look_at
from tests.view.conftest import picture
from tests.view.test_world import centre_patch, show, stand_before

pytestmark = pytest.mark.gl
AMBER = (255, 184, 92)


def amber(image: np.ndarray) -> np.ndarray:
    return np.abs(image.astype(int) - AMBER).max(-1) < 60


def test_a_second_click_on_a_canvas_chooses_the_place_under_it(explore: Callable[..., Any]) -> None:
    app = explore()
    canvas = stand_before(app, "x0")
    settle(app)
    width, height = app.size
    assert app.pick(width / 2, height / 2) == "canvas:x0"
    app.store.update(selection="canvas:x0")
    place = Place.parse(app.pick(width / 2, height / 2))
    assert place is not None and abs(place.u - 0.5) < 0.02 and abs(place.v - 0.5) < 0.02
    app.store.update(selection=place.id)
    lower = Place.parse(app.pick(width / 2, height * 0.6))
    assert lower is not None and lower.v > place.v + 0.05 and canvas.id == "canvas:x0"


def test_on_a_mosaic_the_place_is_that_of_its_channel(explore: Callable[..., Any]) -> None:
    """The middle of the canvas is a corner of four channels: the same place shows in each of them."""
    app = explore()
    stand_before(app, "x_t")
    app.store.update(selection="canvas:x_t")
    settle(app)
    width, height = app.size
    place = Place.parse(app.pick(width / 2 + 1, height / 2 + 1))
    assert place is not None and place.u < 0.25 and place.v < 0.25
    app.store.update(decoded=True)
    place = Place.parse(app.pick(width / 2 + 1, height / 2 + 1))
    assert place is not None and 0.4 < place.u < 0.6


def test_the_chosen_cell_is_framed_on_the_picture(explore: Callable[..., Any]) -> None:
    app = explore()
    stand_before(app, "x0", 8.0)
    plain = show(app, 2)
    framed = show(app, 2, selection="pixel:x0:0.500,0.500")
    changed = np.abs(framed.astype(int) - plain).max(-1) > 30
    near = centre_patch(changed[..., None], 41)
    assert near.mean() > 0.02 and amber(framed)[changed].mean() > 0.1
    away = show(app, 2, selection="pixel:x0:0.030,0.030")
    assert np.abs(centre_patch(away, 5) - centre_patch(plain, 5)).max() < 8


def lintel(app: Any, **state: Any) -> np.ndarray:
    """The strip between the words and the x0 canvas, seen from before it."""
    canvas = next(c for c in app.site.places.canvases if c.shows == "x0")
    top = canvas.frame.to_world((-6.0, 0.0, canvas.size / 2))
    pose = look_at(canvas.frame.to_world((-6.0, -12.0, canvas.size / 2)), top, 70)
    app.rig.body.set_flying(True)
    app.rig.place(pose)
    return show(app, 4, **state)


def test_beams_go_to_the_words_that_are_read(explore: Callable[..., Any]) -> None:
    app = explore()
    dark = lintel(app, selection=None)
    here = lintel(app, selection="pixel:x0:0.500,0.500")
    assert np.abs(here.astype(int) - dark).max(-1).mean() > 0.3
    run = load_full(app.world.run.pack)
    run.images["attention"] = np.zeros_like(run.images["attention"])
    app.world.set_run(app.world.prepare(run), app.store.state)
    unread = lintel(app, selection="pixel:x0:0.500,0.500")
    bright = np.abs(unread.astype(int) - here).max(-1)
    assert bright.mean() > 0.2  # no light where nothing is read


def test_a_place_of_another_model_is_not_shown(explore: Callable[..., Any]) -> None:
    app = explore()
    plain = lintel(app, selection=None)
    for strange in ("pixel:x0:0.5,0.5:no.such.layer", "pixel:x0:left", "pixel:x0:0.5,3.0"):
        assert np.abs(lintel(app, selection=strange).astype(int) - plain).mean() < 0.05


def test_scrubbing_with_a_chosen_place_uploads_nothing(explore: Callable[..., Any]) -> None:
    app = explore()
    lintel(app, selection="pixel:x0:0.400,0.600")
    prepared = app.base.win.get_gsg().get_prepared_objects()
    count = prepared.get_num_prepared_textures()
    for step in np.linspace(0, 5, 9):
        app.store.update(step=float(step), target=float(step))
        app.frame(1 / 30)
        app.base.graphicsEngine.render_frame()
    assert prepared.get_num_prepared_textures() == count


def test_the_meter_stands_over_the_rooms_and_follows_the_costs(explore: Callable[..., Any]) -> None:
    app = explore()
    plain = picture(app, "overview", 2)
    app.store.update(cost="flops")
    operations = picture(app, "overview", 2)
    app.store.update(cost="bytes")
    weights = picture(app, "overview", 2)
    assert np.abs(operations.astype(int) - plain).mean() > 1
    assert np.abs(weights.astype(int) - operations).mean() > 0.3
    app.store.update(cost="time")  # the synthetic run has no times: no column stands
    assert not app.world.root.find("**/meter/**/+GeomNode")


def test_a_column_is_as_high_as_its_share(explore: Callable[..., Any]) -> None:
    app = explore()
    rooms = app.site.valley.rooms[:2]
    node = make_columns(app.site.valley, {rooms[0].unit: 10.0, rooms[1].unit: 5.0})
    low, high = node.get_tight_bounds()
    tall = high.z - min(r.frame.origin[2] + r.height for r in rooms)
    assert tall > 26
    table = readings_of({rooms[0].unit: 10.0, rooms[1].unit: 5.0}, app.world.unit_index)
    assert table[0, app.world.unit_index[rooms[1].unit]] == pytest.approx(0.5)
    assert (table == -1).sum() == table.size - 2 and low.z < high.z
