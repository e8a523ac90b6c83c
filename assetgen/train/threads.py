"""As many threads as there are free cores: training beside other work, and fast when alone.

Threads that wait for each other at every operation are slower together than one alone as soon as
another process takes one of their cores. So the number follows the load of the machine.
"""

from __future__ import annotations

import os
import time

import torch

LOOK_EVERY = 20.0
"""Seconds between looks at the load."""


def fitting(cores: int, load: float, own: int) -> int:
    """Threads to use on `cores` cores when `load` processes want to run, `own` of them ours."""
    free = cores - max(0.0, load - own)
    return max(1, min(cores, round(free)))


class Threads:
    """Sets torch's thread count; call `adapt` between steps."""

    def __init__(self, fixed: int = 0) -> None:
        self._fixed = fixed
        self._cores = os.cpu_count() or 1
        self._looked = time.monotonic()
        torch.set_num_threads(fixed or 1)

    def adapt(self) -> None:
        now = time.monotonic()
        if self._fixed or now - self._looked < LOOK_EVERY or not hasattr(os, "getloadavg"):
            return
        self._looked = now
        own = torch.get_num_threads()
        wanted = fitting(self._cores, os.getloadavg()[0], own)
        if wanted != own:
            torch.set_num_threads(wanted)
