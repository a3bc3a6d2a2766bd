"""Layers of Keras."""

from typing import Any

from cnn.layers.interpreter.run import Run
from cnn.layers.operations.values import Name, Unknown


def call(_: Run, name: Name, __: tuple[Any, ...], ___: dict[str, Any]) -> Any:
    """Return what a call of a name of Keras gives."""
    return Unknown(name.path)
