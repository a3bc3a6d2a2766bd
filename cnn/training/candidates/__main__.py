"""Make the candidates of every seed, measure them, and print what the rule says."""

import argparse
import json
import logging
from pathlib import Path
from typing import cast

import numpy as np

from cnn import cards
from cnn.models.allocator import keep_memory
from cnn.models.efficientnet import EfficientNet
from cnn.training import candidates
from cnn.training.candidates import rule
from cnn.training.candidates.changes import CHANGES, NAME
from cnn.training.candidates.yardsticks import Yardsticks
from cnn.training.classifier.experiment import Experiment, Split
from cnn.training.classifier.training import train
from cnn.training.film_dataset import FilmReader

log = logging.getLogger(__name__)


def measure_seed(yardsticks: Yardsticks, names: list[str]) -> None:
    """Make and measure the candidates of one seed that have not been yet; each has a file in the seed's folder."""
    experiment = yardsticks.experiment
    for name in names:
        file = measured_file(experiment.folder, name)
        if not file.exists():
            network = cast(EfficientNet, train(NAME, experiment))
            measured = yardsticks.measure(CHANGES[name](network, experiment))
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(measured), encoding="utf-8")
            log.info(
                "%s of seed %d: AUC %.4f, error on corrupted films %.4f",
                name,
                experiment.seed,
                measured["auc"],
                measured["corrupted"],
            )


def measured_file(folder: Path, name: str) -> Path:
    """Return where the measurements of a candidate are kept."""
    return folder / "candidates" / f"{name}.json"


def main() -> None:
    """Measure what has not been, decide, and write figures and decision."""
    parser = argparse.ArgumentParser(
        description=candidates.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of `python -m cnn.training.classifier`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--candidates", nargs="+", choices=CHANGES, default=list(CHANGES))
    parser.add_argument("--out", type=Path, default=cards.WEIGHTS_FOLDER / "candidates.json")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    keep_memory()
    reader, folders = FilmReader(), {seed: arguments.runs / f"seed-{seed}" for seed in arguments.seeds}
    splits = {seed: Split.of(arguments.films, arguments.adults, seed) for seed in folders}
    for seed, folder in folders.items():
        measure_seed(Yardsticks(Experiment(seed, splits[seed], folder, reader), arguments.adults), arguments.candidates)
    films = [film for split in splits.values() for film in split.adults_out]
    adults = rule.Adults(
        np.array([film.label for film in films]),
        np.array([film.patient for film in films]),
        np.array([film.facts["view"] == "AP" for film in films]),
    )
    runs = {
        name: [json.loads(measured_file(folder, name).read_text(encoding="utf-8")) for folder in folders.values()]
        for name in arguments.candidates
    }
    figures = rule.summarise(runs, adults)
    report = {"seeds": arguments.seeds, "passed": rule.list_passed(figures), "candidates": figures}
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(rule.format_table(figures))


if __name__ == "__main__":
    main()
