"""Pick the real films that are built in: ``python -m cnn.training.pick_films FILMS --adults ADULTS [--out FOLDER]``.

The hash of a file's name decides, never what a network says of the film: of each group the first films in the order of
SHA-256, one a patient. Children are those of the official test split. Adults are of patients that no classifier was
trained on: none of their films has a second reading that is a label. The numbers of the built-in films follow the
same hash within children and adults, so that a number tells nothing of a label.
"""

import argparse
import csv
import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cnn.imaging.samples.real_films import FOLDER, LIST
from cnn.training.data import RSNA_LABELS, adult_rows, patient_of

NORMAL, BACTERIAL, VIRAL, BOXED, NO_FINDING = 12, 6, 6, 6, 6
"""How many films of each group."""


@dataclass(frozen=True)
class Candidate:
    """A film that may be picked: its path, patient and the row that the list gives it."""

    path: Path
    patient: str
    facts: dict[str, str]


def name_hash(path: Path) -> str:
    """Return the SHA-256 of a file's name, by which films are ordered."""
    return hashlib.sha256(path.name.encode()).hexdigest()


def first_by_hash(candidates: Iterable[Candidate], count: int, taken: set[str]) -> list[Candidate]:
    """Return ``count`` candidates in the order of their names' hashes, one a patient; adds them to ``taken``."""
    picked: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: name_hash(candidate.path)):
        if len(picked) < count and candidate.patient not in taken:
            taken.add(candidate.patient)
            picked.append(candidate)
    return picked


def pick_children(films: Path) -> list[Candidate]:
    """Return children's films of the official test split, by label and by the cause that the file's name gives."""
    groups: dict[str, list[Candidate]] = {"": [], "bacterial": [], "viral": []}
    for label in ("NORMAL", "PNEUMONIA"):
        for path in (films / "test" / label).iterdir():
            cause = "" if label == "NORMAL" else "bacterial" if "bacteria" in path.name else "viral"
            groups[cause].append(Candidate(path, patient_of(path.name), {"label": label, "finding": cause}))
    taken: set[str] = set()
    return [
        film
        for cause, count in (("", NORMAL), ("bacterial", BACTERIAL), ("viral", VIRAL))
        for film in first_by_hash(groups[cause], count, taken)
    ]


def pick_adults(adults: Path) -> list[Candidate]:
    """Return adults' films: with boxes of NIH's own, and without a finding."""
    rows = adult_rows(adults)
    trained_on = {row["patient"] for row in rows if row["rsna_class"] in RSNA_LABELS}
    boxed, without = [], []
    for row in rows:
        if row["patient"] in trained_on:
            continue
        facts = {"label": row["nih_label"], "finding": row["nih_findings"].replace("|", ", "), "boxes": "[]"}
        facts |= {name: row[name] for name in ("age", "sex", "view")}
        candidate = Candidate(adults / "images" / row["file"], row["patient"], facts)
        if json.loads(row["nih_boxes"] or "[]"):
            boxed.append(Candidate(candidate.path, candidate.patient, facts | {"boxes": row["nih_boxes"]}))
        elif row["nih_label"] == "NORMAL":
            without.append(candidate)
    taken: set[str] = set()
    return first_by_hash(boxed, BOXED, taken) + first_by_hash(without, NO_FINDING, taken)


def write(groups: dict[str, list[Candidate]], folder: Path) -> None:
    """Copy the films as they are, under names that tell no label, and write the list of them."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = ("file", "group", "label", "finding", "boxes", "age", "sex", "view", "original", "sha256")
    with (folder / LIST).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        for group, films in groups.items():
            for number, film in enumerate(sorted(films, key=lambda film: name_hash(film.path)), start=1):
                name = f"{group}_{number:02d}.jpeg"
                shutil.copyfile(film.path, folder / name)
                digest = hashlib.sha256(film.path.read_bytes()).hexdigest()
                row = {"file": name, "group": group, "original": film.path.name, "sha256": digest}
                writer.writerow(film.facts | row)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m cnn.training.pick_films", description="Pick the built-in films.")
    parser.add_argument("films", type=Path, metavar="FILMS", help="folder of the children's films")
    parser.add_argument("--adults", type=Path, required=True, help="folder with images/ and labels.csv")
    parser.add_argument("--out", type=Path, default=FOLDER, help="gets the films and their list")
    options = parser.parse_args()
    write({"child": pick_children(options.films), "adult": pick_adults(options.adults)}, options.out)


if __name__ == "__main__":
    main()
