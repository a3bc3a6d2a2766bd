"""The films that the saliency methods are tested on, each with the seed whose network never saw its patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnn import cards
from cnn.attribution import localisation
from cnn.imaging.preprocess import standardise, to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples import built_in
from cnn.training.classifier.experiment import ADULT_FOLDS, Split
from cnn.training.data import Film, adult_film, adult_rows, load_pixels, paediatric_films, patient_fold

SIMULATED = "simulated-consolidation"
TARGET = cards.CLASSES.index("PNEUMONIA")
SOURCES = {"rsna": "rsna_boxes", "nih": "nih_boxes"}
"""Who drew the boxes, and their column in labels.csv."""
NO_SEED = -1


@dataclass(frozen=True)
class BenchFilm:
    """A film to explain.

    Attributes:
        name: Of its file.
        patient: Whose film it is.
        seed: Training whose network never saw the patient; NO_SEED where none did.
        pixels: Input of a network, (1, 1, S, S), standardised.
        truth: Pixels of the lesion, (S, S) bool, where they are known.
    """

    name: str
    patient: str
    seed: int
    pixels: Tensor
    truth: NDArray[np.bool_] | None = None


def boxed(adults: Path, source: str, seeds: list[int], size: int, limit: int | None = None) -> list[BenchFilm]:
    """Return adult films with boxes of ``source``, one of SOURCES: the first ``limit`` of every seed, or all.

    All count as PNEUMONIA. Each gets the seed that left out its patient; films that no seed left out are not used.
    """
    seed_of_fold = {seed % ADULT_FOLDS: seed for seed in seeds}
    by_seed: dict[int, list[Film]] = {}
    for row in adult_rows(adults):
        film = adult_film(adults, row, TARGET, SOURCES[source])
        fold = patient_fold(film.patient, ADULT_FOLDS)
        if film.boxes and fold in seed_of_fold:
            by_seed.setdefault(seed_of_fold[fold], []).append(film)
    return [film for seed, group in by_seed.items() for film in _with_boxes(group[:limit], seed, size)]


def _with_boxes(films: list[Film], seed: int, size: int) -> Iterable[BenchFilm]:
    for film, pixels in zip(films, _inputs(films, size), strict=True):
        with Image.open(film.path) as image:
            truth = localisation.box_mask(film.boxes, image.height, image.width, size)
        yield BenchFilm(film.path.name, film.patient, seed, pixels, truth)


def unseen_children(folder: Path, count: int, size: int) -> list[BenchFilm]:
    """Return PNEUMONIA films of ``count`` patients of the official test set, spread evenly."""
    by_patient = {film.patient: film for film in paediatric_films(folder, ("test",)) if film.label == TARGET}
    films = list(by_patient.values())[:: max(1, len(by_patient) // count)][:count]
    inputs = _inputs(films, size)
    return [BenchFilm(film.path.name, film.patient, NO_SEED, each) for film, each in zip(films, inputs, strict=True)]


def simulated(size: int) -> BenchFilm:
    """Return the simulated film with its lesion."""
    sample = next(sample for sample in built_in.SAMPLES if sample.key == SIMULATED)
    pixels = to_tensor(read_radiograph(*sample.read()), size)
    lesion = Image.fromarray(np.asarray(built_in.lesion_mask(SIMULATED))).convert("L")
    truth = np.asarray(lesion.resize((size, size), Image.Resampling.BOX)) > 127
    return BenchFilm(SIMULATED, SIMULATED, NO_SEED, pixels, truth)


def check_unseen(films: Iterable[BenchFilm], splits: dict[int, Split]) -> None:
    """Raise RuntimeError if a network would explain a film of a patient that it was trained or validated on."""
    seen = {seed: {film.patient for film in split.train + split.validation} for seed, split in splits.items()}
    wrong = [film.name for film in films if film.patient in seen[film.seed]]
    if wrong:
        raise RuntimeError(f"The network was trained on patients of {', '.join(wrong)}.")


def _inputs(films: list[Film], size: int) -> tuple[Tensor, ...]:
    """Return each film as a network's input (1, 1, size, size)."""
    return tuple(standardise(load_pixels(films, size).float()).split(1)) if films else ()
