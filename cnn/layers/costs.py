"""Count what a layer costs: parameters, multiply-adds and activation memory, as exact integers."""

import math

from cnn.errors import DoesNotFit
from cnn.layers.checks import MAX_SIDE, check_range, join_or
from cnn.layers.sizes import Count

MAX_COUNT = 1_000_000_000
"""Largest number of channels or features."""
FLOAT32_BYTES = 4


def filter_weights(in_channels: int, kernel_size: int, groups: int = 1) -> Count:
    """Count the weights of one filter without its bias: F*F*D1, or F*F*(D1/groups)."""
    check_range("kernel size F", kernel_size, 1, MAX_SIDE)
    _check_groups(groups, input=in_channels)
    depth = in_channels // groups
    value = kernel_size * kernel_size * depth
    return Count(value, f"{kernel_size}*{kernel_size}*{depth} = {value:,}")


def conv_parameters(in_channels: int, out_channels: int, kernel_size: int, groups: int = 1, bias: bool = True) -> Count:
    """Count the parameters of a convolution layer: (F*F*D1)*K weights and, with ``bias``, K biases."""
    _check_groups(groups, output=out_channels, input=in_channels)
    weights = filter_weights(in_channels, kernel_size, groups)
    value = weights.value * out_channels + (out_channels if bias else 0)
    return Count(value, f"({weights.expression})*{out_channels}{f' + {out_channels}' if bias else ''} = {value:,}")


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> Count:
    """Count the parameters of a fully connected layer: one weight per pair, and one bias per output."""
    check_range("number of inputs", in_features, 1, MAX_COUNT)
    check_range("number of outputs", out_features, 1, MAX_COUNT)
    value = in_features * out_features + (out_features if bias else 0)
    return Count(value, f"{in_features:,}*{out_features:,}{f' + {out_features:,}' if bias else ''} = {value:,}")


def conv_multiply_adds(
    in_channels: int, out_channels: int, kernel_size: int, positions: tuple[int, int], groups: int = 1
) -> Count:
    """Count the multiply-adds of a convolution layer for one image, without the additions of the biases.

    Every filter is applied at each of ``positions`` (height, width).
    """
    _check_groups(groups, output=out_channels, input=in_channels)
    height, width = positions
    weights = filter_weights(in_channels, kernel_size, groups)
    value = weights.value * height * width * out_channels
    return Count(value, f"({weights.expression})*({height}*{width}*{out_channels}) = {value:,}")


def activation_bytes(channels: int, height: int, width: int) -> Count:
    """Count the bytes of one layer's float32 output for one image."""
    check_range("number of channels", channels, 1, MAX_COUNT)
    check_range("height", height, 1, MAX_SIDE)
    check_range("width", width, 1, MAX_SIDE)
    value = channels * height * width * FLOAT32_BYTES
    return Count(value, f"{channels}*{height}*{width}*{FLOAT32_BYTES} = {value:,}")


def groups_fit(groups: int, in_channels: int, out_channels: int) -> bool:
    """Return whether both numbers of channels can be shared out evenly among ``groups``."""
    return groups > 0 and not in_channels % groups and not out_channels % groups


def _check_groups(groups: int, **channels: int) -> None:
    """Raise ``DoesNotFit`` unless ``groups`` divides the channels of each side, input or output."""
    for side, count in channels.items():
        check_range(f"number of {side} channels", count, 1, MAX_COUNT)
    check_range("number of groups", groups, 1, MAX_COUNT)
    for side, count in channels.items():
        if count % groups:
            divisors = _divisors(math.gcd(*channels.values()))
            below, above = [d for d in divisors if d < groups][-1:], [d for d in divisors if d > groups][:1]
            raise DoesNotFit(
                f"{count:,} {side} channels cannot be shared out evenly among {groups:,} groups: "
                f"set groups to {join_or((*below, *above))}."
            )


def _divisors(number: int) -> list[int]:
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    return sorted({*small, *(number // divisor for divisor in small)})
