"""Small grids that stand still: numbers in the colour of their role, and how windows lie along one side."""

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn.ops.windows import Array, Axis
from ui.shell.theme import Palette, palette

_HATCH = "repeating-linear-gradient(135deg, {fill} 0 4px, {ground} 4px 8px)"
_CROSS = (
    "linear-gradient(45deg, transparent 46%, {line} 46% 54%, transparent 54%), "
    "linear-gradient(135deg, transparent 46%, {line} 46% 54%, transparent 54%)"
)


def show_numbers(
    array: Array, caption: str, role: str = "input", marked: NDArray[np.bool_] | Array | None = None
) -> None:
    """A table of ``array`` (H, W) in a role's colour; cells where ``marked`` is not 0 are filled, bold and outlined."""
    colours = palette()
    ink, fill = getattr(colours, role), getattr(colours, f"{role}_fill")
    emphasis = f"background:{fill};font-weight:700;outline:2px solid {ink};outline-offset:-2px;"
    lines = []
    for i, row in enumerate(array):
        cells = [
            f'<td style="{_box(colours, ink)}{emphasis if marked is not None and marked[i, j] else ""}">'
            f"{_say(value)}</td>"
            for j, value in enumerate(row)
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    _table(caption, lines, colours)


def show_windows(axis: Axis, caption: str) -> None:
    """One side of the input as a row of cells, and below it each window as a bar over the cells that it reads."""
    colours = palette()
    unread = set(axis.unread)
    width = axis.padded + axis.overhang
    top = "".join(f'<td style="{_cell(colours, axis, cell, cell in unread)}"></td>' for cell in range(width))
    bars = [_bar(colours, window, width) for window in axis.windows]
    _table(caption, [f"<tr>{top}</tr>", *bars], colours, "table-layout:fixed;width:100%;max-width:520px;")


def show_squares(sizes: Sequence[int], caption: str) -> None:
    """A square for each size, drawn to scale, largest first."""
    colours = palette()
    most = max(sizes)
    drawn = "".join(
        f'<div style="text-align:center;font-size:0.85rem">'
        f'<div style="width:{max(6, round(84 * size / most))}px;height:{max(6, round(84 * size / most))}px;'
        f'margin:0 auto 4px;border:2px solid {colours.output};background:{colours.output_fill}"></div>{size}</div>'
        for size in sizes
    )
    st.html(
        f'<div role="img" aria-label="{escape(caption)}" '
        f'style="display:flex;flex-wrap:wrap;gap:14px;align-items:flex-end;color:{colours.text}">{drawn}</div>'
    )


def _table(caption: str, lines: Sequence[str], colours: Palette, style: str = "") -> None:
    st.html(
        f'<div style="overflow-x:auto"><table style="border-collapse:collapse;border:0;{style}">'
        f'<caption style="text-align:left;color:{colours.muted};font-size:0.85rem;padding:2px 0">{escape(caption)}'
        f"</caption><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _box(colours: Palette, ink: str) -> str:
    return (
        f"width:36px;min-width:28px;height:36px;padding:0 2px;text-align:center;color:{ink};"
        f"border:1px solid {colours.line};font-variant-numeric:tabular-nums;"
    )


def _cell(colours: Palette, axis: Axis, cell: int, unread: bool) -> str:
    box = "height:22px;padding:0;"
    if cell >= axis.padded:
        return f"{box}border:1px dashed {colours.muted};"
    padding = not axis.before <= cell < axis.before + axis.size
    ground = _HATCH.format(fill=colours.padding_fill, ground=colours.background) if padding else ""
    cross = _CROSS.format(line=colours.muted) if unread else ""
    layers = ", ".join(layer for layer in (cross, ground) if layer)
    fill = f"background:{layers};" if layers else f"background:{colours.input_fill};"
    return f"{box}border:1px solid {colours.line};{fill}"


def _bar(colours: Palette, window: Sequence[int], width: int) -> str:
    cells = [
        f'<td style="height:9px;padding:0;border:0;border-bottom:5px solid '
        f'{colours.kernel if cell in window else "transparent"}"></td>'
        for cell in range(width)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _say(value: float) -> str:
    if not np.isfinite(value):
        return "−∞"
    return f"{round(float(value), 2) + 0.0:g}".replace("-", "−")
