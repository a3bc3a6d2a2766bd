"""Run an experiment and print its figures: ``python -m cnn.handson --experiment baseline --seconds 60``.

One line of JSON on standard output; epochs as they come on standard error.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from cnn.errors import UserError
from cnn.handson.experiments import EXPERIMENTS, find
from cnn.handson.films import FilmSet, pneumonia_mnist, shipped
from cnn.handson.runs.events import Epoch, Result
from cnn.handson.settings import MAX_SECONDS, Settings

FILMS: dict[str, Callable[[], FilmSet]] = {"shipped": shipped, "pneumoniamnist": pneumonia_mnist}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 2 where a value is not allowed, else 0."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiment", default="baseline", help=f"one of {', '.join(EXPERIMENTS)}")
    parser.add_argument("--seconds", type=float, default=MAX_SECONDS, help="time limit, imports included")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--films", choices=FILMS, default="shipped", help="pneumoniamnist needs a network, once")
    options = parser.parse_args(arguments)
    try:
        experiment = find(options.experiment)
        settings = replace(experiment.settings, seed=options.seed)
        if not 1 <= options.seconds <= 3600:
            raise UserError("--seconds must be a number from 1 to 3600.")
        result = run(settings, began, options.seconds, FILMS[options.films]())
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(figures(result, time.monotonic() - began)))
    print(experiment.findings(result), file=sys.stderr)
    return 0


def run(settings: Settings, began: float, seconds: float, film_set: FilmSet) -> Result:
    """Train on one core within what is left of ``seconds`` since ``began``, and return the result."""
    import torch

    from cnn.handson.runs.training import train

    torch.set_num_threads(1)
    result = None
    for event in train(settings, film_set, max(1.0, seconds - (time.monotonic() - began))):
        if isinstance(event, Epoch):
            print(
                f"epoch {event.number}: loss {event.train_loss:.3f}, validation loss {event.validation_loss:.3f}, "
                f"AUC {event.validation_auc:.3f}",
                file=sys.stderr,
            )
        elif isinstance(event, Result):
            result = event
    assert result is not None
    return result


def figures(result: Result, seconds: float) -> dict[str, object]:
    """Return the figures of a result for JSON."""
    counts = result.counts
    values: dict[str, object] = {
        "test_auc": round(result.test_auc.value, 4),
        "test_auc_interval": [round(result.test_auc.low, 4), round(result.test_auc.high, 4)],
        "test_accuracy": round(result.test_accuracy.value, 4),
        "test_sensitivity": round(float(counts.sensitivity[0]), 4),
        "test_specificity": round(float(counts.specificity[0]), 4),
        "validation_auc": round(result.validation_auc, 4),
        "validation_accuracy": round(result.validation_accuracy, 4),
        "train_accuracy": round(result.train_accuracy, 4),
        "seconds": round(seconds, 1),
        "epochs": result.epochs,
        "kept_epoch": result.epoch,
        "ended": result.ended,
        "parameters": result.parameters,
        "shared_patients": result.shared_patients,
    }
    if result.letter:
        values |= {"letter_accuracy": result.letter.accuracy, "letter_map_share": round(result.letter.map_share, 4)}
    return values


if __name__ == "__main__":
    sys.exit(main())
