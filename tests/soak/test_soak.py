"""Twenty random visits to the kiosk; `make soak` pays a thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.soak.soak import soak

if TYPE_CHECKING:
    from direct.showbase.ShowBase import ShowBase

pytestmark = [pytest.mark.gl, pytest.mark.slow]


@pytest.mark.parametrize("showbase", ["win-size 160 90"], indirect=True)
def test_twenty_visits(showbase: ShowBase) -> None:
    assert soak(showbase, 20, seed=7) == []
