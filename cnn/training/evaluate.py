"""Measure every published number of the networks: ``python -m cnn.training.evaluate FILMS --adults ADULTS``.

Each network classifies each film once; its logits are written into ``weights/scores``, and all numbers are computed
from there: the metrics in the cards here, curves and tables on the pages of the app. With ``--runs RUNS --seeds 0 1 2``
the networks of the first seed are shipped first (a rule stated before training), and the cards are written, with mean
and standard deviation over the seeds. Without, only the shipped seed is measured and the cards stay as they are.

Nothing is chosen here: thresholds and temperatures are in the cards before the test films are read. What depends on the
threshold is also measured at the earlier one, under names with ``balanced_threshold``.
"""

import argparse
import hashlib
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnn import cards
from cnn.evaluation import scores
from cnn.evaluation.metrics import estimate_auc
from cnn.evaluation.operating_point import AT_THRESHOLD, measure_performance
from cnn.evaluation.scores import HIDDEN_REGIONS, Scores
from cnn.evaluation.study import MEASURES
from cnn.imaging.hide_lungs import hide_lungs
from cnn.imaging.preprocess import resample
from cnn.models import loading, lung_segmenter
from cnn.models.inference import logit_margins
from cnn.models.loading import LoadedModel
from cnn.training.classifier.experiment import Split
from cnn.training.classifier.networks import ORDER
from cnn.training.data import Film, labels_of, paediatric_films
from cnn.training.film_dataset import FilmReader

GROUPS = ("validation", "test", "adults_left_out")
AT_BALANCED = "at_balanced_threshold"
"""Key of the numbers at the earlier threshold."""
TABLE_METRICS = ("auc", "accuracy", "sensitivity", "specificity", "ece")
"""Metrics in the table of the README."""


@dataclass(frozen=True)
class MeasuredFilms:
    """The films that all networks are measured on, each read once."""

    folder: Path
    adults_folder: Path
    reader: FilmReader = field(default_factory=FilmReader)

    def score(self, model: LoadedModel, films: list[Film], seed: int, hide: bool = False) -> Scores:
        """Return the scores of ``films``, sorted by a hash of their names; with ``hide`` also with regions hidden."""
        films = sorted(films, key=lambda film: hashlib.sha256(film.path.name.encode()).digest())
        metadata = [metadata_of(film) for film in films]
        hidden = self._hide_regions(films, model.input_size) if hide else {}
        return Scores(
            logits=calibrated_logits(model, self.reader.pixels(films, model.input_size)),
            labels=labels_of(films).numpy(),
            patients=np.array([film.patient for film in films]),
            seeds=np.full(len(films), seed),
            thresholds=np.full(len(films), model.threshold),
            metadata={key: np.array([row[key] for row in metadata]) for key in scores.METADATA},
            hidden_logits={region: calibrated_logits(model, pixels) for region, pixels in hidden.items()},
        )

    def _hide_regions(self, films: list[Film], size: int) -> dict[str, Tensor]:
        """Return films with each of HIDDEN_REGIONS hidden, (N, 1, size, size) uint8.

        A network that reads the lungs cannot tell anything once their box is filled, and loses little when all else is.
        """
        masks = self.reader.lung_masks(films) / 255
        greys = self.reader.pixels(films, lung_segmenter.INPUT_SIZE).float() / 255
        lungs = masks > 0.5
        hidden = (
            hide_lungs(greys, masks, torch.ones(len(films), 1, 1, 1, dtype=torch.bool)),
            torch.where(lungs, 0.0, greys),
            torch.where(lungs, greys, greys.mean(dim=(1, 2, 3), keepdim=True)),
        )
        resized = ((resample(images, size) * 255).round().to(torch.uint8) for images in hidden)
        return dict(zip(HIDDEN_REGIONS, resized, strict=True))


def calibrated_logits(model: LoadedModel, pixels: Tensor) -> np.ndarray:
    """Return logits of P(PNEUMONIA), (N,), for films (N, 1, S, S) uint8."""
    return logit_margins(model.module, pixels) / model.temperature


def metadata_of(film: Film) -> dict[str, str]:
    """Return METADATA of a film: for an adult age, sex, view and mined label, for a child the cause; else empty."""
    metadata = dict.fromkeys(scores.METADATA, "")
    if film.adult:
        metadata |= {key: film.facts[key] for key in ("age", "sex", "view")}
        metadata["text_mined_label"] = str(cards.CLASSES.index(film.facts["nih_label"]))
    elif "_" in film.path.stem:
        metadata["cause"] = film.path.stem.split("_")[1]
    return metadata


def report(group: Scores, measures: Collection[str] = MEASURES) -> dict[str, Any]:
    """Return the number of films and each of ``measures`` with its interval, for the card."""
    performance = {key: estimate for key, estimate in measure_performance(group).items() if key in measures}
    return {
        "films": len(group.labels),
        "pneumonia": int(group.labels.sum()),
        **{key: estimate.value for key, estimate in performance.items()},
        "interval_95": {key: [estimate.low, estimate.high] for key, estimate in performance.items()},
    }


def summarise_seeds(groups: list[Scores], measures: Collection[str] = MEASURES) -> dict[str, Any]:
    """Return mean and standard deviation (n - 1) of each of ``measures`` over the seeds."""
    performances = [measure_performance(group) for group in groups]
    values = {key: np.array([each[key].value for each in performances]) for key in measures}
    return {
        key: {"mean": float(each.mean()), "sd": float(each.std(ddof=1)), "each": each.tolist()}
        for key, each in values.items()
    }


def ship(folder: Path, names: Sequence[str], out: Path) -> None:
    """Copy weights and cards of one seed to where the app reads them."""
    for name in names:
        for path in folder.glob(f"{name}.*"):
            if path.suffix in (".json", ".safetensors"):
                shutil.copy(path, out)


def evaluate(name: str, films: MeasuredFilms, folders: dict[int, Path], out: Path) -> dict[str, Any]:
    """Return every number of one network; ``folders`` maps seeds to weights, the shipped seed first.

    Scores of the shipped network, and of the adults' films from every seed, are written to ``out`` first, and numbers
    are computed from that file, so that a page that reads it gets the same.
    """
    first, *_ = folders
    models = {seed: loading.load_from(folder, name) for seed, folder in folders.items()}
    splits = {seed: Split.of(films.folder, films.adults_folder, seed) for seed in folders}
    test_films = paediatric_films(films.folder, ("test",))
    tests = [films.score(model, test_films, seed, hide=seed == first) for seed, model in models.items()]
    adults = [films.score(model, splits[seed].adults_out, seed) for seed, model in models.items()]
    validation = films.score(models[first], splits[first].validation, first)
    measured = dict(zip(GROUPS, (validation, tests[0], scores.concatenate(adults)), strict=True))
    balanced = {seed: float(model.card["balanced_threshold"]) for seed, model in models.items()}
    scores.write(out, name, models[first].weights_sha256, measured, balanced)
    numbers = measure_scores(out, name)
    if len(folders) > 1:
        for group, of_seeds in (("test", tests), ("adults_left_out", adults)):
            numbers[f"{group}_over_seeds"] = summarise_seeds(of_seeds)
            earlier = [_at(part, threshold) for part, threshold in zip(of_seeds, balanced.values(), strict=True)]
            numbers[f"{group}_over_seeds"][AT_BALANCED] = summarise_seeds(earlier, AT_THRESHOLD)
    return numbers


def measure_scores(folder: Path, name: str) -> dict[str, Any]:
    """Return the numbers of one network that follow from its file of scores."""
    groups, earlier = (scores.read(folder, name, GROUPS, rule) for rule in (scores.CHOSEN, scores.BALANCED))
    numbers = {key: report(group) for key, group in groups.items()}
    for key, group in earlier.items():
        numbers[key][AT_BALANCED] = report(group, AT_THRESHOLD)
    numbers["adults_left_out"] |= {
        "auc_text_mined_labels": estimate_auc(groups["adults_left_out"].with_text_mined_labels()).value,
        "seeds": np.unique(groups["adults_left_out"].seeds).tolist(),
    }
    numbers["test_auc_when_hidden"] = {
        region: estimate_auc(groups["test"].with_region_hidden(region)).value for region in HIDDEN_REGIONS
    }
    return numbers


def _at(part: Scores, threshold: float) -> Scores:
    return replace(part, thresholds=np.full(len(part.labels), threshold))


def format_table(numbers: dict[str, dict[str, Any]]) -> str:
    """Return metrics as Markdown: the shipped seed with its 95 % interval, then mean and deviation over the seeds.

    Below each row is one of what depends on the threshold, at the earlier one.
    """
    titles = {"test": "test, children", "adults_left_out": "adults, left out"}
    lines = ["| network | films | " + " | ".join(TABLE_METRICS) + " |", "|---" * (2 + len(TABLE_METRICS)) + "|"]
    for name, groups in numbers.items():
        for group, title in titles.items():
            shipped, seeds = groups[group], groups.get(f"{group}_over_seeds", {})
            cells = [_format_cell(shipped, seeds, key) for key in TABLE_METRICS]
            lines.append(f"| {name} | {title} ({shipped['films']}) | {' | '.join(cells)} |")
            earlier, earlier_seeds = shipped[AT_BALANCED], seeds.get(AT_BALANCED, {})
            cells = [_format_cell(earlier, earlier_seeds, key) for key in TABLE_METRICS]
            lines.append(f"| | *the same, earlier threshold* | {' | '.join(cells)} |")
    return "\n".join(lines)


def _format_cell(numbers: dict[str, Any], seeds: dict[str, Any], key: str) -> str:
    if key not in numbers:
        return ""
    low, high = numbers["interval_95"][key]
    cell = f"{numbers[key]:.3f} ({low:.3f}-{high:.3f})"
    return cell + f"; {seeds[key]['mean']:.3f} ± {seeds[key]['sd']:.3f}" if key in seeds else cell


def main() -> None:
    """Measure, write scores and cards, and print the numbers as a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--weights", type=Path, default=cards.WEIGHTS_FOLDER, help="the shipped networks")
    parser.add_argument("--runs", type=Path, help="folder of `python -m cnn.training.classifier`; ships its first seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--models", nargs="+", choices=ORDER, default=ORDER)
    arguments = parser.parse_args()
    weights = arguments.weights
    if arguments.runs:
        folders = {seed: arguments.runs / f"seed-{seed}" for seed in arguments.seeds}
        ship(folders[arguments.seeds[0]], arguments.models, weights)
    else:
        folders = {int(cards.read_card(weights, "transfer")["seed"]): weights}
    films = MeasuredFilms(arguments.films, arguments.adults)
    numbers = {name: evaluate(name, films, folders, weights) for name in arguments.models}
    if arguments.runs:
        for name, metrics in numbers.items():
            cards.write_card(weights, name, cards.read_card(weights, name) | {"metrics": metrics})
    print(format_table(numbers))


if __name__ == "__main__":
    main()
