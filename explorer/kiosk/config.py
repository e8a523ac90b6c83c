"""config/kiosk.yaml: everything a technician sets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from assetgen.pack.resources import data_dir
from explorer.folders import user_folder
from explorer.schema import Base, about
from explorer.typed_yaml import decode
from explorer.yaml_nodes import YamlError, compose

Clock = Annotated[
    str,
    Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", extra={"expected": 'a time in quotes: "18:30"'}),
]
MARK = "kiosk"


class KioskError(YamlError):
    """A mistake in a kiosk file, as one line."""


class Screen(Base, frozen=True, kw_only=True):
    """The screen, so that a finger's width is known in pixels."""

    width_mm: Annotated[float, about("width of the picture, as mounted, millimetres", 80, 5000)] = (
        531
    )
    height_mm: Annotated[float, about("height of the picture, as mounted", 80, 5000)] = 299
    finger_mm: Annotated[float, about("least side of a touch target, millimetres", 15, 40)] = 15
    cursor: Annotated[bool, about("show a pointer (a trackball instead of touch)")] = False


class Sound(Base, frozen=True, kw_only=True):
    """The narrator."""

    volume: Annotated[float, about("at the start of a visit; visitors can change it", 0, 1)] = 0.7
    attract: Annotated[bool, about("speak while nobody is there, too")] = False


class Display(Base, frozen=True, kw_only=True):
    """When the screen is lit."""

    on: Annotated[Clock | None, about("from this time; none: always")] = None
    off: Annotated[Clock | None, about("until this time")] = None
    command_off: Annotated[list[str], about("run when it goes dark, like [xset, dpms, ...]")] = []
    command_on: Annotated[list[str], about("run when it is lit again")] = []


class Care(Base, frozen=True, kw_only=True):
    """Against burn-in."""

    shift: Annotated[int, about("the interface drifts by up to so many pixels", 0, 8)] = 6
    every: Annotated[float, about("seconds from one place to the next", 10, 3600)] = 180
    dim: Annotated[float, about("how far the picture is dimmed while nobody is there", 0, 0.6)] = (
        0.15
    )


class Log(Base, frozen=True, kw_only=True):
    """The visit log: session number, event, exhibit, seconds. Nothing about people."""

    keep: Annotated[bool, about("write it at all")] = True
    days: Annotated[int, about("days that are kept", 1, 3650)] = 90
    megabytes: Annotated[
        float, about("most room it takes; the oldest days go first", 0.1, 1000)
    ] = 20


class Safety(Base, frozen=True, kw_only=True):
    """What happens after crashes."""

    crashes: Annotated[int, about("quick crashes in a row before the safe scene", 2, 20)] = 3
    quick: Annotated[
        float, about("a crash within so many seconds of the start is quick", 5, 3600)
    ] = 120
    scene: Annotated[str, about("the safe scene, in scenes/")] = "minimal"


class KioskConfig(Base, frozen=True, kw_only=True):
    """A kiosk."""

    format: Annotated[Literal[1], about("version of this schema")] = 1
    tour: Annotated[str, about("tour that plays while nobody is there")] = "highlights"
    run: Annotated[str | None, about("run shown first; none: as in explorer.yaml")] = None
    idle: Annotated[float, about("seconds without a touch before the question", 30, 3600)] = 60
    warning: Annotated[float, about("seconds to answer it", 20, 600)] = 20
    narration: Annotated[
        float, about("a tour keeps a visit alive for so many seconds without a touch", 30, 3600)
    ] = 300
    screen: Annotated[Screen, about("the screen")] = Screen()
    sound: Annotated[Sound, about("the narrator")] = Sound()
    display: Annotated[Display, about("hours")] = Display()
    restart: Annotated[Clock | None, about("restarted every night at this time; none: never")] = (
        "03:30"
    )
    care: Annotated[Care, about("against burn-in")] = Care()
    log: Annotated[Log, about("the visit log")] = Log()
    safety: Annotated[Safety, about("after crashes")] = Safety()
    folder: Annotated[
        str, about("where log, heartbeat and PIN live; empty: $STATE_DIRECTORY or the cache folder")
    ] = ""

    @property
    def home(self) -> Path:
        """The folder of this kiosk's own files; it need not exist."""
        given = self.folder or os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        return Path(given) if given else user_folder("cache") / MARK

    def finger(self, width: int, height: int) -> float:
        """Least side of a target in a window of that many pixels."""
        per_mm = max(width / self.screen.width_mm, height / self.screen.height_mm)
        return self.screen.finger_mm * per_mm


def load_config(path: Path) -> KioskConfig:
    """Read and check a kiosk file; raises KioskError with file and line."""
    config, places = decode(compose(path, KioskError), KioskConfig, KioskError)
    for field, name, folder in (
        ("tour", config.tour, data_dir("scenes") / "tours"),
        ("safety.scene", config.safety.scene, data_dir("scenes")),
    ):
        known = sorted(file.stem for file in folder.glob("*.yaml"))
        if name not in known:
            raise KioskError(places[field], field, f"one of {', '.join(known)}", repr(name))
    if (config.display.on is None) != (config.display.off is None):
        raise KioskError((str(path), 1), "display", "both `on` and `off`, or neither", "one")
    return config
