"""Panda3D's memory and everybody else's are kept apart."""

from __future__ import annotations

import ctypes
import mmap
import sys

MAP_FIXED_NOREPLACE = 0x100000
"""Of Linux' <mman.h>: at this address or not at all."""
FAILED = ctypes.c_size_t(-1).value


def keep_apart() -> bool:
    """Nobody moves the end of the heap any more; True where that was done. Call it before there are threads.

    Panda3D brings an allocator of its own. It and glibc's both grow and trim the one heap of the process by `sbrk`,
    each under its own lock, so that two threads may be given the same memory: one start in fifteen ended in a crash
    while the first pictures were made in the background. With a closed page behind it the heap cannot grow, and
    both take what they need from elsewhere.
    """
    if sys.platform != "linux":
        return False
    try:
        libc = ctypes.CDLL(None)
        sbrk, place = libc.sbrk, libc.mmap
    except (OSError, AttributeError):
        return False
    sbrk.restype, sbrk.argtypes = ctypes.c_size_t, [ctypes.c_ssize_t]
    place.restype = ctypes.c_size_t
    place.argtypes = [ctypes.c_size_t, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    page = mmap.PAGESIZE
    # the last page is nobody's: who does not hold the end does not trim either
    if sbrk(-sbrk(0) % page + page) == FAILED:
        return False
    end = sbrk(0)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
    return bool(place(end, page, 0, flags, -1, 0) == end)
