"""Share the processor's cores among those who compute at the same time.

A reader alone gets all cores; of many readers, each gets one: more threads than cores only wait for each other.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Cores on which this process may run."""

_LOCK = threading.Lock()
_THREAD = threading.local()
_claimed = 0


@contextmanager
def claim_idle() -> Iterator[int]:
    """Yield how many cores the calling thread may keep busy: all that nobody else has claimed, and at least one."""
    global _claimed
    if getattr(_THREAD, "single", False) or _overloaded():
        yield 1
        return
    with _LOCK:
        cores = max(1, CORES - _claimed)
        _claimed += cores
    try:
        yield cores
    finally:
        with _LOCK:
            _claimed -= cores


def _overloaded() -> bool:
    """Return whether more threads want to run on this machine than it has cores: then several only wait for each other.

    With two cores busy otherwise, a forward pass on both takes 14 ms, and 6 on one.
    """
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > CORES + 0.5


def use_one() -> None:
    """Give the calling thread one core from now on, because it is one of as many as there are cores."""
    _THREAD.single = True
    torch.set_num_threads(1)
