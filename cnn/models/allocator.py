"""Keep freed memory in the process for the next forward pass.

The activations of a batch are tens of megabytes. By default glibc maps each such block anew and unmaps it when it is
freed, and the kernel fills every page with zeros first. ``python -m cnn.predict`` on 300 films of 0.7 to 1.7 megapixels
takes 19 % less processor time (19.6 instead of 24.2 s) and 16 % less memory at its peak with these settings.
"""

import ctypes
from functools import cache

_MALLOPT = {"MALLOC_TRIM_THRESHOLD_": (-1, 2**28), "MALLOC_MMAP_MAX_": (-4, 0), "MALLOC_ARENA_MAX": (-8, 1)}
"""Setting in the environment: its number in glibc's malloc.h, and the value. 2**28 bytes of free memory are kept."""
ENVIRONMENT = {name: str(value) for name, (_, value) in _MALLOPT.items()}
"""The same for a process that has not started: threads that run already keep their arenas."""


def keep_memory() -> bool:
    """Change the settings with mallopt(3); return whether that was done, which only glibc can do."""
    glibc = _load_glibc()
    return glibc is not None and all(glibc.mallopt(number, value) for number, value in _MALLOPT.values())


def give_back() -> bool:
    """Return free memory to the system once, with malloc_trim(3); return whether there was any."""
    glibc = _load_glibc()
    return glibc is not None and bool(glibc.malloc_trim(0))


@cache
def _load_glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libc.so.6")
        library.mallopt, library.malloc_trim  # noqa: B018 - other C libraries have this name without these functions
    except (OSError, AttributeError):
        return None
    return library
