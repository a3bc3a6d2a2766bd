"""Warnings of films that are cut or turned."""

import numpy as np
import pytest
from scipy import ndimage

from cnn.imaging.radiograph import read_radiograph
from cnn.imaging.samples.built_in import SAMPLES
from cnn.models import ood_gate
from cnn.models.framing import find_warnings, measure_angle


def lungs(angle: float = 0.0) -> np.ndarray:
    """Two upright ellipses that lean towards each other, turned clockwise by ``angle`` degrees."""
    y, x = np.mgrid[:224, :224] - 112.0
    mask = np.zeros((224, 224))
    for side in (-1, 1):
        across, down = x - side * 45, y
        across = across - side * 0.2 * down
        mask[(across / 28) ** 2 + (down / 65) ** 2 < 1] = 1
    return ndimage.rotate(mask, -angle, reshape=False, order=1) > 0.5


@pytest.mark.parametrize("angle", [-15, -10, 0, 10, 15])
def test_the_angle_is_that_of_the_lungs(angle: float) -> None:
    assert measure_angle(lungs(angle)) == pytest.approx(angle, abs=3)


@pytest.mark.parametrize(("angle", "word"), [(14, " clockwise"), (-14, "counter-clockwise")])
def test_a_turned_film_is_warned_of(angle: float, word: str) -> None:
    (warning,) = find_warnings(lungs(angle))
    assert word in warning


def test_a_cut_film_is_warned_of_with_its_edges() -> None:
    (warning,) = find_warnings(lungs()[60:, 60:])
    assert "top" in warning
    assert "left" in warning
    assert "right" not in warning


@pytest.mark.parametrize("mask", [lungs(), lungs(4), np.zeros((224, 224), bool)])
def test_an_upright_whole_film_is_not_warned_of(mask: np.ndarray) -> None:
    assert find_warnings(mask) == ()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_built_in_films_are_not_warned_of(sample) -> None:
    assert ood_gate.check(read_radiograph(*sample.read())).warnings == ()
