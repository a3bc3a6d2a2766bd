"""Slide windows over padded arrays, with the cells of every window as data."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Rule, Window, adaptive_windows, output_size

Array = NDArray[np.float64]
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
MAX_PRODUCTS = 1_000_000
"""Largest number of products in an example to follow by hand."""
_NUMPY_MODE = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@dataclass(frozen=True)
class Axis:
    """One side of an input, and the cells that each window reads of it.

    Attributes:
        size: Cells of data.
        before: Cells of padding before the data.
        after: Cells of padding behind the data.
        windows: For each output position the cells that its window reads, counted from the first padding cell. Cells
            from ``padded`` on do not exist: a window that reaches beyond the edge (``ceil_mode``) reads nothing there.
        mode: What the padding holds: zeros, or copies of cells of data.
    """

    size: int
    before: int
    after: int
    windows: tuple[tuple[int, ...], ...]
    mode: PaddingMode = "zeros"

    @classmethod
    def sliding(cls, size: int, window: Window, rule: Rule = "floor", mode: PaddingMode = "zeros") -> "Axis":
        """Slide ``window`` along ``size`` cells. Raises ``DoesNotFit``."""
        cells = range(0, window.reach, window.dilation)
        starts = range(0, output_size(size, window, rule).size * window.stride, window.stride)
        return cls(size, *window.ends, tuple(tuple(start + cell for cell in cells) for start in starts), mode)

    @classmethod
    def adaptive(cls, size: int, output: int) -> "Axis":
        """Spread ``output`` windows evenly; neighbours may overlap, and differ in length by one."""
        return cls(size, 0, 0, tuple(tuple(range(*window)) for window in adaptive_windows(size, output)))

    @property
    def padded(self) -> int:
        """Cells of the side, padding included."""
        return self.before + self.size + self.after

    @property
    def overhang(self) -> int:
        """Cells behind the padded side that the last window would read."""
        return max(0, self.windows[-1][-1] + 1 - self.padded)

    @property
    def unread(self) -> tuple[int, ...]:
        """Cells, padding included, that no window reads, nor a copy of them in the padding."""
        sources = range(self.padded)
        if self.mode != "zeros":
            data = np.array(sources[self.before : self.before + self.size])
            sources = np.pad(data, (self.before, self.after), mode=_NUMPY_MODE[self.mode]).tolist()  # type: ignore[call-overload]
        read = {sources[cell] for window in self.windows for cell in window if cell < self.padded}
        return tuple(cell for cell, source in enumerate(sources) if source not in read)

    @property
    def unread_input(self) -> int:
        """How many of these cells are data."""
        return sum(self.before <= cell < self.before + self.size for cell in self.unread)

    @property
    def index(self) -> NDArray[np.intp]:
        """(windows, longest window): the cells read; -1 where a window has no cell."""
        index = np.full((len(self.windows), max(map(len, self.windows))), -1, dtype=np.intp)
        for row, window in zip(index, self.windows, strict=True):
            row[: len(window)] = window
        index[index >= self.padded] = -1
        return index


def count_unread(rows: Axis, columns: Axis) -> int:
    """Return how many cells of the input, padding left out, no window reads."""
    return rows.size * columns.size - (rows.size - rows.unread_input) * (columns.size - columns.unread_input)


def check_padding_mode(axis: Axis) -> None:
    """Raise ``DoesNotFit`` if the padding would copy more cells than the side has."""
    widest = max(axis.before, axis.after)
    most = {"reflect": axis.size - 1, "circular": axis.size}.get(axis.mode, widest)
    if widest > most:
        raise DoesNotFit(
            f"The mode {axis.mode} can pad a side of {axis.size} by at most {most}, not {widest}, because it copies "
            "cells of the side: choose the mode zeros or replicate."
        )


def pad(image: Array, rows: Axis, columns: Axis, fill: float = 0.0) -> Array:
    """Return ``image`` (C, H, W) with its padding (C, PH, PW); ``fill`` is the value of "zeros"."""
    widths = ((0, 0), (rows.before, rows.after), (columns.before, columns.after))
    if rows.mode == "zeros":
        return np.pad(image, widths, constant_values=fill)
    padded: Array = np.pad(image, widths, mode=_NUMPY_MODE[rows.mode])  # type: ignore[call-overload]
    return padded


def extract_patches(padded: Array, rows: Axis, columns: Axis) -> Array:
    """Return the values that every window reads, (C, H2, W2, FH, FW); NaN where it has no cell."""
    framed = np.pad(padded, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)  # so that index -1 is NaN
    return framed[:, *cell_indices(rows, columns)]


def cell_indices(rows: Axis, columns: Axis) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return row and column of every cell of every window, which broadcast to (H2, W2, FH, FW)."""
    return rows.index[:, None, :, None], columns.index[None, :, None, :]


def as_volume(image: ArrayLike) -> Array:
    """Return ``image`` as floats (C, H, W), with one channel if it has two dimensions."""
    volume = np.asarray(image, dtype=np.float64)
    volume = volume[None] if volume.ndim == 2 else volume
    if volume.ndim != 3 or not volume.size:
        raise DoesNotFit("The input must be rows and columns of numbers, for one channel or several.")
    return volume


def check_products(products: int) -> None:
    """Raise ``DoesNotFit`` for more products than ``MAX_PRODUCTS``."""
    if products > MAX_PRODUCTS:
        raise DoesNotFit(
            f"That would be {products:,} products to write out, more than {MAX_PRODUCTS:,}: "
            "make the input or the kernel smaller, or the stride larger."
        )
