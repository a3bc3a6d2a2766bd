"""The simulated series: half of the films with a lesion, always the same, and the mask where the shadow is."""

import io

import numpy as np
import pytest
from PIL import Image

from cnn.imaging import practice_series
from cnn.imaging.practice_series import COUNT, PracticeFilm
from cnn.imaging.radiograph import read_radiograph


def test_half_of_a_series_has_a_lesion_and_each_film_can_be_read() -> None:
    films = practice_series.simulate_series(1)
    assert len({film.key for film in films}) == len({film.data for film in films}) == len(films) == COUNT
    assert sum(film.label == "PNEUMONIA" for film in films) == COUNT // 2
    for film in films:
        radiograph = read_radiograph(*film.read())
        assert (film.mask is not None) == (film.label == "PNEUMONIA")
        if film.mask is not None:
            assert film.mask.shape == radiograph.pixels.shape
            assert 0.02 < film.mask.mean() < 0.08


def test_a_seed_gives_one_series() -> None:
    first = practice_series.simulate_series(2)
    practice_series.simulate_series.cache_clear()
    assert [film.data for film in practice_series.simulate_series(2)] == [film.data for film in first]
    assert [film.label for film in practice_series.simulate_series(3)] != [film.label for film in first]


@pytest.mark.parametrize("number", range(3))
def test_a_lesion_makes_the_film_brighter_inside_its_mask_only(number: int) -> None:
    def greys(film: PracticeFilm) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(film.data)), dtype=float)

    ill, healthy = (practice_series.simulate_film(7, number, with_lesion) for with_lesion in (True, False))
    assert ill.mask is not None
    difference = greys(ill) - greys(healthy)
    assert difference[ill.mask].mean() > 5
    assert np.abs(difference[~ill.mask]).mean() < 1


def test_an_order_is_a_permutation_determined_by_the_seed() -> None:
    order = practice_series.shuffled_order(9, 4)
    assert sorted(order) == list(range(9))
    assert order == practice_series.shuffled_order(9, 4)
    assert order != practice_series.shuffled_order(9, 5)
