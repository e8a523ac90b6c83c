"""Cut a bridge: each lever shows the run that was recorded without its part, beside the whole run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from assetgen.pack import Architecture, Pack
from assetgen.pack.damage import compare
from assetgen.pack.resources import data_dir
from assetgen.pack.schema import Study
from explorer.hud.pictures import without
from explorer.state import State
from explorer.story.build import panel_for
from explorer.story.cuts import cut_pictures, cuts_of, lever_at
from explorer.story.panel import Bars
from explorer.story.ramps import ramp
from explorer.story.record import Record
from explorer.story.texts import Texts
from explorer.view.exhibition.cuts import WIDTH, draw_board
from explorer.view.exhibition.display import WARM
from explorer.world.board import slot_at, slots
from explorer.world.displays import lay_display
from explorer.world.noising import rail
from explorer.world.picking import Picker
from explorer.world.site import Site
from explorer.world.solids import Solids
from tests.fixtures.packs import build_pack
from tests.story.test_texts import HIGHEST_GRADE, MOST_WORDS, grade

ROOT = Path(__file__).parents[2]
BASE = "a-fox-on-grass"
SKIP = "skip:conv_in->up_blocks.2.resnets.1"
UNIT = "unit:mid_block.resnets.0"
LAYER = "layer:mid_block.attentions.0.transformer_blocks.0.attn2"
SHIPPED = data_dir("assets") / "runs" / "miniature"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, the same without a bridge, a room and a layer, and a run that was never cut."""
    assets = tmp_path_factory.mktemp("cuts")
    build_pack(assets, steps=6)
    for seed, part in enumerate((LAYER, UNIT, SKIP), 3):
        build_pack(
            assets, steps=6, seed=seed, run=f"{BASE}-cut-{seed}",
            study=Study("ablation", BASE, part, "without it", cut=part, mode="zero"),
        )  # fmt: skip
    build_pack(assets, steps=6, prompt="a castle on sand", seed=9)
    return assets


@pytest.fixture
def pack(folder: Path) -> Pack:
    return Pack.open(folder / "runs" / "miniature" / BASE)


def panel(pack: Pack, texts: Texts, id: str, **fields: Any) -> Any:
    state = State(steps=6, step=2.0, **{"depth": "understand", **fields})
    return panel_for(id, state, Record(pack, pack.architecture), texts)


def test_bridges_come_first_and_a_run_without_cuts_shows_those_of_another(pack: Pack) -> None:
    found = cuts_of(pack)
    assert found is not None and list(found.folders) == [SKIP, UNIT, LAYER]
    assert found.counts == (1, 1, 1) and found.base.path == pack.path and found.worst() == SKIP
    elsewhere = cuts_of(Pack.open(pack.path.parent / "a-castle-on-sand"))
    assert elsewhere is not None and elsewhere.base.path == pack.path
    inside = cuts_of(found.pack(UNIT))
    assert inside is not None and list(inside.folders) == [SKIP, UNIT, LAYER]


def test_pictures_are_those_of_both_runs(pack: Pack) -> None:
    found = cuts_of(pack)
    assert found is not None
    for id in found.folders:
        shown = cut_pictures(found, id)
        assert shown is not None
        whole, cut, apart = shown
        assert np.array_equal(whole[-1], pack.final()) and np.array_equal(
            cut[-1], found.pack(id).final()
        )
        mean = np.abs(whole.astype(int) - cut).mean(-1).astype(np.uint8)
        assert np.array_equal(apart, ramp("warm", 256)[mean])
        stored = found.pack(id).image("predicted", 2).astype(float)
        assert np.abs(cut[2].astype(float) - stored).mean() < 6


def test_another_picture_in_the_pack_is_another_on_wall_and_panel(
    pack: Pack, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cuts_of(pack)
    assert found is not None
    before, facts = cut_pictures(found, SKIP), panel(pack, texts, f"cut:{SKIP}").facts
    black = np.zeros((128, 128, 3), np.uint8)
    spoilt = Pack.open(pack.path)
    other = cuts_of(spoilt)
    assert other is not None and before is not None
    monkeypatch.setattr(other.pack(SKIP), "image", lambda name, step: black)
    monkeypatch.setattr(other.pack(SKIP), "final", lambda: black)
    after = cut_pictures(other, SKIP)
    assert (
        after is not None
        and not after[1].any()
        and np.abs(after[2].astype(int) - before[2]).max() > 20
    )
    assert panel(spoilt, texts, f"cut:{SKIP}").facts[:2] != facts[:2]
    assert other.moved(SKIP) != found.moved(SKIP)
    assert panel(spoilt, texts, "station:cuts").plot != panel(pack, texts, "station:cuts").plot


def test_the_panel_says_which_words_lost_their_place(
    pack: Pack, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cuts_of(pack)
    assert found is not None
    shown = panel(pack, texts, f"cut:{UNIT}")
    damage = compare(pack, found.pack(UNIT))
    assert isinstance(shown.plot, Bars)
    kept = {word.text: word.overlap for word in damage.words if word.overlap is not None}
    assert {row.label: row.value for row in shown.plot.rows} == kept
    assert [shot.cell for shot in shown.shots] == [
        (UNIT, kind, 2) for kind in ("whole", "without", "apart")
    ]
    spoilt = Pack.open(pack.path)
    other = cuts_of(spoilt)
    assert other is not None
    original = other.pack(UNIT).word_map
    monkeypatch.setattr(other.pack(UNIT), "word_map", lambda *args: original(*args)[::-1, ::-1])
    assert panel(spoilt, texts, f"cut:{UNIT}").plot != shown.plot


def test_the_python_on_the_panels_returns_what_they_show(pack: Pack, texts: Texts) -> None:
    for id in (f"cut:{SKIP}", "station:cuts"):
        *setup, expression = panel(pack, texts, id, depth="engineer").formula.python
        scope: dict[str, Any] = {}
        exec("\n".join(setup), scope)
        assert eval(expression, scope) == [row.value for row in panel(pack, texts, id).plot.rows], (
            id
        )


def test_without_such_runs_it_says_so(tmp_path: Path, texts: Texts) -> None:
    bare = Pack.open(build_pack(tmp_path))
    assert cuts_of(bare) is None and lever_at(0.1, bare) is None
    shown = panel(bare, texts, "station:cuts")
    assert shown.plot is None and shown.lines[-1] == texts.get("panel.station.cuts.not_recorded")
    with pytest.raises(KeyError, match="mid_block"):
        panel(bare, texts, f"cut:{UNIT}")


def test_the_hud_gets_the_three_pictures_of_every_step(pack: Pack) -> None:
    (sheet,) = without(pack, UNIT, 32, 2)
    assert sheet.name == "cut" and len(sheet.cells) == 3 * 6 and (UNIT, "apart", 5) in sheet.cells
    assert not list(without(pack, "unit:nowhere", 32, 2))


# -- the board -------------------------------------------------------------------------------------


def test_every_lever_of_the_board_is_met_where_it_is_drawn(pack: Pack) -> None:
    counts = (6, 27, 10)
    edges = slots(counts)
    assert edges[0][0] == 0.0 and edges[-1][1] == pytest.approx(1.0)
    assert [slot_at((low + high) / 2, counts) for low, high in edges] == list(range(sum(counts)))
    assert slot_at((edges[5][1] + edges[6][0]) / 2, counts) is None
    assert lever_at(0.01, pack) == f"cut:{SKIP}" and lever_at(0.99, pack) == f"cut:{LAYER}"


def test_bars_are_as_high_as_the_damage_and_the_pulled_one_is_lit() -> None:
    moved, counts = [0.1, 0.4, 0.0, None], (2, 1, 1)
    image = draw_board(moved, counts, 0, 240, ("a", "b", "c"), "said").astype(int)

    def lit(i: int) -> int:
        low, high = slots(counts)[i]
        column = image[64:157, round((low + high) / 2 * WIDTH)]
        return int((np.abs(column - (34, 42, 60)).sum(-1) > 40).sum())

    assert lit(0) == pytest.approx(lit(1) / 4, abs=2) and lit(2) <= 5 and lit(3) <= 1
    warm = np.argwhere((image == WARM).all(-1))[:, 1] / WIDTH
    assert slots(counts)[0][0] <= warm.min() and warm.max() <= slots(counts)[0][1]


# -- the levers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["miniature", "sd15", "sdxl", "two_level", "five_level"])
def test_levers_stand_on_the_floor_and_can_be_pointed_at(name: str) -> None:
    file = ROOT / "tests" / "fixtures" / "architectures" / f"{name}.json"
    network = msgspec.json.decode(file.read_bytes(), type=Architecture)
    site = Site.build(network, ROOT / "scenes" / "unet_valley.yaml")
    parts = [room.id for room in site.valley.rooms] + [b.id for b in site.valley.bridges]
    levers, solids = site.levers(None, parts), Solids(site.valley)
    assert sorted(lever.part for lever in levers) == sorted(parts)
    picker = Picker([*site.picker(None, []).targets, *(lever.target for lever in levers)])
    for lever in levers:
        x, y, z = lever.frame.origin
        assert solids.floor(x, y, z + 0.5) == pytest.approx(z, abs=0.05), lever.part
        eye = lever.frame.to_world((0.0, -2.2, 1.7))
        knob = lever.frame.to_world((0.0, -0.1, 0.9))
        hit = picker.pick(eye, tuple(b - a for a, b in zip(eye, knob, strict=True)))  # type: ignore[arg-type]
        assert hit is not None and hit.id == lever.id


def test_an_unfolded_room_has_a_lever_for_each_layer_that_was_cut() -> None:
    site = Site.build(
        Pack.open(SHIPPED / "castle-by-night").architecture, ROOT / "scenes" / "unet_valley.yaml"
    )
    (lever,) = site.levers("mid_block.attentions.0", [LAYER, UNIT])[1:]
    assert lever.part == LAYER and lever.size < 1


# -- the shipped runs ------------------------------------------------------------------------------


def test_the_shipped_runs_have_a_lever_for_every_bridge_room_and_reader_of_words() -> None:
    found = cuts_of(Pack.open(SHIPPED / "castle-by-night"))
    assert found is not None
    model = found.base.architecture
    wanted = {f"skip:{e.source}->{e.target}" for e in model.edges if e.kind == "skip"}
    wanted |= {f"unit:{unit.id}" for unit in model.units}
    wanted |= {
        f"layer:{x.id}" for unit in model.units for x in unit.layers if x.kind == "cross_attention"
    }
    assert set(found.folders) == wanted
    moved = [found.moved(id) for id in found.folders]
    assert None not in moved and max(moved) > 0.1 > 0.01 > min(moved)  # type: ignore[type-var]


def test_what_every_shipped_lever_says_is_short_and_plain(texts: Texts) -> None:
    pack = Pack.open(SHIPPED / "castle-by-night")
    found = cuts_of(pack)
    assert found is not None
    for id in found.folders:
        said = " ".join(panel(pack, texts, f"cut:{id}", depth="look").lines)
        assert len(said.split()) <= MOST_WORDS and grade(said) <= HIGHEST_GRADE, (
            id,
            grade(said),
            said,
        )


# -- in the running explorer -----------------------------------------------------------------------


@pytest.mark.gl
def test_the_wall_follows_the_lever_and_the_timeline(
    explore: Callable[..., Any], seen: Callable[..., Any], folder: Path
) -> None:
    app = explore(folder=folder)
    place = next(p for p in app.site.places.exhibits if p.station.id == "cuts")
    picture = lay_display(place.station).pictures[1]
    at = (picture.x, 0.22, picture.z)
    found = cuts_of(app.world.run.pack)
    assert found is not None
    for part, step in ((SKIP, 1), (UNIT, 1), (UNIT, 5), (LAYER, 5)):
        image = seen(app, "cuts", (at[0], -3.0, at[2]), at, step, selection=f"cut:{part}")
        shown = cut_pictures(found, part)
        assert shown is not None
        want = shown[1][step][60:68, 60:68].astype(float).mean((0, 1))
        assert np.abs(image[86:94, 156:164].astype(float).mean((0, 1)) - want).max() < 12, (
            part,
            step,
        )


@pytest.mark.gl
def test_pressing_the_board_pulls_a_lever_and_a_code_brings_it_back(
    explore: Callable[..., Any], seen: Callable[..., Any], folder: Path
) -> None:
    app = explore(folder=folder)
    place = next(p for p in app.site.places.exhibits if p.station.id == "cuts")
    left, right, low, high = rail(place.station)
    width, height = app.size
    for i, part in enumerate((SKIP, UNIT, LAYER)):
        edge = slots((1, 1, 1))[i]
        x = left + sum(edge) / 2 * (right - left)
        seen(
            app, "cuts", (x, -3.0, (low + high) / 2), (x, 0.2, (low + high) / 2), 2, selection=None
        )
        app.select(width / 2, height / 2)
        assert app.store.state.selection == f"cut:{part}"
        app.select(width / 2, height / 2)
        assert app.store.state.selection == part, "pulled again: put back"
        app.select(width / 2, height / 2)
    code = app.takeaway.code()
    app.store.update(selection=None)
    app.takeaway.open(code)
    assert app.store.state.selection == f"cut:{LAYER}"


@pytest.mark.gl
def test_nothing_crosses_a_bridge_that_is_cut(
    explore: Callable[..., Any], seen: Callable[..., Any], folder: Path
) -> None:
    app = explore(folder=folder)
    bridge = next(b for b in app.site.valley.bridges if b.id == SKIP)
    assert SKIP in app.world.cut
    from explorer.capture import grab
    from explorer.headless import settle
    from explorer.world.rails import look_at

    def view(selection: str | None) -> Any:
        app.rig.body.set_flying(True)
        eye = bridge.deck(0.5)
        app.rig.place(look_at((eye[0], eye[1], eye[2] + 6), bridge.deck(0.9), 70))
        app.store.update(step=3.0, target=3.0, selection=selection)
        settle(app)
        return grab(app.base).astype(int)

    open_, cut, other = view(None), view(f"cut:{SKIP}"), view(f"cut:{UNIT}")
    assert np.abs(open_ - cut).max() > 60
    assert np.abs(open_ - other).max() < 12
