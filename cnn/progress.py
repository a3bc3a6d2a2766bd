"""How a long computation reports its progress."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Receives the work done and the total. An exception that it raises ends the computation."""


def ignore_progress(_done: int, _total: int) -> None:
    """Report nothing."""
