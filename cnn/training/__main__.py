"""Train, calibrate, fit and measure all that is shipped, in order.

    python -m cnn.training FILMS --adults ADULTS --lungs LUNG_MASKS --seeds 0 1 2

Each step is a command of its own. One that has finished with the same arguments is skipped, and one that was stopped
resumes where it can; ``RUNS/finished.json`` holds what has finished, and a step that runs again makes all later ones
run again. The classifiers train on a GPU where there is one. Weights, cards, scores and figures of the checkout are
replaced.
"""

import argparse
import importlib
import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """A command: the module whose ``main`` is called, and its arguments."""

    module: str
    arguments: tuple[str, ...]

    def run(self) -> None:
        """Call the command as a shell would, in this process."""
        sys.argv = [self.module, *self.arguments]
        importlib.import_module(self.module).main()


def plan(films: Path, adults: Path, lungs: Path, runs: Path, seeds: list[int]) -> list[Step]:
    """Return all steps in order; each needs only what those before it wrote."""
    of_adults = ("--adults", str(adults))
    of_seeds = ("--runs", str(runs), "--seeds", *map(str, seeds))
    return [
        Step("cnn.training.lung_segmenter", (str(lungs),)),
        Step("cnn.training.classifier.__main__", (str(films), *of_adults, *of_seeds)),
        Step("cnn.training.evaluate", (str(films), *of_adults, *of_seeds)),
        Step("cnn.training.ood_gate.fit", (str(films), *of_adults)),
        Step("cnn.training.stress.corrupted_films", (str(films), "--kept", str(runs / "corrupted_films.json"))),
        Step("cnn.training.stress.hard_question", (*of_adults, *of_seeds)),
        Step("cnn.training.saliency_bench.__main__", (str(films), *of_adults, *of_seeds)),
        Step("cnn.attribution.front_page_example", ()),
    ]


def run_all(steps: list[Step], finished_file: Path) -> None:
    """Run the steps that have not finished, each once; from the first that runs on, all later ones run."""
    finished: list[list[str]] = json.loads(finished_file.read_text(encoding="utf-8")) if finished_file.exists() else []
    names = [[step.module, *step.arguments] for step in steps]
    done = next((index for index, name in enumerate(names) if finished[index : index + 1] != [name]), len(steps))
    for index, step in enumerate(steps):
        if index < done:
            log.info("%s has finished before", step.module)
            continue
        log.info("%s begins", step.module)
        step.run()
        finished_file.parent.mkdir(parents=True, exist_ok=True)
        finished_file.write_text(json.dumps(names[: index + 1], indent=1), encoding="utf-8")


def main() -> None:
    """Run all steps that have not finished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--lungs", type=Path, required=True, help="folder with images/ and masks/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="the first is the one that ships")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="what is kept of a stopped run")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    steps = plan(arguments.films, arguments.adults, arguments.lungs, arguments.runs, arguments.seeds)
    run_all(steps, arguments.runs / "finished.json")


if __name__ == "__main__":
    main()
