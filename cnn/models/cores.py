"""Share the processor's cores among those who compute at the same time.

A reader alone gets all cores; of many readers, each gets one: more threads than cores only wait for each other.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Cores on which this process may run."""

ALONE_S = 0.5
"""Seconds after which a reader counts as alone again: of several, one starts before the others' next pass."""

_LOCK = threading.Lock()
_THREAD = threading.local()
_claimed = 0
_alone_at = 0.0


@contextmanager
def claim_idle() -> Iterator[int]:
    """Yield how many cores the calling thread may keep busy: 1, or all that are idle for one who computes alone."""
    global _claimed, _alone_at
    with _LOCK:
        now = time.monotonic()
        if _claimed:
            _alone_at = now + ALONE_S
        alone = not _claimed and now >= _alone_at and not getattr(_THREAD, "single", False)
        cores = max(1, CORES + 1 - count_running()) if alone else 1
        _claimed += cores
    try:
        yield cores
    finally:
        with _LOCK:
            _claimed -= cores


def count_running() -> int:
    """Return how many threads run or want to run on this machine, the calling one included; 1 where nobody knows."""
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return int(file.read().split()[3].split("/")[0])
    except OSError:
        return 1


def use_one() -> None:
    """Give the calling thread one core from now on, because it is one of as many as there are cores."""
    _THREAD.single = True
    torch.set_num_threads(1)
