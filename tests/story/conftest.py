"""A synthetic run, its record and the English texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.pack import Pack
from assetgen.pack.resources import data_dir
from explorer.story.record import Record
from explorer.story.texts import Texts
from tests.fixtures.packs import build_pack


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_pack(tmp_path_factory.mktemp("assets"), steps=6, prompt="a fox on grass")


@pytest.fixture
def record(run_folder: Path) -> Record:
    pack = Pack.open(run_folder)
    return Record(pack, pack.architecture)


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(data_dir("scenes") / "locales" / "en.yaml")
