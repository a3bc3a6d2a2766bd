"""The door for what a browser sends: messages of components, and values of widgets, before anything believes them."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.state.session_state import Serialized, Value, WStates
from streamlit.web.server.starlette import starlette_websocket

_read_widget = WStates.__getitem__


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


def guard_widgets() -> None:
    """Have every widget whose value is not of its type fall back to its default; to be called once for a server.

    Streamlit believes the types that a browser states: a text for a number ends in an error page, and in a session
    that cannot be cleared. A message that is none closes the connection, and is logged without its traceback.
    """
    WStates.__getitem__ = _read_checked  # type: ignore[method-assign]
    logging.getLogger(starlette_websocket.__name__).addFilter(_drop_traceback)


def _read_checked(states: WStates, key: str) -> Any:
    state, metadata = states.states.get(key), states.widget_metadata.get(key)
    if isinstance(state, Serialized) and metadata is not None:
        try:
            kind = state.value.WhichOneof("value")
            # A browser sends int_value for a box of whole numbers, which the server registers as double_value.
            whole = (kind, metadata.value_type) == ("int_value", "double_value")
            if whole or kind in (None, metadata.value_type) or metadata.value_type is None:
                return _read_widget(states, key)
        except Exception:  # a hostile value can make the widget raise anything
            pass
        states.states[key] = Value(metadata.deserializer(None))
    return _read_widget(states, key)


def _drop_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
