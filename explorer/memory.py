"""Freed memory goes back to the system."""

from __future__ import annotations

import ctypes
import sys

M_MMAP_THRESHOLD = -3
"""Of `mallopt` in glibc's <malloc.h>."""
LARGE = 32 * 1024
"""Bytes from which a block is taken from the system, and given back when it is freed."""


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
