"""A worker process whose training needs no PyTorch: it reports an epoch every 20 ms, and learns nothing.

Of a run of 100 epochs, which a test stops before its end, it reports four a second, also for a slow machine.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cnn.errors import UserError
from cnn.handson.films import FilmSet
from cnn.handson.runs import worker
from cnn.handson.runs.events import Epoch, Event, Result, Step
from cnn.handson.settings import Settings

PICTURES = np.zeros((1, 3, 3), np.float16)


def fake_result(settings: Settings, film_set: FilmSet, epochs: int = 3, ended: str = "finished") -> Result:
    """A result whose margins are those of a fair network: mostly right, some wrong."""
    labels = film_set.test.labels
    margins = (2.0 * labels - 1) * np.resize([2.0, 1.0, 3.0, -0.5], len(labels))
    return Result(
        settings=settings,
        epoch=epochs,
        epochs=epochs,
        batches=epochs * 3,
        seconds=1.0,
        ended=ended,
        train_counts=(24, 24),
        shared_patients=0,
        train_accuracy=1.0,
        validation_accuracy=0.9,
        validation_auc=0.95,
        test=film_set.test,
        test_margins=margins,
        worst=np.argsort(margins * (2 * labels - 1))[:6],
        worst_maps=np.random.default_rng(0).normal(size=(6, 64, 64)).astype(np.float16),
        map_method="HiResCAM",
        parameters=1000,
        weights=b"weights",
    )


def fake_epoch(number: int) -> Epoch:
    """An epoch whose loss falls."""
    losses = 1 / (number + 1), 0.9, 1 / (number + 2)
    return Epoch(number, number * 3, *losses, 0.8, 0.9, PICTURES, np.eye(64, dtype=np.float16))


def train(settings: Settings, film_set: FilmSet, seconds: float, should_stop: Callable[[], bool]) -> Iterator[Event]:
    """Report ``settings.epochs`` epochs and a result; batches of 13 are an error of the learner, 14 one of the code."""
    if settings.batch_size == 13:
        raise UserError("A class has no film.")
    if settings.batch_size == 14:
        raise KeyError("a mistake of ours")
    pause = 0.25 if settings.epochs == 100 else 0.02
    for number in range(settings.epochs + 1):
        yield fake_epoch(number)
        yield Step(number * 3, settings.epochs * 3, 0.5)
        time.sleep(pause)
        if should_stop():
            break
    yield fake_result(settings, film_set, number, "stopped" if should_stop() else "finished")


def prepare() -> Any:
    """Stand in for the import of PyTorch."""
    return train


if __name__ == "__main__":
    worker.main(prepare)
