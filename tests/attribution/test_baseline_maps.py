"""Baseline maps: seeded, in the right position, and the Sobel filter's."""

import numpy as np
import pytest
from scipy import ndimage

from cnn.attribution.baseline_maps import BASELINES, baseline_map, edges, lung_prior

FILM = np.random.default_rng(0).random((60, 60))


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_have_the_film_s_size_and_repeat(name: str) -> None:
    assert baseline_map(name, FILM, 3).shape == FILM.shape
    np.testing.assert_array_equal(baseline_map(name, FILM, 3), baseline_map(name, FILM, 3))
    assert np.array_equal(baseline_map(name, FILM, 3), baseline_map(name, FILM, 4)) == (name != "random")


@pytest.mark.parametrize("name", ["centre", "anatomy"])
def test_blobs_do_not_depend_on_the_film(name: str) -> None:
    np.testing.assert_array_equal(baseline_map(name, FILM, 0), baseline_map(name, 1 - FILM, 0))


def test_blobs_lie_in_the_middle_and_in_both_lungs() -> None:
    centre = baseline_map("centre", FILM, 0)
    assert abs(np.argwhere(centre == centre.max()) - 29.5).max() <= 0.5
    lungs = lung_prior(60)
    for half, x in ((lungs[:, :30], 18), (lungs[:, 30:], 12)):
        row, column = np.unravel_index(half.argmax(), half.shape)
        assert abs(row - 33) <= 1
        assert abs(column - x) <= 1
    assert lungs[:, :30].max() > lungs[:, 30:].max()


def test_edges_are_scipy_s_sobel() -> None:
    steep = np.hypot(ndimage.sobel(FILM, 0), ndimage.sobel(FILM, 1))
    inside = (slice(2, -2),) * 2
    assert np.corrcoef(steep[inside].ravel(), edges(FILM)[inside].ravel())[0, 1] == pytest.approx(1)
