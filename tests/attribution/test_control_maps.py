"""Maps without a network: seeded, where they should be, and the Sobel filter's."""

import numpy as np
import pytest
from scipy import ndimage

from cnn.attribution import control_maps

FILM = np.random.default_rng(0).random((60, 60))


@pytest.mark.parametrize("name", control_maps.CONTROLS)
def test_controls_are_of_the_film_s_size_and_repeat(name: str) -> None:
    control = control_maps.CONTROLS[name]
    assert control(FILM, 3).shape == FILM.shape
    np.testing.assert_array_equal(control(FILM, 3), control(FILM, 3))
    assert np.array_equal(control(FILM, 3), control(FILM, 4)) == (name != "random")


@pytest.mark.parametrize("name", ["centre", "anatomy"])
def test_blobs_never_look_at_the_film(name: str) -> None:
    np.testing.assert_array_equal(control_maps.CONTROLS[name](FILM, 0), control_maps.CONTROLS[name](1 - FILM, 0))


def test_blobs_lie_in_the_middle_and_in_both_lungs() -> None:
    assert abs(np.argwhere(control_maps.centre(FILM, 0) == control_maps.centre(FILM, 0).max()) - 29.5).max() <= 0.5
    lungs = control_maps.anatomy(FILM, 0)
    for half, across in ((lungs[:, :30], 18), (lungs[:, 30:], 12)):
        row, column = np.unravel_index(half.argmax(), half.shape)
        assert abs(row - 33) <= 1
        assert abs(column - across) <= 1
    assert lungs[:, :30].max() > lungs[:, 30:].max()


def test_edges_are_scipy_s_sobel() -> None:
    steep = np.hypot(ndimage.sobel(FILM, 0), ndimage.sobel(FILM, 1))
    found = control_maps.edges(FILM, 0)
    inside = (slice(2, -2),) * 2
    assert np.corrcoef(steep[inside].ravel(), found[inside].ravel())[0, 1] == pytest.approx(1)
