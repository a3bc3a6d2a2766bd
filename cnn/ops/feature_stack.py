"""Compute the sizes of convolution, ReLU and convolution in a row."""

from dataclasses import dataclass

from cnn.errors import DoesNotFit
from cnn.layers.costs import filter_weights
from cnn.layers.sizes import Window, output_size


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
