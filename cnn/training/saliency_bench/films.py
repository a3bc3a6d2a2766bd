"""The films that the saliency methods are tested on, each with the seed whose network never saw its patient."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from cnn import cards
from cnn.attribution import localisation
from cnn.imaging.preprocess import standardise, to_tensor
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples import built_in
from cnn.training.classifier import ADULT_FOLDS, Split
from cnn.training.data import ADULT, Film, adult_rows, load_pixels, paediatric_films, patient_fold

PLANTED = "simulated-consolidation"
TARGET = cards.CLASSES.index("PNEUMONIA")
SOURCES = {"rsna": "rsna_boxes", "nih": "nih_boxes"}
"""Who drew the boxes, and their column in labels.csv."""


@dataclass(frozen=True)
class Case:
    """A film to explain: its input (1, 1, S, S), the seed whose network never saw its patient, the truth (S, S)."""

    name: str
    patient: str
    seed: int
    pixels: Tensor
    truth: np.ndarray | None = None

    @property
    def film(self) -> np.ndarray:
        """Its greys (S, S), standardised."""
        return self.pixels[0, 0].numpy()


def boxed(adults: Path, source: str, seeds: list[int], size: int, count: int | None = None) -> list[Case]:
    """Films with boxes of ``source``, one of SOURCES: the first ``count`` of every seed, or all."""
    kept_by: dict[int, list[Case]] = {}
    for case in boxed_cases(boxed_films(adults, source), seeds, size):
        kept_by.setdefault(case.seed, []).append(case)
    return [case for group in kept_by.values() for case in group[:count]]


def boxed_films(adults: Path, source: str) -> list[Film]:
    """Adult films with boxes of ``source``, one of SOURCES, in the order of labels.csv; all count as PNEUMONIA."""
    rows = [(row, json.loads(row[SOURCES[source]] or "[]")) for row in adult_rows(adults)]
    return [
        Film(adults / "images" / row["file"], TARGET, f"{ADULT}{row['patient']}", tuple(map(tuple, boxes)), row)
        for row, boxes in rows
        if boxes
    ]


def boxed_cases(films: list[Film], seeds: list[int], size: int) -> list[Case]:
    """``films`` with the seed that left out their patient; those that no seed left out are not used."""
    held = {seed % ADULT_FOLDS: seed for seed in seeds}
    folds = [patient_fold(film.patient, ADULT_FOLDS) for film in films]
    used = [(film, held[fold]) for film, fold in zip(films, folds, strict=True) if fold in held]
    inputs = _inputs([film for film, _ in used], size)
    cases = []
    for (film, seed), pixels in zip(used, inputs, strict=True):
        with Image.open(film.path) as image:
            truth = localisation.box_mask(film.boxes, image.height, image.width, size)
        cases.append(Case(film.path.name, film.patient, seed, pixels, truth))
    return cases


def unseen_children(films: Path, count: int, size: int) -> list[Case]:
    """PNEUMONIA films of ``count`` patients of the official test, spread evenly; no network was trained on them."""
    sick = {film.patient: film for film in paediatric_films(films, ("test",)) if film.label == TARGET}
    chosen = list(sick.values())[:: max(1, len(sick) // count)][:count]
    inputs = _inputs(chosen, size)
    return [Case(film.path.name, film.patient, -1, pixels) for film, pixels in zip(chosen, inputs, strict=True)]


def check_unseen(cases: Iterable[Case], splits: dict[int, Split]) -> None:
    """Raises RuntimeError if a network would explain a film of a patient that it was trained or tuned on."""
    seen = {seed: {film.patient for film in split.train + split.validation} for seed, split in splits.items()}
    wrong = [case.name for case in cases if case.patient in seen[case.seed]]
    if wrong:
        raise RuntimeError(f"The network was trained on patients of {', '.join(wrong)}.")


def planted(size: int) -> Case:
    """The simulated film with its planted lesion."""
    sample = next(sample for sample in built_in.SAMPLES if sample.key == PLANTED)
    mask = built_in.lesion_mask(PLANTED)
    assert mask is not None
    small = Image.fromarray(mask).convert("L").resize((size, size), Image.Resampling.BOX)
    return Case(PLANTED, PLANTED, -1, to_tensor(read_radiograph(*sample.read()), size), np.asarray(small) > 127)


def _inputs(films: list[Film], size: int) -> tuple[Tensor, ...]:
    """Each film as a network's input (1, 1, size, size)."""
    return standardise(load_pixels(films, size).float()).split(1)
