"""Kernels on whole pictures against torch, and what the pages say about them."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.ops import filters
from cnn.ops.convolution import conv2d
from ui.lecture import filtered_film


@pytest.mark.parametrize("shape", [(3, 3), (5, 5), (1, 3), (4, 2), (1, 1)])
def test_filter_image_against_torch(shape):
    rng = np.random.default_rng(13)
    pixels, weights = rng.random((23, 31)), rng.normal(size=shape)
    top, left = (shape[0] - 1) // 2, (shape[1] - 1) // 2
    padded = F.pad(
        torch.from_numpy(pixels)[None, None], (left, shape[1] - 1 - left, top, shape[0] - 1 - top), mode="replicate"
    )
    theirs = F.conv2d(padded, torch.from_numpy(weights)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(filters.filter_image(pixels, weights), theirs, atol=1e-5)


def test_slide_13_edge_detector_sees_only_change():
    pixels = np.full((9, 9), 0.4)
    pixels[:, 5:] = 0.8
    response = filters.filter_image(pixels, filters.KERNELS[0].weights)
    assert np.allclose(response[:, :4], 0, atol=1e-5)
    assert np.allclose(response[:, 4], -1.2, atol=1e-5)
    assert np.allclose(response[:, 5], 1.2, atol=1e-5)
    shown = filters.scale_to_grey(response, filters.KERNELS[0].weights)
    assert np.allclose(shown.pixels[:, :4], 0.5, atol=1e-5)
    assert "1.2" in shown.scale
    assert shown.pixels[:, 4].max() < 1e-6
    assert shown.pixels[:, 5].min() > 1 - 1e-6


def test_greys_stay_within_0_and_1_for_every_kernel():
    pixels = np.random.default_rng(0).random((20, 20))
    for kernel in [*(kernel.weights for kernel in filters.KERNELS), ((-1.0,),), ((5.0, 1.0),)]:
        shown = filters.scale_to_grey(filters.filter_image(pixels, kernel), kernel).pixels
        assert 0 <= shown.min() <= shown.max() <= 1
    assert np.isfinite(filters.scale_to_grey(np.zeros((4, 4)), ((0.0,),)).pixels).all()


def test_strongest_responses_are_apart_and_may_lie_at_the_border():
    response = np.zeros((40, 40))
    response[10, 10], response[11, 11], response[25, 30], response[0, 0] = 5, 4, -6, 9
    response[30, 8] = 3
    assert filters.strongest_positions(response, 5, 3) == ((0, 0), (10, 10), (30, 8))
    assert filters.strongest_positions(-response, 5, 1) == ((25, 30),)
    assert filters.strongest_positions(np.zeros((4, 4)), 5, 2) == ((0, 0),)
    assert filters.patch_at(response, (10, 10), 2).shape == (5, 5)
    assert (filters.patch_at(response, (0, 0), 2)[:3, :3] == 9).all()


@pytest.mark.parametrize("kernel", [np.ones((2, 2)), np.eye(3), np.arange(35.0).reshape(5, 7), np.ones((1, 6))])
def test_the_patch_at_the_strongest_place_gives_its_response(kernel):
    for seed in range(20):
        pixels = np.random.default_rng(seed).random((13, 17))
        response = filters.filter_image(pixels, kernel)
        (place,) = filters.strongest_positions(response, 12, 1)
        assert response[place] == response.max()
        example = conv2d(filters.patch_at(pixels, place, filtered_film.REACH), kernel)
        assert example.output.flat[filtered_film.step_at_strongest(example)] == pytest.approx(response.max(), rel=1e-5)


def test_every_kernel_is_described():
    for kernel in filters.KERNELS:
        assert kernel.answers_to in filters.describe(kernel.weights)
        rounded = [[float(f"{w:g}") for w in row] for row in kernel.weights]  # as it stands in a link
        assert kernel.answers_to in filters.describe(rounded)
    assert "change" in filters.describe([[1, -1]])
    assert "3 times" in filters.describe([[1, 2]])


@pytest.mark.parametrize("size", [1, 2, 5])
def test_pool_picture_against_torch(size):
    pixels = np.random.default_rng(37).random((17, 22))
    tensor = torch.from_numpy(pixels)[None]
    np.testing.assert_allclose(filters.pool_image(pixels, size, "max"), F.max_pool2d(tensor, size)[0])
    np.testing.assert_allclose(filters.pool_image(pixels, size, "average"), F.avg_pool2d(tensor, size)[0])
    assert filters.enlarge(pixels, size).shape == (17 * size, 22 * size)
