"""Convolution and pooling written out: every window, product and sum of a small example, as data to be shown.

Nothing is hidden in a library call here. A side of the input is an ``Axis``: padding, data, and for each output
position the cells that its window reads. A picture is two of them, a signal is a picture with one row. Rows come
before columns, channels before rows, filters before everything. All functions follow torch.nn.functional.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Rule, adaptive_windows, output_size, pool_size, same_padding

Array = NDArray[np.float64]
Pair = int | tuple[int, int]
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
PoolKind = Literal["max", "average", "lp"]

MAX_PRODUCTS = 1_000_000
"""An example with more products than this is not one to follow by hand."""
_NUMPY_MODE = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@dataclass(frozen=True)
class Axis:
    """One side of the input, and what each window reads of it.

    ``windows`` holds one tuple for each output position: the cells read, counted from the first padding cell. A cell
    at or beyond ``padded`` does not exist: a window that hangs over the edge (``ceil_mode``) reads nothing there.
    """

    size: int
    before: int
    after: int
    windows: tuple[tuple[int, ...], ...]

    @classmethod
    def sliding(
        cls,
        size: int,
        kernel_size: int,
        stride: int = 1,
        padding: Pair = 0,
        dilation: int = 1,
        rule: Rule = "floor",
    ) -> "Axis":
        """A window that moves ``stride`` cells a step and reads every ``dilation``-th cell. Raises ``DoesNotFit``."""
        before, after = _pair(padding)
        count = output_size(size, kernel_size, stride, (before, after), dilation, rule).size
        windows = tuple(tuple(i * stride + f * dilation for f in range(kernel_size)) for i in range(count))
        return cls(size, before, after, windows)

    @classmethod
    def adaptive(cls, size: int, output: int) -> "Axis":
        """``output`` windows spread evenly over the side; neighbours may overlap and differ in length by one."""
        return cls(size, 0, 0, tuple(tuple(range(*window)) for window in adaptive_windows(size, output)))

    @property
    def padded(self) -> int:
        """Cells of the side, padding included."""
        return self.before + self.size + self.after

    @property
    def overhang(self) -> int:
        """Places behind the padded side at which the last window finds nothing."""
        return max(0, self.windows[-1][-1] + 1 - self.padded)

    @property
    def unread(self) -> tuple[int, ...]:
        """Cells, padding included, that no window ever reads."""
        read = {cell for window in self.windows for cell in window}
        return tuple(cell for cell in range(self.padded) if cell not in read)

    @property
    def unread_data(self) -> int:
        """How many cells of data, padding left out, no window ever reads."""
        return sum(self.before <= cell < self.before + self.size for cell in self.unread)

    @property
    def index(self) -> NDArray[np.intp]:
        """(windows, longest window): the cells read; -1 where a window has no cell."""
        longest = max(len(window) for window in self.windows)
        rows = [[*(c if c < self.padded else -1 for c in w), *[-1] * (longest - len(w))] for w in self.windows]
        return np.array(rows, dtype=np.intp)


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


@dataclass(frozen=True)
class Pooling:
    """A pooling layer at work on one input; channels do not mix.

    input (C, H, W); padded (C, PH, PW); patches (C, H2, W2, FH, FW), what each window reads; output (C, H2, W2).
    NaN marks a cell that takes no part: padding under "max" (PyTorch's minus infinity) and places behind the edge.
    """

    kind: PoolKind
    norm: int
    input: Array
    rows: Axis
    columns: Axis
    padded: Array
    patches: Array
    output: Array

    @cached_property
    def winners(self) -> NDArray[np.bool_]:
        """(C, H2, W2, FH, FW): cells that hold their window's maximum; several where there is a tie."""
        return np.asarray(self.patches == np.fmax.reduce(self.patches, axis=(-2, -1), keepdims=True))

    @cached_property
    def shares(self) -> Array:
        """(C, H2, W2, FH, FW): how much the output moves when a cell does; the backward pass multiplies by these.

        Maximum: 1 for the winner; in a tie PyTorch takes the first, row by row. Average: the same share for each cell.
        Lp: (x / output) ** (p - 1), and 0 where the output is 0, as PyTorch sets it.
        """
        taking_part = ~np.isnan(self.patches)
        if self.kind == "max":
            flat = self.winners.reshape(*self.output.shape, -1)
            first = np.arange(flat.shape[-1]) == flat.argmax(-1, keepdims=True)
            return (first & flat).reshape(self.patches.shape).astype(np.float64)
        if self.kind == "average":
            return taking_part / taking_part.sum((-2, -1), keepdims=True)
        whole = self.output[..., None, None]
        ratio = np.divide(np.nan_to_num(self.patches), whole, out=np.zeros(self.patches.shape), where=whole != 0)
        scale = _lp_scale(self.patches)[..., None, None]
        return np.where(taking_part & (whole != 0), scale * ratio ** (self.norm - 1), 0.0)

    def backward(self, gradient: ArrayLike | None = None) -> Array:
        """(C, H, W): the gradient that arrives at the input; ``gradient`` (C, H2, W2) comes in, all ones if not given.

        A cell that several windows read collects from each of them. What falls on padding is lost.
        """
        arriving = np.ones(self.output.shape) if gradient is None else np.asarray(gradient, dtype=np.float64)
        if arriving.shape != self.output.shape:
            raise DoesNotFit(f"The gradient has the shape {arriving.shape}, but the output has {self.output.shape}.")
        channels, height, width = self.padded.shape
        collected = np.zeros((channels, height + 1, width + 1))  # the last row and column catch cells that do not exist
        channel = np.arange(channels)[:, None, None, None, None]
        np.add.at(collected, (channel, *_cells(self.rows, self.columns)), self.shares * arriving[..., None, None])
        top, left = self.rows.before, self.columns.before
        return collected[:, top : top + self.rows.size, left : left + self.columns.size]


def unread_share(rows: Axis, columns: Axis) -> float:
    """Which part of the input, from 0 to 1, no window ever reads."""
    read = (rows.size - rows.unread_data) * (columns.size - columns.unread_data)
    return 1 - read / (rows.size * columns.size)


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
    x, w = _volume(image), _filters(weight)
    filters, depth, *kernel_size = w.shape
    if depth != x.shape[0]:
        raise DoesNotFit(
            f"The filter has depth {depth} and the input has depth {x.shape[0]}: "
            "a filter needs one slice of weights for each channel of its input."
        )
    b = np.zeros(filters) if bias is None else np.asarray(bias, dtype=np.float64).reshape(-1)
    if len(b) != filters:
        raise DoesNotFit(f"There are {len(b)} biases for {filters} filters: each filter has exactly one.")
    ends = _ends(padding, tuple(kernel_size), _pair(stride), _pair(dilation))
    rows, columns = (
        Axis.sliding(n, f, s, p, d)
        for n, f, s, p, d in zip(x.shape[1:], kernel_size, _pair(stride), ends, _pair(dilation), strict=True)
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


def pool2d(
    image: ArrayLike,
    kernel_size: Pair,
    stride: Pair | None = None,
    *,
    kind: PoolKind = "max",
    padding: Pair = 0,
    dilation: Pair = 1,
    rule: Rule = "floor",
    norm: int = 2,
) -> Pooling:
    """Slides a pooling window over each channel. ``image`` (C, H, W) or (H, W); ``norm`` is the p of "lp".

    As torch.nn.MaxPool2d, AvgPool2d (padding zeros count) and LPPool2d; rule "ceil" is their ``ceil_mode``.
    Raises ``DoesNotFit``.
    """
    x = _volume(image)
    if kind != "max" and _pair(dilation) != (1, 1):
        raise DoesNotFit("Only max pooling can be dilated in PyTorch: set the dilation to 1.")
    if kind == "lp" and _pair(padding) != (0, 0):
        raise DoesNotFit("Lp pooling takes no padding in PyTorch: set P = 0.")
    size, step = _pair(kernel_size), _pair(kernel_size if stride is None else stride)
    for n, f, s, p, d in zip(x.shape[1:], size, step, _pair(padding), _pair(dilation), strict=True):
        pool_size(n, f, s, p, d, rule)  # refuses a padding beyond half of the window
    rows, columns = (
        Axis.sliding(n, f, s, p, d, rule)
        for n, f, s, p, d in zip(x.shape[1:], size, step, _pair(padding), _pair(dilation), strict=True)
    )
    return _pool(x, rows, columns, kind, norm)


def adaptive_pool2d(image: ArrayLike, output: Pair, *, kind: Literal["max", "average"] = "average") -> Pooling:
    """Pools to exactly ``output`` (rows, columns) cells a channel; 1 is global pooling. Raises ``DoesNotFit``.

    As torch.nn.AdaptiveMaxPool2d and AdaptiveAvgPool2d.
    """
    x = _volume(image)
    rows, columns = (Axis.adaptive(n, size) for n, size in zip(x.shape[1:], _pair(output), strict=True))
    return _pool(x, rows, columns, kind, 2)


def _convolve(
    x: Array, w: Array, b: Array, rows: Axis, columns: Axis, padding_mode: PaddingMode, flip: bool
) -> Convolution:
    _check_work(w.size * len(rows.windows) * len(columns.windows))
    padded = _pad(x, rows, columns, padding_mode)
    patches = _patches(padded, rows, columns).transpose(1, 2, 0, 3, 4)  # (H2, W2, C, FH, FW)
    laid = _turned(w) if flip else w
    products = patches * laid[:, None, None]  # (K, H2, W2, C, FH, FW)
    channel_sums = products.sum((-2, -1))  # (K, H2, W2, C)
    output = channel_sums.sum(-1) + b[:, None, None]  # (K, H2, W2)
    return Convolution(x, w, b, rows, columns, padding_mode, flip, padded, products, channel_sums, output)


def _pool(x: Array, rows: Axis, columns: Axis, kind: PoolKind, norm: int) -> Pooling:
    _check_work(x.shape[0] * rows.index.size * columns.index.size)
    padded = _pad(x, rows, columns, "zeros", fill=np.nan if kind == "max" else 0.0)
    patches = _patches(padded, rows, columns)  # (C, H2, W2, FH, FW)
    if kind == "max":
        output = np.fmax.reduce(patches, axis=(-2, -1), initial=-np.inf)
    elif kind == "average":
        output = np.nanmean(patches, axis=(-2, -1))
    else:
        powers = np.nansum(patches**norm, axis=(-2, -1)) * _lp_scale(patches)
        if norm < 1 or (powers < 0).any():
            raise DoesNotFit(
                f"Lp pooling takes the root number {norm} of a sum of powers, which must not be negative: "
                "choose an even p, or an input without negative numbers."
            )
        output = powers ** (1 / norm)
    return Pooling(kind, norm, x, rows, columns, padded, patches, output)


def _lp_scale(patches: Array) -> Array:
    """PyTorch takes the mean of the cells there are, times the full window: more than their sum at an overhang."""
    return patches.shape[-2] * patches.shape[-1] / (~np.isnan(patches)).sum((-2, -1))


def _pad(x: Array, rows: Axis, columns: Axis, mode: PaddingMode, fill: float = 0.0) -> Array:
    """(C, PH, PW): the input with its padding."""
    for axis in (rows, columns):
        most = {"reflect": axis.size - 1, "circular": axis.size}.get(mode, axis.before + axis.after)
        if max(axis.before, axis.after) > most:
            raise DoesNotFit(
                f"Padding {max(axis.before, axis.after)} in the mode {mode} needs more cells to copy than the side of "
                f"{axis.size} has: choose P = {most} or less, or zeros."
            )
    widths = ((0, 0), (rows.before, rows.after), (columns.before, columns.after))
    if mode == "zeros":
        return np.pad(x, widths, constant_values=fill)
    return np.pad(x, widths, mode=_NUMPY_MODE[mode])  # type: ignore[call-overload]


def _patches(padded: Array, rows: Axis, columns: Axis) -> Array:
    """(C, H2, W2, FH, FW): what every window reads; NaN where it has no cell."""
    framed = np.pad(padded, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)  # index -1 now finds "no cell"
    return framed[:, *_cells(rows, columns)]


def _cells(rows: Axis, columns: Axis) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of every cell of every window, broadcasting to (H2, W2, FH, FW)."""
    return rows.index[:, None, :, None], columns.index[None, :, None, :]


def _turned(weight: Array) -> Array:
    return weight[..., ::-1, ::-1]


def _pair(value: Pair) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def _ends(
    padding: Pair | Literal["same"], kernel_size: Sequence[int], stride: tuple[int, int], dilation: tuple[int, int]
) -> list[tuple[int, int]]:
    """((top, bottom), (left, right)) cells of padding."""
    if padding == "same":
        return [same_padding(f, s, d) for f, s, d in zip(kernel_size, stride, dilation, strict=True)]
    return [(p, p) for p in _pair(padding)]


def _volume(image: ArrayLike) -> Array:
    """The image as (C, H, W) floats; one channel if it has no channels."""
    x = np.asarray(image, dtype=np.float64)
    x = x[None] if x.ndim == 2 else x
    if x.ndim != 3 or not x.size:
        raise DoesNotFit("The input must be rows and columns of numbers, for one channel or several.")
    return x


def _filters(weight: ArrayLike) -> Array:
    """The weights as (K, C, FH, FW) floats."""
    w = np.asarray(weight, dtype=np.float64)
    w = w.reshape((1,) * (4 - w.ndim) + w.shape) if 2 <= w.ndim <= 4 else w
    if w.ndim != 4 or not w.size:
        raise DoesNotFit("A filter must be rows and columns of numbers, one slice for each channel of the input.")
    return w


def _check_work(products: int) -> None:
    if products > MAX_PRODUCTS:
        raise DoesNotFit(
            f"That would be {products:,} products to write out, more than {MAX_PRODUCTS:,}: "
            "make the input or the kernel smaller, or the stride larger."
        )
