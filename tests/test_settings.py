"""Settings: shipped defaults, the user's file over them, and mistakes with their place."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from explorer.settings import Settings, load_settings, save_settings, user_file
from explorer.yaml_nodes import YamlError

SHIPPED = Path(__file__).parents[1] / "config" / "explorer.yaml"


def test_the_shipped_file_says_the_defaults() -> None:
    assert load_settings(SHIPPED) == Settings()


def test_the_users_file_changes_only_what_it_names(tmp_path: Path) -> None:
    user = tmp_path / "explorer.yaml"
    user.write_text("window: {width: 1920}\ntext_scale: 1.5\n")
    settings = load_settings(SHIPPED, user)
    assert settings.window.width == 1920 and settings.window.height == 720
    assert settings.text_scale == 1.5 and settings.quality == "auto"
    assert load_settings(SHIPPED, tmp_path / "absent.yaml") == Settings()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("text_scale: 9", "text_scale: expected a number from 0.75 to 3, found '9'"),
        ("quality: best", "quality: expected one of auto, high, low, medium, found 'best'"),
        ("window: {widht: 3}", "found 'widht' (did you mean 'width'?)"),
        ("inverted: perhaps", "inverted: expected true or false, found 'perhaps'"),
        ("texture_memory: 64.5", "expected a whole number from 32 to 16384"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, line: str, message: str) -> None:
    user = tmp_path / "explorer.yaml"
    user.write_text(f"# mine\n{line}\n")
    with pytest.raises(YamlError) as caught:
        load_settings(SHIPPED, user)
    assert str(caught.value).startswith(f"{user}:2: ") and message in str(caught.value)


def test_saving_keeps_only_what_differs(tmp_path: Path) -> None:
    user = tmp_path / "new" / "explorer.yaml"
    changed = msgspec.structs.replace(Settings(), sensitivity=1.5, inverted=True)
    save_settings(changed, user)
    assert user.read_text() == "sensitivity: 1.5\ninverted: true\n"
    assert load_settings(SHIPPED, user) == changed


def test_the_users_file_is_in_the_platforms_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere")
    assert user_file() == Path("/somewhere/diffusion-explorer/explorer.yaml")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("APPDATA", "/roaming")
    assert user_file() == Path("/roaming/diffusion-explorer/explorer.yaml")
