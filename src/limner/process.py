"""What a server's process asks of its interpreter and its C library: less work for memory that comes and goes."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

GARBAGE_MAX: Final = 10_000
"""Objects made and not freed before young garbage is looked for; Python's own 700 are a few requests."""
HEAP_PIECE_BYTES_MAX: Final = 16 * 1024 * 1024
"""Larger pieces of memory are mapped and unmapped one by one: a 4K image's arrays, which come seldom."""
HEAP_KEPT_BYTES: Final = 256 * 1024 * 1024
"""Free memory the heap may keep at its end. glibc's own rule gives back and takes again some megabytes with each
picture, and each page that comes back has to be cleared: a fifth of what an answer of 2 MB costs."""

# <malloc.h> of glibc, the same since 2.0 and, of the last, 2.10.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


def keep_freed_memory() -> None:
    """Keep freed memory at hand for the next picture. Without effect on other C libraries than glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        # One heap for all threads. With one each, what a picture's thread has freed is of no use to the thread of the
        # next one, and `malloc_trim` does not reach the end of any heap but the first.
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, HEAP_PIECE_BYTES_MAX)
        mallopt(_M_TRIM_THRESHOLD, HEAP_KEPT_BYTES)


def give_memory_back() -> None:
    """Return to the system what the heap keeps. Takes milliseconds, in any thread."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


def spare_the_collector() -> None:
    """Let the garbage collector pass over all there is now, and come less often.

    A request that succeeds leaves no cycles behind, so that there is next to nothing to find.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_MAX)
