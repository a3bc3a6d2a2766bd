"""Measure sharing of cores: ``python -m tests.performance.readers``.

1, 2, 5, 20 and 50 readers ask for a prediction again and again: with the cores shared as in the app, and with one fixed
core for each, alternately.
"""

import statistics
import threading
import time
from collections.abc import Callable

import torch

from cnn.models import cores, loading
from cnn.predict.prediction import classify

SECONDS = 2.0
ROUNDS = 3


def ask(readers: int, start: Callable[[], object]) -> list[float]:
    """Return the milliseconds of all predictions that ``readers`` threads get in ``SECONDS``, after ``start``."""
    model, times = loading.load(), []
    films = torch.randn(1, 1, model.input_size, model.input_size)
    films = (films - films.mean()) / films.std(correction=0)
    end = time.perf_counter() + SECONDS

    def read() -> None:
        start()
        while (begun := time.perf_counter()) < end:
            classify(model, films)
            times.append(1000 * (time.perf_counter() - begun))

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def main() -> None:
    """Print a table: median and 95th percentile of the wait, and predictions a second."""
    torch.set_num_threads(1)
    print(f"{cores.CORES} cores\n| readers | cores | median ms | p95 ms | per second |\n|---|---|---|---|---|")
    for readers in (1, 2, 5, 20, 50):
        found: dict[str, list[float]] = {"shared": [], "one each": []}
        for _ in range(ROUNDS):
            found["shared"] += ask(readers, lambda: None)
            found["one each"] += ask(readers, cores.use_one)
        for name, times in found.items():
            p95 = statistics.quantiles(times, n=20)[-1]
            rate = len(times) / SECONDS / ROUNDS
            print(f"| {readers} | {name} | {statistics.median(times):.1f} | {p95:.1f} | {rate:.0f} |")


if __name__ == "__main__":
    main()
