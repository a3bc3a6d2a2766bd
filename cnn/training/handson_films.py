"""Build the small set of films that learners train on: ``python -m cnn.training.handson_films FILMS``.

``FILMS`` is the folder of Kermany et al. with train, val and test. Whole patients are drawn in the order of a hash, so
that the choice depends on nothing else: training and validation from the published training films, and never one
patient in both; test from the published test films.
"""

import argparse
import csv
import hashlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from PIL import Image

from cnn.cards import CLASSES
from cnn.handson import films as handson
from cnn.training.data import Film, load_pixels, paediatric_films

QUOTAS = {"train": {"train": 500, "validation": 100}, "test": {"test": 150}}
"""For each published split, how many films of each class go where."""
CAUSES = ("bacteria", "virus")


def draw(films: Sequence[Film], quotas: dict[str, int]) -> dict[str, list[Film]]:
    """Draw whole patients of one class until each quota is full; the patient that fills it gives part of its films."""
    by_patient = [list(group) for _, group in groupby(sorted(films, key=_hash_order), key=lambda film: film.patient)]
    drawn: dict[str, list[Film]] = {}
    remaining = iter(by_patient)
    for split, count in quotas.items():
        chosen: list[Film] = []
        while len(chosen) < count:
            chosen += next(remaining)
        drawn[split] = chosen[:count]
    return drawn


def _hash_order(film: Film) -> tuple[str, str, str]:
    return hashlib.sha256(film.patient.encode()).hexdigest(), film.patient, film.path.name


def build(source: Path) -> tuple[list[dict[str, str]], list[Film]]:
    """Return the rows of the table and the films, in the same order."""
    rows, chosen = [], []
    for published, quotas in QUOTAS.items():
        films = paediatric_films(source, [published])
        for label, name in enumerate(CLASSES):
            for split, some in draw([film for film in films if film.label == label], quotas).items():
                chosen += some
                rows += [
                    {
                        "file": film.path.name,
                        "split": split,
                        "class": name,
                        "patient": f"{published}-{film.patient}",  # numbers start again in the test films
                        "cause": next((cause for cause in CAUSES if cause in film.path.name), ""),
                    }
                    for film in some
                ]
    return rows, chosen


def main() -> None:
    """Write sheet and table beside :mod:`cnn.handson`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, help="folder with train, val and test")
    rows, films = build(parser.parse_args().films)
    pixels = load_pixels(films, handson.SIDE).numpy()[:, 0]
    Image.fromarray(handson.make_sheet(pixels)).save(handson.SHEET, optimize=True)
    with handson.TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
