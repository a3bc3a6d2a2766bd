"""Work out pooling window by window, with every winner as data."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Rule, pool_size
from cnn.ops.windows import Array, Axis, Pair, as_pair, as_volume, cell_indices, check_products, extract_patches, pad

PoolKind = Literal["max", "average", "lp"]


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
        np.add.at(collected, (channel, *cell_indices(self.rows, self.columns)), self.shares * arriving[..., None, None])
        top, left = self.rows.before, self.columns.before
        return collected[:, top : top + self.rows.size, left : left + self.columns.size]


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
    x = as_volume(image)
    if kind != "max" and as_pair(dilation) != (1, 1):
        raise DoesNotFit("Only max pooling can be dilated in PyTorch: set the dilation to 1.")
    if kind == "lp" and as_pair(padding) != (0, 0):
        raise DoesNotFit("Lp pooling takes no padding in PyTorch: set P = 0.")
    size, step = as_pair(kernel_size), as_pair(kernel_size if stride is None else stride)
    for n, f, s, p, d in zip(x.shape[1:], size, step, as_pair(padding), as_pair(dilation), strict=True):
        pool_size(n, f, s, p, d, rule)  # refuses a padding beyond half of the window
    rows, columns = (
        Axis.sliding(n, f, s, p, d, rule)
        for n, f, s, p, d in zip(x.shape[1:], size, step, as_pair(padding), as_pair(dilation), strict=True)
    )
    return _pool(x, rows, columns, kind, norm)


def adaptive_pool2d(image: ArrayLike, output: Pair, *, kind: Literal["max", "average"] = "average") -> Pooling:
    """Pools to exactly ``output`` (rows, columns) cells a channel; 1 is global pooling. Raises ``DoesNotFit``.

    As torch.nn.AdaptiveMaxPool2d and AdaptiveAvgPool2d.
    """
    x = as_volume(image)
    rows, columns = (Axis.adaptive(n, size) for n, size in zip(x.shape[1:], as_pair(output), strict=True))
    return _pool(x, rows, columns, kind, 2)


def _pool(x: Array, rows: Axis, columns: Axis, kind: PoolKind, norm: int) -> Pooling:
    check_products(x.shape[0] * rows.index.size * columns.index.size)
    padded = pad(x, rows, columns, "zeros", fill=np.nan if kind == "max" else 0.0)
    patches = extract_patches(padded, rows, columns)  # (C, H2, W2, FH, FW)
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
