"""A visit to the real program on a virtual screen, with real key and mouse events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.guide import Guide, likeness
from tests.e2e.screen import Program, Screen, difference, eventually, keep, missing_tools

SIZE = (640, 360)

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.gl,
    pytest.mark.slow,
    pytest.mark.xdist_group("screen"),
]
