"""First come, first served; a bounded wait; a turn that always ends."""

import threading
import time

import pytest

from cnn.attribution.fair_lock import FairLock
from cnn.errors import Busy


def test_one_at_a_time_in_order_of_arrival() -> None:
    turns, order, inside = FairLock(), [], []

    def work(number: int) -> None:
        with turns.take(5):
            inside.append(number)
            assert inside == [number]
            order.append(number)
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with turns.take(5):
        for number, thread in enumerate(threads, start=1):
            thread.start()
            while len(turns._queue) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_passing_on_lets_those_who_wait_go_first() -> None:
    turns, order = FairLock(), []

    def quick() -> None:
        with turns.take(5):
            order.append("quick")

    with turns.take(5) as turn:
        turn.pass_on()
        order.append("slow, alone")
        thread = threading.Thread(target=quick)
        thread.start()
        while len(turns._queue) < 2:
            time.sleep(0.001)
        turn.pass_on()
        order.append("slow, again")
    thread.join()
    assert order == ["slow, alone", "quick", "slow, again"]


def test_the_wait_is_bounded_and_names_the_place_in_line() -> None:
    turns = FairLock()
    with turns.take(5), pytest.raises(Busy, match="number 1 in line"), turns.take(0.05):
        pass
    assert not turns._queue


def test_a_reader_who_leaves_leaves_the_line() -> None:
    class GoneError(BaseException):
        pass

    def gone(place: int) -> None:
        assert place == 1
        raise GoneError

    turns = FairLock()
    with turns.take(5), pytest.raises(GoneError), turns.take(60, gone):
        pass
    assert not turns._queue


def test_a_turn_ends_with_an_exception() -> None:
    turns = FairLock()
    with pytest.raises(KeyError), turns.take(5):
        raise KeyError
    with turns.take(0.05):
        pass
