"""Stacked maps and ReLU against torch, and the lecture's sizes."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnn.errors import DoesNotFit
from cnn.lecture.questions.layer_sizes import ask_two_layers
from cnn.ops import feature_stack
from cnn.ops.filters import KERNELS


def picture(height: int = 40, width: int = 30) -> np.ndarray:
    return np.random.default_rng(7).random((height, width))


def test_stack_is_torch_s_convolution_with_replicated_border() -> None:
    pixels = picture()
    weight = torch.tensor([kernel.weights for kernel in KERNELS], dtype=torch.float64)[:, None]
    padded = F.pad(torch.tensor(pixels)[None, None], (1, 1, 1, 1), mode="replicate")
    bias = torch.full((len(KERNELS),), 0.25, dtype=torch.float64)
    theirs = F.conv2d(padded, weight, bias)[0]
    found = feature_stack.stack_maps(pixels, KERNELS, 0.25)
    np.testing.assert_allclose(found, theirs.numpy(), atol=1e-5)
    np.testing.assert_array_equal(feature_stack.relu(found), torch.relu(torch.tensor(found)).numpy())


def test_two_layers_are_torch_s() -> None:
    for side, depth, first, second, f in ((32, 3, 7, 8, 5), (32, 3, 6, 1, 5), (19, 1, 2, 3, 4), (9, 4, 1, 1, 5)):
        layers = feature_stack.chain_two_layers(side, depth, first, second, f)
        one, two = nn.Conv2d(depth, first, f), nn.Conv2d(first, second, f)
        between = one(torch.zeros(1, depth, side, side))
        assert between.shape[1:] == (first, layers.between, layers.between)
        assert two(between).shape[1:] == (second, layers.after, layers.after)
        assert two.weight[0].numel() == layers.weights


@pytest.mark.parametrize("seed", range(1, 9))
def test_questions_on_two_layers_are_torch_s(seed: int) -> None:
    layers = feature_stack.chain_two_layers(20, 3, 5, 4, 3)
    one, two = nn.Conv2d(3, 5, 3), nn.Conv2d(5, 4, 3)
    between = one(torch.zeros(1, 3, 20, 20))
    theirs = (two.weight.shape[1], between[0].numel(), sum(p.numel() for p in two.parameters()), two(between).shape[-1])
    assert ask_two_layers(layers, seed).answer == theirs[(seed - 1) % 4]


def test_a_picture_too_small_for_the_second_layer_is_refused() -> None:
    with pytest.raises(DoesNotFit, match=r"Choose N = 9, or F = 4 or less\."):
        feature_stack.chain_two_layers(8, 1, 1, 1, 5)
    assert feature_stack.chain_two_layers(9, 1, 1, 1, 5).after == 1
    assert feature_stack.chain_two_layers(8, 1, 1, 1, 4).after == 2


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(960, 480, (96, 48)), (300, 300, (96, 96)), (7, 3000, (1, 96))]
)
def test_shrink_keeps_the_shape_and_the_mean(height: int, width: int, expected: tuple[int, int]) -> None:
    pixels = picture(height, width)
    small = feature_stack.shrink(pixels)
    assert small.shape == expected
    assert small.mean() == pytest.approx(pixels.mean(), abs=0.01)


def test_corner_shows_both_signs_where_there_are_both() -> None:
    one = np.zeros((20, 20))
    one[4, 4], one[15, 15], one[15, 16] = 9, 5, -5
    found = feature_stack.strongest_patch(one)
    assert found.before.shape == (5, 5)
    assert found.before.min() == -5
    np.testing.assert_array_equal(found.after, np.maximum(found.before, 0))
    np.testing.assert_array_equal(found.cleared == 1, found.before < 0)
    assert feature_stack.strongest_patch(np.zeros((3, 2))).before.shape == (3, 2)
