"""Convolution and pooling written out: every window, product and sum of a small example, as data to be shown.

Nothing is hidden in a library call here. A side of the input is an ``Axis``: padding, data, and for each output
position the cells that its window reads. A picture is two of them, a signal is a picture with one row. Rows come
before columns, channels before rows, filters before everything. All functions follow torch.nn.functional.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from cnn.errors import DoesNotFit
from cnn.ops.windows import (
    Array,
    Axis,
    PaddingMode,
    Pair,
    _ends,
    as_pair,
    as_volume,
    check_products,
    extract_patches,
    pad,
)


@dataclass(frozen=True)
class Convolution:
    """A convolution layer at work on one input: all that happens on the way to each output number.

    input (C, H, W); weight (K, C, FH, FW) as the layer stores it; bias (K,); padded (C, PH, PW);
    products (K, H2, W2, C, FH, FW); channel_sums (K, H2, W2, C); output (K, H2, W2).
    """

    input: Array
    weight: Array
    bias: Array
    rows: Axis
    columns: Axis
    padding_mode: PaddingMode
    flip: bool
    padded: Array
    products: Array
    channel_sums: Array
    output: Array

    @property
    def kernel(self) -> Array:
        """The weights as they lie on the input: turned round on both sides when the kernel is flipped."""
        return _turned(self.weight) if self.flip else self.weight

    @property
    def symmetric(self) -> bool:
        """Whether flipping changes nothing, so that convolution and cross-correlation agree."""
        return bool(np.array_equal(self.weight, _turned(self.weight)))


def conv2d(
    image: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    stride: Pair = 1,
    padding: Pair | Literal["same"] = 0,
    dilation: Pair = 1,
    padding_mode: PaddingMode = "zeros",
    flip: bool = False,
) -> Convolution:
    """Slides K filters over an image and writes every step down.

    ``image`` (C, H, W) or (H, W); ``weight`` (K, C, FH, FW), or one filter as (C, FH, FW) or (FH, FW); ``bias`` (K,).
    As torch.nn.Conv2d, which does not flip the kernel; ``flip=True`` is the convolution of mathematics.
    Raises ``DoesNotFit``.
    """
    x, w = as_volume(image), _filters(weight)
    filters, depth, *kernel_size = w.shape
    if depth != x.shape[0]:
        raise DoesNotFit(
            f"The filter has depth {depth} and the input has depth {x.shape[0]}: "
            "a filter needs one slice of weights for each channel of its input."
        )
    b = np.zeros(filters) if bias is None else np.asarray(bias, dtype=np.float64).reshape(-1)
    if len(b) != filters:
        raise DoesNotFit(f"There are {len(b)} biases for {filters} filters: each filter has exactly one.")
    ends = _ends(padding, tuple(kernel_size), as_pair(stride), as_pair(dilation))
    rows, columns = (
        Axis.sliding(n, f, s, p, d)
        for n, f, s, p, d in zip(x.shape[1:], kernel_size, as_pair(stride), ends, as_pair(dilation), strict=True)
    )
    return _convolve(x, w, b, rows, columns, padding_mode, flip)


def conv1d(
    signal: ArrayLike,
    kernel: ArrayLike,
    *,
    mode: Literal["full", "same", "valid"] = "full",
    flip: bool = True,
    stride: int = 1,
) -> Convolution:
    """Slides a kernel along a signal: a 2-D example of one row. ``signal`` (N,), ``kernel`` (F,).

    "full": every overlap counts, N + F - 1 numbers. "same": the middle N of these. "valid": only where the kernel lies
    on the signal altogether, N - F + 1. With ``flip`` as numpy.convolve, without as numpy.correlate.
    Raises ``DoesNotFit``.
    """
    x, w = np.asarray(signal, dtype=np.float64), np.asarray(kernel, dtype=np.float64)
    if x.ndim != 1 or w.ndim != 1 or not x.size or not w.size:
        raise DoesNotFit("A signal and its kernel are each one row of at least one number.")
    outside = len(w) - 1
    left, right = {"full": (outside, outside), "same": (outside - outside // 2, outside // 2), "valid": (0, 0)}[mode]
    columns = Axis.sliding(len(x), len(w), stride, (left, right))
    return _convolve(x[None, None], w[None, None, None], np.zeros(1), Axis.sliding(1, 1), columns, "zeros", flip)


def _convolve(
    x: Array, w: Array, b: Array, rows: Axis, columns: Axis, padding_mode: PaddingMode, flip: bool
) -> Convolution:
    check_products(w.size * len(rows.windows) * len(columns.windows))
    padded = pad(x, rows, columns, padding_mode)
    patches = extract_patches(padded, rows, columns).transpose(1, 2, 0, 3, 4)  # (H2, W2, C, FH, FW)
    laid = _turned(w) if flip else w
    products = patches * laid[:, None, None]  # (K, H2, W2, C, FH, FW)
    channel_sums = products.sum((-2, -1))  # (K, H2, W2, C)
    output = channel_sums.sum(-1) + b[:, None, None]  # (K, H2, W2)
    return Convolution(x, w, b, rows, columns, padding_mode, flip, padded, products, channel_sums, output)


def _turned(weight: Array) -> Array:
    return weight[..., ::-1, ::-1]


def _filters(weight: ArrayLike) -> Array:
    """The weights as (K, C, FH, FW) floats."""
    w = np.asarray(weight, dtype=np.float64)
    w = w.reshape((1,) * (4 - w.ndim) + w.shape) if 2 <= w.ndim <= 4 else w
    if w.ndim != 4 or not w.size:
        raise DoesNotFit("A filter must be rows and columns of numbers, one slice for each channel of the input.")
    return w
