"""Arrays become textures without being changed; what is derived follows the pack's own formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assetgen.pack import Pack
from assetgen.pack.images import resize
from explorer.view.textures import HEAT_SIZE, load_full, load_pages, mosaic, word_heat
from explorer.view.words import strongest, tile_mass, unit_readings


@pytest.fixture(scope="module")
def pack(assets: Path) -> Pack:
    return Pack.open(assets / "runs" / "miniature" / "a-fox-on-grass")


def test_pages_are_small_versions_of_everything_shown(pack: Pack) -> None:
    pages, full = load_pages(pack), load_full(pack)
    for name in ("predicted", "steps", "noise", "features"):
        small, large = pages.images[name], full.images[name]
        assert len(small) == len(large) == pack.steps
        assert small.nbytes * 8 < large.nbytes
    assert pages.atlas_size == full.atlas_size == full.images["features"].shape[:0:-1]


def test_mosaic_lays_channels_side_by_side() -> None:
    latent = np.zeros((1, 5, 2, 2), np.float32)
    latent[0, 4] = 1.0
    tiles = mosaic(latent)
    assert tiles.shape == (1, 4, 6)
    assert (tiles[0, 2:, 2:4] == round((0.5 + 0.19) * 255)).all()
    assert set(np.unique(tiles[0, :2])) == {128}


@pytest.mark.parametrize("scale", ["run", "unit", "map"])
def test_word_heat_is_the_packs_own_word_map(pack: Pack, scale: str) -> None:
    run = load_full(pack)
    heat = word_heat(run, 1, scale)
    expected = pack.word_map(1, 2, HEAT_SIZE, HEAT_SIZE)
    top = {"run": pack.array("attention").scale_p995 or 1.0, "unit": 1.0, "map": expected.max()}[
        scale
    ]
    assert np.abs(heat[2] / 255 - np.clip(expected / top, 0, 1)).max() < 1.5 / 255


def test_word_heat_of_one_layer_is_that_layers_map(pack: Pack) -> None:
    run = load_full(pack)
    for rect in pack.array("attention").layers[:2]:
        heat = word_heat(run, 1, "unit", rect.id)
        (token,) = pack.metadata.words[1].tokens
        want = resize(pack.attention_map(rect.id, token, 3), HEAT_SIZE, HEAT_SIZE)
        assert np.abs(heat[3] / 255 - want).max() < 0.01
        assert not np.array_equal(heat, word_heat(run, 1, "unit"))


def test_magnitudes_span_each_units_own_range(pack: Pack) -> None:
    run = load_full(pack)
    assert run.magnitude.shape == (pack.steps, len(pack.architecture.units))
    assert run.magnitude.min(0) == pytest.approx(0) and run.magnitude.max() == pytest.approx(1)
    rms = pack.tensor("unit_rms")
    assert run.absolute == pytest.approx(np.sqrt(rms / rms.max()), abs=1e-6)


def test_only_the_strongest_words_send_beams() -> None:
    table = np.array([[0.1, 0.9, 0.5, 0.7]])
    assert strongest(table, 2).tolist() == [[0, 0.9, 0, 0.7]]


def test_readings_name_the_rooms_that_read(pack: Pack) -> None:
    index = {u.id: i for i, u in enumerate(pack.architecture.units)}
    readings = unit_readings(pack, 1, index)
    reading = {u.id for u in pack.architecture.units if readings[0, index[u.id]] >= 0}
    assert reading == {r.unit for r in pack.array("attention").layers}
    mass = tile_mass(pack, tuple(pack.metadata.words[1].tokens))
    assert readings.max() == pytest.approx(mass.max())
