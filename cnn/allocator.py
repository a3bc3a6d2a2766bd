"""Keeps freed memory for the next pass through a network, instead of giving it back to the system each time.

A batch's maps are tens of megabytes. The C library of most Linux systems, as it comes, maps each such block anew and
unmaps it when it is freed; the system then fills every page with zeros first, which costs as much again as the sums.
"""

import ctypes

KEPT = 2**28
"""Bytes of free memory above which it is given back after all."""
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # numbers of glibc's malloc.h
_OPTIONS = {_TRIM_THRESHOLD: KEPT, _MMAP_MAX: 0, _ARENA_MAX: 1}

ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": str(KEPT), "MALLOC_MMAP_MAX_": "0", "MALLOC_ARENA_MAX": "1"}
"""The same for a process that is yet to start; one that has threads already keeps the arenas that they were given."""


def keep_memory() -> bool:
    """Asks glibc's mallopt(3) for it; whether that was done. Other systems are left as they are."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return all(list(map(mallopt, _OPTIONS, _OPTIONS.values())))
