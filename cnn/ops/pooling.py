"""Work out pooling window by window, forward and backward."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn.errors import DoesNotFit, SizeDoesNotFit
from cnn.layers.sizes import Rule, Window, keep_advice, output_sizes, window_fits
from cnn.ops.windows import Array, Axis, as_volume, cell_indices, check_products, extract_patches, pad

PoolKind = Literal["max", "average", "lp"]


@dataclass(frozen=True)
class Pooling:
    """A pooling layer applied to one input (C, H, W); channels do not mix. ``norm`` is the p of "lp".

    NaN marks a cell that takes no part: padding under "max", which is PyTorch's minus infinity, and cells beyond the
    edge.
    """

    kind: PoolKind
    norm: int
    input: Array
    rows: Axis
    columns: Axis

    def __post_init__(self) -> None:
        check_products(len(self.input) * self.rows.index.size * self.columns.index.size)
        if self.kind == "lp" and (self.norm < 1 or (self._sum_of_powers < 0).any()):
            raise DoesNotFit(
                f"Lp pooling takes the root number {self.norm} of a sum of powers, which must not be negative: "
                "choose an even p, or an input without negative numbers."
            )

    @cached_property
    def padded(self) -> Array:
        """(C, PH, PW): the input with its padding."""
        return pad(self.input, self.rows, self.columns, fill=np.nan if self.kind == "max" else 0.0)

    @cached_property
    def patches(self) -> Array:
        """(C, H2, W2, FH, FW): the values that each window reads."""
        return extract_patches(self.padded, self.rows, self.columns)

    @cached_property
    def output(self) -> Array:
        """(C, H2, W2)."""
        if self.kind == "max":
            return np.asarray(np.fmax.reduce(self.patches, axis=(-2, -1), initial=-np.inf))
        if self.kind == "average":
            return np.asarray(np.nanmean(self.patches, axis=(-2, -1)))
        return np.asarray(self._sum_of_powers ** (1 / self.norm))

    @cached_property
    def winners(self) -> NDArray[np.bool_]:
        """(C, H2, W2, FH, FW): the cells that hold their window's maximum; several where there is a tie."""
        return np.asarray(self.patches == np.fmax.reduce(self.patches, axis=(-2, -1), keepdims=True))

    @cached_property
    def shares(self) -> Array:
        """(C, H2, W2, FH, FW): the derivative of each output by each cell of its window.

        Maximum: 1 for the winner; in a tie PyTorch takes the first, row by row. Average: the same share for each cell.
        Lp: (x / output) ** (p - 1), and 0 where the output is 0, as in PyTorch.
        """
        present = ~np.isnan(self.patches)
        if self.kind == "max":
            flat = self.winners.reshape(*self.output.shape, -1)
            first = np.arange(flat.shape[-1]) == flat.argmax(-1, keepdims=True)
            return np.asarray((first & flat).reshape(self.patches.shape), dtype=np.float64)
        if self.kind == "average":
            return np.asarray(present / present.sum((-2, -1), keepdims=True))
        output = self.output[..., None, None]
        ratio = np.divide(np.nan_to_num(self.patches), output, out=np.zeros(self.patches.shape), where=output != 0)
        scale = self._lp_scale[..., None, None]
        return np.where(present & (output != 0), scale * ratio ** (self.norm - 1), 0.0)

    def backward(self, gradient: ArrayLike | None = None) -> Array:
        """Return the gradient by the input (C, H, W), given the ``gradient`` by the output (C, H2, W2), default ones.

        A cell that several windows read collects from each of them. Gradients of padding are dropped.
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

    @cached_property
    def _sum_of_powers(self) -> Array:
        return np.asarray(np.nansum(self.patches**self.norm, axis=(-2, -1)) * self._lp_scale)

    @property
    def _lp_scale(self) -> Array:
        """PyTorch takes the mean of the cells there are, times the full window: more than their sum at an overhang."""
        count = self.patches.shape[-2] * self.patches.shape[-1]
        return np.asarray(count / (~np.isnan(self.patches)).sum((-2, -1)))


def pool2d(
    image: ArrayLike,
    windows: Window | tuple[Window, Window],
    kind: PoolKind = "max",
    rule: Rule = "floor",
    norm: int = 2,
) -> Pooling:
    """Pool each channel of an image.

    Results are those of torch.nn.MaxPool2d, AvgPool2d (which counts padding zeros) and LPPool2d.

    Args:
        image: (C, H, W) or (H, W).
        windows: How the window slides, or a pair (down, across).
        kind: Pooling type.
        rule: "ceil" is PyTorch's ``ceil_mode``.
        norm: The p of "lp".

    Raises:
        DoesNotFit: The window does not fit, or PyTorch has no such pooling.
    """
    volume = as_volume(image)
    down_and_across = windows if isinstance(windows, tuple) else (windows, windows)
    height, width = volume.shape[1:]
    if not isinstance(windows, tuple):
        _check_windows((height, width), windows, kind, rule)
    axes = []
    for n, window in zip((height, width), down_and_across, strict=True):
        _check_windows((n,), window, kind, rule)
        axes.append(Axis.sliding(n, window, rule))
    return Pooling(kind, norm, volume, *axes)


def _check_windows(sides: tuple[int, ...], window: Window, kind: PoolKind, rule: Rule) -> None:
    """Raise ``DoesNotFit`` unless PyTorch has such a pooling; what the sentence says to set does fit."""
    allowed = replace(window, dilation=window.dilation if kind == "max" else 1)
    if kind == "lp":
        allowed = replace(allowed, padding=0)
    smaller = "" if window_fits(sides, allowed, rule, pooling=True) else " and choose a smaller window"
    if allowed.dilation != window.dilation:
        raise DoesNotFit(f"Only max pooling can be dilated in PyTorch: set the dilation to 1{smaller}.")
    if allowed != window and any(window.ends):
        raise DoesNotFit(f"Lp pooling takes no padding in PyTorch: set P = 0{smaller}.")
    try:
        output_sizes(sides, window, rule, pooling=True)
    except SizeDoesNotFit as error:
        raise keep_advice(error, lambda name, _: kind != "lp" or name != "padding") from None


def adaptive_pool2d(image: ArrayLike, size: int, kind: Literal["max", "average"] = "average") -> Pooling:
    """Pool each channel to ``size`` x ``size`` values, as torch.nn.AdaptiveMaxPool2d and AdaptiveAvgPool2d.

    Raises:
        DoesNotFit: ``size`` is out of range.
    """
    volume = as_volume(image)
    rows, columns = (Axis.adaptive(n, size) for n in volume.shape[1:])
    return Pooling(kind, 2, volume, rows, columns)
