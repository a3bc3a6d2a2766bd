"""Trimming of uniform borders."""

import numpy as np
import pytest

from cnn.imaging.borders import trim_border
from cnn.imaging.practice_series import simulate_film
from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES, lesion_mask

FILM = np.random.default_rng(0).uniform(0.2, 0.8, (90, 110))


def framed(top: int, right: int, bottom: int, left: int, grey: float) -> np.ndarray:
    return np.pad(FILM, ((top, bottom), (left, right)), constant_values=grey)


@pytest.mark.parametrize("grey", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("sides", [(0, 40, 0, 40), (20, 0, 20, 0), (5, 5, 5, 5), (0, 0, 30, 0), (9, 0, 2, 33)])
def test_borders_of_any_grey_are_trimmed(sides: tuple[int, int, int, int], grey: float) -> None:
    trimmed, note, _ = trim_border(framed(*sides, grey))
    np.testing.assert_array_equal(trimmed, FILM)
    assert all(str(side) in note for side in sides if side)


def test_a_frame_around_bars_is_trimmed() -> None:
    trimmed, *_ = trim_border(np.pad(framed(0, 30, 0, 30, 0.0), 6, constant_values=1.0))
    np.testing.assert_array_equal(trimmed, FILM)


@pytest.mark.parametrize(
    "grey",
    [
        FILM,
        np.pad(FILM, 2),  # a rim, as films have
        np.pad(FILM[:50], ((60, 60), (0, 0))),  # too little would be left
        np.pad(FILM, ((0, 0), (20, 0))) + np.pad(np.full((9, 4), 0.5), ((5, 76), (2, 124))),  # a marker in the bar
        0.5 + (FILM - 0.5) * 1e-3,  # a film of very little contrast
        np.zeros((90, 90)),
    ],
    ids=["film", "rim", "strip", "marker", "faint", "blank"],
)
def test_the_rest_is_left_as_it_is(grey: np.ndarray) -> None:
    trimmed, *_ = trim_border(grey)
    assert trimmed.shape == grey.shape


def test_masks_of_simulated_films_fit() -> None:
    for sample in SAMPLES:
        mask = lesion_mask(sample.key)
        assert mask is None or read_radiograph(*sample.read()).pixels.shape == mask.shape
    for number in range(8):
        film = simulate_film(3, number, with_lesion=True)
        assert film.mask is not None
        assert read_radiograph(*film.read()).pixels.shape == film.mask.shape
