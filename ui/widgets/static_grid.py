"""Small grids without controls: numbers in the colour of their role, windows along one side, squares to scale."""

from collections.abc import Sequence
from html import escape
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn.ops.windows import Array, Axis


def show_numbers(
    array: Array,
    caption: str,
    role: Literal["input", "kernel", "output"] = "input",
    marked: NDArray[np.bool_] | Array | None = None,
) -> None:
    """Show ``array`` (H, W) as a table in the colour of its role; cells where ``marked`` is not 0 are emphasised."""
    emphasised = np.zeros(array.shape, bool) if marked is None else np.asarray(marked, bool)
    rows = [
        "".join(
            f'<td class="marked">{_format(value)}</td>' if emphasis else f"<td>{_format(value)}</td>"
            for value, emphasis in zip(values, emphases, strict=True)
        )
        for values, emphases in zip(array, emphasised, strict=True)
    ]
    _show_table(role, caption, [f"<tr>{row}</tr>" for row in rows])


def show_windows(axis: Axis, caption: str) -> None:
    """Show one side of the input as a row of cells, and below it each window as a bar over the cells that it reads."""
    cells = range(axis.padded + axis.overhang)
    top = "".join(f'<td class="{_cell_class(axis, cell)}"></td>' for cell in cells)
    bars = [
        "".join('<td class="read"></td>' if cell in window else "<td></td>" for cell in cells)
        for window in axis.windows
    ]
    _show_table("axis", caption, [f"<tr>{top}</tr>", *(f'<tr class="window">{bar}</tr>' for bar in bars)])


def show_squares(sizes: Sequence[int], caption: str) -> None:
    """Show a square for each size, to scale, the largest 84 pixels a side."""
    sides = [max(6, round(84 * size / max(sizes))) for size in sizes]
    squares = "".join(
        f'<div class="square"><div style="width:{side}px;height:{side}px"></div>{size}</div>'
        for size, side in zip(sizes, sides, strict=True)
    )
    st.html(f'<div role="img" aria-label="{escape(caption)}" class="tiles bottom">{squares}</div>')


def _show_table(kind: str, caption: str, rows: Sequence[str]) -> None:
    st.html(
        f'<div class="cells {kind}"><table><caption>{escape(caption)}</caption>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell_class(axis: Axis, cell: int) -> str:
    if cell >= axis.padded:
        return "outside"
    padding = "" if axis.before <= cell < axis.before + axis.size else "padding"
    return f"{padding} {'unread' if cell in axis.unread else ''}".strip()


def _format(value: float) -> str:
    if not np.isfinite(value):
        return "−∞"
    decimals = 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0  # four digits fit a cell
    return f"{round(float(value), decimals) + 0.0:g}".replace("-", "−")
