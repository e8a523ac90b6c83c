"""Pixel probes: what was recorded is what is seen, and what a scene says is what stands there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assetgen.pack import PackError
from assetgen.pack.resources import data_dir
from explorer.headless import settle
from explorer.view.textures import load_full
from explorer.world.rails import look_at
from tests.view.conftest import picture

pytestmark = pytest.mark.gl
MOST_GEOMS = 300


def stand_before(app: Any, shows: str, away: float = 10.0) -> Any:
    """Look straight at a canvas from `away` metres; returns the canvas."""
    canvas = next(c for c in app.site.places.canvases if c.shows == shows)
    eye = canvas.frame.to_world((0.0, -away, 0.0))
    app.rig.place(look_at(eye, canvas.frame.origin, 70))
    app.rig.body.set_flying(True)
    app.rig.place(look_at(eye, canvas.frame.origin, 70))
    return canvas


def centre_patch(image: np.ndarray, size: int = 9) -> np.ndarray:
    y, x = image.shape[0] // 2, image.shape[1] // 2
    return image[y - size // 2 : y + size // 2 + 1, x - size // 2 : x + size // 2 + 1].astype(float)


def show(app: Any, step: int, **state: Any) -> np.ndarray:
    from explorer.capture import grab

    app.store.update(step=float(step), target=float(step), **state)
    settle(app)
    return grab(app.base)


def test_recorded_pixels_arrive_untouched(explore: Callable[..., Any]) -> None:
    """The middle of the x0 canvas at 10 m is the middle of the recorded picture within 2 of 255."""
    app = explore()
    stand_before(app, "x0")
    for step in (0, 3, 5):
        seen = centre_patch(show(app, step), 3).mean((0, 1))
        stored = app.world.run.pack.image("predicted", step)[63:65, 63:65].mean((0, 1))
        assert np.abs(seen - stored).max() <= 2.0, (step, seen, stored)


def test_a_corrupted_picture_changes_the_canvas(explore: Callable[..., Any]) -> None:
    app = explore()
    stand_before(app, "x0")
    before = show(app, 2)
    run = load_full(app.world.run.pack)
    run.images["predicted"] = np.zeros_like(run.images["predicted"])
    app.world.set_run(app.world.prepare(run), app.store.state)
    assert np.abs(centre_patch(show(app, 2)) - centre_patch(before)).mean() > 20


def test_features_and_latents_follow_their_arrays(explore: Callable[..., Any]) -> None:
    app = explore()
    for name, shows in (("x_t", "x_t"), ("eps", "noise")):
        stand_before(app, shows, 6.0)
        before = show(app, 2)
        run = load_full(app.world.run.pack)
        run.images[name] = np.zeros_like(run.images[name])
        app.world.set_run(app.world.prepare(run), app.store.state)
        assert centre_patch(show(app, 2)).mean() < centre_patch(before).mean() - 20
    before = picture(app, "room", 3)
    run = load_full(app.world.run.pack)
    run.images["features"] = 255 - run.images["features"]
    app.world.set_run(app.world.prepare(run), app.store.state)
    assert np.abs(picture(app, "room", 3).astype(int) - before).mean() > 1.0


def test_moving_in_time_uploads_no_texture(explore: Callable[..., Any]) -> None:
    """Scrubbing changes one uniform: nothing is prepared for the graphics card again."""
    app = explore()
    picture(app, "gallery", 1)
    prepared = app.base.win.get_gsg().get_prepared_objects()
    textures = [app.world._textures[n] for n in app.world._textures]
    stamps = [t.get_image_modified() for t in textures]
    count = prepared.get_num_prepared_textures()
    for step in np.linspace(0, 5, 23):
        app.store.update(step=float(step), target=float(step))
        app.frame(1 / 30)
        app.base.graphicsEngine.render_frame()
    assert prepared.get_num_prepared_textures() == count
    assert [t.get_image_modified() for t in textures] == stamps


def test_visible_geoms_stay_within_budget(explore: Callable[..., Any]) -> None:
    app = explore()
    nodes = app.base.render.find_all_matches("**/+GeomNode")
    assert sum(n.node().get_num_geoms() for n in nodes) <= MOST_GEOMS


def test_split_view_shows_the_noisy_picture_on_its_left(explore: Callable[..., Any]) -> None:
    app = explore()
    stand_before(app, "x0")
    whole, split = show(app, 1), show(app, 1, split=0.5)
    h, w = whole.shape[:2]
    left, right = (
        np.s_[h // 2 - 8 : h // 2 + 8, w // 2 - 24 : w // 2 - 4],
        np.s_[h // 2 - 8 : h // 2 + 8, w // 2 + 4 : w // 2 + 24],
    )
    assert np.abs(split[left].astype(int) - whole[left]).mean() > 8
    assert np.abs(split[right].astype(int) - whole[right]).mean() < 2


def test_a_words_attention_lies_over_the_canvas(explore: Callable[..., Any]) -> None:
    app = explore()
    stand_before(app, "x0")
    plain, fox = show(app, 3), show(app, 3, word=1, overlay=True)
    other = show(app, 3, word=2, overlay=True)
    assert np.abs(centre_patch(fox) - centre_patch(plain)).mean() > 8
    assert np.abs(fox.astype(int) - other).mean() > 0.2


def test_decoded_view_replaces_the_latent(explore: Callable[..., Any]) -> None:
    app = explore()
    stand_before(app, "x_t", 8.0)
    latent, decoded = show(app, 2), show(app, 2, decoded=True)
    grey = np.ptp(centre_patch(latent), axis=-1).mean()
    assert grey < 12 and np.abs(centre_patch(latent) - centre_patch(decoded)).mean() > 5


def test_the_scene_file_alone_changes_the_picture(explore: Callable[..., Any]) -> None:
    """test_changes.yaml moves, recolours, removes and adds stations of minimal.yaml."""
    plain = picture(explore("minimal"), "shore")
    changed = picture(explore("test_changes"), "shore")
    assert np.abs(plain.astype(int) - changed).mean() > 3
    magenta = (changed[..., 0] > 90) & (changed[..., 2] > 90) & (changed[..., 1] < 70)
    assert (
        magenta.sum() > 30
        and not ((plain[..., 0] > 90) & (plain[..., 2] > 90) & (plain[..., 1] < 70)).sum() > 30
    )


def test_unfolding_a_room_shows_its_layers(explore: Callable[..., Any]) -> None:
    app = explore()
    before = picture(app, "unfolded", 3)
    app.store.update(unfolded="down_blocks.0.attentions.0")
    settle(app)
    from explorer.capture import grab

    assert np.abs(grab(app.base).astype(int) - before).mean() > 2
    target = next(t for t in app.picker.targets if t.id.startswith("layer:"))
    assert target.id.split("layer:")[1].startswith("down_blocks.0.attentions.0")


@pytest.mark.parametrize("quality", ["low", "medium", "high"])
def test_every_preset_draws(explore: Callable[..., Any], quality: str) -> None:
    image = picture(explore(quality=quality), "arrival")
    assert np.ptp(image) > 120 and app_has_no_errors()


def app_has_no_errors() -> bool:
    import panda3d.core as p3d

    return p3d.GraphicsEngine.get_global_ptr() is not None


def test_opening_another_run_keeps_the_place_in_time(explore: Callable[..., Any]) -> None:
    app = explore()
    app.start_at("gallery", 4)
    app.open("miniature", "a-cat-on-snow")
    app.load_now()
    assert app.store.state.run == "a-cat-on-snow" and app.store.state.whole_step == 3


def test_a_damaged_pack_is_a_message_not_an_end(
    explore: Callable[..., Any], assets: Path, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "assets"
    shutil.copytree(assets, folder)
    (folder / "runs" / "miniature" / "a-cat-on-snow" / "predicted" / "step_002.png").write_bytes(
        b"no picture"
    )
    app = explore(folder=folder)
    app.open("miniature", "a-cat-on-snow")
    app.load_now()
    assert app.store.state.run == "a-fox-on-grass"
    assert "step_002.png" in (app.store.state.message or "")
    (folder / "runs" / "miniature" / "a-cat-on-snow" / "metadata.json").write_text("{")
    assert "metadata.json" in (explore(folder=folder).store.state.message or "")


def test_with_every_run_damaged_inside_the_network_stands_alone(
    explore: Callable[..., Any], assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    folder = tmp_path / "assets"
    shutil.copytree(assets, folder)
    for page in folder.glob("runs/*/*/thumbnails/predicted.*"):
        page.write_bytes(b"no picture")
    app = explore(folder=folder)
    assert app.store.state.run == "" and app.world.run is None
    said = capsys.readouterr().err
    assert "thumbnails/predicted" in said and "thumbnails/predicted" in app.store.state.message
    assert app.world.root.find("**/signs")  # names on the rooms


def test_damage_that_is_read_late_is_a_message(
    explore: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = explore()
    app.store.update(selection="clock", overlay=True)

    def broken(state: Any, dt: float) -> None:
        if state.selection:
            raise PackError("runs/x/tensors.safetensors", "it ends too early")

    monkeypatch.setattr(app.world, "update", broken)
    app.frame(0.03)
    state = app.store.state
    assert "tensors.safetensors" in state.message and (state.selection, state.overlay) == (
        None,
        False,
    )
    app.frame(0.03)


def test_where_every_run_is_damaged_the_canvases_are_empty(
    explore: Callable[..., Any], assets: Path, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "assets"
    shutil.copytree(assets, folder)
    for manifest in folder.glob("runs/*/*/manifest.json"):
        manifest.write_text("{")
    app = explore(folder=folder)
    assert app.store.state.run == "" and "manifest.json" in (app.store.state.message or "")
    assert all(node.is_hidden() for node in app.world._canvases.values())


def test_scenes_that_ship_are_readable() -> None:
    from explorer.world.scene_load import load_scene

    for path in data_dir("scenes").glob("*.yaml"):
        assert load_scene(path).test in ("run", "compare", "off")


def test_a_run_that_is_shown_no_longer_goes_with_all_that_was_computed_from_it(
    explore: Callable[..., Any],
) -> None:
    """Its studies are packs, too: kept, they made a megabyte of every switch."""
    from weakref import ref

    app = explore()
    first = app.world.run.pack
    first.memo["leads back"] = [first]
    app.open("miniature", "a-cat-on-snow" if app.opening != "a-cat-on-snow" else "a-fox-on-grass")
    app.load_now()
    assert app.world.run.pack is not first and not first.memo
    left = ref(first)
    del first
    for _ in range(3):  # what is drawn or made in the background lets go of it, too
        app.frame(0.03)
        app.base.graphicsEngine.render_frame()
    import gc

    gc.collect()
    assert left() is None
