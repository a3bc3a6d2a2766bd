"""Who may compute now: first come, first served, with a bounded wait.

A plain lock would do for one picture at a time, but it lets the thread that gives it back take it again at once. An
explanation of many passes hands its turn on between them, so that a quick one never waits for the whole of a slow one.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cnn.errors import Busy

GLANCE = 0.25
"""Seconds between two looks at whether a waiting reader is still there."""
StillThere = Callable[[int], None]


class Turns:
    """A queue of threads, of which the first may compute."""

    def __init__(self) -> None:
        self._queue: deque[Turn] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def take(self, patience: float, still_there: StillThere = lambda place: None) -> Iterator["Turn"]:
        """Waits for this thread's turn and ends it with the block, whatever happens in it.

        Args:
            patience: seconds to wait at most, here and in each :meth:`Turn.pass_on`.
            still_there: told the place in line, from 1, while waiting; what it raises ends the wait.

        Raises:
            Busy: the turn did not come in time.
        """
        turn = Turn(self, patience, still_there)
        try:
            self._stand_in_line(turn)
            yield turn
        finally:
            with self._changed:
                if turn in self._queue:
                    self._queue.remove(turn)
                self._changed.notify_all()

    def _stand_in_line(self, turn: "Turn") -> None:
        """Puts ``turn`` at the end of the queue and returns when it is the first."""
        give_up = time.monotonic() + turn.patience
        with self._changed:
            if turn in self._queue:
                self._queue.remove(turn)
            self._queue.append(turn)
            self._changed.notify_all()
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._queue[0] is turn, GLANCE):
                    return
                place = self._queue.index(turn)
            if time.monotonic() > give_up:
                raise Busy(
                    f"The network is busy with other pictures, and you were number {place} in line: "
                    "try again in a moment, or choose a quicker method."
                )
            turn.still_there(place)


class Turn:
    """One thread's place in the queue."""

    def __init__(self, turns: Turns, patience: float, still_there: StillThere) -> None:
        self._turns = turns
        self.patience = patience
        self.still_there = still_there

    def pass_on(self) -> None:
        """Lets everybody who waits go first. Raises ``Busy`` like :meth:`Turns.take`."""
        self._turns._stand_in_line(self)
