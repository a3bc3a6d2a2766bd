"""A lock that serves threads in order of arrival, with a bounded wait.

``threading.Lock`` promises no order: a thread that releases it may get it again at once. A long computation yields this
lock between its chunks, so that a short one waits for one chunk at most.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from cnn.errors import Busy

POLL_S = 0.25
"""Seconds between two calls of ``on_wait``."""
OnWait = Callable[[int], None]
"""Receives the position in the queue, from 1. An exception that it raises ends the wait."""


class FairLock:
    """A queue of threads, the first of which holds the lock."""

    def __init__(self) -> None:
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def acquire(self, timeout_s: float, on_wait: OnWait | None = None) -> Iterator[Callable[[OnWait | None], None]]:
        """Hold the lock for the duration of a ``with`` block.

        Args:
            timeout_s: the longest wait in seconds, here and in each call of the yielded function.
            on_wait: called every ``POLL_S`` seconds during the wait.

        Yields:
            A function that lets all waiting threads go first and returns when this thread holds the lock again. It
            takes an ``on_wait`` of its own and raises ``Busy``, too.

        Raises:
            Busy: the lock was not free in time.
        """
        ticket = object()
        try:
            self._queue_up(ticket, timeout_s, on_wait)
            yield partial(self._queue_up, ticket, timeout_s)
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _queue_up(self, ticket: object, timeout_s: float, on_wait: OnWait | None) -> None:
        """Move ``ticket`` to the end of the queue and return when it is the first."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            if ticket in self._queue:
                self._queue.remove(ticket)
            self._queue.append(ticket)
            self._changed.notify_all()
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._queue[0] is ticket, POLL_S):
                    return
                position = self._queue.index(ticket)
            if time.monotonic() > deadline:
                raise Busy(
                    f"The network is busy with other films, and you were number {position} in line: "
                    "try again in a moment, or choose a quicker method."
                )
            if on_wait:
                on_wait(position)
