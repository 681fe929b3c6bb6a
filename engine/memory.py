"""Memory that was freed stays with the process.

A gradient step makes and frees megabytes of tensors, again and again. By default glibc hands them
back to the kernel each time, and gets them again as pages that have to be cleared one by one: a
fifth of the time of a step of the reward model. Other allocators keep them as they are.
"""

import ctypes
from functools import cache

# mallopt's names for what is set, from malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
KEPT_BYTES = 256 << 20  # at most, at the end of the heap
LARGEST_BYTES = 32 << 20  # of one piece; more is refused


@cache
def keep_freed_memory() -> None:
    """Ask glibc to keep what is freed, once; nothing happens where there is another library."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, TypeError, OSError):
        return
    mallopt(TRIM_THRESHOLD, KEPT_BYTES)
    mallopt(MMAP_THRESHOLD, LARGEST_BYTES)
    mallopt(ARENA_MAX, 1)  # A thread's own heap is handed back whenever it is empty.
