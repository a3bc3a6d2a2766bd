"""A tiny data set in the published layouts: pneumonia has a bright patch in one lung, nothing else tells it."""

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 64


def picture(generator: np.random.Generator, sick: bool) -> np.ndarray:
    """A noisy chest of ellipses, (SIDE, SIDE) uint8."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    grey = 0.6 + 0.03 * generator.standard_normal((SIDE, SIDE))
    for centre in (0.3, 0.7):
        grey[((x - centre) / 0.14) ** 2 + ((y - 0.5) / 0.3) ** 2 < 1] -= 0.4
    if sick:
        grey[((x - 0.7) / 0.1) ** 2 + ((y - 0.6) / 0.12) ** 2 < 1] += 0.35
    return (grey.clip(0, 1) * 255).astype(np.uint8)


def make_children(folder: Path, per_class: int = 12) -> Path:
    """``{train,val,test}/{NORMAL,PNEUMONIA}``; every second pneumonia film is of the same patient as the one before."""
    generator = np.random.default_rng(0)
    for split, offset in (("train", 0), ("val", 500), ("test", 0)):
        for label in ("NORMAL", "PNEUMONIA"):
            (folder / split / label).mkdir(parents=True)
            for number in range(per_class):
                sick = label == "PNEUMONIA"
                name = f"person{offset + number // 2}_bacteria_{number}" if sick else f"IM-{offset + number:04}-0001"
                Image.fromarray(picture(generator, sick)).save(folder / split / label / f"{name}.jpeg", quality=95)
    return folder


def make_adults(folder: Path, count: int = 24) -> Path:
    """``images/`` and ``labels.csv``, some rows without a second reading; sick ones have a box."""
    generator = np.random.default_rng(1)
    (folder / "images").mkdir(parents=True)
    columns = ["file", "patient", "nih_label", "nih_findings", "rsna_class", "rsna_boxes", "nih_boxes"]
    columns += ["age", "sex", "view"]
    with (folder / "labels.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, columns)
        rows.writeheader()
        for number in range(count):
            rsna = ("Normal", "Lung Opacity", "", "No Lung Opacity / Not Normal")[number % 4]
            sick = rsna == "Lung Opacity"
            Image.fromarray(picture(generator, sick)).save(folder / "images" / f"{number:03}.jpg")
            row = {"file": f"{number:03}.jpg", "patient": number // 2, "rsna_class": rsna, "nih_boxes": "[]"}
            row |= {"nih_label": "PNEUMONIA" if number % 3 else "NORMAL", "age": 40, "sex": "F", "view": "PA"}
            rows.writerow(row | {"rsna_boxes": json.dumps([[38, 30, 13, 15]] if sick else [])})
    return folder
