"""The shuffle moves pixels and nothing else; shapes are as said; the curves that are shown are complete."""

import numpy as np
import pytest

from cnn.lecture import leaf
from cnn.lecture.pixel_shuffle import results
from cnn.training.pixel_shuffle import drawn_shapes


def test_one_fixed_permutation_moves_every_pixel_and_loses_none() -> None:
    order = results.permutation(64)
    assert sorted(order) == list(range(64))
    assert np.array_equal(order, results.permutation(64))
    pictures = np.random.default_rng(0).random((3, 8, 8))
    moved = results.shuffle_pixels(pictures)
    for before, after in zip(pictures, moved, strict=True):
        assert np.array_equal(after.ravel(), before.ravel()[order])
        assert np.array_equal(after, results.shuffle_pixels(before))
        assert np.array_equal(np.sort(after, axis=None), np.sort(before, axis=None))
        back = np.empty(64)
        back[order] = after.ravel()
        assert np.array_equal(back, before.ravel())


def test_neighbours_are_alike_until_they_are_shuffled() -> None:
    drawn = leaf.draw_leaf("the leaf")
    assert min(results.correlate_neighbours(drawn)) > 0.5
    assert max(map(abs, results.correlate_neighbours(results.shuffle_pixels(drawn)))) < 0.05
    right, below = results.correlate_neighbours(np.array([[0.0, 1, 0, 1], [0, 1, 0, 1], [0, 1, 0, 1]]))
    assert (right, below) == (pytest.approx(-1), pytest.approx(1))


def test_shapes_are_seeded_and_lie_within_the_picture() -> None:
    pictures, classes = drawn_shapes.draw_shapes(200, seed=4)
    again, _ = drawn_shapes.draw_shapes(200, seed=4)
    assert np.array_equal(pictures, again)
    assert set(classes) == set(range(len(drawn_shapes.SHAPES)))
    for name in range(len(drawn_shapes.SHAPES)):
        ink = pictures[classes == name].mean(axis=0)
        border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
        assert abs(border).max() < 0.1 < ink.max()


@pytest.mark.parametrize("kind", results.DATASETS)
def test_what_is_shown_is_complete_and_says_what_the_page_says(kind: results.Dataset) -> None:
    found = results.load_experiment(kind)
    assert set(found.curves) == {(network, order) for network in results.NETWORKS for order in results.ORDERS}
    assert {curve.accuracy.shape for curve in found.curves.values()} == {(3, 20)}
    assert found.samples.shape[0] == len(found.names)
    assert found.receptive_field == 14
    assert not found.is_hurt_by_shuffle("fully connected")
    assert found.is_hurt_by_shuffle("convolution") is (kind == "shapes")
    assert 1 / len(found.names) < found.histogram_accuracy < found.curves["convolution", "shuffled"].last
