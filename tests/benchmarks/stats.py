"""Numbers a person can trust: medians and 99th percentiles, and what else the machine was doing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Seconds = list[float]


def median(times: Seconds) -> float:
    return float(np.median(times))


def p99(times: Seconds) -> float:
    return float(np.percentile(times, 99))


def milliseconds(times: Seconds) -> str:
    return f"median {1000 * median(times):.2f} ms, p99 {1000 * p99(times):.2f} ms"


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(
    variants: dict[str, Callable[[], object]], rounds: int, frames: int
) -> dict[str, Seconds]:
    """Time each variant `rounds` times in turn, `frames` calls each, so that slow drift hits all alike."""
    times: dict[str, Seconds] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, work in variants.items():
            times[name] += [timed(work) for _ in range(frames)]
    return times


def busy(seconds: float = 1.0) -> float | None:
    """Cores in use while this process sleeps: the load of everything else. None where unknown."""

    def read() -> tuple[float, float]:
        fields = [float(x) for x in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    try:
        total, idle = read()
        time.sleep(seconds)
        total_after, idle_after = read()
    except OSError:
        return None
    share = 1 - (idle_after - idle) / max(total_after - total, 1e-9)
    return share * (os.cpu_count() or 1)


def resident_megabytes(pid: int | str = "self") -> float | None:
    """Resident memory of a process, MB. None where unknown."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
