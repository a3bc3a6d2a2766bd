"""Tensors whose few numbers are known, with which code computes widths and probabilities before it builds layers."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from cnn.errors import UserError
from cnn.layers.operations.values import Tensor

_MAX_NUMBERS = 2000
_UNARY: dict[str, Callable[[float], float]] = {
    "round": round,
    "log": math.log,
    "log2": math.log2,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "abs": abs,
    "neg": lambda number: -number,
    "int": int,
    "long": int,
    "float": float,
}
_BINARY: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "divide": lambda a, b: a / b,
    "floor_divide": lambda a, b: a // b,
    "pow": math.pow,
}

NAMES = {"diff", "unique", *_UNARY, *_BINARY}
"""Functions that :func:`compute` knows."""


def row(numbers: list[Any]) -> Tensor:
    """Return a tensor of numbers in a row."""
    return Tensor((len(numbers),), values=tuple(numbers) if len(numbers) <= _MAX_NUMBERS else None)


def compute(name: str, values: tuple[Any, ...]) -> Any:
    """Return what a function makes of tensors whose numbers are all known; None if it is not one of those here.

    Raises:
        UserError: The numbers cannot be computed with.
    """
    tensors = [value for value in values if isinstance(value, Tensor)]
    if not tensors or any(tensor.values is None for tensor in tensors):
        return None
    numbers = tensors[0].values or ()
    if name == "tolist":
        return list(numbers)
    if name == "item" and len(numbers) == 1:
        return numbers[0]
    if name == "diff":
        return row([after - before for before, after in pairwise(numbers)])
    if name == "unique":
        return row(sorted(set(numbers)))
    try:
        if name in _UNARY and len(values) == 1:
            return row([_UNARY[name](number) for number in numbers])
        if name in _BINARY and len(values) == 2:
            return _pairwise(_BINARY[name], *values)
    except (ArithmeticError, ValueError):
        raise UserError(f"{name} of a tensor fails on its numbers.") from None
    return None


def _pairwise(function: Callable[[float, float], float], first: Any, second: Any) -> Any:
    columns = []
    for value in (first, second):
        if isinstance(value, Tensor):
            columns.append(list(value.values or ()))
        elif isinstance(value, int | float):
            columns.append([value])
        else:
            return None
    length = max(map(len, columns))
    if any(len(column) not in (1, length) for column in columns):
        return None
    wide = [column * length if len(column) == 1 else column for column in columns]
    return row([function(a, b) for a, b in zip(*wide, strict=True)])
