"""Panda3D's allocator and glibc's do not share a heap that both of them move."""

from __future__ import annotations

import subprocess
import sys

import pytest

from explorer import cli

linux = pytest.mark.skipif(sys.platform != "linux", reason="only there do both use sbrk")


def in_a_process(code: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return run.stdout


@linux
def test_the_heap_has_an_end_that_nobody_moves() -> None:
    said = in_a_process(
        "import ctypes\n"
        "import panda3d.core as p3d\n"
        "from explorer.heaps import keep_apart\n"
        "done = keep_apart()\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.sbrk.restype = ctypes.c_size_t\n"
        "end = libc.sbrk(0)\n"
        "kept = [p3d.CPTA_uchar(bytes(50_000)) for _ in range(400)]\n"
        "small = [bytes(2_000) for _ in range(20_000)]\n"
        "assert kept[7].get_data() == bytes(50_000)\n"
        "del kept, small\n"
        "print(done, libc.sbrk(0) == end, libc.sbrk(4096) == 2**64 - 1)\n"
    )
    assert said.split() == ["True", "True", "True"]


def test_it_is_done_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def first() -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "keep_apart", first)
    monkeypatch.setattr(cli, "Runs", lambda assets: pytest.fail("too late: there may be threads"))
    assert cli.main([]) == 130


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from explorer.heaps import keep_apart

    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_apart() is False
