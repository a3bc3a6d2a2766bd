"""Measure the hands-on trainings: ``python -m tests.performance.handson start`` or ``... choose``.

``start`` prints the seconds from Start to the first point of the curve, with a process that is ready and without.
``choose`` trains the baseline with several settings and seeds and prints validation figures only: a recipe is chosen by
these, because a figure on test films that has chosen something is too good.
"""

import argparse
import json
import time
from dataclasses import replace
from itertools import islice

from cnn.handson.films import shipped
from cnn.handson.runs.events import Epoch
from cnn.handson.runs.queue import Desk, Queue
from cnn.handson.settings import Settings

RECIPES = ((0.002, 12, 32), (0.001, 12, 32), (0.002, 16, 32), (0.003, 12, 32))
"""Learning rate, epochs, batch size."""
READING_S = 12.0
"""Seconds that a learner looks at the page before Start."""


def measure_start(*, ready: bool) -> float:
    """Return the seconds from Start to the first epoch's figures, those before the training."""
    queue = Queue()
    if ready:
        queue.warm()
        time.sleep(READING_S)
    desk = Desk(queue)
    began = time.monotonic()
    run = desk.start(Settings())
    while not run.epochs:
        time.sleep(0.01)
    seconds = time.monotonic() - began
    queue.close()
    return seconds


def choose(seeds: tuple[int, ...] = (0, 1)) -> None:
    """Print a line for each recipe and seed."""
    import torch

    from cnn.handson.runs.training import Training

    torch.set_num_threads(1)
    for rate, epochs, batch in RECIPES:
        for seed in seeds:
            settings = replace(Settings(), learning_rate=rate, epochs=epochs, batch_size=batch, seed=seed)
            training = Training(settings, shipped(), 3600, lambda: False)
            events = (event for event in training.events() if isinstance(event, Epoch))
            seen = list(islice(events, epochs + 1))  # what follows the last epoch looks at the test films
            best = min(seen, key=lambda epoch: epoch.validation_loss)
            figures = {"loss": best.validation_loss, "auc": best.validation_auc, "kept_epoch": best.number}
            print(json.dumps({"rate": rate, "epochs": epochs, "batch": batch, "seed": seed} | figures), flush=True)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.handson", description=__doc__)
    parser.add_argument("what", choices=("start", "choose"))
    if parser.parse_args().what == "choose":
        choose()
    else:
        print(f"ready: {measure_start(ready=True):.2f} s; without: {measure_start(ready=False):.2f} s")


if __name__ == "__main__":
    main()
