"""A bounded cache for results that several threads want."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache

T = TypeVar("T")
POLL_S = 0.25
"""Seconds between two calls of ``on_wait``."""


class ResultCache(Generic[T]):
    """Results by key; the least recently used is dropped. Each is computed by one thread while others wait for it."""

    def __init__(self, max_results: int) -> None:
        self._results: LRUCache[Hashable, T] = LRUCache(max_results)
        self._lock = threading.Lock()
        self._key_locks: WeakValueDictionary[Hashable, threading.Lock] = WeakValueDictionary()

    def get_or_compute(self, key: Hashable, compute: Callable[[], T], on_wait: Callable[[], None] | None = None) -> T:
        """Return the result of ``key``, computed if it is not there.

        Args:
            key: Identifies the result.
            compute: May raise; the next thread that waits then computes.
            on_wait: Called every POLL_S seconds while another thread computes. An exception that it raises ends the
                wait.
        """
        with self._lock:
            key_lock = self._key_locks.setdefault(key, threading.Lock())
        while not key_lock.acquire(timeout=POLL_S):
            if on_wait:
                on_wait()
        try:
            with self._lock:
                if key in self._results:
                    return self._results[key]
            result = compute()
            with self._lock:
                self._results[key] = result
            return result
        finally:
            key_lock.release()

    def get(self, key: Hashable) -> T | None:
        """Return the result of ``key`` if it is there."""
        with self._lock:
            return self._results.get(key)

    def keys(self) -> list[Hashable]:
        """Return the keys of all results, in no particular order."""
        with self._lock:
            return list(self._results)

    def values(self) -> list[T]:
        """Return all results, in no particular order."""
        with self._lock:
            return list(self._results.values())

    def clear(self) -> None:
        """Drop all results."""
        with self._lock:
            self._results.clear()
