"""The step-through grid: one worked example, sent once; the browser shows any step of it without asking again."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnn.errors import UserError
from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from ui.shell.fields import Matrix, Rows
from ui.shell.messages import Between, Shape, received
from ui.shell.page_state import State
from ui.widgets.grid.payload import (
    ExamplePayload,
    Part,
    count_characters,
    count_decimals,
    json_axis,
    json_numbers,
)

_FOLDER = Path(__file__).parent
SCRIPTS = ("words.js", "cells.js", "controls.js", "grid.js")
"""What draws a grid; a component that contains one adds its own entry behind them."""
_HINT = "Point at any cell to see its step, click to keep it, drag the window, or use the arrow keys in the output."
_KERNEL_HINT = " Point at a weight to see every input cell that it meets."
_EDIT_HINT = " Weights can be typed over."


_MAX_EDIT = 1e9
"""Size of a number that a message may carry; what a field allows, it says itself."""


@dataclass(frozen=True)
class Edit:
    """A number that the reader typed into a cell of the grid; rows and columns count from 0."""

    part: Part
    filter: int
    channel: int
    row: int
    column: int
    value: float

    def into(self, rows: Rows) -> Rows:
        """Return ``rows`` with this number in its place, if they have it; for an input or filter of one channel."""
        lines = [list(row) for row in rows]
        if self.row < len(lines) and self.column < len(lines[self.row]):
            lines[self.row][self.column] = self.value
        return tuple(tuple(line) for line in lines)


@dataclass(frozen=True)
class Editing:
    """The parts of a grid that may be typed over, and what is called with each number that is typed."""

    parts: tuple[Part, ...]
    on_edit: Callable[[Edit], None]


@dataclass(frozen=True)
class GridOptions:
    """How a grid is shown.

    Attributes:
        label: Names the grid for screen readers.
        names: Of input, kernel and output.
        channels: Names of the input's channels.
        filters: Names of the output's channels.
        step: Where the grid opens: output cells counted row by row from 0.
        step_name: The field of the address bar that follows the step; None for a second grid on a page.
        backward: Whether a pooling example shows beside it how the gradient flows.
        bare: Leave out the products one by one, the legend and what else a first look does not need.
        editing: What may be typed over.
    """

    label: str
    names: tuple[str, str, str] = ("Input", "Filter", "Output")
    channels: Sequence[str] = ()
    filters: Sequence[str] = ()
    step: int = 0
    step_name: str | None = "step"
    backward: bool = False
    bare: bool = False
    editing: Editing | None = None


def show_grid(
    example: Convolution | Pooling, options: GridOptions, *, key: str, hide: tuple[int, int, int] | None = None
) -> None:
    """Show ``example``; ``hide`` is an output cell (filter or channel, row, column) whose number stays hidden."""
    editing = options.editing
    shapes = [_edit_shape(example, part) for part in editing.parts] if editing else []

    def forward_edit() -> None:  # must not hold the example: callbacks live as long as the session
        for shape in shapes:
            if editing and (edit := received(key, "edit", shape)):
                editing.on_edit(Edit(**edit))

    _component(key=key, data=_payload(example, options, hide), on_edit_change=forward_edit)


def edit_fields(state: State, **fields: Matrix) -> Editing | None:
    """Let ``input`` or ``kernel`` be typed over; the number is written into that part's field."""

    def put(edit: Edit) -> None:
        field = fields[edit.part]
        with suppress(UserError):  # the text of the field, where it was changed meanwhile
            state.put(field, edit.into(state[field]))

    return None if state.teach else Editing(tuple(fields), put)  # type: ignore[arg-type]


def _edit_shape(example: Convolution | Pooling, part: Part) -> Shape:
    """Return what a message must be that edits a number of this ``part``."""
    numbers = example.weight if part == "kernel" and isinstance(example, Convolution) else example.input
    channels, rows, columns = map(range, numbers.shape[-3:])
    return {
        "part": (part,),
        "filter": range(len(example.output)),
        "channel": channels,
        "row": rows,
        "column": columns,
        "value": Between(-_MAX_EDIT, _MAX_EDIT),
    }


def _payload(example: Convolution | Pooling, options: GridOptions, hide: tuple[int, int, int] | None) -> ExamplePayload:
    parts = options.editing.parts if options.editing else ()
    convolution = isinstance(example, Convolution)
    decimals = count_decimals(example, options.backward)
    payload: ExamplePayload = {
        "kind": "convolution",
        "label": options.label,
        "names": options.names,
        "channels": _names(options.channels, "channel", len(example.input)),
        "filters": _names(options.filters, "filter" if convolution else "channel", len(example.output)),
        "rows": json_axis(example.rows),
        "columns": json_axis(example.columns),
        "padded": json_numbers(example.padded),
        "kernel": None,
        "output": json_numbers(example.output),
        "flat": example.input.shape[1] == 1,
        "decimals": decimals,
        "widest": 0,
        "hidden": hide,
        "editable": [*parts],
        "step": options.step,
        "stepName": options.step_name,
        "bare": options.bare,
        "hint": _HINT + (_KERNEL_HINT if convolution else "") + (_EDIT_HINT if "kernel" in parts else ""),
    }
    if isinstance(example, Pooling):
        payload |= {"kind": example.kind, "norm": example.norm}
        if example.kind == "max":
            payload["winners"] = example.winners.tolist()
        if options.backward:
            payload |= {"gradient": json_numbers(example.backward()), "shares": json_numbers(example.shares)}
    else:
        payload |= {
            "kernel": json_numbers(example.kernel),
            "given": json_numbers(example.weight) if example.flip else None,
            "bias": json_numbers(example.bias),
            "products": json_numbers(example.products),
            "sums": json_numbers(example.channel_sums),
        }
    numbers = [payload["padded"], payload["kernel"], payload["output"], payload.get("gradient")]
    payload["widest"] = count_characters(numbers, decimals)
    return payload


def _names(names: Sequence[str], kind: str, count: int) -> list[str]:
    return [*names] or [f"{kind} {number}" for number in range(1, count + 1)]


def read_file(name: str) -> str:
    """Return the text of one of the component's own files."""
    return (_FOLDER / name).read_text(encoding="utf-8")


_component = st.components.v2.component(
    "step_through_grid",
    html=read_file("grid.html"),
    css=read_file("grid.css"),
    js="\n".join(read_file(name) for name in (*SCRIPTS, "entry.js")),
)
