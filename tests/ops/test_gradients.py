"""The backward pass by hand against torch's autograd, and a filter that learns by it."""

from itertools import islice

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Window
from cnn.ops.convolution import conv2d
from cnn.ops.filters import KERNELS
from cnn.ops.gradients import backward, descend, full_convolution, largest_stable_rate, squared_error

EDGES = np.array(KERNELS[0].weights, float)
RNG = np.random.default_rng(19)
PATCHES = [RNG.normal(size=(6, 6)) for _ in range(3)]


def test_a_thousand_random_cases_equal_autograd() -> None:
    worst = 0.0
    for _ in range(1000):
        channels, filters, kernel, stride, padding, dilation = (
            int(RNG.integers(1, most)) for most in (4, 4, 4, 4, 3, 3)
        )
        side = dilation * (kernel - 1) + 1 + RNG.integers(0, 5, 2)
        image, weight = RNG.normal(size=(channels, *side)), RNG.normal(size=(filters, channels, kernel, kernel))
        window = Window(kernel, stride, padding, dilation)
        example = conv2d(image, weight, RNG.normal(size=filters), (window, window))
        target = RNG.normal(size=example.output.shape)
        loss, errors = squared_error(example.output, target)
        leaves = [torch.tensor(a, requires_grad=True) for a in (image, weight, example.bias)]
        output = F.conv2d(leaves[0], leaves[1], leaves[2], stride, padding, dilation)
        theirs = F.mse_loss(output, torch.tensor(target))
        theirs.backward()
        ours = backward(example, errors)
        pairs = zip((ours.input, ours.weight, ours.bias), leaves, strict=True)
        worst = max(worst, abs(loss - theirs.item()), *(np.abs(a - t.grad.numpy()).max() for a, t in pairs))
    assert worst < 1e-9


def test_the_input_s_gradient_is_the_full_convolution_with_the_flipped_filter() -> None:
    example = conv2d(PATCHES[0], EDGES)
    errors = RNG.normal(size=example.output.shape)
    np.testing.assert_allclose(
        full_convolution(errors[0], EDGES).output, backward(example, errors).input, rtol=1e-12, atol=1e-12
    )


def test_one_weight_s_gradient_is_a_sum_over_positions() -> None:
    example = conv2d(PATCHES[0], EDGES)
    errors = RNG.normal(size=example.output.shape)
    by_hand = sum(errors[0, r, c] * PATCHES[0][r + 2, c + 1] for r in range(4) for c in range(4))
    assert backward(example, errors).weight[0, 0, 2, 1] == pytest.approx(by_hand)


def test_the_filter_becomes_the_hidden_one() -> None:
    rate = largest_stable_rate(PATCHES, (3, 3)) / 2
    steps = list(islice(descend(PATCHES, EDGES, np.zeros((3, 3)), rate), 700))
    assert steps[-1].loss < 1e-6 < steps[0].loss
    np.testing.assert_allclose(steps[-1].weight, EDGES, atol=0.01)


@pytest.mark.parametrize(("factor", "diverges"), [(0.97, False), (1.03, True)])
def test_the_largest_stable_rate_divides_descent_from_divergence(factor: float, diverges: bool) -> None:
    rate = factor * largest_stable_rate(PATCHES, (3, 3))
    losses = [step.loss for step in islice(descend(PATCHES, EDGES, np.zeros((3, 3)), rate), 500)]
    assert (losses[-1] > losses[0]) == diverges
    assert (len(losses) < 500) == diverges


def test_what_is_not_worked_out_is_refused() -> None:
    with pytest.raises(DoesNotFit):
        backward(conv2d(PATCHES[0], EDGES, flip=True), np.ones((1, 4, 4)))
