"""Data folders are found in a checkout and in an installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.pack import resources


def test_a_checkout_uses_its_own_folders() -> None:
    assert resources.in_checkout()
    assert (resources.data_dir("config") / "prompts.yaml").is_file()


def test_an_installation_uses_the_packaged_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "_ROOT", tmp_path)
    with pytest.raises(FileNotFoundError, match="install diffusion-explorer again"):
        resources.data_dir("config")
    (tmp_path / resources.INSTALLED / "config").mkdir(parents=True)
    assert resources.data_dir("config") == tmp_path / resources.INSTALLED / "config"


def test_other_names_are_refused() -> None:
    with pytest.raises(ValueError, match="is no data folder"):
        resources.data_dir("secrets")
