"""What the grid's scripts read: one worked example, or one map of a network, as JSON. Keys are those of ``grid.js``."""

import base64
import math
from dataclasses import asdict
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np

from cnn.ops.windows import Array, Axis, PaddingMode

_SIGNIFICANT_DIGITS = 9  # sent of each number; far more than a cell shows
_MOST_LISTED = 400  # numbers that are sent as text; more are packed
Part = Literal["input", "kernel"]
Json = Any
"""Nested lists of numbers with None for NaN and infinity, or base64 of their bytes where a whole map is sent."""


class GridPayload(TypedDict):
    """What every grid needs. ``rows`` and ``columns`` are axes; ``hidden`` is an output cell (filter, row, column)."""

    kind: str
    norm: NotRequired[float]
    label: str
    names: tuple[str, ...]
    channels: list[str]
    filters: list[str]
    rows: dict[str, Any]
    columns: dict[str, Any]
    flat: bool
    hidden: tuple[int, int, int] | None
    editable: list[Part]
    stepName: str | None
    hint: str
    touchHint: NotRequired[str]


class ExamplePayload(GridPayload):
    """A whole example: its numbers, of which the browser computes all others, and where it opens."""

    input: Json
    paddingMode: PaddingMode
    step: int
    examples: int
    """How many examples the reader has opened: the step of each counts, whatever the one before."""
    weight: NotRequired[Json]
    bias: NotRequired[Json]
    flip: NotRequired[bool]
    concealed: bool
    bare: bool
    backward: bool
    colour: bool
    brief: bool
    stack: bool
    relu: bool
    compare: str | None
    """Title of the output under the other convention, to be shown beside this one with their difference."""
    pool: dict[str, Any] | None
    """A pooling of the output: kind, norm, rows and columns."""
    sliders: list[dict[str, Any]]
    follow: Json
    """Number boxes of the page that the browser follows before Python has answered."""


class MapPayload(GridPayload):
    """A map of a network: packed numbers, of which ``show`` x ``show`` cells around one are drawn."""

    padded: Json
    kernel: Json
    decimals: int
    widest: int
    show: int
    given: NotRequired[Json]
    bias: NotRequired[Json]
    sums: NotRequired[Json]
    winners: NotRequired[Json]
    together: NotRequired[Json]
    """The sum over all channels, where these are too many to be added by eye."""


def json_axis(axis: Axis, *, windows: int | None = None) -> dict[str, Any]:
    """Return the axis as the browser reads it, with only the first ``windows`` of its windows if so many are given."""
    whole = asdict(axis) | {"padded": axis.padded, "unread": axis.unread, "overhang": axis.overhang}
    if windows is None:
        return whole
    return whole | {"windows": axis.windows[:windows], "unread": (), "overhang": 0}


def json_numbers(array: Array) -> Any:
    """Return ``array`` as nested lists: integers if all are whole, None where a number is not finite."""
    finite = np.isfinite(array)
    whole = bool((array[finite] % 1 == 0).all())

    def convert(value: Any) -> Any:
        if isinstance(value, list):
            return [convert(item) for item in value]
        if not math.isfinite(value):
            return None
        return int(value) if whole else float(f"{value:.{_SIGNIFICANT_DIGITS}g}")

    return convert(array.tolist())


def pack_numbers(array: Array) -> Any:
    """Return ``array`` as nested lists, or as packed 32-bit numbers with their shape where there are many."""
    if array.size <= _MOST_LISTED:
        return json_numbers(array)
    data = base64.b64encode(array.astype("<f4").tobytes()).decode()
    return {"shape": list(array.shape), "float32": data}
