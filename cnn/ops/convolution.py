"""Work out a convolution window by window, with every product and sum as data.

A side of the input is an :class:`~cnn.ops.windows.Axis`; an image has two, and a signal is an image with one row. Rows
come before columns, channels before rows, filters before everything. Results are those of torch.nn.functional.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers.sizes import Window
from cnn.ops.windows import (
    Array,
    Axis,
    PaddingMode,
    as_volume,
    check_padding_mode,
    check_products,
    extract_patches,
    pad,
)


@dataclass(frozen=True)
class Convolution:
    """A convolution layer applied to one input.

    Attributes:
        input: (C, H, W).
        weight: (K, C, FH, FW), as the layer stores it.
        bias: (K,).
        rows: The windows from top to bottom.
        columns: The windows from left to right.
        flip: Whether the kernel is flipped, as the convolution of mathematics does and torch.nn.Conv2d does not.
    """

    input: Array
    weight: Array
    bias: Array
    rows: Axis
    columns: Axis
    flip: bool = False

    def __post_init__(self) -> None:
        check_products(self.weight.size * len(self.rows.windows) * len(self.columns.windows))
        for axis in (self.rows, self.columns):
            check_padding_mode(axis)

    @property
    def padding_mode(self) -> PaddingMode:
        """The values of the padding."""
        return self.rows.mode

    @cached_property
    def padded(self) -> Array:
        """(C, PH, PW): the input with its padding."""
        return pad(self.input, self.rows, self.columns)

    @property
    def kernel(self) -> Array:
        """(K, C, FH, FW): the weights as they are laid on the input."""
        return _flip(self.weight) if self.flip else self.weight

    @cached_property
    def products(self) -> Array:
        """(K, H2, W2, C, FH, FW): each weight times the value below it."""
        patches = extract_patches(self.padded, self.rows, self.columns).transpose(1, 2, 0, 3, 4)
        return np.asarray(patches * self.kernel[:, None, None])

    @cached_property
    def channel_sums(self) -> Array:
        """(K, H2, W2, C): the products of each channel added up."""
        return np.asarray(self.products.sum((-2, -1)))

    @cached_property
    def output(self) -> Array:
        """(K, H2, W2): all products and the bias added up."""
        return np.asarray(self.channel_sums.sum(-1) + self.bias[:, None, None])

    @property
    def symmetric(self) -> bool:
        """Whether flipping changes nothing, so that convolution and cross-correlation agree."""
        return bool(np.array_equal(self.weight, _flip(self.weight)))


def conv2d(
    image: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    windows: tuple[Window, Window] | None = None,
    *,
    padding_mode: PaddingMode = "zeros",
    flip: bool = False,
) -> Convolution:
    """Apply K filters to an image.

    Args:
        image: (C, H, W) or (H, W).
        weight: (K, C, FH, FW), or one filter as (C, FH, FW) or (FH, FW).
        bias: (K,), or None for zeros.
        windows: How the filters slide down and across; by default with stride 1 and no padding.
        padding_mode: As in torch.nn.Conv2d.
        flip: Whether to flip the kernel.

    Raises:
        DoesNotFit: Shapes do not fit together, or the example is too large to follow.
    """
    volume, filters = as_volume(image), _as_filters(weight)
    count, depth, *kernel_size = filters.shape
    if depth != volume.shape[0]:
        raise DoesNotFit(
            f"The filter has depth {depth} and the input has depth {volume.shape[0]}: "
            "a filter needs one slice of weights for each channel of its input."
        )
    biases = np.zeros(count) if bias is None else np.asarray(bias, dtype=np.float64).reshape(-1)
    if len(biases) != count:
        raise DoesNotFit(f"There are {len(biases)} biases for {count} filters: each filter has exactly one.")
    sliding = windows or tuple(Window(size) for size in kernel_size)
    try:
        rows, columns = (
            Axis.sliding(n, window, mode=padding_mode) for n, window in zip(volume.shape[1:], sliding, strict=True)
        )
    except SizeDoesNotFit as error:
        if windows:
            raise
        filter_size, size = (" × ".join(map(str, shape)) for shape in (kernel_size, volume.shape[1:]))
        raise DoesNotFit(
            f"The filter of {filter_size} numbers is larger than the input of {size}: "
            "give it no more rows and columns than the input has."
        ) from error
    return Convolution(volume, filters, biases, rows, columns, flip)


def conv1d(
    signal: ArrayLike, kernel: ArrayLike, *, mode: Literal["full", "same", "valid"] = "full", flip: bool = True
) -> Convolution:
    """Slide ``kernel`` (F,) along ``signal`` (N,), as an image of one row.

    With ``flip`` the result is that of numpy.convolve, without it that of numpy.correlate: N + F - 1 values in the mode
    "full", the middle N of these in "same", and the N - F + 1 without padding in "valid".

    Raises:
        DoesNotFit: One of them is not a row of numbers, or the kernel is too long.
    """
    row, weights = np.asarray(signal, dtype=np.float64), np.asarray(kernel, dtype=np.float64)
    if row.ndim != 1 or weights.ndim != 1 or not row.size or not weights.size:
        raise DoesNotFit("A signal and its kernel are each one row of at least one number.")
    outside = len(weights) - 1
    padding = {"full": (outside, outside), "same": (outside - outside // 2, outside // 2), "valid": (0, 0)}[mode]
    try:
        columns = Axis.sliding(len(row), Window(len(weights), padding=padding))
    except SizeDoesNotFit as error:
        raise DoesNotFit(
            f"The kernel has {len(weights)} values and the signal only {len(row)}: give the signal at least as many "
            'values as the kernel, or choose the output "full" or "same".'
        ) from error
    rows = Axis.sliding(1, Window(1))
    return Convolution(row[None, None], weights[None, None, None], np.zeros(1), rows, columns, flip=flip)


def _flip(weight: Array) -> Array:
    return weight[..., ::-1, ::-1]


def _as_filters(weight: ArrayLike) -> Array:
    """Return the weights as floats (K, C, FH, FW)."""
    filters = np.asarray(weight, dtype=np.float64)
    filters = filters.reshape((1,) * (4 - filters.ndim) + filters.shape) if 2 <= filters.ndim <= 4 else filters
    if filters.ndim != 4 or not filters.size:
        raise DoesNotFit("A filter must be rows and columns of numbers, one slice for each channel of the input.")
    return filters
