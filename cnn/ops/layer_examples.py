"""A convolution layer's settings on a small input of digits, so that groups and transposition can be followed."""

from dataclasses import dataclass

import numpy as np

from cnn.errors import DoesNotFit
from cnn.layers.layer import Volume
from cnn.layers.layers import Conv, ConvTranspose
from cnn.layers.sizes import Window
from cnn.ops import convolution, toy_inputs
from cnn.ops.convolution import Convolution
from cnn.ops.windows import Array

_SIDE, _SPREAD_SIDE, _LARGEST_SIDE = 6, 4, 12
_GROUPS, _PER_GROUP, _DEPTH, _FILTERS = 2, 2, 3, 2


@dataclass(frozen=True)
class SmallLayer:
    """A layer on a small input.

    Attributes:
        input: (C, H, W), as the layer is given it.
        weight: (K, C, F, F) of a convolution, (C, K, F, F) of a transposed one; 0 outside of a filter's group.
        steps: What the layer computes, as an ordinary convolution.
    """

    input: Array
    weight: Array
    steps: Convolution


def shrink(layer: Conv | ConvTranspose, before: Volume) -> SmallLayer:
    """Apply ``layer`` to an input of few cells and channels.

    Raises:
        DoesNotFit: The filter is too large to be followed.
    """
    most = _SPREAD_SIDE if isinstance(layer, ConvTranspose) else max(_SIDE, layer.window.reach)
    if layer.window.reach > _LARGEST_SIDE or max(layer.stride, layer.padding) > _LARGEST_SIDE:
        raise DoesNotFit(f"A filter that reaches across {layer.window.reach} cells is too large to be followed here.")
    width, height = (
        min(side, 4 if isinstance(layer, ConvTranspose) else most) for side in (before.width, before.height)
    )
    groups = min(layer.groups, _GROUPS)
    if groups > 1:
        depth = groups * min(before.depth // layer.groups, _PER_GROUP)
        filters = groups * min(layer.out_channels // layer.groups, _PER_GROUP)
    else:
        depth, filters = min(before.depth, _DEPTH), min(layer.out_channels, _FILTERS)
    image = np.stack([(toy_inputs.counting(height, width) + channel) % 10 for channel in range(depth)])
    weight = _weights(filters, depth, layer.kernel_size, groups)
    if isinstance(layer, Conv):
        windows = (layer.window, layer.window)
        return SmallLayer(image, weight, convolution.conv2d(image, weight, [float(layer.bias)] * filters, windows))
    transposed = np.ascontiguousarray(weight.transpose(1, 0, 2, 3))
    return SmallLayer(image, transposed, transpose_steps(image, transposed, layer))


def transpose_steps(image: Array, weight: Array, layer: ConvTranspose) -> Convolution:
    """Return a transposed convolution as an ordinary one.

    The flipped filters slide with stride 1 over the input with S - 1 zeros between its cells and D(F - 1) - P around
    them. Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, section 4.

    Args:
        image: (C, H, W).
        weight: (C, K, F, F).
        layer: Stride, padding, dilation and output padding.
    """
    around = layer.window.reach - 1 - layer.padding
    spread = np.zeros((len(image), *((side - 1) * layer.stride + 1 for side in image.shape[1:])))
    spread[:, :: layer.stride, :: layer.stride] = image
    before, after = max(0, around), max(0, around + layer.output_padding)
    spread = np.pad(spread, ((0, 0), (before, after), (before, after)))
    cut, end = max(0, -around), max(0, -around - layer.output_padding)
    spread = spread[:, cut : spread.shape[1] - end, cut : spread.shape[2] - end]
    flipped = weight.transpose(1, 0, 2, 3)[..., ::-1, ::-1]
    window = Window(layer.kernel_size, dilation=layer.dilation)
    return convolution.conv2d(spread, flipped, [float(layer.bias)] * len(flipped), (window, window))


def _weights(filters: int, depth: int, kernel_size: int, groups: int) -> Array:
    """Return small whole weights (K, C, F, F) that are 0 where a filter does not read the channel."""
    weights = np.random.default_rng(1).integers(1, 4, (filters, depth, kernel_size, kernel_size)).astype(np.float64)
    group_of_filter = np.arange(filters) * groups // filters
    group_of_channel = np.arange(depth) * groups // depth
    return np.asarray(weights * (group_of_filter[:, None] == group_of_channel)[..., None, None])
