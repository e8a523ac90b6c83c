"""Colour ramps: their ends are the palette's, and lightness rises evenly."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.story.ramps import ANCHORS, oklab_to_srgb, ramp, srgb_to_oklab


@pytest.mark.parametrize("name", ANCHORS)
def test_lightness_rises_linearly_between_the_ends(name: str) -> None:
    colours = ramp(name, 256)
    assert colours.shape == (256, 3) and colours.dtype == np.uint8
    for end, anchor in ((0, ANCHORS[name][0]), (-1, ANCHORS[name][-1])):
        assert "#{:02X}{:02X}{:02X}".format(*colours[end]) == anchor
    lightness = srgb_to_oklab(colours / 255.0)[:, 0]
    even = np.linspace(lightness[0], lightness[-1], 256)
    assert np.abs(lightness - even).max() < 0.01


def test_oklab_there_and_back() -> None:
    srgb = np.random.default_rng(0).random((64, 3))
    assert np.allclose(oklab_to_srgb(srgb_to_oklab(srgb)), srgb, atol=1e-5)


def test_an_unknown_ramp_is_named() -> None:
    with pytest.raises(ValueError, match="'jet'"):
        ramp("jet")
