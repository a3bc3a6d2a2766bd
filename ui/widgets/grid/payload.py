"""What the grid's scripts read: one worked example, or one map of a network, as JSON. Keys are those of ``grid.js``."""

import math
from dataclasses import asdict
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np

from cnn.ops.convolution import Convolution
from cnn.ops.pooling import Pooling
from cnn.ops.windows import Array, Axis

_MAX_DECIMALS = 5
_SIGNIFICANT_DIGITS = 9  # sent of each number; far more than a cell shows
Part = Literal["input", "kernel"]
Json = Any
"""Nested lists of numbers with None for NaN and infinity, or base64 of their bytes where a whole map is sent."""


class GridPayload(TypedDict):
    """What every grid needs. ``rows`` and ``columns`` are axes; ``hidden`` is an output cell (filter, row, column)."""

    kind: str
    norm: NotRequired[float]
    label: str
    names: tuple[str, str, str]
    channels: list[str]
    filters: list[str]
    rows: dict[str, Any]
    columns: dict[str, Any]
    padded: Json
    kernel: Json
    flat: bool
    decimals: int
    widest: int
    hidden: tuple[int, int, int] | None
    editable: list[Part]
    stepName: str | None
    hint: str
    given: NotRequired[Json]
    """The weights before they were flipped; None if they were not."""
    bias: NotRequired[Json]
    sums: NotRequired[Json]
    winners: NotRequired[Json]


class ExamplePayload(GridPayload):
    """A whole example: every number of it, and where it opens."""

    output: Json
    step: int
    bare: bool
    products: NotRequired[Json]
    gradient: NotRequired[Json]
    shares: NotRequired[Json]


class MapPayload(GridPayload):
    """A map of a network: packed numbers, of which ``show`` x ``show`` cells around one are drawn."""

    show: int
    together: NotRequired[Json]
    """The sum over all channels, where these are too many to be added by eye."""


def json_axis(axis: Axis) -> dict[str, Any]:
    """Return the axis as the browser reads it."""
    return asdict(axis) | {"padded": axis.padded, "unread": axis.unread, "overhang": axis.overhang}


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


def count_decimals(example: Convolution | Pooling, backward: bool) -> int:
    """Return the decimals that the cells show: none if everything is whole, else two, or three for small numbers.

    More where an input or a weight would read as 0 otherwise, up to five.
    """
    inputs = [example.input, *([example.weight, example.bias] if isinstance(example, Convolution) else [])]
    gradients = [example.shares, example.backward()] if backward and isinstance(example, Pooling) else []
    numbers = np.concatenate([_finite(array) for array in (*inputs, example.output, *gradients)])
    if (numbers % 1 == 0).all():
        return 0
    sizes = np.abs(np.concatenate([_finite(array) for array in inputs]))
    smallest = sizes[sizes > 0].min(initial=1)
    return max(2 if np.abs(numbers).max() >= 1 else 3, min(math.ceil(-math.log10(smallest)), _MAX_DECIMALS))


def _finite(array: Array) -> Array:
    return array[np.isfinite(array)]


def count_characters(value: Any, decimals: int) -> int:
    """Return the length of the widest number in nested lists; the sign for what is not finite is two wide."""
    if isinstance(value, list):
        return max((count_characters(item, decimals) for item in value), default=0)
    if value is None:
        return 2
    return len(str(value) if float(value).is_integer() else f"{value:.{decimals}f}")
