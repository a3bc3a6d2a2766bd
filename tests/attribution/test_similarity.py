"""Similarity of maps where it is known."""

import numpy as np
import pytest

from cnn.attribution.deletion_insertion import GRID
from cnn.attribution.similarity import Similarity, compare, compare_squares
from tests.support.random_weights import film

SIDE = 8 * GRID
MAP, OTHER = (np.random.default_rng(seed).random((32, 32)) for seed in (0, 1))


def test_equal_opposite_unrelated_and_blank_maps() -> None:
    assert compare(MAP, MAP) == pytest.approx((1, 1))
    assert compare(MAP, 1 - MAP**3).rank == pytest.approx(-1)
    assert all(abs(value) < 0.15 for value in compare(MAP, OTHER))
    assert compare(MAP, np.ones((32, 32))).rank == 0
    assert compare(MAP, np.zeros((32, 32))) == compare(np.zeros((32, 32)), MAP) == Similarity(ssim=0, rank=0)


def smooth() -> np.ndarray:
    return film(1, SIDE, SIDE).pixels - 0.5


@pytest.mark.parametrize("factor", [1, -3])
def test_scale_and_sign_do_not_count(factor: float) -> None:
    assert compare_squares(smooth(), factor * smooth()) == pytest.approx((1, 1))


def test_the_rank_depends_only_on_the_order_of_the_squares() -> None:
    means = np.abs(smooth()).reshape(GRID, 8, GRID, 8).mean(axis=(1, 3))
    cubed = compare_squares(smooth(), np.kron(means**3, np.ones((8, 8))))
    assert cubed.rank == pytest.approx(1)
    assert cubed.ssim < 0.9
    assert compare_squares(np.abs(smooth()), 1 - np.abs(smooth())).rank == pytest.approx(-1)
