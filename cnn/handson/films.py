"""The films that a learner trains on: small greys with class, patient and cause, shipped with the project."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn.cards import CLASSES
from cnn.imaging.samples import download

SIDE = 64
"""Height and width of every film, in pixels."""
FOLDER = Path(__file__).with_name("shipped_films")
SHEET, TABLE = FOLDER / "films.png", FOLDER / "films.csv"
COLUMNS = 50
"""Films in a row of the sheet."""
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Films:
    """Labelled films; all arrays have the same length N.

    Attributes:
        pixels: Greys (N, 64, 64) uint8.
        labels: Index into CLASSES, (N,) int64.
        patients: Who the film is of, (N,); films of one patient resemble each other.
        causes: "bacteria" or "virus" for PNEUMONIA where it is known, else empty, (N,).
        names: File names at the source, (N,).
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    patients: NDArray[np.str_]
    causes: NDArray[np.str_]
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, index: Any) -> "Films":
        """Return the films that a NumPy index chooses, in its order."""
        return Films(
            self.pixels[index], self.labels[index], self.patients[index], self.causes[index], self.names[index]
        )

    def joined(self, other: "Films") -> "Films":
        """Return these films followed by ``other``."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__)
        return Films(*(np.concatenate(pair) for pair in pairs))

    @property
    def counts(self) -> tuple[int, int]:
        """Films of NORMAL and of PNEUMONIA."""
        normal, pneumonia = np.bincount(self.labels, minlength=len(CLASSES))
        return int(normal), int(pneumonia)


@dataclass(frozen=True, eq=False)
class FilmSet:
    """Films for training, other patients' films for validation, and films that are looked at once, at the end."""

    train: Films
    validation: Films
    test: Films
    title: str = "the shipped films"


@cache
def shipped() -> FilmSet:
    """Return the shipped set: 500 + 500 films, 100 + 100 of other patients, 150 + 150 of the official test set."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with Image.open(SHEET) as sheet:
        films = films_of(rows, cut_sheet(np.asarray(sheet), len(rows)))
    splits = np.array([row["split"] for row in rows])
    train, validation, test = (films.select(splits == split) for split in SPLITS)
    return FilmSet(train, validation, test)


def pneumonia_mnist() -> FilmSet:
    """Return PneumoniaMNIST at 64 x 64 with its official splits, downloaded by way of medmnist the first time.

    It does not say whose a film is, so each counts as a patient of its own.

    Raises:
        UserError: medmnist is missing, or nothing can be fetched.
    """
    arrays = download.fetch_arrays(SIDE)
    train, validation, test = (
        _unnamed(arrays[f"{split}_images"], arrays[f"{split}_labels"], split) for split in ("train", "val", "test")
    )
    return FilmSet(train, validation, test, title="PneumoniaMNIST")


def _unnamed(pixels: NDArray[np.uint8], labels: NDArray[np.int64], split: str) -> Films:
    names = np.array([f"{split}_{number}" for number in range(len(labels))], np.str_)
    return Films(pixels, labels.ravel().astype(np.int64), names, np.full(len(names), "", np.str_), names)


def films_of(rows: Iterable[Mapping[str, str]], pixels: NDArray[np.uint8]) -> Films:
    """Return films from the rows of a table with the columns file, class, patient and cause."""
    rows = list(rows)
    labels = np.array([CLASSES.index(row["class"]) for row in rows], np.int64)
    texts = (np.array([row[column] for row in rows], np.str_) for column in ("patient", "cause", "file"))
    return Films(pixels, labels, *texts)


def cut_sheet(sheet: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Cut a sheet (R*64, COLUMNS*64) into its first ``count`` films (count, 64, 64)."""
    rows = sheet.shape[0] // SIDE
    tiles = sheet.reshape(rows, SIDE, COLUMNS, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)
    return np.ascontiguousarray(tiles[:count])


def make_sheet(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay films (N, 64, 64) out on a sheet, row by row: the way back from :func:`cut_sheet`."""
    rows = -(-len(pixels) // COLUMNS)
    tiles = np.zeros((rows * COLUMNS, SIDE, SIDE), np.uint8)
    tiles[: len(pixels)] = pixels
    return tiles.reshape(rows, COLUMNS, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, COLUMNS * SIDE)
