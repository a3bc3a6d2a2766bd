"""Convolutions against torch and numpy: every number that the grid can show, and the lecture's own numbers."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Window
from cnn.ops.convolution import conv1d, conv2d
from cnn.ops.toy_inputs import BINARY_IMAGE, CROSS
from cnn.ops.windows import Axis, count_unread

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def assert_equal(ours, theirs) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


# Slides 6-7: convolution in one dimension.


def test_slide_7_convolution_of_a_signal():
    example = conv1d([0, 1, 2, 3, 3], [1, -1, 2])
    assert example.kernel.ravel().tolist() == [2, -1, 1]
    assert example.output.ravel().tolist() == [0, 1, 1, 3, 4, 3, 6]
    assert example.products[0, 0, 4, 0, 0].tolist() == [4, -3, 3]
    assert not example.symmetric
    assert conv1d([1, 2], [2, -1, 2]).symmetric


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_signals_against_numpy(mode):
    rng = np.random.default_rng(7)
    for _ in range(100):
        kernel_size = int(rng.integers(1, 7))
        x, w = rng.normal(size=int(rng.integers(kernel_size, 15))), rng.normal(size=kernel_size)
        assert_equal(conv1d(x, w, mode=mode).output.ravel(), np.convolve(x, w, mode))
        assert_equal(conv1d(x, w, mode=mode, flip=False).output.ravel(), np.convolve(x, w[::-1], mode))


# Slides 12-14 and 17: convolution in two dimensions.


def test_slide_12_binary_image():
    example = conv2d(BINARY_IMAGE, CROSS)
    assert example.output[0].tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    assert example.products[0, 0, 0, 0].tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_slide_13_edge_detector_is_silent_on_flat_ground():
    kernel = np.full((3, 3), -1)
    kernel[1, 1] = 8
    step = np.repeat([[0, 0, 0, 9, 9, 9]], 5, axis=0)
    assert conv2d(step, kernel).output[0].tolist() == [[0, -27, 27, 0]] * 3


def test_slide_14_one_number_is_75_products_and_a_bias():
    rng = np.random.default_rng(14)
    example = conv2d(rng.normal(size=(3, 32, 32)), rng.normal(size=(3, 5, 5)), [0.5])
    assert example.output.shape == (1, 28, 28)
    assert example.products[0, 0, 0].size == 75
    assert_equal(example.output[0, 3, 4], example.products[0, 3, 4].sum() + 0.5)


# Slides 19-34: stride and padding.


@pytest.mark.parametrize(("stride", "size", "unread"), [(1, 5, ()), (2, 3, ()), (3, 2, (6,))])
def test_slides_19_to_31_strides_on_7x7(stride, size, unread):
    axis = Axis.sliding(7, Window(3, stride))
    assert len(axis.windows) == size
    assert axis.unread == unread
    assert count_unread(axis, axis) == (13 if unread else 0)


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_cells_that_no_window_reads_are_counted_with_the_copies_in_torch_s_padding(mode):
    rng = np.random.default_rng(1)
    for _ in range(100):
        x, w, b, windows = random_example(rng)
        numbers = torch.arange(1.0, 1 + x[0].size).reshape(1, 1, *x.shape[1:])
        ends = [end for window in windows[::-1] for end in window.ends]
        padded = F.pad(numbers, ends, "constant" if mode == "zeros" else mode)
        options = {name: tuple(getattr(window, name) for window in windows) for name in ("stride", "dilation")}
        read = F.unfold(padded, w.shape[2:], **options)
        example = conv2d(x, w, b, windows, padding_mode=mode)
        unread = set(range(1, 1 + x[0].size)) - set(read.ravel().tolist())
        assert count_unread(example.rows, example.columns) == len(unread)
        crossed = np.zeros(padded.shape[2:], bool)
        crossed[list(example.rows.unread)] = crossed[:, list(example.columns.unread)] = True
        assert set(padded[0, 0].numpy()[crossed].tolist()) - {0} == unread


# Against torch, at random.


def random_example(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[Window, Window]]:
    """Input, weight, bias, and windows down and across, of sizes that fit."""
    depth, filters = rng.integers(1, 4, 2)
    windows, shape = [], []
    for f, s, d, p in zip(*(rng.integers(1, high, 2) for high in (5, 4, 4, 5)), strict=True):
        windows.append(Window(int(f), int(s), int(p) - 1, int(d)))
        reach = windows[-1].reach
        # At least 4 cells, so that every padding mode has something to copy.
        shape.append(int(rng.integers(max(4, reach - 2 * (p - 1)), reach + 7)))
    weight = rng.normal(size=(filters, depth, *(window.kernel_size for window in windows)))
    return rng.normal(size=(depth, *shape)), weight, rng.normal(size=filters), (windows[0], windows[1])


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_convolutions_against_torch(mode):
    rng = np.random.default_rng(2019)
    for _ in range(200):
        x, w, b, windows = random_example(rng)
        flip = bool(rng.integers(2))
        example = conv2d(x, w, b, windows, padding_mode=mode, flip=flip)
        options = {
            name: tuple(getattr(window, name) for window in windows) for name in ("stride", "padding", "dilation")
        }
        layer = torch.nn.Conv2d(w.shape[1], w.shape[0], w.shape[2:], padding_mode=mode, dtype=torch.float64, **options)
        laid = torch.from_numpy(w).flip(-1, -2) if flip else torch.from_numpy(w)
        with torch.no_grad():
            layer.weight.copy_(laid)
            layer.bias.copy_(torch.from_numpy(b))
            assert_equal(example.output, layer(torch.from_numpy(x)).numpy())
        assert_equal(example.kernel, laid.numpy())
        assert_equal(example.channel_sums.sum(-1) + b[:, None, None], example.output)
        assert_equal(example.products.sum((-2, -1)), example.channel_sums)


@pytest.mark.filterwarnings("ignore:Using padding=.same.:UserWarning")
def test_same_padding_against_torch():
    rng = np.random.default_rng(34)
    for _ in range(100):
        x, w, b, windows = random_example(rng)
        down, across = (Window(window.kernel_size, dilation=window.dilation) for window in windows)
        example = conv2d(x, w, b, (down.same_padded(), across.same_padded()))
        tensors = (torch.from_numpy(array) for array in (x, w, b))
        dilation = (down.dilation, across.dilation)
        assert_equal(example.output, F.conv2d(*tensors, padding="same", dilation=dilation).numpy())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: conv2d(np.ones((3, 5, 5)), np.ones((2, 3, 3))), "depth 2 and the input has depth 3"),
        (lambda: conv2d(BINARY_IMAGE, CROSS, [1, 2]), "2 biases for 1 filters"),
        (lambda: conv2d(BINARY_IMAGE, np.ones((6, 6))), "larger than the input"),
        (lambda: conv2d(BINARY_IMAGE, CROSS, None, (Window(3, 1, 5),) * 2, padding_mode="reflect"), "at most 4"),
        (lambda: conv2d(np.ones((500, 500)), CROSS), "write out"),
        (lambda: conv2d([1, 2], CROSS), "rows and columns"),
        (lambda: conv2d(BINARY_IMAGE, [1, 2]), "rows and columns"),
        (lambda: conv1d([], [1]), "at least one number"),
        (lambda: conv1d([1, 2], [1, 2, 3], mode="valid"), "signal only"),
    ],
)
def test_what_does_not_fit_is_a_sentence(call, sentence):
    with pytest.raises(DoesNotFit, match=sentence):
        call()


def test_advice_on_typed_numbers_uses_no_letters_and_counts_both_sides() -> None:
    with pytest.raises(DoesNotFit) as refusal:
        conv2d([[1]], [[1, 2, 3], [4, 5, 6]])
    assert "2 × 3" in str(refusal.value)
    with pytest.raises(DoesNotFit) as refusal_1d:
        conv1d([1], [1, 2, 3, 4], mode="valid")
    for sentence in (str(refusal.value), str(refusal_1d.value)):
        assert "N =" not in sentence
        assert "F =" not in sentence
