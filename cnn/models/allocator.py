"""Keeps freed memory for the next pass through a network, instead of giving it back to the system each time.

A batch's maps are tens of megabytes. The C library of most Linux systems, as it comes, maps each such block anew and
unmaps it when it is freed; the system then fills every page with zeros first, which costs as much again as the sums.
"""

import ctypes
from functools import cache

KEPT = 2**28
"""Bytes of free memory above which it is given back after all."""
_OPTIONS = {"MALLOC_TRIM_THRESHOLD_": (-1, KEPT), "MALLOC_MMAP_MAX_": (-4, 0), "MALLOC_ARENA_MAX": (-8, 1)}
"""Each by its name in the environment: its number in glibc's malloc.h, and the value."""
ENVIRONMENT = {name: str(value) for name, (_, value) in _OPTIONS.items()}
"""The same for a process that is yet to start; one that has threads already keeps the arenas that they were given."""


def keep_memory() -> bool:
    """Asks glibc's mallopt(3) for it; whether that was done. Other systems are left as they are."""
    glibc = _glibc()
    return glibc is not None and all(glibc.mallopt(number, value) for number, value in _OPTIONS.values())


def give_back() -> bool:
    """Gives what is free back to the system once, with glibc's malloc_trim(3); whether there was anything."""
    glibc = _glibc()
    return glibc is not None and bool(glibc.malloc_trim(0))


@cache
def _glibc() -> ctypes.CDLL | None:
    try:
        found = ctypes.CDLL("libc.so.6")
        found.mallopt, found.malloc_trim  # noqa: B018 - other C libraries go by this name, without these functions
    except (OSError, AttributeError):
        return None
    return found
