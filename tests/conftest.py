"""What all tests share: reproducible numbers, a quiet machine, and one offscreen window."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

# Read when the libraries start: two test processes share the cores of one machine.
os.environ.setdefault("LP_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import pytest

if TYPE_CHECKING:
    from direct.showbase.ShowBase import ShowBase

PRC = """
load-display p3headlessgl
window-type offscreen
win-size 320 180
gl-debug true
gl-check-errors true
sync-video 0
clock-mode non-real-time
clock-frame-rate 30
text-kerning true
"""
"""A window nobody sees, with a clock that does not depend on the machine; over the explorer's own settings."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="store golden frames anew")


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test starts from the same random numbers."""
    random.seed(20)
    np.random.seed(20)


@pytest.fixture
def showbase(request: pytest.FixtureRequest) -> Iterator[ShowBase]:
    """An offscreen ShowBase; parametrize it indirectly to add PRC lines.

    Without OpenGL the test is skipped on a person's machine and fails in CI.
    """
    from direct.showbase.ShowBase import ShowBase
    from panda3d.core import load_prc_file_data, unload_prc_file

    from explorer.window import PRC as EXPLORER

    pages = [load_prc_file_data("explorer", EXPLORER), load_prc_file_data("tests", PRC)]
    if extra := getattr(request, "param", ""):
        pages.append(load_prc_file_data("test", extra))
    base = None
    try:
        base = ShowBase(windowType="offscreen")
        if base.win is None:
            raise OSError("no offscreen window")
    except Exception as error:  # ShowBase raises a bare Exception
        if base is not None:
            base.destroy()
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no OpenGL here: {error}")
    try:
        yield base
    finally:
        base.destroy()
        for page in pages:
            unload_prc_file(page)
