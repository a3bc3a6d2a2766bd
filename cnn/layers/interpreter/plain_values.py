"""Operators, methods and functions on numbers, texts, lists and dictionaries, each within a budget."""

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cnn.errors import UserError
from cnn.layers.operations.effects import describe
from cnn.layers.operations.values import Unknown

MAX_STEPS = 400_000
_MAX_NUMBER = 10**15
_MAX_TEXT = 100_000
_REACHING = re.compile(r"\{[^}]*[.\[!][^}]*\}")
"""A place in a format that asks its value for more than itself."""


@dataclass
class Budget:
    """Steps that reading may still take; every value that is made costs steps as it is long."""

    left: int = MAX_STEPS

    def spend(self, steps: int = 1) -> None:
        """Take steps.

        Raises:
            UserError: None are left.
        """
        self.left -= steps
        if self.left < 0:
            raise UserError("This code takes too many steps to be read here: read the network alone.")


def operate(kind: type[ast.operator], first: Any, second: Any, budget: Budget) -> Any:
    """Return the result of a binary operator on plain values.

    Raises:
        UserError: The operator does not take these values, or the result would be too large.
    """
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return first if isinstance(first, Unknown) else second
    if kind not in _OPERATORS:
        raise UserError(f"The operator {kind.__name__} is not read here.")
    numbers = isinstance(first, int | float) and isinstance(second, int | float)
    if not numbers:
        _check_sequences(kind, first, second, budget)
    elif kind in (ast.Pow, ast.LShift) and (abs(second) > 64 or abs(first) > 10**6):
        raise UserError("A power in this code is too large to be read here.")
    try:
        result = _OPERATORS[kind](first, second)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise UserError(f"{describe(first)} and {describe(second)} cannot be computed with: {error}.") from None
    if isinstance(result, complex) or (isinstance(result, int | float) and not abs(result) <= _MAX_NUMBER):
        raise UserError("A number in this code is too large to be read here.")
    return result


def _check_sequences(kind: type[ast.operator], first: Any, second: Any, budget: Budget) -> None:
    """Raise ``UserError`` unless an operator on texts, lists or dictionaries has a result of bounded length."""
    lengths = [len(value) for value in (first, second) if isinstance(value, str | list | tuple | dict | set)]
    if kind is ast.Mult and len(lengths) == 1:
        times = second if isinstance(first, str | list | tuple) else first
        if isinstance(times, int):
            budget.spend(max(0, lengths[0] * times))
            return
    if kind in (ast.Add, ast.BitOr, ast.BitAnd, ast.Sub) and len(lengths) == 2:
        budget.spend(sum(lengths))
        return
    if kind is ast.Mod and isinstance(first, str) and _is_plain(second):
        _check_format(first)
        return
    raise UserError(f"{describe(first)} and {describe(second)} cannot be computed with here.")


def _is_plain(value: Any) -> bool:
    """Return whether a value, or each of a tuple, is a number or a text that is not long."""
    values = value if isinstance(value, tuple) else (value,)
    return all(
        isinstance(each, int | float | bool | None) or (isinstance(each, str) and len(each) < 1000) for each in values
    )


def weigh(value: Any, budget: Budget) -> None:
    """Spend a step for each element of a value and of what it holds, as comparing or hashing it may take as many."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        budget.spend()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set):
            budget.spend(len(item) // 8)
            waiting += item


def _check_format(text: str) -> None:
    """Raise ``UserError`` for a format whose result may be much longer than itself."""
    digits = "".join(letter if letter.isdigit() else " " for letter in text).split()
    if len(text) > 1000 or "*" in text or any(len(number) > 2 for number in digits):
        raise UserError("A text format in this code is too long to be read here.")


_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda first, second: first in second,
    ast.NotIn: lambda first, second: first not in second,
}


def compare(kind: type[ast.cmpop], first: Any, second: Any, budget: Budget) -> Any:
    """Return the result of a comparison of plain values."""
    if kind in (ast.Is, ast.IsNot) and None in (first, second) and Unknown not in (type(first), type(second)):
        return (first is second) == (kind is ast.Is)
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return first if isinstance(first, Unknown) else second
    if kind in (ast.Is, ast.IsNot) and isinstance(first, int | str) and isinstance(second, int | str):
        return (first == second) == (kind is ast.Is)
    for value in (first, second):
        budget.spend(len(value) // 8 if isinstance(value, str) else 0)
        weigh(value, budget)
    try:
        return bool(_COMPARISONS[kind](first, second))
    except (TypeError, RecursionError):
        raise UserError(f"{describe(first)} and {describe(second)} cannot be compared.") from None


METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        [
            "lower",
            "upper",
            "startswith",
            "endswith",
            "split",
            "rsplit",
            "splitlines",
            "join",
            "replace",
            "strip",
            "lstrip",
            "rstrip",
            "format",
            "isdigit",
            "title",
            "capitalize",
            "count",
            "find",
            "partition",
            "rpartition",
            "removeprefix",
            "removesuffix",
        ]
    ),
    list: frozenset(
        ["append", "extend", "insert", "pop", "remove", "reverse", "index", "count", "copy", "clear", "sort"]
    ),
    tuple: frozenset(("index", "count")),
    dict: frozenset(["get", "items", "keys", "values", "update", "pop", "setdefault", "copy", "move_to_end", "clear"]),
    set: frozenset(["add", "update", "discard", "remove", "union", "intersection", "difference", "copy"]),
    int: frozenset(("bit_length", "is_integer")),
    float: frozenset(("is_integer",)),
}
"""The methods of plain values that may be called."""
_QUICK = ("append", "get", "pop", "add")


def call_method(value: Any, name: str, values: tuple[Any, ...], keywords: dict[str, Any], budget: Budget) -> Any:
    """Call a method of a plain value.

    Raises:
        UserError: The method does not take these values, or its result would be too long.
    """
    budget.spend(1 if name in _QUICK else 1 + (len(value) if isinstance(value, str | list | dict | tuple | set) else 0))
    budget.spend(sum(len(each) for each in values if isinstance(each, str | list | dict | tuple)))
    if any(isinstance(each, Unknown) for each in values) and name not in ("append", "insert", "get", "setdefault"):
        return next(each for each in values if isinstance(each, Unknown))
    if name == "format":
        if not all(isinstance(each, str | int | float) for each in (*values, *keywords.values())) or _REACHING.search(
            value
        ):
            return Unknown("a text with values that are not written here")
        _check_format(value)
    if name == "replace" or name == "join":
        budget.spend(_length_after(value, name, values))
    if name == "sort":
        keywords = {option: each for option, each in keywords.items() if option == "reverse"}
    if name in ("index", "count", "remove", "sort"):
        weigh(value, budget)
    if name == "move_to_end":
        value[values[0]] = value.pop(values[0])
        return None
    try:
        result = getattr(value, name)(*values, **keywords)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise UserError(f"{name} of {describe(value)} fails: {error}.") from None
    return list(result) if name in ("items", "keys", "values") else result


def _length_after(value: str, name: str, values: tuple[Any, ...]) -> int:
    """Return an upper bound of the length of what ``replace`` or ``join`` make."""
    if name == "replace" and len(values) >= 2:
        return (len(value) + 1) * (1 + len(str(values[1])))
    items = values[0] if values and isinstance(values[0], list | tuple | dict | set) else ()
    return sum(len(value) + len(item) for item in items if isinstance(item, str))


def iterate(value: Any, budget: Budget) -> list[Any]:
    """Return the elements of a plain value as a list.

    Raises:
        UserError: It has none.
    """
    if isinstance(value, Unknown):
        raise UserError(f"A loop runs over {describe(value)}.")
    if not isinstance(value, str | list | tuple | dict | set | range):
        raise UserError(f"A loop runs over {describe(value)}, which has no elements.")
    budget.spend(len(value))
    return list(value)


def whole_range(*values: Any) -> range:
    """Return a range."""
    if not all(isinstance(value, int) for value in values) or not values:
        raise UserError("range needs whole numbers that are known.")
    return range(*values)


def _known(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives back an unknown argument, and says in a sentence what fails."""

    def call(*values: Any, **keywords: Any) -> Any:
        for value in values:
            if isinstance(value, Unknown):
                return value
            if isinstance(value, str | list | tuple) and len(value) > _MAX_TEXT:
                raise UserError("A value in this code is too long to be read here.")
        try:
            return function(*values, **keywords)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise UserError(f"A function of numbers fails: {error}.") from None

    return call


def _product(values: Iterable[Any]) -> Any:
    result: Any = 1
    for value in values:
        result = operate(ast.Mult, result, value, Budget(10))
    return result


def _text(value: Any = "") -> str:
    if isinstance(value, str | int | float | bool | None):
        return str(value)
    raise UserError(f"{describe(value)} is not written as text here.")


def _integer(value: Any = 0) -> int:
    if isinstance(value, str) and len(value) > 15:
        raise UserError("A number in this code is too large to be read here.")
    return int(value)


NUMBER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": _known(_integer),
    "float": _known(lambda value=0: float(value)),
    "str": _known(_text),
    "repr": _known(_text),
    "abs": _known(abs),
    "round": _known(round),
    "divmod": _known(divmod),
    "pow": lambda base, exponent: operate(ast.Pow, base, exponent, Budget(10)),
    "floor": _known(math.floor),
    "ceil": _known(math.ceil),
    "sqrt": _known(math.sqrt),
    "log": _known(math.log),
    "log2": _known(math.log2),
    "log10": _known(math.log10),
    "exp": _known(math.exp),
    "gcd": _known(math.gcd),
    "prod": _known(_product),
    "isqrt": _known(math.isqrt),
}
