from __future__ import annotations

import pytest

pytest.importorskip("torch")

from assetgen.train.threads import fitting


@pytest.mark.parametrize(
    ("cores", "load", "own", "threads"),
    [
        (2, 0.9, 1, 2),
        (2, 2.0, 2, 2),
        (2, 3.1, 2, 1),
        (2, 5.0, 1, 1),
        (8, 8.0, 4, 4),
        (1, 0.0, 1, 1),
    ],
)
def test_threads_leave_busy_cores_alone(cores: int, load: float, own: int, threads: int) -> None:
    assert fitting(cores, load, own) == threads
