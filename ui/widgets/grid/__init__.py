"""The step-through grid: one worked example, sent once; the browser shows any step of it without asking again."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st

from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from cnn.ops.windows import Array, Axis
from ui.shell.fields import Matrix, Rows
from ui.shell.page_state import State
from ui.shell.theme import DARK, LIGHT

_HERE = Path(__file__).parent
SCRIPTS = ("words.js", "cells.js", "controls.js", "grid.js")
"""What draws a grid; a component that contains one adds its own entry behind them."""
_MOST_DECIMALS = 5
_SIGNIFICANT = 9  # digits sent of each number; far more than a cell shows


@dataclass(frozen=True)
class Edit:
    """A number that the reader typed into a cell of the grid; rows and columns count from 0."""

    part: Literal["input", "kernel"]
    filter: int
    channel: int
    row: int
    column: int
    value: float

    def into(self, rows: Rows) -> Rows:
        """``rows`` with this number in its place; for an input or filter of one channel."""
        lines = [list(row) for row in rows]
        lines[self.row][self.column] = self.value
        return tuple(tuple(line) for line in lines)


def show_grid(
    example: Convolution | Pooling,
    *,
    key: str,
    label: str,
    names: tuple[str, str, str] = ("Input", "Filter", "Output"),
    channels: Sequence[str] = (),
    filters: Sequence[str] = (),
    step: int = 0,
    step_name: str | None = "step",
    backward: bool = False,
    hide: tuple[int, int, int] | None = None,
    editable: Sequence[Literal["input", "kernel"]] = (),
    on_edit: Callable[[Edit], None] | None = None,
    bare: bool = False,
) -> None:
    """Shows ``example``, open at ``step`` (output cells counted row by row from 0).

    ``label`` names the grid for screen readers, ``names`` its input, kernel and output, ``channels`` and ``filters``
    the channels of input and output.
    ``step_name`` is the field of the address bar that follows the step; None for a second grid on a page.
    ``backward`` shows beside a pooling example where the gradient goes. ``hide`` is an output cell (filter or channel,
    row, column) that is not told yet. Parts that are ``editable`` call ``on_edit``. ``bare`` leaves out the products
    one by one, the legend and what else a first look does not need.
    """
    data = _payload(example, backward) | {
        "label": label,
        "names": names,
        "channels": [*channels] or [f"channel {c + 1}" for c in range(len(example.input))],
        "hidden": hide,
        "step": step,
        "stepName": step_name,
        "editable": [*editable],
        "bare": bare,
    }
    if filters:
        data["filters"] = [*filters]
    if backward and isinstance(example, Pooling):
        data |= {"gradient": json_numbers(example.backward()), "shares": json_numbers(example.shares)}
    data |= {"widest": _widest(data), "hint": _hint(data)}

    def edited() -> None:
        edit = st.session_state[key].edit
        if on_edit and edit:
            on_edit(Edit(**edit))

    _component(key=key, data=data, on_edit_change=edited)


def edit_fields(state: State, **fields: Matrix) -> dict[str, Any]:
    """Arguments for ``grid`` that let ``input`` or ``kernel`` be typed over; the number goes into that part's field."""

    def edit(change: Edit) -> None:
        field = fields[change.part]
        state.put(field, change.into(state[field]))

    return {"editable": () if state.teach else tuple(fields), "on_edit": edit}


def _payload(example: Convolution | Pooling, backward: bool) -> dict[str, Any]:
    """What the browser needs of an example: nested lists, None for NaN and minus infinity."""
    shared = {
        "padded": json_numbers(example.padded),
        "rows": json_axis(example.rows),
        "columns": json_axis(example.columns),
        "flat": example.input.shape[1] == 1,
        "output": json_numbers(example.output),
        "decimals": _decimals(example, backward),
    }
    if isinstance(example, Pooling):
        names = [f"channel {c + 1}" for c in range(len(example.output))]
        ties = {"winners": example.winners.tolist()} if example.kind == "max" else {}
        return shared | {"kind": example.kind, "norm": example.norm, "kernel": None, "filters": names} | ties
    return shared | {
        "kind": "convolution",
        "kernel": json_numbers(example.kernel),
        "given": json_numbers(example.weight) if example.flip else None,
        "bias": json_numbers(example.bias),
        "products": json_numbers(example.products),
        "sums": json_numbers(example.channel_sums),
        "filters": [f"filter {k + 1}" for k in range(len(example.output))],
    }


def json_axis(axis: Axis) -> dict[str, Any]:
    """The axis as the browser reads it."""
    return asdict(axis) | {"padded": axis.padded, "unread": axis.unread, "overhang": axis.overhang}


def json_numbers(array: Array) -> Any:
    """``array`` as nested lists; whole numbers as such, None where a number is not finite."""
    whole = bool((array[np.isfinite(array)] % 1 == 0).all())
    plain = np.where(np.isfinite(array), array, None)  # type: ignore[call-overload]
    return _tidy(plain.tolist(), whole)


def _tidy(value: Any, whole: bool) -> Any:
    if isinstance(value, list):
        return [_tidy(item, whole) for item in value]
    if value is None:
        return None
    return int(value) if whole else float(f"{value:.{_SIGNIFICANT}g}")


def _decimals(example: Convolution | Pooling, backward: bool) -> int:
    """Decimals that the cells show: none if everything is whole, else two, or three where numbers are small.

    More where a given number would read as 0 otherwise, up to ``_MOST_DECIMALS``.
    """
    given = [example.input, *([example.weight, example.bias] if isinstance(example, Convolution) else [])]
    shares = [example.shares, example.backward()] if backward and isinstance(example, Pooling) else []
    finite = np.concatenate([array[np.isfinite(array)].ravel() for array in (*given, example.output, *shares)])
    if (finite % 1 == 0).all():
        return 0
    sizes = np.abs(np.concatenate([array[np.isfinite(array) & (array != 0)].ravel() for array in given]))
    needed = math.ceil(-math.log10(sizes.min())) if sizes.size else 0
    return max(2 if np.abs(finite).max() >= 1 else 3, min(needed, _MOST_DECIMALS))


def _widest(data: dict[str, Any]) -> int:
    """Characters of the widest number that a cell shows."""

    def width(value: Any) -> int:
        if isinstance(value, list):
            return max((width(item) for item in value), default=0)
        if value is None:
            return 2
        return len(str(value) if float(value).is_integer() else f"{value:.{data['decimals']}f}")

    return max(width(data.get(part)) for part in ("padded", "kernel", "output", "gradient"))


def _hint(data: dict[str, Any]) -> str:
    """What can be done with the pointer and the keys."""
    hint = "Point at any cell to see its step, click to keep it, drag the window, or use the arrow keys in the output."
    if data["kernel"]:
        hint += " Point at a weight to see every input cell that it meets."
    if "kernel" in data["editable"]:
        hint += " Weights can be typed over."
    return hint


def colours(scope: str) -> str:
    """The palette as CSS variables of ``scope``; ``light-dark`` follows the theme that Streamlit shows."""
    names = [field.name for field in fields(LIGHT)]
    lines = [
        f"--{name.replace('_', '-')}: light-dark({getattr(LIGHT, name)}, {getattr(DARK, name)});" for name in names
    ]
    return f"{scope} {{" + " ".join(lines) + "}\n"


def read_file(name: str) -> str:
    """One of the component's own files."""
    return (_HERE / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "step_through_grid",
    html=read_file("grid.html"),
    css=colours(".grid") + read_file("grid.css"),
    js="\n".join(read_file(name) for name in (*SCRIPTS, "entry.js")),
)
