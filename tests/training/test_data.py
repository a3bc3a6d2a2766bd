"""Films are listed as published, and no patient stands on both sides of a split."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn.training.data import (
    DataMissing,
    adult_films,
    labels_of,
    load_pixels,
    paediatric_films,
    patient_fold,
    patient_of,
    split_by_patient,
)
from tests.support.tiny_dataset import SIDE, make_adults, make_children


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("person1946_bacteria_4874.jpeg", "person1946"),
        ("person7_virus_12.jpeg", "person7"),
        ("IM-0115-0001.jpeg", "IM-0115"),
        ("IM-0115-0001-0002.jpeg", "IM-0115"),
        ("NORMAL2-IM-0115-0001.jpeg", "NORMAL2-IM-0115"),
    ],
)
def test_a_film_s_name_tells_its_patient(name: str, patient: str) -> None:
    assert patient_of(name) == patient


def test_a_name_without_a_patient_is_refused() -> None:
    with pytest.raises(DataMissing, match=r"cat\.jpeg does not name its patient"):
        patient_of("cat.jpeg")


def test_a_folder_in_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="No films in"):
        paediatric_films(tmp_path, ("train",))
    with pytest.raises(DataMissing, match=r"No labels\.csv"):
        adult_films(tmp_path)


def test_adults_are_those_with_a_second_reading_of_either_class(tmp_path: Path) -> None:
    films = adult_films(make_adults(tmp_path))
    assert [film.label for film in films] == [0, 1] * 6
    assert all((film.boxes == ((38, 30, 13, 15),)) == (film.label == 1) for film in films)


def test_no_patient_is_on_both_sides_and_every_film_on_one(tmp_path: Path) -> None:
    films = paediatric_films(make_children(tmp_path), ("train", "val"))
    held_somewhere = []
    for fold in range(3):
        outside, inside = split_by_patient(films, fold, 3)
        assert {film.patient for film in outside}.isdisjoint(film.patient for film in inside)
        assert sorted(film.path for film in outside + inside) == sorted(film.path for film in films)
        held_somewhere += inside
    assert sorted(film.path for film in held_somewhere) == sorted(film.path for film in films)


def test_a_patient_s_fold_does_not_depend_on_the_others() -> None:
    assert [patient_fold("nih-7", 3), patient_fold("nih-8", 3), patient_fold("nih-9", 3)] == [
        patient_fold(f"nih-{number}", 3) for number in (7, 8, 9)
    ]
    folds = np.bincount([patient_fold(f"person{number}", 3) for number in range(3000)])
    assert folds.min() > 900


def test_pixels_are_the_file_s(tmp_path: Path) -> None:
    films = paediatric_films(make_children(tmp_path, per_class=2), ("train",))
    pixels = load_pixels(films, SIDE)
    with Image.open(films[3].path) as image:
        np.testing.assert_array_equal(pixels[3, 0].numpy(), np.asarray(image.convert("L")))
    assert labels_of(films).tolist() == [0, 0, 1, 1]
