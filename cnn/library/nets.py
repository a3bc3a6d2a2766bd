"""A network as one line of text: its table, and its PyTorch module and code."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from cnn.layers import to_torch
from cnn.layers.network import Network
from cnn.layers.network_text import parse
from cnn.layers.receptive_field import ReceptiveField

if TYPE_CHECKING:
    from torch import nn

_COLUMNS = ("layer", "output", "parameters", "multiply-adds", "bytes", "receptive field")


@dataclass(frozen=True)
class Row:
    """One layer of a network: its output size and costs, in whole numbers.

    Attributes:
        layer: its text.
        output: (depth, height, width), or (features,).
        parameters: weights and biases.
        multiply_adds: for one image.
        memory: bytes of its output.
        receptive_field: cells along a side of the network's input; None where units differ or read all of it.
    """

    layer: str
    output: tuple[int, ...]
    parameters: int
    multiply_adds: int
    memory: int
    receptive_field: int | None


@dataclass(frozen=True)
class Net:
    """A network; it prints as a table, and iterates over its rows."""

    network: Network

    def __iter__(self) -> Iterator[Row]:
        self.network.layer_infos()  # raises where a layer does not fit
        for stage in self.network.stages():
            if stage.info:
                counts = (stage.info.parameters.value, stage.info.multiply_adds.value, stage.memory.value)
                field = stage.field.size if stage.field else None
                yield Row(str(stage.layer), stage.info.output.torch_shape, *counts, field)

    @property
    def parameters(self) -> int:
        """Weights and biases of all layers."""
        return sum(row.parameters for row in self)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one image."""
        return sum(row.multiply_adds for row in self)

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """That of the last layer whose units have one of the same size; None without any."""
        fields = [stage.field for stage in self.network.stages() if stage.field]
        return fields[-1] if fields else None

    def code(self) -> str:
        """Return PyTorch code that builds the network and prints each layer's output shape."""
        return to_torch.torch_code(self.network)

    def module(self) -> "nn.Sequential":
        """Return the network as a PyTorch module, with random weights from torch's global generator."""
        from cnn.handson.networks import build  # loads PyTorch

        return build(self.network)

    def __str__(self) -> str:
        cells = [_COLUMNS, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join(line.rstrip() for line in (*lines, f"{self.parameters:,} parameters"))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self._cells())
        head = "".join(f"<th>{name}</th>" for name in _COLUMNS)
        return f"<table><tr>{head}</tr>{rows}</table><p>{self.parameters:,} parameters</p>"

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (row.layer, "x".join(map(str, row.output)), *(f"{number:,}" for number in _numbers(row)), _field(row))
            for row in self
        ]


def net(text: str) -> Net:
    """Describe a network: input size, then layers, such as ``32x32x3, conv 16 3 p1, relu, max 2, flatten, fc 10``.

    Raises:
        UserError: A part is not understood, or a layer does not fit; the sentence names it.
    """
    described = parse(text)
    described.layer_infos()
    return Net(described)


def _numbers(row: Row) -> tuple[int, int, int]:
    return row.parameters, row.multiply_adds, row.memory


def _field(row: Row) -> str:
    return "" if row.receptive_field is None else str(row.receptive_field)
