"""Packs and a tiny model shared by the tests of assetgen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import support
from tests.fixtures.packs import build_pack

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline


CELLS: support.Cells = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What a test marked `supports` shows travels with its report, also between processes."""
    outcome = yield
    support.mark_report(item, outcome.get_result())  # type: ignore[attr-defined]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    support.collect(CELLS, report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """`--regenerate` stores which of them passed."""
    worker = hasattr(session.config, "workerinput")
    if CELLS and not worker and session.config.getoption("--regenerate"):
        support.store(CELLS)


@pytest.fixture(scope="session")
def _pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_pack(tmp_path_factory.mktemp("pack"), architecture="two_level")


@pytest.fixture
def pack_path(_pack: Path, tmp_path: Path) -> Path:
    """A pack of its own that a test may damage."""
    target = tmp_path / "assets" / "runs" / "two_level"
    shutil.copytree(_pack.parent, target)
    return target / _pack.name


@pytest.fixture(scope="session")
def pipe() -> StableDiffusionPipeline:
    """A tiny pipeline with random weights."""
    import torch

    from tests.fixtures.pipelines import tiny_pipeline

    torch.set_num_threads(1)
    return tiny_pipeline()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pipeline as a folder."""
    import torch

    from tests.fixtures.pipelines import tiny_folder

    torch.set_num_threads(1)
    return tiny_folder(tmp_path_factory.mktemp("models") / "tiny")
