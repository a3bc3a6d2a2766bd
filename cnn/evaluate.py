"""``python -m cnn.evaluate FILMS --adults ADULTS``: every published number of the shipped networks, in their cards.

With ``--runs RUNS --seeds 0 1 2`` it first ships the networks of the first seed named (a rule stated before training)
and adds mean and standard deviation over the seeds. Nothing is chosen here: thresholds and temperatures stand in the
cards before the test films are read.
"""

import argparse
import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from cnn import augment, lungs, metrics, models
from cnn.data import Film, labels_of, load_pixels, paediatric_films
from cnn.preprocess import resample
from cnn.train import ORDER, Split
from cnn.training import margins_of, write_card

REPEATS = 1000
"""Bootstrap draws."""
INTERVALS = ("auc", "accuracy", "sensitivity", "specificity", "ece")


@dataclass(frozen=True)
class Scored:
    """What one network says of some films: P(PNEUMONIA) after calibration (N,), with labels (N,) and patients (N,)."""

    probabilities: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    threshold: float

    def take(self, chosen: np.ndarray) -> "Scored":
        """The films of these indices."""
        return replace(self, probabilities=self.probabilities[chosen], labels=self.labels[chosen],
                       patients=self.patients[chosen])  # fmt: skip

    def summary(self) -> dict[str, float]:
        """See :func:`cnn.metrics.summary`."""
        return metrics.summary(self.probabilities, self.labels, self.threshold)

    def intervals(self) -> dict[str, list[float]]:
        """95 % bootstrap intervals over patients."""

        def values(chosen: np.ndarray) -> np.ndarray:
            if len(np.unique(self.labels[chosen])) < len(models.CLASSES):
                return np.full(len(INTERVALS), np.nan)
            found = self.take(chosen).summary()
            return np.array([found[key] for key in INTERVALS])

        bounds = metrics.bootstrap(values, self.patients, repeats=REPEATS)
        return dict(zip(INTERVALS, bounds.tolist(), strict=True))


@cache
def pixels_of(films: tuple[Film, ...], size: int) -> Tensor:
    """Films (N, 1, size, size) uint8, read once."""
    return load_pixels(films, size)


@cache
def masks_of(films: tuple[Film, ...]) -> Tensor:
    """P(lung) of each film (N, 1, S, S), found once for all networks."""
    return lungs.lung_masks(pixels_of(films, lungs.SIZE))


def score(model: models.LoadedModel, films: list[Film], pixels: Tensor | None = None) -> Scored:
    """What ``model`` says of ``films``, or of ``pixels`` that stand for them."""
    shown = pixels_of(tuple(films), model.input_size) if pixels is None else pixels
    margins = margins_of(model.module, shown)
    return Scored(metrics.sigmoid(margins / model.temperature), labels_of(films).numpy(),
                  np.array([film.patient for film in films]), model.threshold)  # fmt: skip


def pooled(parts: list[Scored]) -> Scored:
    """Films of several networks of one recipe, each scored by a network that was not trained on it."""
    return Scored(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.patients for part in parts]),
        float(np.mean([part.threshold for part in parts])),
    )


def report(scored: Scored) -> dict[str, Any]:
    """Numbers with their intervals."""
    return scored.summary() | {"interval_95": scored.intervals()}


def over_seeds(parts: list[Scored]) -> dict[str, Any]:
    """Mean and standard deviation (n - 1) of each number over the seeds."""
    summaries = [part.summary() for part in parts]
    names = [key for key in summaries[0] if key not in ("films", "pneumonia")]
    values = {key: np.array([each[key] for each in summaries]) for key in names}
    return {
        key: {"mean": float(each.mean()), "sd": float(each.std(ddof=1)), "each": each.tolist()}
        for key, each in values.items()
    }


def text_mined_auc(films: list[Film], scored: Scored) -> float:
    """AUC of the same answers against the labels that were mined from the text of reports."""
    mined = [film.facts["nih_label"] == models.CLASSES[1] for film in films]
    return float(roc_auc_score(mined, scored.probabilities))


def probes(model: models.LoadedModel, films: list[Film]) -> dict[str, float]:
    """Test AUC when something is hidden: what the network leans on.

    A network that reads lungs has nothing to say when their box is filled, and loses little when all else is.
    """
    pixels = pixels_of(tuple(films), lungs.SIZE)
    masks = masks_of(tuple(films))
    greys = pixels.float() / 255
    mean = greys.mean(dim=(1, 2, 3), keepdim=True)
    inside = masks > 0.5
    hidden = {
        "lungs' box filled with the mean grey": augment.hide_lungs(greys, masks, torch.ones(len(films), 1, 1, 1) > 0),
        "lungs blacked out by their mask": torch.where(inside, 0.0, greys),
        "nothing but the lungs visible": torch.where(inside, greys, mean),
    }
    size = model.input_size
    return {
        name: score(model, films, (resample(shown, size) * 255).round().to(torch.uint8)).summary()["auc"]
        for name, shown in hidden.items()
    }


def ship(folder: Path, names: tuple[str, ...], out: Path) -> None:
    """Copies weights and cards of one seed to where the app reads them."""
    for name in names:
        for ending in ("json", "safetensors"):
            if (folder / f"{name}.{ending}").exists():
                shutil.copy(folder / f"{name}.{ending}", out)


def evaluate(name: str, films_folder: Path, adults_folder: Path, folders: dict[int, Path]) -> dict[str, Any]:
    """Every number of one network; ``folders`` maps seeds to weights, the shipped one first."""
    test = paediatric_films(films_folder, ("test",))
    splits = {seed: Split.of(films_folder, adults_folder, seed) for seed in folders}
    loaded = {seed: models.load_from(folder, name) for seed, folder in folders.items()}
    first = next(iter(folders))
    tests = [score(model, test) for model in loaded.values()]
    outside = [score(model, splits[seed].adults_out) for seed, model in loaded.items()]
    adults = [film for seed in folders for film in splits[seed].adults_out]
    numbers = {
        "validation": report(score(loaded[first], splits[first].validation)),
        "test": report(tests[0]),
        "adults_left_out": report(pooled(outside))
        | {"auc_text_mined_labels": text_mined_auc(adults, pooled(outside)), "seeds": list(folders)},
        "test_auc_when_hidden": probes(loaded[first], test),
    }
    if len(folders) > 1:
        numbers["test_over_seeds"] = over_seeds(tests)
        numbers["adults_left_out_over_seeds"] = over_seeds(outside)
    return numbers


def table(measured: dict[str, dict[str, Any]]) -> str:
    """Metrics of the networks as Markdown: the shipped one with its 95 % interval, then mean and sd over the seeds."""
    titles = {"test": "test, children", "adults_left_out": "adults, left out"}
    lines = ["| network | films | " + " | ".join(INTERVALS) + " |", "|---" * (2 + len(INTERVALS)) + "|"]
    for name, numbers in measured.items():
        for which, title in titles.items():
            cells = [_cell(numbers[which], numbers.get(f"{which}_over_seeds"), key) for key in INTERVALS]
            lines.append(f"| {name} | {title} ({numbers[which]['films']}) | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(numbers: dict[str, Any], seeds: dict[str, Any] | None, key: str) -> str:
    low, high = numbers["interval_95"][key]
    cell = f"{numbers[key]:.3f} ({low:.3f}-{high:.3f})"
    return cell + f"; {seeds[key]['mean']:.3f} ± {seeds[key]['sd']:.3f}" if seeds else cell


def main() -> None:
    """Measures, writes the numbers into the cards, and prints them as a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--weights", type=Path, default=models.WEIGHTS, help="the shipped networks")
    parser.add_argument("--runs", type=Path, help="folder of `python -m cnn.train`; ships its first seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    given = parser.parse_args()
    if given.runs:
        ship(given.runs / f"seed-{given.seeds[0]}", ORDER, given.weights)
        folders = {seed: given.runs / f"seed-{seed}" for seed in given.seeds}
    else:
        folders = {int(models.read_card(given.weights, "transfer")["seed"]): given.weights}
    measured = {name: evaluate(name, given.films, given.adults, folders) for name in ORDER}
    if given.runs:
        for name, numbers in measured.items():
            write_card(given.weights, name, models.read_card(given.weights, name) | {"metrics": numbers})
    print(table(measured))


if __name__ == "__main__":
    main()
