"""Describe a network as a graph of operations with shapes, costs and receptive fields.

Shapes are those of PyTorch, the batch first. Multiply-adds are those of convolutions and fully connected layers for one
image; memory is that of float32 outputs for one image.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from cnn.errors import DoesNotFit, UserError
from cnn.layers.receptive_field import INPUT_CELL, ReceptiveField
from cnn.layers.sizes import Count, Window
from cnn.text import text_cell

MAX_NODES = 6000
MAX_NUMBERS = 10**12
"""Most numbers that one output may have."""
_MAX_NAME = 200
"""Characters of a layer's kind and path that are kept: a file may have names of megabytes."""
BATCH = 2
"""Images that a graph is computed for; 2, because operations such as ``squeeze`` would drop a batch of 1."""
FLOAT32_BYTES = 4
NOTHING = Count(0, "0")
Dims = tuple[int, ...]
Role = Literal[
    "input", "conv", "linear", "pool", "norm", "activation", "dropout", "shape", "merge", "resize", "other", "unknown"
]
Reach = tuple[Window, ...] | Literal["cell", "all", "lost"]
"""How a unit reads its input: a window along each side, the same cell, all of it, or in a way that differs by unit."""
Fields = tuple[ReceptiveField, ...] | Literal["all"] | None
"""Receptive field along each side of the network's input; "all" of it; None where units differ."""


class BatchSize(int):
    """The number of images, which is written into code as what the input has."""

    def __repr__(self) -> str:
        return "x.shape[0]"

    __str__ = int.__repr__


@dataclass(frozen=True)
class Effect:
    """What an operation makes of its input, and what that costs.

    Attributes:
        output: Shape of the output; None where it is not known.
        parameters: Weights and biases.
        multiply_adds: For one image.
        formulas: Arithmetic of the output size along each side, where there is any.
        reach: How a unit of the output reads the input.
    """

    output: Dims | None
    parameters: Count = NOTHING
    multiply_adds: Count = NOTHING
    formulas: tuple[str, ...] = ()
    reach: Reach = "cell"


@dataclass(frozen=True)
class Operation:
    """What is done at a node, whatever it is done to.

    Attributes:
        kind: PyTorch's name of the module or function.
        role: What sort of layer that is.
        path: The module's place in the network, such as ``layer1.0.conv1``, or that of the module around a function.
        code: PyTorch expression, with ``{0}`` for the first input of a function; a module has no braces.
    """

    kind: str
    role: Role
    path: str = ""
    code: str = ""


@dataclass(frozen=True)
class Node:
    """An operation at its place in the graph.

    Attributes:
        operation: What is done.
        inputs: Positions in ``Graph.nodes`` of the nodes that are read.
        effect: What it makes of them; its output is None where this node, or one before it, does not fit.
        problem: Why it does not fit, at that node only.
        fields: Receptive field in the network's input.
    """

    operation: Operation
    inputs: tuple[int, ...]
    effect: Effect
    problem: str = ""
    fields: Fields = None

    @property
    def output(self) -> Dims | None:
        """Shape of the output with the batch."""
        return self.effect.output

    @property
    def memory(self) -> int:
        """Bytes of the output for one image."""
        return math.prod(self.output) * FLOAT32_BYTES // BATCH if self.output else 0


@dataclass(frozen=True)
class Graph:
    """A network: nodes in the order in which they are computed, the first being the input.

    Attributes:
        nodes: Input and operations.
        output: Position of the node whose output is the network's; None if reading did not get there.
        other_parameters: Parameters that belong to the network but to no node, by path.
        problem: Why reading ended before the output, or empty.
        notes: Sentences on what is not as it was written.
    """

    nodes: tuple[Node, ...]
    output: int | None
    other_parameters: tuple[tuple[str, int], ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """Trainable numbers of the whole network."""
        return sum(node.effect.parameters.value for node in self.nodes) + sum(
            count for _, count in self.other_parameters
        )

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one image."""
        return sum(node.effect.multiply_adds.value for node in self.nodes)

    @property
    def memory(self) -> int:
        """Bytes of all outputs for one image, input included."""
        return sum(node.memory for node in self.nodes)

    @property
    def output_dims(self) -> Dims | None:
        """Shape of the network's output with the batch; None where it is not known."""
        return None if self.output is None else self.nodes[self.output].output

    @property
    def first_problem(self) -> str:
        """Why the network does not work as it is written, in one sentence; empty if it does."""
        for node in self.nodes:
            if node.problem:
                place = node.operation.path or "the network"
                if place.split(".")[-1].isdigit():
                    place = f"{place} (PyTorch's name, counted from 0)"
                return f"{node.operation.kind} in {place} does not fit: {node.problem}"
        if self.problem or self.output is None:
            return self.problem or "The network has no output."
        unknown = next((node.operation for node in self.nodes if node.operation.role == "unknown"), None)
        return f"{unknown.kind} is not known here, so what follows it cannot be computed." if unknown else ""

    def csv(self) -> str:
        """Return a table with a row for each layer and last the totals, in whole numbers.

        Raises:
            UserError: The network does not fit or has something that is not known.
        """
        if self.output_dims is None:
            raise UserError(self.first_problem or "The shape of the output cannot be computed.")
        file = io.StringIO()
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["layer", "output", "parameters", "multiply-adds"])
        for node in self.nodes[1:]:
            costs = [node.effect.parameters.value, node.effect.multiply_adds.value]
            table.writerow([text_cell(title(node.operation)), format_dims(node.output), *costs])
        for path, count in self.other_parameters:
            table.writerow([text_cell(path), "", count, 0])
        table.writerow(["total", format_dims(self.output_dims), self.parameters, self.multiply_adds])
        return file.getvalue()


def title(operation: Operation) -> str:
    """Return the name of a layer in a table: its path and its kind."""
    return f"{operation.path} {operation.kind}".strip()


def format_dims(dims: Dims | None) -> str:
    """Return a shape without its batch, as ``16x32x32``; empty where it is not known."""
    return "" if dims is None else "x".join(map(str, dims[1:])) if len(dims) > 1 else "1"


@dataclass
class GraphBuilder:
    """Collects nodes as a network is run on shapes."""

    nodes: list[Node] = field(default_factory=list)

    def add_input(self, dims: Dims) -> int:
        """Add an input of this shape, without its batch, and return its position."""
        shape = (BatchSize(BATCH), *dims)
        fields = (INPUT_CELL,) * max(0, len(dims) - 1)
        self.nodes.append(Node(Operation("Input", "input"), (), Effect(shape), fields=fields))
        return len(self.nodes) - 1

    def add(self, operation: Operation, inputs: Sequence[int], effect: Effect, problem: str = "") -> int:
        """Add a node and return its position.

        Raises:
            UserError: The graph has grown beyond its limit.
        """
        if len(self.nodes) >= MAX_NODES:
            raise UserError(f"More than {MAX_NODES:,} layers cannot be shown: read a smaller network.")
        fields = self._fields(inputs, effect)
        operation = replace(operation, kind=operation.kind[:_MAX_NAME], path=operation.path[:_MAX_NAME])
        self.nodes.append(Node(operation, tuple(inputs), effect, problem, fields))
        return len(self.nodes) - 1

    def add_parameters(self, node: int, count: Count) -> None:
        """Count parameters at a node that is there."""
        effect = self.nodes[node].effect
        total = effect.parameters.value + count.value
        parameters = count if not effect.parameters.value else Count(total, f"{total:,}")
        self.nodes[node] = replace(self.nodes[node], effect=replace(effect, parameters=parameters))

    def _fields(self, inputs: Sequence[int], effect: Effect) -> Fields:
        if effect.output is None or not inputs:
            return None
        fields = self.nodes[inputs[0]].fields
        for other in inputs[1:]:
            fields = _joined(fields, self.nodes[other].fields)
        if effect.reach == "all" or fields == "all":
            return "all"
        if effect.reach == "lost" or fields is None:
            return None
        if effect.reach == "cell":
            return fields
        if len(effect.reach) != len(fields):
            return None
        return tuple(one.extended(window) for one, window in zip(fields, effect.reach, strict=True))


def _joined(first: Fields, second: Fields) -> Fields:
    """Return the receptive field of a unit that reads one unit of each of two outputs."""
    if first is None or second is None:
        return "all" if "all" in (first, second) else None
    if first == "all" or second == "all":
        return "all"
    if len(first) != len(second):
        return None
    joined = [one.joined(other) for one, other in zip(first, second, strict=True)]
    return tuple(one for one in joined if one) if all(joined) else None


def check_dims(dims: Dims) -> Dims:
    """Return a shape.

    Raises:
        DoesNotFit: A side is below 1, or there are more numbers than can be counted here.
    """
    if any(side < 1 for side in dims):
        raise DoesNotFit(f"A shape of {'x'.join(map(str, dims[1:]))} is empty.")
    if math.prod(dims) > MAX_NUMBERS:
        raise DoesNotFit(f"An output of {'x'.join(map(str, dims[1:]))} is larger than is counted here.")
    return dims
