"""The simulated series: half planted, always the same, and the truth where the shadow is."""

import io

import numpy as np
from PIL import Image

from cnn.imaging import practice_series
from cnn.imaging.radiograph import read_radiograph


def test_half_of_a_series_is_planted_and_each_film_can_be_read() -> None:
    cases = practice_series.simulate_series(1)
    assert len(cases) == practice_series.COUNT
    assert sum(case.label == "PNEUMONIA" for case in cases) == practice_series.COUNT // 2
    for case in cases:
        film = read_radiograph(*case.read())
        assert (case.mask is not None) == (case.label == "PNEUMONIA")
        if case.mask is not None:
            assert case.mask.shape == film.pixels.shape
            assert 0.02 < case.mask.mean() < 0.08
    assert len({case.key for case in cases}) == len({case.data for case in cases}) == practice_series.COUNT


def test_a_seed_gives_one_series() -> None:
    first = practice_series.simulate_series(2)
    practice_series.simulate_series.cache_clear()
    assert [case.data for case in practice_series.simulate_series(2)] == [case.data for case in first]
    assert [case.label for case in practice_series.simulate_series(3)] != [case.label for case in first]


def test_what_is_planted_makes_the_film_brighter_where_the_truth_says_and_nowhere_else() -> None:
    def greys(case: practice_series.PracticeFilm) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(case.data)), dtype=float)

    for number in range(3):
        with_, without = (practice_series._simulate_film(7, number, planted) for planted in (True, False))
        assert with_.mask is not None
        brighter = greys(with_) - greys(without)
        assert brighter[with_.mask].mean() > 5
        assert np.abs(brighter[~with_.mask]).mean() < 1


def test_an_order_is_a_permutation_that_the_seed_settles() -> None:
    assert sorted(practice_series.shuffled_order(9, 4)) == list(range(9))
    assert (
        practice_series.shuffled_order(9, 4)
        == practice_series.shuffled_order(9, 4)
        != practice_series.shuffled_order(9, 5)
    )
