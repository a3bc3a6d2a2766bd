"""Check numbers that a reader chose, and name the nearest that fit."""

from collections.abc import Callable

from cnn.errors import DoesNotFit

MAX_SIDE = 10_000
"""Largest side, kernel, stride, padding or dilation."""


def check_range(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        bounds = f"be {low:,}" if low == high else f"lie between {low:,} and {high:,}"
        raise DoesNotFit(f"The {what} must {bounds}, not {value:,}.")


def as_pair(what: str, value: int | tuple[int, int]) -> tuple[int, int]:
    height, width = value if isinstance(value, tuple) else (value, value)
    for side in (height, width):
        check_range(what, side, 1, MAX_SIDE)
    return height, width


def nearest_fitting(value: int, low: int, high: int, fits: Callable[[int], bool]) -> tuple[int, ...]:
    """The closest fitting value on either side of ``value``, smaller one first."""
    below = next((v for v in range(min(value - 1, high), low - 1, -1) if fits(v)), None)
    above = next((v for v in range(max(value + 1, low), high + 1) if fits(v)), None)
    return tuple(v for v in (below, above) if v is not None)


def join_or(values: tuple[int, ...]) -> str:
    return " or ".join(f"{value:,}" for value in values)
