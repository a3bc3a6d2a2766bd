"""What a training sees: balance, split, wrong labels, and the letter."""

import numpy as np
import pytest

from cnn.handson.films import FilmSet, shipped
from cnn.handson.preparation import LETTER_BOX, STAMP, prepare
from cnn.handson.settings import Settings
from tests.support.tiny_films import tiny_film_set, tiny_films


@pytest.fixture(scope="module")
def films() -> FilmSet:
    return shipped()


@pytest.mark.parametrize(
    ("settings", "train", "validation"),
    [
        (Settings(), (500, 500), (100, 100)),
        (Settings(films=40), (20, 20), (100, 100)),
        (Settings(pneumonia=0.9), (56, 500), (11, 100)),
        (Settings(pneumonia=0.9, films=100), (10, 90), (11, 100)),
        (Settings(split="film"), (500, 500), (100, 100)),
    ],
)
def test_numbers_and_balance(
    films: FilmSet, settings: Settings, train: tuple[int, int], validation: tuple[int, int]
) -> None:
    prepared = prepare(settings, films)
    assert prepared.train.counts == train
    assert prepared.validation.counts == validation
    assert prepared.test is films.test


@pytest.mark.parametrize(("split", "leaks"), [("patient", False), ("film", True)])
def test_only_a_split_by_film_shares_patients(films: FilmSet, split, leaks: bool) -> None:
    prepared = prepare(Settings(split=split), films)
    assert (prepared.shared_patients > 20) == leaks
    assert not set(prepared.train.names) & set(prepared.validation.names), "no film is in both"


def test_a_fifth_of_the_training_labels_is_wrong_and_no_other(films: FilmSet) -> None:
    prepared = prepare(Settings(wrong_labels=0.2), films)
    assert (prepared.train.labels != prepared.true_labels).sum() == 200
    plain = prepare(Settings(), films)
    np.testing.assert_array_equal(prepared.true_labels, plain.train.labels)
    np.testing.assert_array_equal(prepared.validation.labels, plain.validation.labels)


def test_the_letter_is_on_every_normal_film_and_nowhere_else(films: FilmSet) -> None:
    plain, stamped = prepare(Settings(), films), prepare(Settings(letter=True), films)
    for before, after in ((plain.train, stamped.train), (plain.validation, stamped.validation)):
        changed = before.pixels != after.pixels
        assert not changed[before.labels == 1].any()
        corner = after.pixels[before.labels == 0][:, *LETTER_BOX][:, 2:-2, 2:-2]
        assert (corner[:, STAMP] == 255).all()
        outside = changed.copy()
        outside[:, *LETTER_BOX] = False
        assert not outside.any()
    assert stamped.test is films.test


def test_the_seed_decides(films: FilmSet) -> None:
    names = [list(prepare(Settings(films=40, seed=seed), films).train.names) for seed in (0, 0, 1)]
    assert names[0] == names[1] != names[2]


def test_a_class_without_films_is_one_sentence() -> None:
    full = tiny_film_set()
    one_class = FilmSet(full.train, tiny_films(4, "d").select(slice(0, 8, 2)), full.test)
    with pytest.raises(ValueError, match="validation"):
        prepare(Settings(films=20), one_class)
