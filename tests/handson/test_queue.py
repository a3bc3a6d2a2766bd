"""Trainings in processes of their own: reports, pause, stop, a line, and an end with the learner."""

import gc
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from cnn.errors import UserError
from cnn.handson.runs import queue as runs_queue
from cnn.handson.runs.queue import Desk, Queue
from cnn.handson.settings import Settings
from tests.support.tiny_films import tiny_film_set

FILMS = tiny_film_set()
QUICK = Settings(epochs=2, network="64x64x1, avg 8, conv 4 3 p1, relu, flatten, fc 2")
LONG = replace(QUICK, epochs=100)
FAKE = (sys.executable, "-m", "tests.support.fake_worker")


@pytest.fixture
def queue() -> Iterator[Queue]:
    queue = Queue(at_once=1, command=FAKE)
    yield queue
    queue.close()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Look every 20 ms until ``condition`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)


def test_a_real_training_reports_and_ends_with_a_result() -> None:
    queue = Queue()
    desk = Desk(queue)
    run = desk.start(replace(QUICK, films=40, batch_size=16), FILMS, "baseline")
    wait_for(lambda: run.finished)
    queue.close()
    assert run.error is None
    assert run.result is not None
    assert run.result.ended == "finished"
    assert [epoch.number for epoch in run.epochs] == [0, 1, 2]
    assert (run.films, run.experiment, run.number) == ("tiny films", "baseline", 1)


def test_pause_stop_and_the_line(queue: Queue) -> None:
    first, second, third = Desk(queue), Desk(queue), Desk(queue)
    one = first.start(LONG, FILMS)
    two, three = second.start(QUICK, FILMS), third.start(QUICK, FILMS)
    assert [queue.place(run) for run in (one, two, three)] == [0, 1, 2]
    with pytest.raises(UserError, match="One training at a time"):
        first.start(QUICK, FILMS)
    second.stop()
    assert two.finished
    assert queue.place(three) == 1
    wait_for(lambda: len(one.epochs) > 1)
    one.pause()
    assert one.state == "paused"
    one.resume()
    first.stop()
    wait_for(lambda: one.finished)
    assert one.result is not None
    assert one.result.ended == "stopped"
    wait_for(lambda: three.state == "done")


def test_a_run_ends_with_its_learner_and_the_next_begins(queue: Queue) -> None:
    leaving, staying = Desk(queue), Desk(queue)
    run, following = leaving.start(LONG, FILMS), staying.start(QUICK, FILMS)
    wait_for(lambda: run.epochs)
    run.pause()
    del leaving
    gc.collect()
    wait_for(lambda: following.state == "done")
    assert run.finished
    assert run.result is None


@pytest.mark.parametrize(("batch_size", "sentence"), [(13, "A class has no film"), (14, "unexpectedly")])
def test_what_fails_is_one_sentence_and_the_next_may_start(queue: Queue, batch_size: int, sentence: str) -> None:
    desk = Desk(queue)
    run = desk.start(replace(QUICK, batch_size=batch_size), FILMS)
    wait_for(lambda: run.finished)
    assert sentence in str(run.error)
    following = desk.start(QUICK, FILMS)
    wait_for(lambda: following.state == "done")
    assert following.number == 2


def test_a_paused_run_does_not_hold_its_place_for_ever() -> None:
    queue = Queue(at_once=1, wall_seconds=2, command=FAKE)
    desk = Desk(queue)
    run = desk.start(LONG, FILMS)
    wait_for(lambda: run.epochs)
    run.pause()
    wait_for(lambda: run.finished)
    queue.close()
    assert run.result is not None


def test_the_oldest_runs_are_forgotten(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_queue, "MAX_RUNS", 2)
    desk = Desk(queue)
    queue.warm()
    for _ in range(3):
        run = desk.start(replace(QUICK, batch_size=13), FILMS)
        wait_for(lambda run=run: run.finished)
    assert [run.number for run in desk.runs] == [2, 3]
