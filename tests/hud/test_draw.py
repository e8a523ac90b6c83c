"""The HUD on a graphics card (or llvmpipe): a few pixels, and that idle frames draw nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from assetgen.pack import Pack
from explorer.hud.hud import Hud
from explorer.state import State, Store
from tests.hud.conftest import PLAN, TEXTS

WIDTH, HEIGHT = 960, 540
PANEL = (8, 13, 26)


class Screen:
    """A HUD in an offscreen window."""

    def __init__(self, base: Any, pack: Pack) -> None:
        self.base = base
        self.store = Store(State(model="miniature", run=pack.metadata.id, steps=pack.steps))
        self.hud = Hud(base, self.store, TEXTS, WIDTH, HEIGHT)
        self.hud.set_run(pack, pack.architecture)
        self.hud.model.set_plan(PLAN)

    def frame(self, dt: float = 0.05) -> None:
        self.hud.update(dt)
        self.base.graphics_engine.render_frame()

    def settle(self) -> None:
        """Draw until the pictures are loaded and nothing changes any more."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            before = self.hud.redraws
            self.frame()
            if not self.hud.pictures.busy and self.hud.redraws == before:
                return
            time.sleep(0.01)
        raise AssertionError("the HUD never came to rest")

    def pixels(self) -> np.ndarray:
        """What was drawn last, `[height, width, 4]`, premultiplied."""
        texture = self.hud.texture
        assert self.base.graphics_engine.extract_texture_data(texture, self.base.win.get_gsg())
        assert (texture.get_x_size(), texture.get_y_size()) == (WIDTH, HEIGHT)
        data = np.frombuffer(bytes(texture.get_ram_image_as("RGBA")), np.uint8)
        return data.reshape(HEIGHT, WIDTH, 4)[::-1]


@pytest.fixture
def screen(showbase: Any, pack: Pack) -> Iterator[Screen]:
    screen = Screen(showbase, pack)
    yield screen
    screen.hud.close()


def test_pixels(screen: Screen) -> None:
    screen.settle()
    image = screen.pixels()
    assert image[HEIGHT // 2, WIDTH // 2, 3] == 0, "the middle is free"
    timeline = screen.hud.model.sections["timeline"].covers[0]
    x, y = int(timeline.x + 6), int(timeline.bottom - 12)
    alpha = image[y, x, 3] / 255
    assert alpha == pytest.approx(0.8, abs=0.02)
    assert np.abs(image[y, x, :3] - np.array(PANEL) * alpha).max() <= 2, "premultiplied"
    play = screen.hud.root.find("timeline.play")
    assert play is not None
    px, py = (int(v) for v in play.rect.centre)
    assert image[py, px, 0] > 200 and image[py, px, 2] < 140, "the play sign is amber"
    thumb = screen.hud.root.find("timeline.thumb.0")
    assert thumb is not None
    middle = image[int(thumb.rect.centre[1]), int(thumb.rect.centre[0])]
    assert middle[3] == 255, "the thumbnail has come"


def test_text_is_light_on_dark(screen: Screen) -> None:
    screen.store.update(selection="clock")
    screen.settle()
    body = screen.hud.model.sections["reading_body"].clip
    assert body is not None
    image = screen.pixels()
    title = image[int(body.y) : int(body.y + 24), int(body.x) : int(body.x + 120)]
    assert title[..., :3].max() > 220 and np.median(title[..., :3]) < 40


def test_idle_frames_draw_nothing(screen: Screen) -> None:
    screen.settle()
    before, image = screen.hud.redraws, screen.pixels().copy()
    for _ in range(30):
        screen.hud.set_pose(0.0, 20.0, 0.0)
        screen.frame()
    drawn = screen.hud.redraws - before
    assert drawn <= 1, "the first pose may move the arrow"
    assert not screen.hud.buffer.buffer.is_active()
    assert np.array_equal(screen.pixels(), image) or drawn == 1
    screen.store.update(playing=True)
    screen.frame()
    assert screen.hud.redraws == before + drawn + 1


def test_a_change_reaches_the_texture(screen: Screen) -> None:
    screen.settle()
    before = screen.pixels().copy()
    screen.store.update(step=5.0, target=5.0)
    screen.frame()
    changed = np.abs(screen.pixels().astype(int) - before).max(axis=2) > 8
    assert changed.any()
    assert not changed[HEIGHT // 8 : HEIGHT * 3 // 4].any(), "only timeline and prompt changed"


def test_panels_fade_in_and_out(screen: Screen) -> None:
    screen.settle()
    screen.store.update(selection="clock")
    screen.hud.model.refresh()
    area = screen.hud.model.sections["reading"].covers[0]
    x, y = int(area.centre[0]), int(area.bottom - 6)
    alphas = []
    for _ in range(6):
        screen.frame(0.05)
        alphas.append(int(screen.pixels()[y, x, 3]))
    assert alphas == sorted(alphas) and 0 < alphas[1] < alphas[-1]
    assert alphas[-1] == pytest.approx(0.8 * 255, abs=3)
    screen.store.update(selection=None)
    screen.frame(0.05)
    assert 0 < screen.pixels()[y, x, 3] < alphas[-1], "what it showed stays while it goes"
    screen.settle()
    assert screen.pixels()[y, x, 3] == 0


def test_a_still_shows_the_end_at_once(screen: Screen) -> None:
    screen.store.update(selection="clock")
    screen.hud.settle()
    screen.base.graphics_engine.render_frame()
    area = screen.hud.model.sections["reading"].covers[0]
    alpha = screen.pixels()[int(area.bottom - 6), int(area.centre[0]), 3]
    assert alpha == pytest.approx(0.8 * 255, abs=3)
    assert "predicted" in screen.hud.model.view.local.sheets


def test_a_message_goes_by_itself(screen: Screen) -> None:
    screen.store.update(message="saved")
    for _ in range(12):
        screen.hud.update(1.0)
    assert screen.store.state.message is None


def test_it_follows_the_window(screen: Screen) -> None:
    screen.hud.resize(640, 360)
    screen.settle()
    assert (screen.hud.texture.get_x_size(), screen.hud.texture.get_y_size()) == (640, 360)


def test_a_damaged_picture_leaves_its_place_empty(
    screen: Screen, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assetgen.pack import PackError

    def broken(*_: object) -> None:
        raise PackError(pack.path, "is damaged")

    monkeypatch.setattr(pack, "page", broken)
    screen.hud.set_run(pack, pack.architecture)
    screen.settle()
    assert "predicted" not in screen.hud.model.view.local.sheets
