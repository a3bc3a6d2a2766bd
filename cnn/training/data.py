"""The films that networks are trained and measured on: list them, split them by patient, load them.

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
"""Prefix of the names of adult patients."""
RSNA_LABELS = {"Normal": 0, "Lung Opacity": 1}
"""Label of each class of the second reading; its third class answers another question and is left out."""
RSNA_NEITHER = "No Lung Opacity / Not Normal"


class DataMissing(UserError):
    """A folder of films is missing, or not in its published layout."""


@dataclass(frozen=True)
class Film:
    """A labelled radiograph.

    Attributes:
        path: Its file.
        label: Index into CLASSES.
        patient: Groups the films of one person within one source.
        boxes: Radiologists' boxes around the opacity: x, y, width, height in pixels of the file.
        facts: What the source says of an adult's film: age, sex, view, labels mined from text.
    """

    path: Path
    label: int
    patient: str
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    facts: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def adult(self) -> bool:
        """Whether the film is of the adult source."""
        return self.patient.startswith(ADULT)


def paediatric_films(folder: Path, splits: Iterable[str]) -> list[Film]:
    """Return the paediatric films of ``splits`` ("train", "val", "test"), sorted by name.

    Raises:
        DataMissing: A folder without films, or a file name without a patient.
    """
    films = []
    for split in splits:
        for label, name in enumerate(CLASSES):
            paths = sorted((folder / split / name).glob("*.jp*g"))
            if not paths:
                raise DataMissing(f"No films in {folder / split / name}; name the folder with train, val and test.")
            films += [Film(path, label, patient_of(path.name)) for path in paths]
    return films


def patient_of(file_name: str) -> str:
    """Return the patient that a paediatric file name gives: ``person23``, or the series of a healthy child.

    Healthy films number their patients from the start for each series, ``IM`` and ``NORMAL2-IM``.
    """
    match = re.match(r"(person\d+|(?:NORMAL2-)?IM-\d+)", file_name)
    if match is None:
        raise DataMissing(f"{file_name} does not name its patient as the published films do.")
    return match.group(1)


def adult_films(folder: Path) -> list[Film]:
    """Return the adult films whose second reading is a key of RSNA_LABELS, in the order of ``labels.csv``."""
    return [
        adult_film(folder, row, RSNA_LABELS[row["rsna_class"]], "rsna_boxes")
        for row in adult_rows(folder)
        if row["rsna_class"] in RSNA_LABELS
    ]


def neither_films(folder: Path) -> list[Film]:
    """Return the adult films that the second reading calls abnormal without an opacity, with label 0."""
    rows = adult_rows(folder)
    return [adult_film(folder, row, 0, "rsna_boxes") for row in rows if row["rsna_class"] == RSNA_NEITHER]


def adult_film(folder: Path, row: dict[str, str], label: int, boxes_column: str) -> Film:
    """Return the film of one row of ``labels.csv``, with the boxes of one column."""
    boxes = tuple(tuple(box) for box in json.loads(row[boxes_column] or "[]"))
    return Film(folder / "images" / row["file"], label, f"{ADULT}{row['patient']}", boxes, row)


def adult_rows(folder: Path) -> list[dict[str, str]]:
    """Return every row of the adult films' ``labels.csv``.

    Raises:
        DataMissing: There is no such file.
    """
    try:
        with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise DataMissing(f"No labels.csv in {folder}; give the folder of the adult films.") from error


def patient_fold(patient: str, folds: int, salt: str = "") -> int:
    """Return the fold, 0 to ``folds`` - 1, of a patient: a hash, so that it does not depend on the other films."""
    return int(hashlib.sha256(f"{salt}{patient}".encode()).hexdigest(), 16) % folds


def split_by_patient(films: Sequence[Film], fold: int, folds: int, salt: str = "") -> tuple[list[Film], list[Film]]:
    """Return the films outside ``fold`` and those inside it; no patient is in both."""
    outside: list[Film] = []
    inside: list[Film] = []
    for film in films:
        (inside if patient_fold(film.patient, folds, salt) == fold else outside).append(film)
    return outside, inside


def load_pixels(films: Sequence[Film], size: int) -> Tensor:
    """Return films (N, 1, size, size) as uint8 greys, resized as :mod:`cnn.imaging.preprocess` does."""
    pixels = torch.empty(len(films), 1, size, size, dtype=torch.uint8)
    for index, film in enumerate(tqdm(films, desc="reading films", unit="film", leave=False)):
        with Image.open(film.path) as image:
            grey = np.asarray(image.convert("L"), dtype=np.float32)
        pixels[index] = resize(grey, size)[0].round().clamp(0, 255).to(torch.uint8)
    return pixels


def labels_of(films: Sequence[Film]) -> Tensor:
    """Return labels (N,) int64."""
    return torch.tensor([film.label for film in films])
