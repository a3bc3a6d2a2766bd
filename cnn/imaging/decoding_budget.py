"""Memory for decoding, shared by all threads of a process: who needs more than is left waits for a place.

A file of 200 KB can declare 40 million pixels, which take hundreds of megabytes for a second or two. Large pictures are
therefore decoded nearly one at a time, in order of arrival; common ones have memory of their own and never wait for
them.
"""

import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cnn.errors import Busy
from cnn.imaging.decoder_limits import MAX_COLOUR_PIXELS, Unreadable, check_jpeg, check_size
from cnn.imaging.dicom.tags import check_format, looks_like_dicom, parse
from cnn.imaging.quiet import quiet_libraries

MIB = 2**20
COMMON_BYTES = 80 * MIB
"""A picture that needs at most this is common: 7 million pixels in grey."""
WAIT_S = 60.0
POLL_S = 0.25
"""Seconds between two calls of ``on_wait``."""
_GREY, _COLOUR = 11, 20  # bytes a pixel at the peak; tests/performance/decoding_memory.py measures it
OnWait = Callable[[int], None]
"""Receives the place in line, from 1. An exception that it raises ends the wait."""


class Budget:
    """Bytes that threads reserve in order of arrival."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._reserved = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, size: int, timeout_s: float = WAIT_S, on_wait: OnWait | None = None) -> Iterator[None]:
        """Reserve ``size`` bytes, or all there are, for the duration of a ``with`` block.

        Raises:
            Busy: they were not free in ``timeout_s`` seconds.
        """
        size = min(size, self._capacity)
        self._wait(size, time.monotonic() + timeout_s, on_wait)
        try:
            yield
        finally:
            with self._changed:
                self._reserved -= size
                self._changed.notify_all()

    def _wait(self, size: int, deadline: float, on_wait: OnWait | None) -> None:
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            while True:
                with self._changed:
                    if self._changed.wait_for(lambda: self._is_next(ticket, size), POLL_S):
                        self._reserved += size
                        return
                    position = self._queue.index(ticket) + 1
                if time.monotonic() > deadline:
                    raise Busy(
                        f"Other readers' large films are being read, and you were number {position} in line: try again"
                        " in a moment, or use a smaller picture."
                    )
                if on_wait:
                    on_wait(position)
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _is_next(self, ticket: object, size: int) -> bool:
        return self._queue[0] is ticket and self._reserved + size <= self._capacity


LARGE, COMMON = Budget(440 * MIB), Budget(160 * MIB)
_ESTIMATING = threading.Lock()


@contextmanager
def reserve(data: bytes, on_wait: OnWait | None = None) -> Iterator[int]:
    """Reserve what reading the file ``data`` will need, for the duration of a ``with`` block; yield the bytes.

    Raises:
        Busy: too many others wait.
    """
    with _ESTIMATING:  # one at a time: to look at a DICOM file of 40 MB copies it
        size = estimate_bytes(data)
    with (LARGE if size > COMMON_BYTES else COMMON).reserve(size, on_wait=on_wait):
        yield size


@quiet_libraries()
def estimate_bytes(data: bytes) -> int:
    """Return what reading a file will take at its peak, from the size that its header declares.

    It is 0 for a file that is rejected by its header, because nothing is decoded then.
    """
    try:
        width, height, colour = _declared_size(data)
        check_size(width, height)
    except (Unreadable, struct.error, IndexError):
        return 0
    pixels = width * height  # a larger JPEG in colour is decoded at half its size
    return pixels * (_COLOUR if colour and pixels <= MAX_COLOUR_PIXELS else _GREY)


def _declared_size(data: bytes) -> tuple[int, int, bool]:
    """Return width, height, and whether pixels have several channels."""
    if data.startswith(b"\x89PNG"):
        width, height, _depth, colour_type = struct.unpack(">IIBB", data[16:26])
        return width, height, colour_type != 0
    if data.startswith(b"\xff\xd8"):
        frame = check_jpeg(data)
        return frame.width, frame.height, frame.components > 1
    if not looks_like_dicom(data):
        return 0, 0, False
    form = check_format(parse(data))
    return form.columns, form.rows, form.samples > 1 or form.photometric == "PALETTE COLOR"
