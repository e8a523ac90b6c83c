"""With every exhibit in the world: what is drawn stays within the budgets, and what is out of view costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from math import dist
from typing import Any

import pytest

from assetgen.pack.resources import data_dir
from explorer.headless import settle
from explorer.view.exhibition.base import HYSTERESIS, KEPT
from tests.benchmarks import probes
from tests.view.test_world import MOST_GEOMS

MOST_VERTICES, MOST_TEXTURES = 400_000, 256.0


@pytest.mark.slow
@pytest.mark.gl
def test_at_every_place_of_a_whole_visit_the_budgets_hold(explore: Callable[..., Any]) -> None:
    """From spot to spot through the shipped world, until all exhibits have been made."""
    app = explore(folder=data_dir("assets"), quality="high")
    made, met = app.world.exhibition.built, set()
    for spot in app.site.scene.spots:
        app.start_at(spot.camera, None)
        settle(app)
        drawn = probes.drawn(app)
        assert drawn.geoms <= MOST_GEOMS, (spot.id, drawn.geoms)
        assert drawn.vertices <= MOST_VERTICES, (spot.id, drawn.vertices)
        for place in app.site.places.exhibits:
            away, reach = dist(place.frame.origin, app.rig.eye), place.station.reach
            if place.id in made and not reach < away <= reach * HYSTERESIS:
                assert made[place.id].root.is_hidden() == (away > reach), (spot.id, place.id)
        assert sum(each.root.is_hidden() for each in made.values()) <= KEPT
        assert probes.texture_megabytes(app) <= MOST_TEXTURES
        met |= set(made)
    assert met == {place.id for place in app.site.places.exhibits}


@pytest.mark.gl
def test_moving_in_time_among_exhibits_uploads_no_texture(explore: Callable[..., Any]) -> None:
    """Also with the walls that are drawn anew when somebody moves them: time does not."""
    app = explore(folder=data_dir("assets"))
    for camera in ("noising", "training"):
        app.start_at(camera, 1)
        settle(app)
        uploads = probes.Uploads(app)
        for step in range(0, app.store.state.steps, 4):
            app.store.update(step=step + 0.5, target=step + 0.5)
            probes.draw(app)
        assert uploads.count() == [], camera
