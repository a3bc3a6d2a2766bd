"""First come, first served; a bounded wait; a lock that is always released."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from cnn.attribution import fair_lock
from cnn.attribution.fair_lock import FairLock
from cnn.errors import Busy


@pytest.fixture(autouse=True)
def short_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_lock, "POLL_S", 0.01)


def start_waiting(lock: FairLock, work: Callable[[], None]) -> threading.Thread:
    """Start a thread that works under the lock, and return when it is in the queue."""
    queued = threading.Event()

    def run() -> None:
        with lock.acquire(10, lambda position: queued.set()):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    assert queued.wait(10)
    return thread


def assert_free(lock: FairLock) -> None:
    with lock.acquire(0):
        pass


def test_one_thread_at_a_time_in_order_of_arrival() -> None:
    lock, events = FairLock(), []

    def work(number: int) -> None:
        events.append(f"{number} begins")
        events.append(f"{number} ends")

    with lock.acquire(10):
        threads = [start_waiting(lock, partial(work, number)) for number in range(4)]
        assert not events
    for thread in threads:
        thread.join()
    assert events == [f"{number} {event}" for number in range(4) for event in ("begins", "ends")]


def test_yielding_lets_waiting_threads_go_first() -> None:
    lock, order = FairLock(), []
    with lock.acquire(10) as yield_to_waiters:
        yield_to_waiters(None)
        order.append("slow, alone")
        thread = start_waiting(lock, partial(order.append, "quick"))
        yield_to_waiters(None)
        order.append("slow, again")
    thread.join()
    assert order == ["slow, alone", "quick", "slow, again"]


def test_the_wait_is_bounded_and_tells_the_position() -> None:
    lock = FairLock()
    with lock.acquire(10), pytest.raises(Busy, match="number 1 in line"), lock.acquire(0.05):
        pass
    assert_free(lock)


def test_what_on_wait_raises_ends_the_wait() -> None:
    class StoppedError(BaseException):
        """As Streamlit stops a script."""

    def stop(position: int) -> None:
        assert position == 1
        raise StoppedError

    lock = FairLock()
    with lock.acquire(10), pytest.raises(StoppedError), lock.acquire(60, stop):
        pass
    assert_free(lock)


def test_an_exception_releases_the_lock() -> None:
    lock = FairLock()
    with pytest.raises(KeyError), lock.acquire(10):
        raise KeyError
    assert_free(lock)
