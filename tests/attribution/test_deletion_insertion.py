"""Deletion and insertion curves, checked where the answer is known: on a score that is a weighted sum of pixels."""

import numpy as np
import pytest
import torch
from sklearn.metrics import auc
from torch import Tensor

from cnn.attribution import deletion_insertion
from cnn.attribution.deletion_insertion import GRID, RANDOM_ORDERS, STEPS

SIDE = 2 * GRID


@pytest.fixture
def weights() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(SIDE, SIDE))


def of_sum(weights: np.ndarray) -> deletion_insertion.Score:
    """A linear score, under which every square has an effect of its own."""
    factor = torch.from_numpy(weights).float()

    def score(pictures: Tensor) -> np.ndarray:
        return np.asarray((pictures[:, 0] * factor).sum(dim=(1, 2)))

    return score


def test_squares_are_means() -> None:
    values = np.arange(SIDE * SIDE, dtype=float).reshape(SIDE, SIDE)
    pooled = torch.nn.functional.avg_pool2d(torch.from_numpy(values)[None, None], SIDE // GRID)
    np.testing.assert_allclose(deletion_insertion.square_means(values), pooled[0, 0])


def test_area_is_the_trapezoidal_rule_of_scikit_learn() -> None:
    share, values = np.array([0, 0.2, 0.7, 1]), np.array([[1, 0.5, 0.4, 0], [0, 0, 1, 1]])
    np.testing.assert_allclose(deletion_insertion.area_under(share, values), [auc(share, line) for line in values])


def test_an_order_starts_with_the_largest_square() -> None:
    values = np.zeros((SIDE, SIDE))
    values[2:4, 4:6] = 1  # row 1, column 2
    values[0:2, 0:2] = -1
    order = deletion_insertion.rank_squares(values)
    assert order[0] == GRID + 2
    assert order[-1] == 0


def test_random_orders_are_all_squares_and_always_the_same() -> None:
    first, second = deletion_insertion.random_orders(), deletion_insertion.random_orders()
    assert len(first) == RANDOM_ORDERS
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(np.sort(one), np.arange(GRID**2))


def test_curves_of_a_weighted_sum_are_its_partial_sums(weights: np.ndarray) -> None:
    film = torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    effects = deletion_insertion.square_means(weights * film[0, 0].numpy()).ravel() * (SIDE // GRID) ** 2
    order = deletion_insertion.rank_squares(weights * film[0, 0].numpy())
    told: list[tuple[int, int]] = []
    found = deletion_insertion.compute_curves(of_sum(weights), film, torch.zeros_like(film),
                        {"best": order, "worst": order[::-1].copy()},
                        lambda *passes: told.append(passes))  # fmt: skip
    removed = np.concatenate([[0], effects[order].cumsum()])[np.round(found.share * GRID**2).astype(int)]
    np.testing.assert_allclose(found.deletion["best"], effects.sum() - removed, atol=1e-3)
    np.testing.assert_allclose(found.insertion["best"], removed, atol=1e-3)
    for number, random in enumerate(deletion_insertion.random_orders()):
        gone = np.concatenate([[0], effects[random].cumsum()])[np.round(found.share * GRID**2).astype(int)]
        np.testing.assert_allclose(found.random_deletion[number], effects.sum() - gone, atol=1e-3)
        np.testing.assert_allclose(found.random_insertion[number], (effects.sum() - gone)[::-1], atol=1e-3)
    assert found.beaten("best") == (RANDOM_ORDERS, RANDOM_ORDERS)
    assert found.beaten("worst") == (0, 0)
    assert found.share[[0, -1]].tolist() == [0, 1]
    assert len(found.share) == STEPS + 1
    assert told[-1] == (found.passes, found.passes)
    assert found.passes == deletion_insertion.count_passes(orders=2)


def test_hidden_squares_show_the_baseline() -> None:
    film, baseline = torch.ones(1, 1, SIDE, SIDE), torch.full((1, 1, SIDE, SIDE), 3.0)
    means = deletion_insertion.compute_curves(lambda pictures: pictures.mean(dim=(1, 2, 3)).numpy(), film, baseline, {})
    np.testing.assert_allclose(means.random_deletion, np.tile(1 + 2 * means.share, (RANDOM_ORDERS, 1)), rtol=1e-5)


def test_what_progress_raises_ends_the_work(weights: np.ndarray) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    film = torch.zeros(1, 1, SIDE, SIDE)
    with pytest.raises(KeyboardInterrupt):
        deletion_insertion.compute_curves(of_sum(weights), film, film, {}, stop)


def test_areas_are_those_of_the_curves(weights: np.ndarray) -> None:
    film = torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    order, baseline = deletion_insertion.rank_squares(weights), deletion_insertion.make_fill(film, "blur")
    drawn = deletion_insertion.compute_curves(of_sum(weights), film, baseline, {"own": order})
    expected = [
        float(deletion_insertion.area_under(drawn.share, each["own"])) for each in (drawn.deletion, drawn.insertion)
    ]
    assert deletion_insertion.compute_areas(of_sum(weights), film, baseline, order) == pytest.approx(expected)


def test_the_blurred_film_keeps_its_mean_and_loses_its_detail() -> None:
    pixels = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert not deletion_insertion.make_fill(pixels, "grey").any()
    blurred = deletion_insertion.make_fill(pixels, "blur")
    assert blurred.std() < 0.3 * pixels.std()
    assert float(blurred.mean()) == pytest.approx(float(pixels.mean()), abs=0.05)
