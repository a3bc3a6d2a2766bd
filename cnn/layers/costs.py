"""Count what a layer costs: parameters, multiply-adds and activation memory, as exact integers."""

from cnn.errors import DoesNotFit
from cnn.layers.checks import MAX_SIDE, as_pair, check_range, join_or, nearest_fitting
from cnn.layers.sizes import Count

MAX_COUNT = 1_000_000_000
"""Largest number of channels or features."""


def filter_weights(in_channels: int, kernel_size: int | tuple[int, int], groups: int = 1) -> Count:
    """Weights of one filter, without its bias: F*F*D1, or F*F*(D1/groups)."""
    height, width = as_pair("kernel size F", kernel_size)
    _check_groups(in_channels, groups, "input")
    depth = in_channels // groups
    return Count(height * width * depth, f"{height}*{width}*{depth} = {height * width * depth:,}")


def conv_parameters(
    in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], groups: int = 1, bias: bool = True
) -> Count:
    """All numbers that a convolution layer learns: (F*F*D1)*K weights and, with ``bias``, one bias for each filter."""
    _check_groups(out_channels, groups, "output")
    one = filter_weights(in_channels, kernel_size, groups)
    value = one.value * out_channels + (out_channels if bias else 0)
    product = one.formula.split(" = ")[0]
    return Count(value, f"({product})*{out_channels}{f' + {out_channels}' if bias else ''} = {value:,}")


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> Count:
    """All numbers that a fully connected layer learns: one weight for each pair, and one bias for each output."""
    check_range("number of inputs", in_features, 1, MAX_COUNT)
    check_range("number of outputs", out_features, 1, MAX_COUNT)
    value = in_features * out_features + (out_features if bias else 0)
    return Count(value, f"{in_features:,}*{out_features:,}{f' + {out_features:,}' if bias else ''} = {value:,}")


def conv_multiply_adds(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    output: tuple[int, int],
    groups: int = 1,
) -> Count:
    """Multiply-adds for one image: the weights of a filter, once for each of ``output`` (height, width) and filter.

    The addition of the bias is not counted, as is usual.
    """
    _check_groups(out_channels, groups, "output")
    height, width = as_pair("output size", output)
    one = filter_weights(in_channels, kernel_size, groups)
    value = one.value * height * width * out_channels
    return Count(value, f"({one.formula.split(' = ')[0]})*({height}*{width}*{out_channels}) = {value:,}")


def activation_bytes(channels: int, height: int, width: int, batch: int = 1, bytes_per_value: int = 4) -> Count:
    """Memory of one layer's output in bytes; a float32 takes 4."""
    check_range("number of channels", channels, 1, MAX_COUNT)
    check_range("height", height, 1, MAX_SIDE)
    check_range("width", width, 1, MAX_SIDE)
    check_range("batch size", batch, 1, MAX_COUNT)
    check_range("bytes per value", bytes_per_value, 1, 16)
    value = batch * channels * height * width * bytes_per_value
    images = f"{batch}*" if batch > 1 else ""
    return Count(value, f"{images}{channels}*{height}*{width}*{bytes_per_value} = {value:,}")


def _check_groups(channels: int, groups: int, side: str) -> None:
    check_range(f"number of {side} channels", channels, 1, MAX_COUNT)
    check_range("number of groups", groups, 1, MAX_COUNT)
    if channels % groups:
        fitting = nearest_fitting(groups, 1, channels, lambda value: channels % value == 0)
        raise DoesNotFit(
            f"{channels:,} {side} channels cannot be shared out evenly among {groups:,} groups: "
            f"choose {join_or(fitting)} groups."
        )
