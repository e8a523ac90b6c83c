"""The process's memory: how much it is, freed blocks going back to the system, allocators with a heap of their own."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from contextlib import suppress
from pathlib import Path

M_MMAP_THRESHOLD = -3
"""Of `mallopt` in glibc's <malloc.h>."""
LARGE = 32 * 1024
"""Bytes from which a block is taken from the system, and given back when it is freed."""
PROT_NONE, MAP_FIXED_NOREPLACE = 0, 0x100000
"""Of Linux's <sys/mman.h>; Python has no names for them."""
FAILED = ctypes.c_size_t(-1).value
"""What `sbrk` returns when there is no more."""


def give_back_freed() -> bool:
    """Keep glibc from raising its threshold for large blocks; True if there is a glibc that was told.

    Pictures are decoded and stacked all the time. Left alone, glibc takes such blocks into heaps that never shrink:
    at the arrival point, with all exhibits around it made, 470 MB instead of 385.
    """
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE))
    except (OSError, AttributeError):  # another C library
        return False


def part_heaps() -> bool:
    """Give the heap that `sbrk` moves an end that stays where it is, so that every allocator maps memory of its own.

    Panda3D's objects live in a dlmalloc of its own, all else in the C library's malloc. Both move the end of one heap,
    each under its own lock, and two threads that ask at once get the same memory: with a run made ready while frames
    are drawn, one start in fifteen crashed. Behind the last page, which belongs to nobody, so that nobody gives back
    what lies before it, comes one that may not be touched: the heap cannot grow, and both fall back to `mmap`.
    Call it before there are threads; True if the end stays.
    """
    if sys.platform != "linux":
        return False
    try:
        library = ctypes.CDLL(None)
        move_end, place = library.sbrk, library.mmap
    except (OSError, AttributeError):  # a C library without sbrk needs none of this
        return False
    move_end.restype, move_end.argtypes = ctypes.c_size_t, [ctypes.c_ssize_t]
    place.restype = ctypes.c_size_t
    place.argtypes = [ctypes.c_size_t, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    page, flags = mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
    if move_end(-move_end(0) % page + page) != FAILED:
        place(move_end(0), page, PROT_NONE, flags, -1, 0)
    return bool(move_end(page) == FAILED)


def give_back() -> None:
    """Hand memory that nothing uses back to the system: loading runs for months leaves holes (glibc only)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident() -> int:
    """Memory of this process, bytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
