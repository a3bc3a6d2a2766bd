"""Stack feature maps of an image, apply ReLU, and compute the sizes of two layers in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnn.errors import DoesNotFit
from cnn.layers.costs import filter_weights
from cnn.layers.sizes import Window, output_size
from cnn.ops.filters import Kernel, filter_image, strongest_positions
from cnn.ops.windows import Array

SIDE = 96
"""Longer side of the images whose feature maps are shown, so that single pixels stay visible."""


@dataclass(frozen=True)
class TwoLayers:
    """The sizes of convolution, ReLU and convolution, without padding.

    Attributes:
        side: Width and height of the input.
        depth: Depth of the input.
        kernel_size: F of both layers.
        first: Number of filters of the first layer.
        second: Number of filters of the second layer.
        between: Width and height between the layers.
        after: Width and height of the output.
        weights: Weights of one filter of the second layer.
    """

    side: int
    depth: int
    kernel_size: int
    first: int
    second: int
    between: int
    after: int
    weights: int


@dataclass(frozen=True)
class Patch:
    """A patch of a feature map, at most (5, 5): before ReLU, after it, and 1 where ReLU set a value to 0."""

    before: Array
    after: Array
    cleared: Array


def chain_two_layers(side: int, depth: int, first: int, second: int, kernel_size: int) -> TwoLayers:
    """Compute the sizes of two layers with stride 1 on a square input. Raises ``DoesNotFit``."""
    if side < 2 * kernel_size - 1:
        raise DoesNotFit(
            f"Two filters of F = {kernel_size} in a row want a side of {2 * kernel_size - 1} or more: each takes F - 1 "
            f"away, and N is {side}. Choose N = {2 * kernel_size - 1}, or F = {(side + 1) // 2} or less."
        )
    between = output_size(side, Window(kernel_size)).size
    after = output_size(between, Window(kernel_size)).size
    return TwoLayers(side, depth, kernel_size, first, second, between, after, filter_weights(first, kernel_size).value)


def shrink(pixels: Array) -> Array:
    """Resize ``pixels`` (H, W) to a longer side of ``SIDE``; each new pixel is the mean of those it covers."""
    scale = SIDE / max(pixels.shape)
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    small = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def stack_maps(pixels: Array, filters: Sequence[Kernel], bias: float) -> Array:
    """Return one feature map for each filter, (K, H, W), with border pixels repeated."""
    return np.stack([filter_image(pixels, kernel.weights) for kernel in filters]) + bias


def relu(maps: Array) -> Array:
    """Return max(0, x) for each value."""
    return np.maximum(maps, 0)


def describe_relu(feature_map: Array) -> str:
    """Return a sentence on the share of a feature map (H, W) that ReLU sets to 0."""
    negative = int((feature_map < 0).sum())
    return (
        f"{negative:,} of {feature_map.size:,} numbers ({negative / feature_map.size:.0%}) are negative: "
        "ReLU makes them 0 and leaves the others as they are."
    )


def strongest_patch(feature_map: Array) -> Patch:
    """Return the values around a strong response of a feature map (H, W), if possible with both signs."""
    inner = feature_map[2:-2, 2:-2]
    positions = strongest_positions(inner, distance=2, count=12)
    patches = [feature_map[row : row + 5, column : column + 5] for row, column in positions] or [feature_map[:5, :5]]
    before = next((patch for patch in patches if patch.min() < 0 < patch.max()), patches[0]).round(1)
    return Patch(before, relu(before), np.where(before < 0, 1.0, 0.0))
