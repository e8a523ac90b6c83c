"""What a visitor or a technician can set: config/explorer.yaml, and over it the user's own file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from explorer.folders import user_folder
from explorer.schema import Base, about
from explorer.typed_yaml import decode
from explorer.yaml_nodes import compose, overlay


class Window(Base, frozen=True, kw_only=True):
    """The window."""

    width: Annotated[int, about("width, pixels", 320, 16384)] = 1280
    height: Annotated[int, about("height, pixels", 180, 16384)] = 720
    fullscreen: Annotated[bool, about("fill the screen, at its own resolution")] = False


class Settings(Base, frozen=True, kw_only=True):
    """Everything that can be set."""

    format: Annotated[Literal[1], about("version of this schema")] = 1
    window: Annotated[Window, about("the window")] = Window()
    scene: Annotated[str, about("scene shown first, a name in scenes/ or a file")] = "unet_valley"
    run: Annotated[str, about("run shown first, where there is one of that name")] = (
        "castle-by-night"
    )
    language: Annotated[str, about("language of the texts: a name in scenes/locales/")] = "en"
    quality: Annotated[
        Literal["auto", "low", "medium", "high"],
        about("how much is drawn; `auto` measures and keeps the frame rate"),
    ] = "auto"
    text_scale: Annotated[float, about("size of all text", 0.75, 3)] = 1.0
    color_map: Annotated[Literal["deep", "grey", "clear"], about("colours of feature maps")] = (
        "deep"
    )
    sensitivity: Annotated[float, about("of mouse and stick look", 0.1, 5)] = 1.0
    inverted: Annotated[bool, about("look up by pulling back")] = False
    reduced_motion: Annotated[bool, about("cuts instead of flights, resting particles")] = False
    speed: Annotated[float, about("steps a second while playing", 0.1, 10)] = 1.0
    loop: Annotated[bool, about("start again after the last step")] = True
    texture_memory: Annotated[
        int, about("memory for textures of recorded runs, MiB", 32, 16384)
    ] = 256


def user_file() -> Path:
    """Where the user's own settings live on this platform; the file need not exist."""
    return user_folder("config") / "explorer.yaml"


def load_settings(shipped: Path, user: Path | None = None) -> Settings:
    """The shipped settings, with the user's over them where that file exists; raises `YamlError`."""
    node = compose(shipped)
    if user is not None and user.is_file():
        node = overlay(node, compose(user))
    return decode(node, Settings)[0]


def save_settings(settings: Settings, user: Path) -> None:
    """Write what differs from the defaults to the user's file, complete or not at all."""
    default = msgspec.to_builtins(Settings())
    changed = {k: v for k, v in msgspec.to_builtins(settings).items() if v != default[k]}
    user.parent.mkdir(parents=True, exist_ok=True)
    draft = user.with_suffix(".tmp")
    draft.write_text(yaml.safe_dump(changed, sort_keys=False, allow_unicode=True), "utf-8")
    draft.replace(user)
