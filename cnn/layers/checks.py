"""Check numbers that a reader chose, and find the nearest that fit."""

from collections.abc import Callable

from cnn.errors import DoesNotFit

MAX_SIDE = 10_000
"""Largest side, kernel, stride, padding or dilation."""


def check_range(name: str, value: int, low: int, high: int) -> None:
    """Raise ``DoesNotFit`` unless ``value`` lies between ``low`` and ``high``, both included."""
    if not low <= value <= high:
        bounds = f"be {low:,}" if low == high else f"lie between {low:,} and {high:,}"
        raise DoesNotFit(f"The {name} must {bounds}, not {value:,}.")


def nearest_fitting(value: int, low: int, high: int, fits: Callable[[int], bool]) -> tuple[int, ...]:
    """Return the closest fitting values below and above ``value``, as far as there are any."""
    below = next((number for number in range(min(value - 1, high), low - 1, -1) if fits(number)), None)
    above = next((number for number in range(max(value + 1, low), high + 1) if fits(number)), None)
    return tuple(number for number in (below, above) if number is not None)


def join_or(values: tuple[int, ...]) -> str:
    """Return the numbers as text, with "or" between."""
    return " or ".join(f"{value:,}" for value in values)
