"""Ask the harder question on adults: ``python -m cnn.training.stress.hard_question --adults ADULTS``.

``Lung Opacity`` against all else: also against films that the second reading calls abnormal without an opacity, which
were in no training and are left out of the easier question. Run it after :mod:`cnn.training.evaluate`, whose scores of
the other films are used; the scores of all are added to ``weights/scores`` as ``adults_hard``, from where the pages
compute what they show.

Each film is scored by a network that was trained on no film of its patient: with ``--runs RUNS --seeds 0 1 2`` that is
the first such seed. Without, only the shipped weights are there, and films of patients on which they were trained are
left out.
"""

import argparse
import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from cnn import cards
from cnn.errors import UserError
from cnn.evaluation import scores
from cnn.evaluation.metrics import estimate_auc
from cnn.evaluation.scores import HARD, Scores
from cnn.models import loading
from cnn.models.loading import LoadedModel
from cnn.training.classifier.experiment import ADULT_FOLDS
from cnn.training.classifier.networks import ORDER
from cnn.training.data import Film, adult_films, labels_of, neither_films, split_by_patient
from cnn.training.evaluate import GROUPS, calibrated_logits, metadata_of, report
from cnn.training.film_dataset import FilmReader

log = logging.getLogger(__name__)
READING = "rsna_class"


def choose_seeds(adults: Path, seeds: list[int]) -> dict[int, list[Film]]:
    """Return the films that are neither normal nor opaque, by the first of ``seeds`` not trained on their patients."""
    waiting, chosen = neither_films(adults), {}
    for seed in seeds:
        trained, _ = split_by_patient(adult_films(adults), fold=seed % ADULT_FOLDS, folds=ADULT_FOLDS)
        patients = {film.patient for film in trained}
        chosen[seed] = [film for film in waiting if film.patient not in patients]
        waiting = [film for film in waiting if film.patient in patients]
    if waiting:
        log.info("%d films are left out: every network here was trained on their patients", len(waiting))
    return chosen


def left_out(adults: Path, seed: int) -> list[Film]:
    """Return the films that a seed was not trained on, in the order of the file of scores."""
    _, outside = split_by_patient(adult_films(adults), fold=seed % ADULT_FOLDS, folds=ADULT_FOLDS)
    return sorted(outside, key=lambda film: hashlib.sha256(film.path.name.encode()).digest())


def name_patients(known: Scores, adults: Path) -> Scores:
    """Return the scores of the easier question with the patients' names, and with what the second reading says.

    Raises:
        UserError: They are of other films.
    """
    films = [film for seed in dict.fromkeys(known.seeds.tolist()) for film in left_out(adults, seed)]
    if labels_of(films).tolist() != known.labels.tolist():
        raise UserError("The scores are of other adults: run python -m cnn.training.evaluate first.")
    readings = np.array([film.facts[READING] for film in films])
    metadata = known.metadata | {"reading": readings}
    return replace(known, patients=np.array([film.patient for film in films]), metadata=metadata)


def score(model: LoadedModel, films: list[Film], seed: int, reader: FilmReader) -> Scores:
    """Return the scores of films that are neither; their label is 0."""
    metadata = [metadata_of(film) | {"reading": film.facts[READING]} for film in films]
    return Scores(
        logits=calibrated_logits(model, reader.pixels(films, model.input_size)),
        labels=labels_of(films).numpy(),
        patients=np.array([film.patient for film in films]),
        seeds=np.full(len(films), seed),
        thresholds=np.full(len(films), model.threshold),
        metadata={key: np.array([row[key] for row in metadata]) for key in scores.METADATA},
    )


def main() -> None:
    """Score the films, add them to the files of scores, and print the AUC of both questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--weights", type=Path, default=cards.WEIGHTS_FOLDER, help="the shipped networks")
    parser.add_argument("--runs", type=Path, help="folder of `python -m cnn.training.classifier`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folders = {
        seed: arguments.runs / f"seed-{seed}" if arguments.runs else arguments.weights for seed in arguments.seeds
    }
    chosen, reader = choose_seeds(arguments.adults, list(folders)), FilmReader()
    for name in ORDER:
        card, groups = cards.read_card(arguments.weights, name), scores.read(arguments.weights, name, GROUPS)
        earlier = scores.read(arguments.weights, name, GROUPS, scores.BALANCED)["adults_left_out"]
        parts = [name_patients(groups["adults_left_out"], arguments.adults)]
        parts += [
            score(loading.load_from(folders[seed], name), films, seed, reader)
            for seed, films in chosen.items()
            if films
        ]
        hard = scores.concatenate(parts)
        balanced = dict(zip(earlier.seeds.tolist(), earlier.thresholds.tolist(), strict=True))
        scores.write(arguments.weights, name, card["sha256"], {**groups, HARD: hard}, balanced)
        cards.write_card(arguments.weights, name, card | {"metrics": card["metrics"] | {HARD: report(hard)}})
        easy, all_else = (estimate_auc(group) for group in (groups["adults_left_out"], hard))
        print(f"{name}: AUC {easy} against healthy chests, {all_else} against all else ({len(hard.labels)} films)")


if __name__ == "__main__":
    main()
