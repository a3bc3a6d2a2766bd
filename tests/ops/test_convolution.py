"""The worked examples against torch and numpy: every number that the grid can show, and the lecture's own numbers."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn.errors import DoesNotFit
from cnn.ops import convolution, pooling, windows

BINARY = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
CROSS = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
POOL = [[5, 6, 7, 8], [2, 10, 4, 11], [7, 9, 3, 5], [8, 6, 7, 1]]


def equal(ours, theirs) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def pick(rng: np.random.Generator, low: int, high: int) -> tuple[int, int]:
    return int(rng.integers(low, high)), int(rng.integers(low, high))


# Slides 6-7: convolution in one dimension.


def test_slide_7_convolution_of_a_signal():
    example = convolution.conv1d([0, 1, 2, 3, 3], [1, -1, 2])
    assert example.kernel.ravel().tolist() == [2, -1, 1]
    assert example.output.ravel().tolist() == [0, 1, 1, 3, 4, 3, 6]
    assert example.products[0, 0, 4, 0, 0].tolist() == [4, -3, 3]


def test_without_the_flip_it_is_cross_correlation():
    assert convolution.conv1d([0, 1, 2, 3, 3], [1, -1, 2], flip=False).output.ravel().tolist() == [0, 2, 3, 5, 5, 0, 3]
    assert not convolution.conv1d([1, 2], [1, -1, 2]).symmetric
    assert convolution.conv1d([1, 2], [2, -1, 2]).symmetric


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_signals_against_numpy(mode):
    rng = np.random.default_rng(7)
    for _ in range(100):
        kernel_size = int(rng.integers(1, 7))
        x, w = rng.normal(size=int(rng.integers(kernel_size, 15))), rng.normal(size=kernel_size)
        equal(convolution.conv1d(x, w, mode=mode).output.ravel(), np.convolve(x, w, mode))
        equal(convolution.conv1d(x, w, mode=mode, flip=False).output.ravel(), np.convolve(x, w[::-1], mode))


# Slides 12-14 and 17: convolution in two dimensions.


def test_slide_12_binary_image():
    example = convolution.conv2d(BINARY, CROSS)
    assert example.output[0].tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    assert example.products[0, 0, 0, 0].tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_slide_13_edge_detector_is_silent_on_flat_ground():
    kernel = np.full((3, 3), -1)
    kernel[1, 1] = 8
    step = np.repeat([[0, 0, 0, 9, 9, 9]], 5, axis=0)
    assert convolution.conv2d(step, kernel).output[0].tolist() == [[0, -27, 27, 0]] * 3


def test_slide_14_one_number_is_75_products_and_a_bias():
    rng = np.random.default_rng(14)
    example = convolution.conv2d(rng.normal(size=(3, 32, 32)), rng.normal(size=(3, 5, 5)), [0.5])
    assert example.output.shape == (1, 28, 28)
    assert example.products[0, 0, 0].size == 75
    equal(example.output[0, 3, 4], example.products[0, 3, 4].sum() + 0.5)


# Slides 19-34: stride and padding.


@pytest.mark.parametrize(("stride", "size", "unread"), [(1, 5, ()), (2, 3, ()), (3, 2, (6,))])
def test_slides_19_to_31_strides_on_7x7(stride, size, unread):
    axis = windows.Axis.sliding(7, 3, stride)
    assert len(axis.windows) == size
    assert axis.unread == unread
    if stride == 3:
        with pytest.raises(DoesNotFit, match=r"2\.33"):
            windows.Axis.sliding(7, 3, stride, rule="exact")


def test_slide_33_volumes_shrink_and_slide_34_padding_stops_it():
    image, five, three = np.ones((32, 32)), np.ones((5, 5)), np.ones((3, 3))
    first = convolution.conv2d(image, five).output
    assert first.shape == (1, 28, 28)
    assert convolution.conv2d(first, five).output.shape == (1, 24, 24)
    assert convolution.conv2d(image, five, padding=2).output.shape == (1, 32, 32)
    assert convolution.conv2d(np.ones((4, 4)), three).output.shape == (1, 2, 2)
    assert convolution.conv2d(np.ones((5, 5)), three, padding=1).output.shape == (1, 5, 5)


def test_unread_counts_padding_cells_and_data_alike():
    axis = windows.Axis.sliding(6, 3, 4, 1)  # cells 0 and 7 are padding; windows read 0-2 and 4-6
    assert axis.windows == ((0, 1, 2), (4, 5, 6))
    assert axis.unread == (3, 7)


def test_overhang_of_a_ceil_window():
    axis = windows.Axis.sliding(6, 3, 2, rule="ceil")
    assert axis.windows[-1] == (4, 5, 6)
    assert axis.overhang == 1
    assert axis.index[-1].tolist() == [4, 5, -1]


# Slides 37-40: pooling.


def test_slide_38_max_pool_and_where_the_gradient_goes():
    example = pooling.pool2d(POOL, 2)
    assert example.output[0].tolist() == [[10, 11], [9, 7]]
    assert example.backward()[0].tolist() == [[0, 0, 0, 0], [0, 1, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_slide_39_convolution_then_max_pool():
    convolved = convolution.conv2d(BINARY, CROSS).output
    assert pooling.pool2d(convolved, 2, 1).output[0].tolist() == [[4, 4], [4, 4]]
    assert pooling.pool2d(convolved, 3).output.tolist() == [[[4]]]


def test_a_tie_names_all_winners_but_the_gradient_goes_to_the_first_as_in_torch():
    flat = [[3, 3], [1, 3]]
    example = pooling.pool2d(flat, 2)
    assert example.winners[0, 0, 0].tolist() == [[True, True], [False, True]]
    x = torch.tensor([flat], dtype=torch.float64, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert example.backward().tolist() == x.grad.tolist() == [[[1, 0], [0, 0]]]


# Against torch, at random.


def random_layer(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict]:
    depth, filters = pick(rng, 1, 4)
    kernel_size, stride, dilation, padding = pick(rng, 1, 5), pick(rng, 1, 4), pick(rng, 1, 4), pick(rng, 0, 4)
    reach = [d * (f - 1) + 1 for f, d in zip(kernel_size, dilation, strict=True)]
    # At least 4 cells, so that every padding mode has something to copy.
    shape = [int(rng.integers(max(4, r - 2 * p), r + 7)) for r, p in zip(reach, padding, strict=True)]
    x, w = rng.normal(size=(depth, *shape)), rng.normal(size=(filters, depth, *kernel_size))
    return x, w, rng.normal(size=filters), {"stride": stride, "padding": padding, "dilation": dilation}


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_convolutions_against_torch(mode):
    rng = np.random.default_rng(2019)
    for _ in range(200):
        x, w, b, options = random_layer(rng)
        flip = bool(rng.integers(2))
        example = convolution.conv2d(x, w, b, padding_mode=mode, flip=flip, **options)
        layer = torch.nn.Conv2d(w.shape[1], w.shape[0], w.shape[2:], padding_mode=mode, dtype=torch.float64, **options)
        laid = torch.from_numpy(w).flip(-1, -2) if flip else torch.from_numpy(w)
        with torch.no_grad():
            layer.weight.copy_(laid)
            layer.bias.copy_(torch.from_numpy(b))
            equal(example.output, layer(torch.from_numpy(x)).numpy())
        equal(example.kernel, laid.numpy())
        equal(example.channel_sums.sum(-1) + b[:, None, None], example.output)
        equal(example.products.sum((-2, -1)), example.channel_sums)


@pytest.mark.filterwarnings("ignore:Using padding=.same.:UserWarning")
def test_same_padding_against_torch():
    rng = np.random.default_rng(34)
    for _ in range(100):
        x, w, b, options = random_layer(rng)
        example = convolution.conv2d(x, w, b, padding="same", dilation=options["dilation"])
        tensors = (torch.from_numpy(array) for array in (x, w, b))
        equal(example.output, F.conv2d(*tensors, padding="same", dilation=options["dilation"]).numpy())
        assert example.output.shape[1:] == x.shape[1:]


def random_pool(rng: np.random.Generator, kind: str) -> tuple[np.ndarray, dict]:
    kernel_size, stride = pick(rng, 1, 5), pick(rng, 1, 5)
    dilation = pick(rng, 1, 4) if kind == "max" else (1, 1)
    padding = (0, 0) if kind == "lp" else tuple(int(rng.integers(0, f // 2 + 1)) for f in kernel_size)
    reach = [d * (f - 1) + 1 for f, d in zip(kernel_size, dilation, strict=True)]
    shape = [int(rng.integers(r, r + 7)) for r in reach]
    x = rng.integers(0, 6, size=(int(rng.integers(1, 4)), *shape)).astype(float)  # few values, so that there are ties
    rule = "ceil" if rng.integers(2) else "floor"
    return x, {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation, "rule": rule}


def torch_pool(x: torch.Tensor, kind: str, options: dict, norm: int) -> torch.Tensor:
    ceil = options["rule"] == "ceil"
    size, stride, padding = options["kernel_size"], options["stride"], options["padding"]
    if kind == "max":
        return F.max_pool2d(x, size, stride, padding, options["dilation"], ceil_mode=ceil)
    if kind == "average":
        return F.avg_pool2d(x, size, stride, padding, ceil_mode=ceil)
    return F.lp_pool2d(x[None], norm, size, stride, ceil_mode=ceil)[0]


@pytest.mark.parametrize("kind", ["max", "average", "lp"])
def test_pooling_forward_and_backward_against_torch(kind):
    rng = np.random.default_rng(38)
    for _ in range(200):
        array, options = random_pool(rng, kind)
        norm = int(rng.integers(1, 5))
        x = torch.tensor(array, requires_grad=True)
        theirs = torch_pool(x, kind, options, norm)
        gradient = rng.normal(size=theirs.shape)
        theirs.backward(torch.from_numpy(gradient))
        ours = pooling.pool2d(array, kind=kind, norm=norm, **options)
        equal(ours.output, theirs.detach().numpy())
        # Where a whole window is 0 torch's Lp gradient is 0 or undefined (NaN); ours is 0.
        equal(ours.backward(gradient), np.nan_to_num(x.grad.numpy()))


@pytest.mark.parametrize(("kind", "function"), [("max", F.adaptive_max_pool2d), ("average", F.adaptive_avg_pool2d)])
def test_adaptive_and_global_pooling_against_torch(kind, function):
    rng = np.random.default_rng(40)
    for _ in range(60):
        array = rng.integers(0, 6, size=(2, *pick(rng, 1, 9))).astype(float)
        output = pick(rng, 1, 6)
        x = torch.tensor(array, requires_grad=True)
        theirs = function(x, output)
        theirs.sum().backward()
        ours = pooling.adaptive_pool2d(array, output, kind=kind)
        equal(ours.output, theirs.detach().numpy())
        equal(ours.backward(), x.grad.numpy())


# What does not fit is refused with a sentence.


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: convolution.conv2d(np.ones((3, 5, 5)), np.ones((2, 3, 3))), "depth 2 and the input has depth 3"),
        (lambda: convolution.conv2d(BINARY, CROSS, [1, 2]), "2 biases for 1 filters"),
        (lambda: convolution.conv2d(BINARY, np.ones((6, 6))), "is longer than"),
        (lambda: convolution.conv2d(BINARY, CROSS, padding=5, padding_mode="reflect"), "P = 4 or less"),
        (lambda: convolution.conv2d(BINARY, CROSS, padding="same", stride=2), "stride 1"),
        (lambda: convolution.conv2d(np.ones((500, 500)), CROSS), "by hand|write out"),
        (lambda: convolution.conv2d([1, 2], CROSS), "rows and columns"),
        (lambda: convolution.conv2d(BINARY, [1, 2]), "rows and columns"),
        (lambda: convolution.conv1d([], [1]), "at least one number"),
        (lambda: convolution.conv1d([1, 2], [1, 2, 3], mode="valid"), "is longer than"),
        (lambda: pooling.pool2d(POOL, 2, padding=2), "half of a pooling window"),
        (lambda: pooling.pool2d(POOL, 2, kind="average", dilation=2), "Only max pooling"),
        (lambda: pooling.pool2d(POOL, 2, kind="lp", padding=1), "no padding"),
        (lambda: pooling.pool2d([[-3, 1], [1, 1]], 2, kind="lp", norm=3), "even p"),
        (lambda: pooling.pool2d(POOL, 2).backward(np.ones((1, 3, 3))), "shape"),
    ],
)
def test_refusals(call, sentence):
    with pytest.raises(DoesNotFit, match=sentence):
        call()
