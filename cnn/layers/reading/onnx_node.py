"""Operators and constants of an ONNX file, as far as they are followed."""

from dataclasses import dataclass, field
from typing import Any

from cnn.layers.graph import Dims
from cnn.layers.operations.values import Tensor

MAX_NUMBERS = 4096
"""Most numbers of a constant that are followed."""


@dataclass(frozen=True)
class Constant:
    """Numbers of the file: their shape, and themselves where they are few."""

    dims: Dims
    numbers: tuple[float, ...] | None = None


Value = Tensor | Constant


@dataclass
class Node:
    """An operator with what it reads: ``inputs`` as they are listed, None where one is left out."""

    kind: str
    name: str
    inputs: list[Value | None]
    options: dict[str, Any]
    outputs: list[str]
    weights: set[int] = field(default_factory=set)

    @property
    def tensors(self) -> list[Tensor]:
        """The inputs that the network computes."""
        return [value for value in self.inputs if isinstance(value, Tensor)]

    def constant(self, index: int) -> Constant | None:
        """Return an input that is a constant of the file."""
        value = self.inputs[index] if index < len(self.inputs) else None
        return value if isinstance(value, Constant) else None

    def whole_numbers(self, index: int, option: str) -> list[int] | None:
        """Return whole numbers that are an option in old files and an input in new ones."""
        if option in self.options:
            value = self.options[option]
            return [int(each) for each in (value if isinstance(value, list) else [value])]
        constant = self.constant(index)
        return None if constant is None or constant.numbers is None else [int(each) for each in constant.numbers]


def row(numbers: list[Any]) -> Constant:
    """Return a constant of numbers in a row."""
    return Constant((len(numbers),), tuple(numbers))
