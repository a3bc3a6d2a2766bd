"""The step-through grid: one worked example, sent once; the browser computes and shows any step of it by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from ui.shell.components import define_component
from ui.shell.fields import Matrix, Real, Rows, Whole
from ui.shell.messages import Between, ListOf, Shape, received
from ui.shell.page_state import State, examples_opened
from ui.shell.stage import PREDICT
from ui.widgets.grid.payload import ExamplePayload, Json, Part, json_axis, pack_numbers

FILES = (
    *("grid.css", "ops.js", "words.js", "maps.js", "stage.js", "fit.js"),
    *("editing.js", "follow.js", "controls.js", "grid.js"),
)
"""What draws a grid inside its HTML; a component that contains one adds its own entry behind them."""
_KEEP_HINT = "click it to keep its step, or use the arrow keys there."
_DRAW_HINT = " Drag over the input to paint the number that you typed last (with Alt or the right button 0)."
_PAINT_HINT = " Click the picture, or drag over it, to paint it white (with Alt or the right button black)."
SLIDING = ("size", "kernel_size", "stride", "padding", "dilation")
"""What describes one side of an example and its windows."""
View = Literal["gradient", "relu", "stack"]


_MAX_EDIT = 1e9
"""Size of a number that a message may carry; what a field allows, it says itself."""


@dataclass(frozen=True)
class Edit:
    """A number that the reader typed into a cell of the grid, or drew; rows and columns count from 0."""

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
class Slider:
    """A slider in the grid's bar that changes the example in the browser; ``on_rest`` is called when it rests.

    ``name`` is what it changes: "bias" sets the bias of every filter.
    """

    name: Literal["bias"]
    field: Real
    value: float
    on_rest: Callable[[float], None]


@dataclass(frozen=True)
class GridOptions:
    """How a grid is shown.

    Attributes:
        label: Names the grid for screen readers.
        names: Of input, kernel and output, and of the pooled output if there is one.
        channels: Names of the input's channels.
        filters: Names of the output's channels.
        step: Where the grid opens: output cells counted row by row from 0.
        step_name: The field of the address bar that follows the step; None for a second grid on a page.
        views: What is shown beside the output: how the gradient of a pooling flows, the output after ReLU, all maps.
        compare: Title of the output without the flip (or with it), to be shown beside this one with their difference.
        pool: A pooling of the output that is stepped along with the convolution.
        colour: Whether an input of three channels is a picture in colour.
        brief: Leave out the products where the input is drawn as a picture.
        bare: Leave out the legend, the list of steps and what else a first look does not need; show all cells at once.
        editing: What may be typed over.
        sliders: Sliders in the bar.
        follow: Number boxes of the page that the grid follows at once: :func:`follow_boxes`.
    """

    label: str
    names: tuple[str, ...] = ("Input", "Filter", "Output")
    channels: Sequence[str] = ()
    filters: Sequence[str] = ()
    step: int = 0
    step_name: str | None = "step"
    views: tuple[View, ...] = ()
    compare: str | None = None
    pool: Pooling | None = None
    colour: bool = False
    brief: bool = False
    bare: bool = False
    editing: Editing | None = None
    sliders: tuple[Slider, ...] = ()
    follow: Json = None


def show_grid(
    example: Convolution | Pooling,
    options: GridOptions,
    *,
    key: str,
    hide: tuple[int, int, int] | None = None,
    concealed: bool = False,
) -> None:
    """Show ``example``.

    Args:
        example: What is stepped through.
        options: How it is shown.
        key: Key of the component.
        hide: An output cell (filter or channel, row, column) whose number is asked for and stays hidden.
        concealed: Whether the output's size is asked for: only input and kernel are shown, and nothing that gives it
            away is sent.
    """
    editing, sliders = options.editing, options.sliders
    shape = _change_shape(example, options)

    def forward_change() -> None:  # must not hold the example: callbacks live as long as the session
        change = received(key, "change", shape)
        for edit in change["edits"] if change and editing else ():
            editing.on_edit(Edit(**edit))  # type: ignore[union-attr]
        for slider in sliders if change else ():
            if change["sliders"][slider.name] != slider.value:
                slider.on_rest(change["sliders"][slider.name])

    _component(key=key, data=_payload(example, options, hide, concealed), on_change_change=forward_change)


def edit_fields(state: State, **fields: Matrix) -> Editing | None:
    """Let ``input`` or ``kernel`` be typed over; the number is written into that part's field."""

    def put(edit: Edit) -> None:
        field = fields[edit.part]
        state.put(field, edit.into(state[field]))

    return None if state.teach else Editing(tuple(fields), put)  # type: ignore[arg-type]


def follow_boxes(
    state: State, rows: Mapping[str, Whole | int], columns: Mapping[str, Whole | int], *, ceil: bool = False
) -> Json:
    """Let a grid follow number boxes of its page before Python answers, which must come to the same example.

    Args:
        state: The page; nothing is followed while it asks a question.
        rows: From top to bottom, the field or the number for each of :data:`SLIDING`. A field for the size means
            counting digits and a filter of ones.
        columns: The same from left to right.
        ceil: Whether the number of windows is rounded up.
    """
    if state.teach or state[PREDICT]:
        return None
    sides = {"rows": rows, "columns": columns}
    fields = {value.name: value for side in sides.values() for value in side.values() if isinstance(value, Whole)}
    boxes = {name: {"value": state[field], "low": field.low, "high": field.high} for name, field in fields.items()}
    names = {
        side: {argument: value.name if isinstance(value, Whole) else value for argument, value in values.items()}
        for side, values in sides.items()
    }
    return {"boxes": boxes, **names, "ceil": ceil}


def _change_shape(example: Convolution | Pooling, options: GridOptions) -> Shape:
    """Return what a message must be: edits of the parts that may be edited, and a number for each slider."""
    parts = options.editing.parts if options.editing else ()
    most = example.input.size + (example.weight.size if isinstance(example, Convolution) else 0)
    return {
        "edits": ListOf(tuple(_edit_shape(example, part) for part in parts), most),
        "sliders": {slider.name: Between(slider.field.low, slider.field.high) for slider in options.sliders},
    }


def _edit_shape(example: Convolution | Pooling, part: Part) -> Shape:
    """Return what a message must be that edits a number of this ``part``."""
    numbers = example.weight if part == "kernel" and isinstance(example, Convolution) else example.input
    channels, rows, columns = map(range, numbers.shape[-3:])
    return {
        "part": (part,),
        "filter": range(len(example.weight) if isinstance(example, Convolution) else 1),
        "channel": channels,
        "row": rows,
        "column": columns,
        "value": Between(-_MAX_EDIT, _MAX_EDIT),
    }


def _payload(
    example: Convolution | Pooling, options: GridOptions, hide: tuple[int, int, int] | None, concealed: bool
) -> ExamplePayload:
    parts = options.editing.parts if options.editing else ()
    convolution = isinstance(example, Convolution)
    windows = 1 if concealed else None
    outputs = len(example.weight) if isinstance(example, Convolution) else len(example.input)
    payload: ExamplePayload = {
        "kind": "convolution",
        "label": options.label,
        "names": options.names,
        "channels": _names(options.channels, "channel", len(example.input)),
        "filters": _names(options.filters, "filter" if convolution else "channel", outputs),
        "rows": json_axis(example.rows, windows=windows),
        "columns": json_axis(example.columns, windows=windows),
        "input": pack_numbers(example.input),
        "paddingMode": "zeros",
        "flat": example.input.shape[1] == 1,
        "hidden": hide,
        "concealed": concealed,
        "editable": [*parts],
        "step": options.step,
        "examples": examples_opened(),
        "stepName": options.step_name,
        "bare": options.bare,
        "backward": "gradient" in options.views and not concealed,
        "relu": "relu" in options.views and not concealed,
        "stack": "stack" in options.views and not concealed,
        "compare": None if concealed else options.compare,
        "pool": None if concealed else _json_pool(options.pool),
        "colour": options.colour,
        "brief": options.brief,
        "sliders": [_json_slider(slider) for slider in options.sliders],
        "follow": None if concealed or hide else options.follow,
        "hint": _hint(options),
        "touchHint": _touch_hint(options),
    }
    if isinstance(example, Pooling):
        payload |= {"kind": example.kind, "norm": example.norm}
    else:
        payload |= {
            "paddingMode": example.padding_mode,
            "weight": pack_numbers(example.weight),
            "bias": example.bias.tolist(),
            "flip": example.flip,
        }
    return payload


def _hint(options: GridOptions) -> str:
    """Say what pointing, clicking and dragging do; a cell that may be changed shows no step."""
    parts = options.editing.parts if options.editing else ()
    where = "an output cell to see its step" if "input" in parts else "a cell of input or output to see its step"
    hint = f"Point at {where}; {_KEEP_HINT if 'input' in parts else f'in the output, {_KEEP_HINT}'}"
    numbers = {"input": "an input number", "kernel": "a weight"}
    changed = [numbers[part] for part in parts if not (options.colour and part == "input")]
    hint += f" Click {' or '.join(changed)} to change it." if changed else ""
    if "input" in parts:
        hint += _PAINT_HINT if options.colour else _DRAW_HINT
    return hint + (" Undo takes a change back." if parts else "")


def _touch_hint(options: GridOptions) -> str:
    parts = options.editing.parts if options.editing else ()
    where = "an output cell" if "input" in parts else "any cell"
    return f"Tap {where} to see its step." + (" Tap a number to change it; Undo takes it back." if parts else "")


def _json_pool(pool: Pooling | None) -> dict[str, Any] | None:
    if pool is None:
        return None
    return {"kind": pool.kind, "norm": pool.norm, "rows": json_axis(pool.rows), "columns": json_axis(pool.columns)}


def _json_slider(slider: Slider) -> dict[str, Any]:
    field = slider.field
    limits = {"min": field.low, "max": field.high, "step": field.step}
    return {"name": slider.name, "label": field.label, "value": slider.value} | limits


def _names(names: Sequence[str], kind: str, count: int) -> list[str]:
    return [*names] or [f"{kind} {number}" for number in range(1, count + 1)]


_component = define_component("step_through_grid", __file__, "grid.html", *FILES, "entry.js")
