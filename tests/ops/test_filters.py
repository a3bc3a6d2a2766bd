"""Kernels on whole pictures against torch, and what the pages say about them."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.ops import filters, toy_inputs
from cnn.ops.convolution import conv2d


def test_slide_13_edge_detector_sees_only_change():
    pixels = np.full((9, 9), 4)
    pixels[:, 5:] = 8
    response = conv2d(pixels, filters.KERNELS[0].weights).output[0]
    assert (response[:, :3] == 0).all()
    assert (response[:, 3] == -12).all()
    assert (response[:, 4] == 12).all()


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_colour_filters_are_as_deep_as_a_picture_in_colour(size):
    kernels = filters.colour_kernels(size)
    assert len(kernels) == 6
    for weights in kernels.values():
        assert weights.shape == (3, size, size)
        assert (weights % 1 == 0).all()
    layer = torch.from_numpy(np.stack([*kernels.values()]))
    picture = toy_inputs.colour_scene()
    theirs = F.conv2d(torch.from_numpy(picture)[None], layer)[0]
    np.testing.assert_array_equal(conv2d(picture, layer.numpy()).output, theirs.numpy())
    assert theirs.shape == (6, 33 - size, 33 - size)  # slide 15 for a size of 5


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
