"""The door for messages of components: what a browser sends is checked here before anything believes it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Between:
    """Any finite number from ``low`` to ``high``."""

    low: float
    high: float


@dataclass(frozen=True)
class ListOf:
    """A list of at most ``most`` items, each of one of the ``shapes``."""

    shapes: tuple["Shape", ...]
    most: int


@dataclass(frozen=True)
class Text:
    """A text of at most ``most`` characters."""

    most: int


Shape = range | Between | ListOf | Text | Collection[str] | Mapping[str, "Shape"]
"""What a message must be: a whole number of a range, a number, a list, any text, one of a few words, or an object of
just these parts."""


def received(key: str, event: str, shape: Shape) -> Any:
    """Return what the component with this ``key`` has sent as ``event``; None for nothing, or not of this ``shape``."""
    message = st.session_state.get(key, {}).get(event)
    return message if _fits(message, shape) else None


def _fits(message: object, shape: Shape) -> bool:
    if isinstance(shape, Mapping):
        parts = message if isinstance(message, dict) else {}
        return parts.keys() == shape.keys() and all(_fits(parts[name], part) for name, part in shape.items())
    if isinstance(shape, ListOf):
        items = message if isinstance(message, list) else [None] * (shape.most + 1)
        return len(items) <= shape.most and all(any(_fits(item, one) for one in shape.shapes) for item in items)
    if isinstance(shape, Text):
        return isinstance(message, str) and len(message) <= shape.most
    if isinstance(shape, range):
        return type(message) is int and message in shape
    if isinstance(shape, Between):
        return type(message) in (int, float) and shape.low <= message <= shape.high  # type: ignore[operator]
    return isinstance(message, str) and message in shape
