"""The plates of an unfolded room: what is written on them can be read, whatever hangs on the wall behind."""

from __future__ import annotations

import pytest

from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from explorer.hud.palette import contrast
from explorer.state import State
from explorer.story.texts import Texts
from explorer.view.lettering import CAP, Line, font
from explorer.view.unfold import layer_lines
from explorer.world.site import Site

RUN = data_dir("assets") / "runs" / "miniature" / "castle-by-night"


@pytest.fixture(scope="module")
def plates() -> list[list[Line]]:
    """What is written in each room that unfolds."""
    pack = Pack.open(RUN)
    site = Site.build(pack.architecture, data_dir("scenes") / "unet_valley.yaml")
    texts = Texts.load(data_dir("scenes") / "locales" / "en.yaml")
    found = [layer_lines(room, pack, State(steps=pack.steps), texts) for room in site.valley.rooms]
    return [lines for lines in found if lines]


def test_figures_stand_on_their_plate(plates: list[list[Line]]) -> None:
    assert len(plates) > 10
    for lines in plates:
        for i in range(0, len(lines), 3):
            plate, facts = lines[i], lines[i + 1 : i + 3]
            assert plate.plate is not None
            half, tall = plate.plate[0] / 2, plate.plate[1] / 2
            for fact in facts:
                x, _, z = plate.frame.to_local(fact.frame.origin)
                wide = font(fact.font, 100).getlength(fact.text) / (100 * CAP) * fact.height
                assert -half < x and x + wide < half, fact.text
                assert -tall < z - 0.3 * fact.height and z + fact.height < -0.7 * plate.height


def test_figures_are_bright_enough_for_their_plate(plates: list[list[Line]]) -> None:
    for lines in plates:
        for i in range(0, len(lines), 3):
            red, green, blue = (int(c * 0.20 + 10) / 255 for c in lines[i].color)
            for line in lines[i : i + 3]:
                r, g, b = (c / 255 for c in line.color)
                assert contrast((r, g, b, 1.0), (red, green, blue, 1.0)) >= 7
