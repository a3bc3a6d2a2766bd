"""``python -m cnn.training.evaluate FILMS --adults ADULTS``: every published number of the shipped networks.

Each network judges each film once; what it says goes into ``weights/scores``, and all numbers are computed from there:
the metrics in the cards here, curves and tables on the pages of the app. With ``--runs RUNS --seeds 0 1 2`` it first
ships the networks of the first seed named (a rule stated before training), and writes the cards, with mean and standard
deviation over the seeds. Without, it measures the shipped seed only and leaves the cards alone.

Nothing is chosen here: thresholds and temperatures stand in the cards before the test films are read.
"""

import argparse
import hashlib
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnn import cards
from cnn.cards import write_card
from cnn.evaluation import scores
from cnn.evaluation.bootstrap import Estimate, resample_patients
from cnn.evaluation.metrics import auc
from cnn.evaluation.operating_point import measure_performance
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores
from cnn.imaging import hide_lungs
from cnn.imaging.preprocess import resample
from cnn.models import loading, lung_segmenter
from cnn.models.inference import logit_margins
from cnn.training.classifier import ORDER, Split
from cnn.training.data import Film, labels_of, load_pixels, paediatric_films

GROUPS = ("validation", "test", "adults_left_out")
SHOWN = ("auc", "accuracy", "sensitivity", "specificity", "ece")
"""Numbers in the table of the README."""


@cache
def pixels_of(films: tuple[Film, ...], size: int) -> Tensor:
    """Films (N, 1, size, size) uint8, read once."""
    return load_pixels(films, size)


@cache
def masks_of(films: tuple[Film, ...]) -> Tensor:
    """P(lung) of each film (N, 1, S, S), found once for all networks."""
    return lung_segmenter.lung_probabilities(pixels_of(films, lung_segmenter.INPUT_SIZE))


def logits_of(model: loading.LoadedModel, pixels: Tensor) -> np.ndarray:
    """Calibrated logits of P(PNEUMONIA), (N,), for films (N, 1, S, S) uint8."""
    return logit_margins(model.module, pixels) / model.temperature


def score(model: loading.LoadedModel, films: list[Film], seed: int, hide: bool = False) -> Scores:
    """What ``model`` says of ``films``, in an order that says nothing, and if asked also with parts of them hidden."""
    mixed = tuple(sorted(films, key=lambda film: hashlib.sha256(film.path.name.encode()).digest()))
    return Scores(
        logits_of(model, pixels_of(mixed, model.input_size)), labels_of(mixed).numpy(),
        np.array([film.patient for film in mixed]), np.full(len(mixed), seed), np.full(len(mixed), model.threshold),
        {key: np.array([facts_of(film)[key] for film in mixed]) for key in scores.METADATA},
        {what: logits_of(model, shown) for what, shown in hidden(mixed, model.input_size)} if hide else {},
    )  # fmt: skip


def facts_of(film: Film) -> dict[str, str]:
    """What the source says of a film: for an adult age, sex, view and the mined label, for a child's what caused it."""
    facts = dict.fromkeys(scores.METADATA, "")
    if film.adult:
        mined = str(cards.CLASSES.index(film.facts["nih_label"]))
        return facts | {key: film.facts[key] for key in ("age", "sex", "view")} | {"text_mined_label": mined}
    named = film.path.stem.split("_")
    return facts | {"cause": named[1] if len(named) > 1 else ""}


def hidden(films: tuple[Film, ...], size: int) -> Iterator[tuple[str, Tensor]]:
    """Films with each of HIDDEN, (N, 1, size, size) uint8.

    A network that reads lungs has nothing to say when their box is filled, and loses little when all else is.
    """
    masks = masks_of(films)
    greys = pixels_of(films, lung_segmenter.INPUT_SIZE).float() / 255
    mean = greys.mean(dim=(1, 2, 3), keepdim=True)
    inside = masks > 0.5
    every = torch.ones(len(films), 1, 1, 1, dtype=torch.bool)
    changed = (
        hide_lungs.hide_lungs(greys, masks, every),
        torch.where(inside, 0.0, greys),
        torch.where(inside, greys, mean),
    )
    for what, shown in zip(HIDDEN_REGIONS, changed, strict=True):
        yield what, (resample(shown, size) * 255).round().to(torch.uint8)


def report(found: Scores) -> dict[str, Any]:
    """Numbers with their intervals."""
    measured = measure_performance(found)
    return {
        "films": len(found.labels),
        "pneumonia": int(found.labels.sum()),
        **{key: estimate.value for key, estimate in measured.items()},
        "interval_95": {key: [estimate.low, estimate.high] for key, estimate in measured.items()},
    }


def over_seeds(parts: list[Scores]) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) of each number over the seeds."""
    measured = [measure_performance(part) for part in parts]
    values = {key: np.array([each[key].value for each in measured]) for key in measured[0]}
    return {
        key: {"mean": float(each.mean()), "sd": float(each.std(ddof=1)), "each": each.tolist()}
        for key, each in values.items()
    }


def auc_of(found: Scores) -> Estimate:
    """AUC with its interval."""
    return Estimate.from_resamples(auc(found.logits, found.labels, resample_patients(found.patients)))


def ship(folder: Path, names: tuple[str, ...], out: Path) -> None:
    """Copies weights and cards of one seed to where the app reads them."""
    for name in names:
        for ending in ("json", "safetensors"):
            if (folder / f"{name}.{ending}").exists():
                shutil.copy(folder / f"{name}.{ending}", out)


def evaluate(name: str, films_folder: Path, adults_folder: Path, folders: dict[int, Path], out: Path) -> dict[str, Any]:
    """Every number of one network; ``folders`` maps seeds to weights, the shipped one first.

    Scores of the shipped network, and of the adults' films from every seed, are written to ``out`` first: numbers
    come from the file, so that a page that reads it gets the same.
    """
    test = paediatric_films(films_folder, ("test",))
    splits = {seed: Split.of(films_folder, adults_folder, seed) for seed in folders}
    loaded = {seed: loading.load_from(folder, name) for seed, folder in folders.items()}
    first = next(iter(folders))
    tests = [score(model, test, seed, hide=seed == first) for seed, model in loaded.items()]
    outside = [score(model, splits[seed].adults_out, seed) for seed, model in loaded.items()]
    validation = score(loaded[first], splits[first].validation, first)
    groups = dict(zip(GROUPS, (validation, tests[0], scores.concatenate(outside)), strict=True))
    scores.write(out, name, loaded[first].weights_sha256, groups)
    groups = scores.read(out, name, GROUPS)
    adults, seen = groups["adults_left_out"], groups["test"]
    numbers = {group: report(found) for group, found in groups.items()}
    numbers["adults_left_out"] |= {
        "auc_text_mined_labels": auc_of(adults.with_text_mined_labels()).value,
        "seeds": list(folders),
    }
    numbers["test_auc_when_hidden"] = {what: auc_of(seen.with_region_hidden(what)).value for what in HIDDEN_REGIONS}
    if len(folders) > 1:
        numbers["test_over_seeds"] = over_seeds(tests)
        numbers["adults_left_out_over_seeds"] = over_seeds(outside)
    return numbers


def table(measured: dict[str, dict[str, Any]]) -> str:
    """Metrics of the networks as Markdown: the shipped one with its 95 % interval, then mean and sd over the seeds."""
    titles = {"test": "test, children", "adults_left_out": "adults, left out"}
    lines = ["| network | films | " + " | ".join(SHOWN) + " |", "|---" * (2 + len(SHOWN)) + "|"]
    for name, numbers in measured.items():
        for which, title in titles.items():
            cells = [_cell(numbers[which], numbers.get(f"{which}_over_seeds"), key) for key in SHOWN]
            lines.append(f"| {name} | {title} ({numbers[which]['films']}) | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(numbers: dict[str, Any], seeds: dict[str, Any] | None, key: str) -> str:
    low, high = numbers["interval_95"][key]
    cell = f"{numbers[key]:.3f} ({low:.3f}-{high:.3f})"
    return cell + f"; {seeds[key]['mean']:.3f} ± {seeds[key]['sd']:.3f}" if seeds else cell


def main() -> None:
    """Measures, writes scores and cards, and prints the numbers as a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--weights", type=Path, default=cards.WEIGHTS_FOLDER, help="the shipped networks")
    parser.add_argument("--runs", type=Path, help="folder of `python -m cnn.training.classifier`; ships its first seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    given = parser.parse_args()
    if given.runs:
        ship(given.runs / f"seed-{given.seeds[0]}", ORDER, given.weights)
        folders = {seed: given.runs / f"seed-{seed}" for seed in given.seeds}
    else:
        folders = {int(cards.read_card(given.weights, "transfer")["seed"]): given.weights}
    measured = {name: evaluate(name, given.films, given.adults, folders, given.weights) for name in ORDER}
    if given.runs:
        for name, numbers in measured.items():
            write_card(given.weights, name, cards.read_card(given.weights, name) | {"metrics": numbers})
    print(table(measured))


if __name__ == "__main__":
    main()
