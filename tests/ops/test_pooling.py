"""Pooling forward and backward against torch, and the lecture's own numbers."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Window, window_fits
from cnn.ops.convolution import conv2d
from cnn.ops.pooling import adaptive_pool2d, pool2d
from cnn.ops.toy_inputs import BINARY_IMAGE, CROSS, POOL_INPUT
from tests.ops.test_convolution import assert_equal
from tests.support.advice import advised_values

HALVING = Window(2, stride=2)


def test_slide_38_max_pool_and_where_the_gradient_goes():
    example = pool2d(POOL_INPUT, HALVING)
    assert example.output[0].tolist() == [[10, 11], [9, 7]]
    assert example.backward()[0].tolist() == [[0, 0, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_slide_39_convolution_then_max_pool():
    convolved = conv2d(BINARY_IMAGE, CROSS).output
    assert pool2d(convolved, Window(2)).output[0].tolist() == [[4, 4], [4, 4]]


def test_a_tie_names_all_winners_but_the_gradient_goes_to_the_first_as_in_torch():
    tie = [[3, 3], [1, 3]]
    example = pool2d(tie, HALVING)
    assert example.winners[0, 0, 0].tolist() == [[True, True], [False, True]]
    x = torch.tensor([tie], dtype=torch.float64, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert example.backward().tolist() == x.grad.tolist() == [[[1, 0], [0, 0]]]


def random_window(rng: np.random.Generator, kind: str) -> Window:
    f, s = (int(n) for n in rng.integers(1, 5, 2))
    padding = 0 if kind == "lp" else int(rng.integers(0, f // 2 + 1))
    return Window(f, s, padding, int(rng.integers(1, 4)) if kind == "max" else 1)


def torch_pool(x: torch.Tensor, kind: str, windows: tuple[Window, Window], ceil: bool, norm: int) -> torch.Tensor:
    size, stride, padding, dilation = zip(*(vars(window).values() for window in windows), strict=True)
    if kind == "max":
        return F.max_pool2d(x, size, stride, padding, dilation, ceil_mode=ceil)
    if kind == "average":
        return F.avg_pool2d(x, size, stride, padding, ceil_mode=ceil)
    return F.lp_pool2d(x[None], norm, size, stride, ceil_mode=ceil)[0]


@pytest.mark.parametrize("kind", ["max", "average", "lp"])
def test_pooling_forward_and_backward_against_torch(kind):
    rng = np.random.default_rng(38)
    for _ in range(200):
        windows = random_window(rng, kind), random_window(rng, kind)
        ceil, norm = bool(rng.integers(2)), int(rng.integers(1, 5))
        shape = [int(rng.integers(window.reach, window.reach + 7)) for window in windows]
        array = rng.integers(0, 6, size=(int(rng.integers(1, 4)), *shape)).astype(float)  # few values: there are ties
        x = torch.tensor(array, requires_grad=True)
        theirs = torch_pool(x, kind, windows, ceil, norm)
        gradient = rng.normal(size=theirs.shape)
        theirs.backward(torch.from_numpy(gradient))
        ours = pool2d(array, windows, kind, "ceil" if ceil else "floor", norm)
        assert_equal(ours.output, theirs.detach().numpy())
        # Where a whole window is 0 torch's Lp gradient is 0 or undefined (NaN); ours is 0.
        assert_equal(ours.backward(gradient), np.nan_to_num(x.grad.numpy()))


@pytest.mark.parametrize(("kind", "function"), [("max", F.adaptive_max_pool2d), ("average", F.adaptive_avg_pool2d)])
def test_adaptive_and_global_pooling_against_torch(kind, function):
    rng = np.random.default_rng(40)
    for _ in range(60):
        array = rng.integers(0, 6, size=(2, *rng.integers(1, 9, 2))).astype(float)
        size = int(rng.integers(1, 6))
        x = torch.tensor(array, requires_grad=True)
        theirs = function(x, size)
        theirs.sum().backward()
        ours = adaptive_pool2d(array, size, kind)
        assert_equal(ours.output, theirs.detach().numpy())
        assert_equal(ours.backward(), x.grad.numpy())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: pool2d(POOL_INPUT, Window(2, 2, 2)), "half of a pooling window"),
        (lambda: pool2d(POOL_INPUT, Window(2, 2, dilation=2), "average"), "Only max pooling"),
        (lambda: pool2d(POOL_INPUT, Window(2, 2, 1), "lp"), "no padding"),
        (lambda: pool2d([[-3, 1], [1, 1]], HALVING, "lp", norm=3), "even p"),
        (lambda: pool2d(POOL_INPUT, HALVING).backward(np.ones((1, 3, 3))), "shape"),
    ],
)
def test_what_does_not_fit_is_a_sentence(call, sentence):
    with pytest.raises(DoesNotFit, match=sentence):
        call()


def test_every_value_offered_can_be_pooled() -> None:
    draw, offered = random.Random(9), 0
    for _ in range(1500):
        kind = draw.choice(["max", "average", "lp"])
        image = np.ones((draw.randint(1, 9), draw.randint(1, 9)))
        window = Window(draw.randint(1, 8), draw.randint(1, 4), draw.randint(0, 4), draw.choice([1, 1, 2, 3]))
        try:
            pool2d(image, window, kind)
            continue
        except DoesNotFit as error:
            advice = list(advised_values(str(error)))
        for name, value in advice:
            offered += 1
            if name == "n":
                sides = [[value if n == side else n for n in image.shape] for side in image.shape]
                assert any(window_fits(tuple(lengths), window, pooling=True) for lengths in sides), (kind, window)
            else:
                pool2d(image, replace(window, **{name: value}), kind)
    assert offered > 500
