"""Slide windows over padded arrays: one axis at a time, every window as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn.errors import DoesNotFit
from cnn.layers.sizes import Rule, adaptive_windows, output_size, same_padding

Array = NDArray[np.float64]


Pair = int | tuple[int, int]


PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


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
        before, after = as_pair(padding)
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


def unread_share(rows: Axis, columns: Axis) -> float:
    """Which part of the input, from 0 to 1, no window ever reads."""
    read = (rows.size - rows.unread_data) * (columns.size - columns.unread_data)
    return 1 - read / (rows.size * columns.size)


def pad(x: Array, rows: Axis, columns: Axis, mode: PaddingMode, fill: float = 0.0) -> Array:
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


def extract_patches(padded: Array, rows: Axis, columns: Axis) -> Array:
    """(C, H2, W2, FH, FW): what every window reads; NaN where it has no cell."""
    framed = np.pad(padded, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)  # index -1 now finds "no cell"
    return framed[:, *cell_indices(rows, columns)]


def cell_indices(rows: Axis, columns: Axis) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of every cell of every window, broadcasting to (H2, W2, FH, FW)."""
    return rows.index[:, None, :, None], columns.index[None, :, None, :]


def as_pair(value: Pair) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def _ends(
    padding: Pair | Literal["same"], kernel_size: Sequence[int], stride: tuple[int, int], dilation: tuple[int, int]
) -> list[tuple[int, int]]:
    """((top, bottom), (left, right)) cells of padding."""
    if padding == "same":
        return [same_padding(f, s, d) for f, s, d in zip(kernel_size, stride, dilation, strict=True)]
    return [(p, p) for p in as_pair(padding)]


def as_volume(image: ArrayLike) -> Array:
    """The image as (C, H, W) floats; one channel if it has no channels."""
    x = np.asarray(image, dtype=np.float64)
    x = x[None] if x.ndim == 2 else x
    if x.ndim != 3 or not x.size:
        raise DoesNotFit("The input must be rows and columns of numbers, for one channel or several.")
    return x


def check_products(products: int) -> None:
    if products > MAX_PRODUCTS:
        raise DoesNotFit(
            f"That would be {products:,} products to write out, more than {MAX_PRODUCTS:,}: "
            "make the input or the kernel smaller, or the stride larger."
        )
