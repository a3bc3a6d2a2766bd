"""The films that the networks are trained and measured on: listing, splitting by patient, loading.

Two folders in the layouts they are published in: the paediatric films (Kermany et al., Cell 2018),
``{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg``, and adult films of NIH ChestX-ray14 (Wang et al., CVPR 2017) with
``images/`` and a ``labels.csv`` that joins the radiologists' second reading (RSNA Pneumonia Challenge 2018).
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from cnn.cards import CLASSES
from cnn.errors import UserError
from cnn.imaging.preprocess import resize

ADULT = "nih-"
"""What the names of adult patients start with."""
RSNA_LABELS = {"Normal": 0, "Lung Opacity": 1}
"""The second reading's two classes that answer the same question; its third is neither."""


class DataMissing(UserError):
    """A folder of films is not there, or not in its published layout."""


@dataclass(frozen=True)
class Film:
    """One radiograph: ``label`` indexes CLASSES; ``patient`` groups the films of one person within one source."""

    path: Path
    label: int
    patient: str
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    """Radiologists' boxes around the opacity: x, y, width, height in pixels of the file."""
    facts: dict[str, str] = field(default_factory=dict, compare=False)
    """What the source says of an adult's film: age, sex, view, labels mined from text."""

    @property
    def adult(self) -> bool:
        """Whether the film is of the adult source."""
        return self.patient.startswith(ADULT)


def paediatric_films(folder: Path, splits: Iterable[str]) -> list[Film]:
    """The paediatric films of ``splits`` ("train", "val", "test"), sorted by name."""
    films = []
    for split in splits:
        for label, name in enumerate(CLASSES):
            paths = sorted((folder / split / name).glob("*.jp*g"))
            if not paths:
                raise DataMissing(f"No films in {folder / split / name}; name the folder with train, val and test.")
            films += [Film(path, label, patient_of(path.name)) for path in paths]
    return films


def patient_of(file_name: str) -> str:
    """The patient in a paediatric film's name, e.g. ``person12`` or ``NORMAL2-IM-0345``; numbers restart per series."""
    found = re.match(r"(person\d+|(?:NORMAL2-)?IM-\d+)", file_name)
    if found is None:
        raise DataMissing(f"{file_name} does not name its patient as the published films do.")
    return found.group(1)


def adult_films(folder: Path) -> list[Film]:
    """The adult films whose second reading is `Normal` or `Lung Opacity`, in the order of ``labels.csv``."""
    return [
        Film(folder / "images" / row["file"], RSNA_LABELS[row["rsna_class"]], f"{ADULT}{row['patient']}",
             tuple(tuple(box) for box in json.loads(row["rsna_boxes"])), row)
        for row in adult_rows(folder)
        if row["rsna_class"] in RSNA_LABELS
    ]  # fmt: skip


def adult_rows(folder: Path) -> list[dict[str, str]]:
    """Every row of the adult films' ``labels.csv``."""
    try:
        with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise DataMissing(f"No labels.csv in {folder}; give the folder of the adult films.") from error


def patient_fold(patient: str, folds: int, salt: str = "") -> int:
    """Which of ``folds`` a patient belongs to: by hash, so that it never depends on which other films are present."""
    return int(hashlib.sha256(f"{salt}{patient}".encode()).hexdigest(), 16) % folds


def split_by_patient(films: Sequence[Film], fold: int, folds: int, salt: str = "") -> tuple[list[Film], list[Film]]:
    """``films`` outside ``fold`` and inside it; no patient is in both."""
    inside = [patient_fold(film.patient, folds, salt) == fold for film in films]
    return (
        [film for film, held in zip(films, inside, strict=True) if not held],
        [film for film, held in zip(films, inside, strict=True) if held],
    )


def load_pixels(films: Sequence[Film], size: int, what: str = "films") -> Tensor:
    """All films as (N, 1, size, size) uint8 greys, resized as :mod:`cnn.imaging.preprocess` does, with a progress
    bar."""
    pixels = torch.empty(len(films), 1, size, size, dtype=torch.uint8)
    for index, film in enumerate(tqdm(films, desc=f"reading {what}", unit="film", leave=False)):
        with Image.open(film.path) as image:
            grey = np.asarray(image.convert("L"), dtype=np.float32)
        pixels[index] = resize(grey, size)[0].round().clamp(0, 255).to(torch.uint8)
    return pixels


def labels_of(films: Sequence[Film]) -> Tensor:
    """Labels (N,) int64."""
    return torch.tensor([film.label for film in films])
