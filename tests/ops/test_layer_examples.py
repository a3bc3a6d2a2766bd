"""Small layers to step through are what PyTorch computes, groups and transposition included."""

import numpy as np
import pytest
import torch

from cnn.errors import DoesNotFit
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv, ConvTranspose
from cnn.layers.receptive_field import transposed_extent
from cnn.layers.sizes import Window
from cnn.ops import layer_examples

DEEP = Volume(20, 18, 6)
TRANSPOSED = (
    ConvTranspose(6, 2, 2),
    ConvTranspose(6, 3, 2, 1, 1),
    ConvTranspose(6, 3, 1, 3, dilation=2),
    ConvTranspose(6, 4, 3, 1, 2, dilation=1, groups=2),
    ConvTranspose(6, 2, 3, 2, 1),
)


@pytest.mark.parametrize(
    "layer", [Conv(4, 3), Conv(6, 3, 2, 1, groups=3), Conv(6, 2, 1, 0, 2, groups=6, bias=False)], ids=str
)
def test_a_convolution_with_groups_reads_only_the_channels_of_its_group(layer: Conv) -> None:
    small = layer_examples.shrink(layer, DEEP)
    image, weight = torch.tensor(small.input)[None], torch.tensor(small.weight)
    bias = torch.full((len(weight),), float(layer.bias), dtype=weight.dtype)
    expected = torch.nn.functional.conv2d(image, weight, bias, layer.stride, layer.padding, layer.dilation)
    np.testing.assert_array_equal(small.steps.output, expected[0].numpy())
    if layer.groups > 1:
        used = small.weight.any((2, 3))
        assert used.sum(1).max() < used.shape[1]


@pytest.mark.parametrize("layer", TRANSPOSED, ids=str)
def test_a_transposed_convolution_is_one_over_spread_cells(layer: ConvTranspose) -> None:
    small = layer_examples.shrink(layer, DEEP)
    image, weight = torch.tensor(small.input)[None], torch.tensor(small.weight)
    bias = torch.full((weight.shape[1],), float(layer.bias), dtype=weight.dtype)
    expected = torch.nn.functional.conv_transpose2d(
        image, weight, bias, layer.stride, layer.padding, layer.output_padding, dilation=layer.dilation
    )
    np.testing.assert_array_equal(small.steps.output, expected[0].numpy())


def test_a_filter_that_is_too_large_to_follow_is_said() -> None:
    with pytest.raises(DoesNotFit):
        layer_examples.shrink(Conv(1, 40), Volume(64, 64, 1))


@pytest.mark.parametrize(
    "window", [Window(2, 2), Window(3, 1), Window(4, 3, 1), Window(3, 2, 0, 3), Window(5, 2, 2)], ids=str
)
def test_the_receptive_field_of_a_transposed_convolution_is_that_of_the_gradient(window: Window) -> None:
    layer = torch.nn.ConvTranspose1d(1, 1, window.kernel_size, window.stride, window.ends[0], dilation=window.dilation)
    torch.nn.init.ones_(layer.weight)
    signal = torch.zeros(1, 1, 12, requires_grad=True)
    extents = []
    for unit in layer(signal)[0, 0]:
        (gradient,) = torch.autograd.grad(unit, signal, retain_graph=True)
        cells = gradient[0, 0].nonzero()
        extents.append(int(cells.max() - cells.min()) + 1 if len(cells) else 0)
    assert transposed_extent(window) == max(extents)
