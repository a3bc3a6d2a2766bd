"""Train the chosen networks of each seed into ``RUNS/seed-S``."""

import argparse
import logging
from pathlib import Path

from cnn.models.allocator import keep_memory
from cnn.training import classifier
from cnn.training.classifier.experiment import Experiment, Split
from cnn.training.classifier.networks import OBTAIN, ORDER, calibrate_and_write
from cnn.training.film_dataset import FilmReader


def main() -> None:
    """Train the chosen networks into ``RUNS/seed-S``."""
    parser = argparse.ArgumentParser(
        description=classifier.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--models", nargs="+", choices=ORDER, default=ORDER)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    keep_memory()
    reader = FilmReader()
    for seed in arguments.seeds:
        folder = arguments.runs / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        experiment = Experiment(seed, Split.of(arguments.films, arguments.adults, seed), folder, reader)
        for name in arguments.models:
            calibrate_and_write(name, OBTAIN[name](experiment), experiment)


if __name__ == "__main__":
    main()
