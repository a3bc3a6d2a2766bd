"""Read an ONNX file by its own shapes: nothing is run, and weights are only counted.

Shapes are computed here for every operator that convolutional networks use; the few numbers that a file computes with,
such as the target of a reshape, are followed as plain lists.
"""

import math
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from cnn.errors import UserError
from cnn.layers.graph import Dims, Graph
from cnn.layers.operations import functions
from cnn.layers.operations.function_call import Call
from cnn.layers.operations.machine import Machine
from cnn.layers.operations.values import Module, Tensor
from cnn.layers.reading.onnx_constants import CONSTANTS
from cnn.layers.reading.onnx_node import MAX_NUMBERS, Constant, Node, Value, row
from cnn.layers.reading.onnx_operators import BINARY, FUNCTIONS, LAYERS, PLAIN

_MAX_NODES = 20_000


def read_onnx(data: bytes, dims: Dims) -> Graph:
    """Return the graph of an ONNX file on an input of this shape, which is without the batch.

    Raises:
        UserError: It is damaged, refers to other files, or has no input.
    """
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        raise UserError("This is not an ONNX file, or it is damaged.") from None
    if not model.graph.node:
        raise UserError("This ONNX file has no layers.")
    if len(model.graph.node) > _MAX_NODES:
        raise UserError(f"{len(model.graph.node):,} operators are more than can be read here.")
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise UserError("This ONNX file keeps its weights in other files, which are not read: export it as one file.")
    try:
        return _Reader(model.graph).graph(dims)
    except UserError:
        raise
    except Exception:  # an operator with other inputs than it has can raise anything
        raise UserError("This ONNX file has an operator whose inputs are not as they must be.") from None


class _Reader:
    """Runs the operators of one file on shapes."""

    def __init__(self, graph: Any) -> None:
        self.source = graph
        self.machine = Machine({})
        self.values: dict[str, Value] = {}
        self.uncounted: dict[str, Constant] = {}
        self.kept: list[Module] = []

    def graph(self, dims: Dims) -> Graph:
        """Return the graph on an input of this shape."""
        for tensor in self.source.initializer:
            self.values[tensor.name] = _constant(tensor)
            if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE):
                self.uncounted[tensor.name] = Constant(tuple(tensor.dims))
        inputs = [value.name for value in self.source.input if value.name not in self.values]
        if not inputs:
            raise UserError("This ONNX file has no input.")
        for name in inputs:
            self.values[name] = self.machine.input(dims)
        for proto in self.source.node:
            self._run(proto)
        output = next((self.values.get(value.name) for value in self.source.output), None)
        node = output.node if isinstance(output, Tensor) else None
        other = [(name, math.prod(value.dims)) for name, value in self.uncounted.items()]
        return Graph(tuple(self.machine.builder.nodes), node, tuple(other), "" if node else "The file has no output.")

    def _run(self, proto: Any) -> None:
        inputs = [self.values.get(name) for name in proto.input]
        options = {each.name: _option(each) for each in proto.attribute}
        path = (proto.name or proto.output[0]).strip("/").rpartition("/")[0].replace("/", ".")
        node = Node(proto.op_type, path, inputs, options, list(proto.output))
        self.machine.scope = [path]
        results = self._run_node(node) if node.tensors or node.kind not in CONSTANTS else CONSTANTS[node.kind](node)
        if node.kind == "Identity" and isinstance(inputs[0], Constant):
            self.uncounted.setdefault(proto.output[0], self.uncounted.get(proto.input[0], Constant((0,))))
        for index in node.weights:
            self.uncounted.pop(proto.input[index], None)
        for name, value in zip(proto.output, results if isinstance(results, list | tuple) else [results], strict=False):
            self.values[name] = value

    def _run_node(self, node: Node) -> Any:
        if node.kind == "Shape" and node.tensors[0].dims is not None:
            return row(list(node.tensors[0].dims))
        if node.kind in ("Cast", "Identity", "CastLike") and node.tensors:
            return node.tensors[0]
        if not node.tensors:
            return Constant((), None)
        if any(tensor.dims is None for tensor in node.tensors):
            return self.machine.unknown(node.kind, node.tensors)
        if node.kind in LAYERS:
            return self._layers(node, LAYERS[node.kind](node))
        if node.kind in FUNCTIONS:
            name, values, keywords = FUNCTIONS[node.kind](node)
            return functions.run(name, Call(self.machine, values, keywords))
        if node.kind in PLAIN:
            return functions.run(PLAIN[node.kind], Call(self.machine, tuple(node.tensors[:1])))
        if node.kind in BINARY:
            shapes = tuple(
                Tensor(value.dims) if isinstance(value, Constant) else value for value in node.inputs if value
            )
            return functions.run(BINARY[node.kind], Call(self.machine, shapes))
        return self.machine.unknown(node.kind, node.tensors)

    def _layers(self, node: Node, layers: list[Module]) -> Tensor:
        value: Any = node.tensors[0]
        for layer in layers:
            self.machine.paths[id(layer)] = node.name
            value = self.machine.layer(layer, (value,))
            self.kept.append(layer)  # so that no other layer gets its identity
        return value  # type: ignore[no-any-return]


def _constant(tensor: Any) -> Constant:
    dims = tuple(tensor.dims)
    if any(side < 0 for side in dims) or math.prod(dims) > MAX_NUMBERS or len(dims) > 1:
        return Constant(dims)
    return Constant(dims, tuple(numpy_helper.to_array(tensor).reshape(-1).tolist()))


def _option(attribute: Any) -> Any:
    if attribute.type == onnx.AttributeProto.TENSOR:
        return _constant(attribute.t)
    if attribute.type in (onnx.AttributeProto.INT, onnx.AttributeProto.FLOAT, onnx.AttributeProto.INTS):
        value = onnx.helper.get_attribute_value(attribute)
        return list(value) if attribute.type == onnx.AttributeProto.INTS else value
    return attribute.s.decode(errors="replace") if attribute.type == onnx.AttributeProto.STRING else None
