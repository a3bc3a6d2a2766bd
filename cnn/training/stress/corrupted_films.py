"""Measure the networks on corrupted test films: ``python -m cnn.training.stress.corrupted_films FILMS``.

The official test films under the 13 corruptions of MedMNIST-C in five severities; each film is spoilt once, at 224 x
224, and given to all networks. What is written into the cards under ``corrupted_test`` is sensitivity, specificity and
balanced error (1 - their mean) at each network's own threshold. Nothing is chosen here.

A stopped run resumes after the last severity that it finished: scores are kept in ``--kept``.
"""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnn import cards
from cnn.attribution.corruptions import CORRUPTIONS, SEVERITIES, SIDE, corrupt
from cnn.evaluation.bootstrap import Estimate
from cnn.evaluation.operating_point import ConfusionCounts, confusion_at_frozen_threshold
from cnn.evaluation.scores import DIGITS, Scores
from cnn.imaging.preprocess import resample
from cnn.models import loading, registry
from cnn.models.inference import logit_margins
from cnn.models.loading import LoadedModel
from cnn.training.classifier.networks import ORDER
from cnn.training.data import Film, labels_of, load_pixels, paediatric_films

log = logging.getLogger(__name__)
CLEAN = "clean"
SETTINGS = (
    f"MedMNIST-C's corruptions of PneumoniaMNIST in {SEVERITIES} severities, on the official test films at {SIDE} x "
    f"{SIDE} (resized without keeping the aspect ratio, JPEG), before they are resized for a network; noise is seeded "
    "with the number of the film"
)
Kept = dict[str, dict[str, list[float]]]
"""Margins by corruption and severity, then by the hash of a network's weights."""


def cell_name(corruption: str, severity: int) -> str:
    """Return the name of a corruption at a severity."""
    return f"{corruption} {severity}"


def spoil(pixels: Tensor, corruption: str, severity: int) -> Tensor:
    """Return films (N, 1, SIDE, SIDE) uint8 after a corruption; a film always gets the same noise."""
    films = [corrupt(film[0].numpy(), corruption, severity, seed) for seed, film in enumerate(pixels)]
    return torch.from_numpy(np.stack(films))[:, None]


def score(model: LoadedModel, pixels: Tensor) -> list[float]:
    """Return the margins of films (N, 1, SIDE, SIDE) uint8: logit of PNEUMONIA minus logit of NORMAL."""
    if model.input_size != SIDE:
        parts = (resample(part.float(), model.input_size).round().to(torch.uint8) for part in pixels.split(256))
        pixels = torch.cat(list(parts))
    return [float(margin) for margin in np.round(logit_margins(model.folded, pixels), DIGITS)]


def score_all(models: list[LoadedModel], films: list[Film], kept_file: Path) -> Kept:
    """Return the margins of all films under each corruption, those that ``kept_file`` has already from there."""
    pixels = load_pixels(films, SIDE)
    kept = _resume(kept_file)
    cells = [(CLEAN, 0), *((name, severity) for name in CORRUPTIONS for severity in range(1, SEVERITIES + 1))]
    for corruption, severity in cells:
        scores = kept.setdefault(cell_name(corruption, severity), {})
        waiting = {model.weights_sha256: model for model in models if model.weights_sha256 not in scores}
        if waiting:
            spoilt = spoil(pixels, corruption, severity) if severity else pixels
            scores |= {digest: score(model, spoilt) for digest, model in waiting.items()}
            _keep(kept_file, kept)
            log.info("%s, severity %d", corruption, severity)
    return kept


def _resume(kept_file: Path) -> Kept:
    return json.loads(kept_file.read_text(encoding="utf-8")) if kept_file.exists() else {}


def _keep(kept_file: Path, kept: Kept) -> None:
    """Write the scores; an interruption while writing leaves the last ones whole."""
    kept_file.parent.mkdir(parents=True, exist_ok=True)
    partial_file = kept_file.with_suffix(".new")
    partial_file.write_text(json.dumps(kept), encoding="utf-8")
    partial_file.replace(kept_file)


def measure(model: LoadedModel, parts: list[LoadedModel], films: list[Film], kept: Kept) -> dict[str, Any]:
    """Return what the card says of one network on corrupted films; its margin is the mean of those of its ``parts``."""

    def counts(corruption: str, severity: int) -> ConfusionCounts:
        margins = kept[cell_name(corruption, severity)]
        logits = np.mean([margins[part.weights_sha256] for part in parts], axis=0) / model.temperature
        everywhere = np.full(len(films), model.threshold)
        seeds = np.zeros(len(films), dtype=int)
        return confusion_at_frozen_threshold(Scores(logits, labels_of(films).numpy(), patients, seeds, everywhere))

    patients = np.array([film.patient for film in films])
    clean = counts(CLEAN, 0)
    by_corruption = {name: [counts(name, severity) for severity in range(1, SEVERITIES + 1)] for name in CORRUPTIONS}
    errors = np.array([[_balanced_error(each) for each in cells] for cells in by_corruption.values()])
    return {
        "settings": SETTINGS,
        "threshold": model.threshold,
        CLEAN: _describe(_balanced_error(clean)) | _rates([clean]),
        "mean": _describe(errors.mean(axis=(0, 1))),
        "by_corruption": {
            name: {
                "title": CORRUPTIONS[name].title,
                "balanced_error": [float(_balanced_error(each)[0]) for each in cells],
                **_rates(cells),
            }
            for name, cells in by_corruption.items()
        },
    }


def _balanced_error(counts: ConfusionCounts) -> np.ndarray:
    return np.asarray(1 - (counts.sensitivity + counts.specificity) / 2)


def _rates(cells: list[ConfusionCounts]) -> dict[str, list[float]]:
    return {key: [float(getattr(each, key)[0]) for each in cells] for key in ("sensitivity", "specificity")}


def _describe(resampled: np.ndarray) -> dict[str, Any]:
    estimate = Estimate.from_resamples(resampled)
    return {"balanced_error": estimate.value, "interval_95": [estimate.low, estimate.high]}


def main() -> None:
    """Score corrupted films, write what follows into the cards, and print the mean of each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    parser.add_argument("--weights", type=Path, default=cards.WEIGHTS_FOLDER, help="the shipped networks")
    parser.add_argument("--kept", type=Path, default=Path("runs/corrupted_films.json"), help="scores of a stopped run")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    films = paediatric_films(arguments.films, ("test",))
    models = {name: loading.load_from(arguments.weights, name) for name in ORDER}
    parts = {name: [models[part] for part in registry.REGISTRY[name].parts] or [models[name]] for name in ORDER}
    kept = score_all([models[name] for name in ORDER if not registry.REGISTRY[name].parts], films, arguments.kept)
    for name, model in models.items():
        measured = measure(model, parts[name], films, kept)
        cards.write_card(arguments.weights, name, model.card | {"corrupted_test": measured})
        clean, mean = measured[CLEAN]["balanced_error"], measured["mean"]["balanced_error"]
        print(f"{name}: balanced error {clean:.3f} on clean films, {mean:.3f} over the corruptions")


if __name__ == "__main__":
    main()
