"""Deletion and insertion curves, checked where the answer is known: on a score that is a weighted sum of pixels."""

import numpy as np
import pytest
import torch
from sklearn.metrics import auc

from cnn.attribution import deletion_insertion
from cnn.attribution.deletion_insertion import (
    GRID,
    RANDOM_ORDERS,
    STEPS,
    HiddenFilm,
    compute_curves,
    rank_squares,
)

SIDE = 2 * GRID
FILM = torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
WEIGHTS = np.random.default_rng(3).normal(size=(SIDE, SIDE)).astype(np.float32)


@pytest.fixture
def weighted_sum() -> deletion_insertion.Score:
    """A linear score, on which every square has an effect of its own."""
    return lambda films: np.asarray((films[:, 0] * torch.from_numpy(WEIGHTS)).sum(dim=(1, 2)))


def test_squares_are_means() -> None:
    values = np.arange(SIDE * SIDE, dtype=float).reshape(SIDE, SIDE)
    pooled = torch.nn.functional.avg_pool2d(torch.from_numpy(values)[None, None], SIDE // GRID)
    np.testing.assert_allclose(deletion_insertion.square_means(values), pooled[0, 0])


def test_area_is_the_trapezoidal_rule_of_scikit_learn() -> None:
    share, curves = np.array([0, 0.2, 0.7, 1]), np.array([[1, 0.5, 0.4, 0], [0, 0, 1, 1]])
    expected = [auc(share, curve) for curve in curves]
    np.testing.assert_allclose(deletion_insertion.area_under(share, curves), expected)


def test_the_largest_square_ranks_first() -> None:
    values = np.zeros((SIDE, SIDE))
    values[2:4, 4:6] = 1  # row 1, column 2
    values[0:2, 0:2] = -1
    order = rank_squares(values)
    assert order[0] == GRID + 2
    assert order[-1] == 0


def test_random_orders_hold_all_squares_and_are_always_the_same() -> None:
    orders = deletion_insertion.random_orders()
    np.testing.assert_array_equal(orders, deletion_insertion.random_orders())
    np.testing.assert_array_equal(np.sort(orders), np.tile(np.arange(GRID**2), (RANDOM_ORDERS, 1)))


def test_curves_of_a_weighted_sum_are_its_partial_sums(weighted_sum: deletion_insertion.Score) -> None:
    products = WEIGHTS * FILM[0, 0].numpy()
    effects = deletion_insertion.square_means(products).ravel() * (SIDE // GRID) ** 2
    order = rank_squares(products)
    orders = {"best": order, "worst": order[::-1].copy()}
    calls: list[tuple[int, int]] = []
    curves = compute_curves(
        HiddenFilm(weighted_sum, FILM, torch.zeros_like(FILM)), orders, lambda *call: calls.append(call)
    )
    counts = np.round(curves.share * GRID**2).astype(int)

    def partial_sums(order: np.ndarray) -> np.ndarray:
        return np.asarray(np.concatenate([[0], effects[order].cumsum()])[counts])

    np.testing.assert_allclose(curves.deletion["best"], effects.sum() - partial_sums(order), atol=1e-3)
    np.testing.assert_allclose(curves.insertion["best"], partial_sums(order), atol=1e-3)
    deletion = [effects.sum() - partial_sums(random) for random in deletion_insertion.random_orders()]
    np.testing.assert_allclose(curves.random_deletion, deletion, atol=1e-3)
    np.testing.assert_allclose(curves.random_insertion, np.array(deletion)[:, ::-1], atol=1e-3)
    assert curves.beaten("best") == (RANDOM_ORDERS, RANDOM_ORDERS)
    assert curves.beaten("worst") == (0, 0)
    np.testing.assert_allclose(curves.share, np.linspace(0, 1, STEPS + 1))
    assert calls[-1] == (curves.passes, curves.passes)
    assert curves.passes == deletion_insertion.count_passes(orders=2)


def test_hidden_squares_show_the_fill() -> None:
    film, fill = torch.ones(1, 1, SIDE, SIDE), torch.full((1, 1, SIDE, SIDE), 3.0)
    means = compute_curves(HiddenFilm(lambda films: films.mean(dim=(1, 2, 3)).numpy(), film, fill), {})
    np.testing.assert_allclose(means.random_deletion, np.tile(1 + 2 * means.share, (RANDOM_ORDERS, 1)), rtol=1e-5)


def test_an_exception_in_progress_ends_the_computation(weighted_sum: deletion_insertion.Score) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_curves(HiddenFilm(weighted_sum, FILM, FILM), {}, stop)


def test_areas_are_those_of_the_curves(weighted_sum: deletion_insertion.Score) -> None:
    order, fill = rank_squares(WEIGHTS), deletion_insertion.make_fill(FILM, "blur")
    curves = compute_curves(HiddenFilm(weighted_sum, FILM, fill), {"map": order})
    expected = [
        float(deletion_insertion.area_under(curves.share, each["map"])) for each in (curves.deletion, curves.insertion)
    ]
    assert deletion_insertion.compute_areas(HiddenFilm(weighted_sum, FILM, fill), order) == pytest.approx(expected)


def test_the_blurred_film_keeps_its_mean_and_loses_its_detail() -> None:
    pixels = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert not deletion_insertion.make_fill(pixels, "grey").any()
    blurred = deletion_insertion.make_fill(pixels, "blur")
    assert blurred.std() < 0.3 * pixels.std()
    assert float(blurred.mean()) == pytest.approx(float(pixels.mean()), abs=0.05)
