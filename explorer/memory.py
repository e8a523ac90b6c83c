"""The C library's memory: freed blocks go back to the system, and no two allocators share one heap."""

from __future__ import annotations

import ctypes
import mmap
import sys

M_MMAP_THRESHOLD = -3
"""Of `mallopt` in glibc's <malloc.h>."""
LARGE = 32 * 1024
"""Bytes from which a block is taken from the system, and given back when it is freed."""
PROT_NONE, MAP_FIXED_NOREPLACE = 0, 0x100000
"""Of Linux's <sys/mman.h>; Python has no names for them."""


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
    """Let the heap that `sbrk` moves grow no further, so that every allocator maps memory of its own; True if so.

    Panda3D's objects live in a dlmalloc of its own, all else in the C library's malloc, and both take memory with
    `sbrk`, which is not thread-safe: two threads that ask at once get the same memory. Making a run's nodes while a
    frame was drawn broke one start in five. With a page that nothing may touch behind the heap, `sbrk` fails and both
    fall back to `mmap`. Call it before there are threads; calling it again changes nothing.
    """
    if sys.platform != "linux":
        return False
    try:
        library = ctypes.CDLL(None)
        library.sbrk.restype = library.mmap.restype = ctypes.c_void_p
        library.sbrk.argtypes = [ctypes.c_ssize_t]
        library.mmap.argtypes = [
            ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
        ]  # fmt: skip
        page = mmap.PAGESIZE
        behind = -(-library.sbrk(0) // page) * page
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
        library.mmap(behind, page, PROT_NONE, flags, -1, 0)
        return library.sbrk(page) == ctypes.c_void_p(-1).value
    except (OSError, AttributeError):  # a C library without sbrk needs none of this
        return False
