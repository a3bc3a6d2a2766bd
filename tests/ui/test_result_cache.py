"""A result is computed by one thread for all that want it, and the oldest ones are dropped."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ui.chest.result_cache import ResultCache


def test_the_least_recently_used_result_is_dropped() -> None:
    cache: ResultCache[str] = ResultCache(2)
    for key in ("a", "b", "a", "c"):
        cache.get_or_compute(key, key.upper)
    assert sorted(cache.values()) == ["A", "C"]
    assert set(cache.keys()) == {"a", "c"}
    cache.clear()
    assert not cache.keys()


def test_another_thread_waits_for_the_result() -> None:
    cache: ResultCache[int] = ResultCache(2)
    started, waiting = threading.Event(), threading.Event()

    def compute() -> int:
        started.set()
        assert waiting.wait(10)
        return 7

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.get_or_compute, "key", compute)
        started.wait(10)
        assert cache.get_or_compute("key", lambda: pytest.fail("computed twice"), waiting.set) == 7
        assert first.result() == 7


def test_after_a_failure_the_next_thread_computes() -> None:
    cache: ResultCache[int] = ResultCache(2)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_compute("key", lambda: 1 // 0)
    assert cache.get_or_compute("key", lambda: 7) == 7


def test_a_wait_can_be_ended() -> None:
    cache: ResultCache[int] = ResultCache(2)
    started, finish = threading.Event(), threading.Event()

    def compute() -> int:
        started.set()
        finish.wait(10)
        return 7

    def give_up() -> None:
        finish.set()
        raise InterruptedError

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(cache.get_or_compute, "key", compute)
        started.wait(10)
        with pytest.raises(InterruptedError):
            cache.get_or_compute("key", lambda: 0, give_up)
        assert first.result() == 7
