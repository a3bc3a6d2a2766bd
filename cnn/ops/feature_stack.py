"""Filters stacked into a volume, and ReLU: real maps of a picture, and the sizes of two layers in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnn.errors import DoesNotFit
from cnn.layers.costs import filter_weights
from cnn.layers.sizes import Window, output_size
from cnn.ops.filters import Kernel, filter_image, patch_at, strongest_positions
from cnn.ops.windows import Array

SIDE = 96
"""Longer side of the pictures whose maps are shown, so that single numbers can still be pointed at."""


@dataclass(frozen=True)
class TwoLayers:
    """Convolution, ReLU, convolution, no padding: the sides and depths on the way, and the second filters' weights.

    The first layer has ``first`` filters and turns ``side`` into ``between``; the second, ``second`` and ``after``.
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
    """A patch of a map, (5, 5) or less, to one decimal: before ReLU, after it, and 1 where ReLU cleared a number."""

    before: Array
    after: Array
    cleared: Array


def chain_two_layers(side: int, depth: int, first: int, second: int, kernel_size: int) -> TwoLayers:
    """Sizes of two layers of ``kernel_size`` and stride 1 on a square input. Raises ``DoesNotFit``."""
    if side < 2 * kernel_size - 1:
        raise DoesNotFit(
            f"Two filters of F = {kernel_size} in a row want a side of {2 * kernel_size - 1} or more: each takes F - 1 "
            f"away, and N is {side}. Choose N = {2 * kernel_size - 1}, or F = {(side + 1) // 2} or less."
        )
    between = output_size(side, Window(kernel_size)).size
    after = output_size(between, Window(kernel_size)).size
    return TwoLayers(side, depth, kernel_size, first, second, between, after, filter_weights(first, kernel_size).value)


def shrink(pixels: Array) -> Array:
    """(H, W) greys made smaller so that the longer side is ``SIDE``; each new pixel is the mean of those it covers."""
    scale = SIDE / max(pixels.shape)
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    small = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def stack_maps(pixels: Array, filters: Sequence[Kernel], bias: float) -> Array:
    """(K, H, W): one map for each filter, as high and wide as the picture, whose border pixels are repeated."""
    return np.stack([filter_image(pixels, kernel.weights) for kernel in filters]) + bias


def relu(maps: Array) -> Array:
    """max(0, x), number by number; any shape."""
    return np.maximum(maps, 0)


def describe_relu(one: Array) -> str:
    """How much of a map (H, W) ReLU clears, in a sentence."""
    negative = int((one < 0).sum())
    return (
        f"{negative:,} of {one.size:,} numbers ({negative / one.size:.0%}) are negative: "
        "ReLU makes them 0 and leaves the others as they are."
    )


def strongest_patch(one: Array) -> Patch:
    """The numbers around a strong response of a map (H, W), with both signs if there is such a place."""
    places = strongest_positions(one, margin=2, count=12)
    patches = [patch_at(one, place, 2) for place in places] or [one[:5, :5]]
    before = next((patch for patch in patches if patch.min() < 0 < patch.max()), patches[0]).round(1)
    return Patch(before, relu(before), np.where(before < 0, 1.0, 0.0))
