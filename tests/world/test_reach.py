"""The flood fill finds stairs, bridges and doors, and is not fooled by ledges."""

from __future__ import annotations

import msgspec

from explorer.world.reach import Reach
from explorer.world.solids import Solids
from tests.world.small_valley import small_valley


def test_rooms_banks_and_terraces_are_reached_on_foot() -> None:
    reach = Reach(Solids(small_valley()), (0.0, 0.0, 0.0))
    assert reach.reaches((8, 11, 0.28))
    assert reach.reaches((-15, 0, 0))
    assert reach.reaches((40, 2, -9))
    assert not reach.reaches((47, 2, -11)), "the lake's bed"
    assert not reach.reaches((-9, 8, -6)), "the trench"
    assert 27 <= len(reach.path((40, 2, -9))) <= 31


def test_without_stair_or_bridge_nothing_is_reached() -> None:
    valley = small_valley()
    reach = Reach(Solids(msgspec.structs.replace(valley, decks=[])), (0.0, 0.0, 0.0))
    assert not reach.reaches((-15, 0, 0))
    assert not reach.reaches((40, 2, -9))


def test_a_ledge_nobody_could_come_back_up_is_not_walked_down() -> None:
    valley = small_valley()

    class Ledge:
        water, shore_y = -9.5, -18.0

        def height(self, x: float, y: float) -> float:
            return -0.7 if x > 5 else 0.0

    valley.terrain = Ledge()  # type: ignore[assignment]
    solids = Solids(msgspec.structs.replace(valley, decks=[], rooms=[]))
    assert not Reach(solids, (0.0, 0.0, 0.0)).reaches((10, 0, -0.7))
    assert not Reach(solids, (10.0, 0.0, -0.7)).reaches((0, 0, 0))
