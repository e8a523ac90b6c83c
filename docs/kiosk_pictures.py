"""Renders the kiosk's pictures: `python docs/kiosk_pictures.py [NAME …]`. Look at every one of them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import msgspec

from assetgen.pack.resources import data_dir
from explorer.capture import save_screenshot
from explorer.headless import open_app
from explorer.kiosk.cli import shipped_config
from explorer.kiosk.config import load_config
from explorer.kiosk_shell import Kiosk
from explorer.runs import Runs
from explorer.settings import Settings

WIDE, TALL = (1920, 1080), (1080, 1920)


class Visitor:
    """A kiosk whose clock the pictures move."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.now = 0.0
        settings = Settings()
        app = open_app(
            Runs(data_dir("assets")), settings, data_dir("scenes") / "unet_valley.yaml", size
        )
        config = load_config(shipped_config())
        if size[1] > size[0]:
            screen = msgspec.structs.replace(config.screen, width_mm=299, height_mm=531)
            config = msgspec.structs.replace(config, screen=screen)
        folder = tempfile.mkdtemp()
        config = msgspec.structs.replace(config, folder=folder)
        start = datetime(2026, 11, 24, 12)
        self.kiosk = Kiosk(
            app, config, clock=lambda: self.now, today=lambda: start + timedelta(seconds=self.now)
        )
        self.app = app

    def wait(self, seconds: float, tick: float = 0.25) -> None:
        for _ in range(round(seconds / tick)):
            self.now += tick
            self.kiosk.frame(tick)
            self.app.load_now()

    def touch(self) -> None:
        self.app.input.press("x")
        self.app.input.release("x")
        self.wait(0.5)

    def set(self, **state: object) -> None:
        self.app.store.update(**state)
        self.wait(0.5)

    def save(self, file: Path) -> Path:
        self.wait(1.0)
        self.app.world.settle(self.app.store.state)
        self.app.world.drift = 8.0
        assert self.app.hud
        for _ in range(2):
            self.app.hud.settle()
            self.kiosk.frame(0.0)
            self.app.base.graphicsEngine.render_frame()
        return save_screenshot(self.app.base, file)


def attract(v: Visitor) -> None:
    v.wait(24)


def welcome(v: Visitor) -> None:
    v.touch()


def active(v: Visitor) -> None:
    v.touch()
    v.set(selection="unit:down_blocks.0.resnets.0", step=18.0, target=18.0)
    v.app.rig.place(v.app.site.view("room"))


def tour(v: Visitor) -> None:
    v.touch()
    v.kiosk.app.on_kiosk("tour", None)
    v.wait(108)


def question(v: Visitor) -> None:
    v.touch()
    v.app.on_kiosk("tour", None)
    player = v.app.guide.player
    assert player
    player.seek(next(s for s in player.timeline.shots if s.stop.ask).end - 0.2)
    v.wait(2)


def warning(v: Visitor) -> None:
    v.touch()
    v.wait(64)


def pin(v: Visitor) -> None:
    v.touch()
    v.kiosk.staff.typed = "12"
    v.wait(0.5)


def access(v: Visitor) -> None:
    v.touch()
    v.set(menu="access")


def text_150(v: Visitor) -> None:
    active(v)
    v.set(text_scale=1.5)


def text_200(v: Visitor) -> None:
    active(v)
    v.set(text_scale=2.0)


def access_200(v: Visitor) -> None:
    access(v)
    v.set(text_scale=2.0, contrast=True)


def contrast(v: Visitor) -> None:
    active(v)
    v.set(contrast=True)


def contrast_tour(v: Visitor) -> None:
    tour(v)
    v.set(contrast=True)


def reduced_motion(v: Visitor) -> None:
    v.touch()
    v.set(reduced_motion=True)
    v.app.on_kiosk("tour", None)
    v.wait(60)


def no_captions(v: Visitor) -> None:
    tour(v)
    v.set(captions=False)


VIEWS: dict[str, tuple[tuple[int, int], Callable[[Visitor], None]]] = {
    "attract": (WIDE, attract),
    "welcome": (WIDE, welcome),
    "active": (WIDE, active),
    "tour": (WIDE, tour),
    "question": (WIDE, question),
    "warning": (WIDE, warning),
    "pin": (WIDE, pin),
    "access": (WIDE, access),
    "access_200": (WIDE, access_200),
    "text_150": (WIDE, text_150),
    "text_200": (WIDE, text_200),
    "contrast": (WIDE, contrast),
    "contrast_tour": (WIDE, contrast_tour),
    "reduced_motion": (WIDE, reduced_motion),
    "no_captions": (WIDE, no_captions),
    "portrait_attract": (TALL, attract),
    "portrait_active": (TALL, active),
    "portrait_welcome": (TALL, welcome),
    "portrait_tour": (TALL, tour),
    "portrait_access": (TALL, access),
    "portrait_warning": (TALL, warning),
}


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(VIEWS)}")
    p.add_argument("--out", type=Path, default=Path(__file__).parent / "pictures" / "kiosk")
    p.add_argument("--scale", type=float, default=1.0, help="of the size in pixels")
    args = p.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or list(VIEWS):
        size, scene = VIEWS[name]
        visitor = Visitor((round(size[0] * args.scale), round(size[1] * args.scale)))
        scene(visitor)
        print(visitor.save(args.out / f"{name}.jpg"), flush=True)
        visitor.app.close()
        visitor.app.base.destroy()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
