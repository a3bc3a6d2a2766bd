"""Read an ONNX file by its own shapes: nothing is run, and weights are only counted.

Shapes are computed here for every operator that convolutional networks use; the few numbers that a file computes with,
such as the target of a reshape, are followed as plain lists.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from cnn.errors import UserError
from cnn.layers.graph import BATCH, Dims, Graph
from cnn.layers.interpreter.keras_table import torch_layer
from cnn.layers.operations import functions
from cnn.layers.operations.function_call import Call
from cnn.layers.operations.machine import Machine
from cnn.layers.operations.values import Module, Tensor

_MAX_NODES = 20_000
_MAX_NUMBERS = 4096
_STATISTICS = (3, 4)
"""Inputs of a batch normalisation that are not trained: mean and variance."""


@dataclass(frozen=True)
class Constant:
    """Numbers of the file: their shape, and themselves where they are few."""

    dims: Dims
    numbers: tuple[float, ...] | None = None


Value = Tensor | Constant


@dataclass
class _Node:
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
        node = _Node(proto.op_type, path, inputs, options, list(proto.output))
        self.machine.scope = [path]
        results = self._run_node(node) if node.tensors or node.kind not in _CONSTANTS else _CONSTANTS[node.kind](node)
        if node.kind == "Identity" and isinstance(inputs[0], Constant):
            self.uncounted.setdefault(proto.output[0], self.uncounted.get(proto.input[0], Constant((0,))))
        for index in node.weights:
            self.uncounted.pop(proto.input[index], None)
        for name, value in zip(proto.output, results if isinstance(results, list | tuple) else [results], strict=False):
            self.values[name] = value

    def _run_node(self, node: _Node) -> Any:
        if node.kind == "Shape" and node.tensors[0].dims is not None:
            return _row(list(node.tensors[0].dims))
        if node.kind in ("Cast", "Identity", "CastLike") and node.tensors:
            return node.tensors[0]
        if not node.tensors:
            return Constant((), None)
        if any(tensor.dims is None for tensor in node.tensors):
            return self.machine.unknown(node.kind, node.tensors)
        if node.kind in _LAYERS:
            return self._layers(node, _LAYERS[node.kind](node))
        if node.kind in _FUNCTIONS:
            name, values, keywords = _FUNCTIONS[node.kind](node)
            return functions.run(name, Call(self.machine, values, keywords))
        if node.kind in _PLAIN:
            return functions.run(_PLAIN[node.kind], Call(self.machine, tuple(node.tensors[:1])))
        if node.kind in _BINARY:
            shapes = tuple(
                Tensor(value.dims) if isinstance(value, Constant) else value for value in node.inputs if value
            )
            return functions.run(_BINARY[node.kind], Call(self.machine, shapes))
        return self.machine.unknown(node.kind, node.tensors)

    def _layers(self, node: _Node, layers: list[Module]) -> Tensor:
        value: Any = node.tensors[0]
        for layer in layers:
            self.machine.paths[id(layer)] = node.name
            value = self.machine.layer(layer, (value,))
            self.kept.append(layer)  # so that no other layer gets its identity
        return value  # type: ignore[no-any-return]


def _constant(tensor: Any) -> Constant:
    dims = tuple(tensor.dims)
    if any(side < 0 for side in dims) or math.prod(dims) > _MAX_NUMBERS or len(dims) > 1:
        return Constant(dims)
    return Constant(dims, tuple(numpy_helper.to_array(tensor).reshape(-1).tolist()))


def _row(numbers: list[Any]) -> Constant:
    return Constant((len(numbers),), tuple(numbers))


def _option(attribute: Any) -> Any:
    if attribute.type == onnx.AttributeProto.TENSOR:
        return _constant(attribute.t)
    if attribute.type in (onnx.AttributeProto.INT, onnx.AttributeProto.FLOAT, onnx.AttributeProto.INTS):
        value = onnx.helper.get_attribute_value(attribute)
        return list(value) if attribute.type == onnx.AttributeProto.INTS else value
    return attribute.s.decode(errors="replace") if attribute.type == onnx.AttributeProto.STRING else None


def _window(node: _Node, dims: Dims, kernel: list[int]) -> tuple[dict[str, Any], list[Module]]:
    """Return kernel, stride and dilation, and the layer that pads where both ends differ."""
    count = len(kernel)
    window = {"kernel_size": tuple(kernel), "stride": tuple(node.options.get("strides", [1] * count))}
    dilation = node.options.get("dilations", [1] * count)
    ends = node.options.get("pads", [0] * (2 * count))
    if node.options.get("auto_pad") in ("SAME_UPPER", "SAME_LOWER"):
        ends = []
        for n, k, s, d in zip(dims[2:], kernel, window["stride"], dilation, strict=True):
            total = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
            ends = [*ends[: len(ends) // 2], total // 2, *ends[len(ends) // 2 :], total - total // 2]
    first, last = ends[:count], ends[count:]
    if first == last:
        return window | {"padding": tuple(first), "dilation": tuple(dilation)}, []
    pairs = tuple(end for pair in reversed(list(zip(first, last, strict=True))) for end in pair)
    return window | {"dilation": tuple(dilation)}, [torch_layer(f"ZeroPad{count}d", padding=pairs)]


def _conv(node: _Node) -> list[Module]:
    weight = node.inputs[1]
    assert weight is not None
    assert weight.dims is not None
    dims, count = weight.dims, len(weight.dims) - 2
    groups = node.options.get("group", 1)
    window, before = _window(node, node.tensors[0].dims or (), list(dims[2:]))
    bias = len(node.inputs) > 2 and node.inputs[2] is not None
    node.weights |= {1, 2} if bias else {1}
    if node.kind == "Conv":
        channels = {"in_channels": dims[1] * groups, "out_channels": dims[0]}
        return [*before, torch_layer(f"Conv{count}d", **channels, **window, groups=groups, bias=bias)]
    channels = {"in_channels": dims[0], "out_channels": dims[1] * groups}
    extra = tuple(node.options.get("output_padding", [0] * count))
    return [torch_layer(f"ConvTranspose{count}d", **channels, **window, groups=groups, bias=bias, output_padding=extra)]


def _pool(node: _Node) -> list[Module]:
    kernel = node.options["kernel_shape"]
    window, before = _window(node, node.tensors[0].dims or (), kernel)
    if node.kind == "AveragePool":
        del window["dilation"]
    kind = "MaxPool" if node.kind == "MaxPool" else "AvgPool"
    return [*before, torch_layer(f"{kind}{len(kernel)}d", **window, ceil_mode=bool(node.options.get("ceil_mode", 0)))]


def _global_pool(node: _Node) -> list[Module]:
    kind = "AdaptiveMaxPool" if "Max" in node.kind else "AdaptiveAvgPool"
    return [torch_layer(f"{kind}{len(node.tensors[0].dims or ()) - 2}d", output_size=1)]


def _linear(node: _Node) -> list[Module]:
    weight = node.constant(1)
    if weight is None or len(weight.dims) != 2:
        raise UserError("A Gemm of two computed tensors is not read here.")
    inputs, outputs = weight.dims[::-1] if node.options.get("transB") else weight.dims
    bias = node.kind == "Gemm" and len(node.inputs) > 2
    node.weights |= {1, 2} if bias else {1}
    return [torch_layer("Linear", in_features=inputs, out_features=outputs, bias=bias)]


def _norm(node: _Node) -> list[Module]:
    dims = node.tensors[0].dims or ()
    scale = node.inputs[1]
    channels = math.prod((scale.dims if scale else None) or (dims[1],))
    node.weights |= {1, 2}
    if node.kind == "BatchNormalization":
        node.weights |= set(_STATISTICS)
        return [torch_layer(f"BatchNorm{max(1, len(dims) - 2)}d", num_features=channels)]
    if node.kind == "InstanceNormalization":
        return [torch_layer(f"InstanceNorm{max(1, len(dims) - 2)}d", num_features=channels, affine=True)]
    return [torch_layer("LayerNorm", normalized_shape=channels)]


def _prelu(node: _Node) -> list[Module]:
    slope = node.inputs[1]
    node.weights |= {1}
    return [torch_layer("PReLU", num_parameters=math.prod((slope.dims if slope else None) or (1,)))]


def _reshape(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    target, dims = node.whole_numbers(1, "shape"), node.tensors[0].dims or ()
    if target is None:
        raise UserError("The target of a Reshape is not known before the network runs.")
    shape = [dims[i] if number == 0 and i < len(dims) else number for i, number in enumerate(target)]
    if shape and shape[0] == 1 and math.prod(dims) % BATCH == 0 and dims[0] == BATCH and -1 not in shape:
        shape[0] = BATCH  # the file was exported for one image
    return "reshape", (node.tensors[0], *shape), {}


def _flatten(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return "flatten", (node.tensors[0], node.options.get("axis", 1)), {}


def _transpose(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    order = node.options.get("perm", list(range(len(node.tensors[0].dims or ())))[::-1])
    return "permute", (node.tensors[0], *order), {}


def _reduce(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    axes = node.whole_numbers(1, "axes")
    name = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "amax", "ReduceMin": "amin"}[node.kind]
    return name, (node.tensors[0], axes), {"keepdim": bool(node.options.get("keepdims", 1))}


def _squeeze(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    axes = node.whole_numbers(1, "axes")
    if node.kind == "Unsqueeze":
        return "unsqueeze", (node.tensors[0], (axes or [0])[0]), {}
    return "squeeze", (node.tensors[0],) if axes is None else (node.tensors[0], tuple(axes)), {}


def _concat(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    items = [Tensor(value.dims) if isinstance(value, Constant) else value for value in node.inputs if value is not None]
    widest = max((item.dims[0] for item in items if item.dims), default=1)
    items = [
        Tensor((widest, *item.dims[1:])) if item.node is None and item.dims and item.dims[0] == 1 else item
        for item in items
    ]
    return "cat", (items, node.options.get("axis", 1)), {}


def _split(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    sizes, axis = node.whole_numbers(1, "split"), node.options.get("axis", 0)
    if sizes is None:
        return "chunk", (node.tensors[0], len(node.outputs), axis), {}
    return "split", (node.tensors[0], sizes, axis), {}


def _slice(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    tensor, dims = node.tensors[0], node.tensors[0].dims or ()
    starts, ends = node.whole_numbers(1, "starts"), node.whole_numbers(2, "ends")
    if starts is None or ends is None:
        raise UserError("The ends of a Slice are not known before the network runs.")
    axes = node.whole_numbers(3, "axes") or list(range(len(starts)))
    steps = node.whole_numbers(4, "steps") or [1] * len(starts)
    sides = list(dims)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        sides[axis] = len(range(dims[axis])[slice(start, end, step)])
    return "view_as", (tensor, Tensor(tuple(sides))), {}


def _resize(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    sizes, scales = node.constant(3), node.constant(2 if node.kind == "Resize" else 1)
    if sizes is not None and sizes.numbers:
        return "interpolate", (node.tensors[0], tuple(int(number) for number in sizes.numbers[2:])), {}
    if scales is None or not scales.numbers:
        raise UserError("The size of a Resize is not known before the network runs.")
    return "interpolate", (node.tensors[0], None, tuple(map(float, scales.numbers[2:]))), {}


def _gather(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    dims, axis, index = node.tensors[0].dims or (), node.options.get("axis", 0), node.constant(1)
    inner = index.dims if index else (node.tensors[-1].dims or ())
    return "view_as", (node.tensors[0], Tensor((*dims[:axis], *inner, *dims[axis + 1 :]))), {}


def _pad(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    ends = node.whole_numbers(1, "pads") or []
    half = len(ends) // 2
    pairs = list(zip(ends[:half], ends[half:], strict=True))[::-1]
    return "pad", (node.tensors[0], [end for pair in pairs for end in pair]), {}


def _matmul(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    weight = node.constant(1)
    if weight is None or len(weight.dims) != 2:
        return (
            "matmul",
            tuple(Tensor(value.dims) if isinstance(value, Constant) else value for value in node.inputs),
            {},
        )
    node.weights |= {1}
    return "linear", (node.tensors[0], Tensor(weight.dims[::-1])), {}


def _expand(node: _Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return "expand", (node.tensors[0], *(node.whole_numbers(1, "shape") or [])), {}


_LAYERS: dict[str, Callable[[_Node], list[Module]]] = {
    "Conv": _conv,
    "ConvTranspose": _conv,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "Gemm": _linear,
    "BatchNormalization": _norm,
    "InstanceNormalization": _norm,
    "LayerNormalization": _norm,
    "PRelu": _prelu,
    "LRN": lambda node: [torch_layer("LocalResponseNorm", size=node.options.get("size", 5))],
    "DepthToSpace": lambda node: [torch_layer("PixelShuffle", upscale_factor=node.options["blocksize"])],
    "SpaceToDepth": lambda node: [torch_layer("PixelUnshuffle", downscale_factor=node.options["blocksize"])],
}
_FUNCTIONS: dict[str, Callable[[_Node], tuple[str, tuple[Any, ...], dict[str, Any]]]] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Resize": _resize,
    "Upsample": _resize,
    "Gather": _gather,
    "Pad": _pad,
    "MatMul": _matmul,
    "Expand": _expand,
    "Squeeze": _squeeze,
    "Unsqueeze": _squeeze,
} | dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"), _reduce)
_PLAIN = {
    name: name.lower()
    for name in [
        "Relu",
        "Sigmoid",
        "Tanh",
        "Elu",
        "Selu",
        "Celu",
        "Gelu",
        "Softplus",
        "Softsign",
        "Softmax",
        "Mish",
        "Dropout",
        "Exp",
        "Log",
        "Sqrt",
        "Erf",
        "Abs",
    ]
} | {
    "LeakyRelu": "leaky_relu",
    "HardSwish": "hardswish",
    "HardSigmoid": "hardsigmoid",
    "LogSoftmax": "log_softmax",
    "Clip": "clip",
    "Neg": "neg",
    "Reciprocal": "reciprocal",
    "Swish": "silu",
    "Floor": "floor",
    "Not": "logical_not",
}
_BINARY = {
    "Add": "add",
    "Sub": "sub",
    "Mul": "mul",
    "Div": "div",
    "Pow": "pow",
    "Max": "maximum",
    "Min": "minimum",
    "Sum": "add",
    "Where": "where",
    "Equal": "eq",
}


def _fold(function: Callable[[float, float], float]) -> Callable[[_Node], Constant]:
    def fold(node: _Node) -> Constant:
        first, second = node.constant(0), node.constant(1)
        if first is None or second is None or not first.numbers or not second.numbers:
            return Constant((), None)
        a, b = first.numbers, second.numbers
        length = max(len(a), len(b))
        a, b = (each * length if len(each) == 1 else each for each in (a, b))
        return Constant(first.dims or second.dims, tuple(map(function, a[:length], b[:length])))

    return fold


def _same_numbers(node: _Node) -> Constant:
    value = node.constant(0)
    if value is None or value.numbers is None:
        return value or Constant((), None)
    dims = (len(value.numbers),) if node.kind != "Squeeze" else ()
    return value if node.kind in ("Cast", "Identity", "Floor") else Constant(dims, value.numbers)


def _gathered(node: _Node) -> Constant:
    value, index = node.constant(0), node.constant(1)
    if value is None or index is None or value.numbers is None or index.numbers is None:
        return Constant(index.dims if index else (), None)
    return Constant(index.dims, tuple(value.numbers[int(i)] for i in index.numbers))


def _joined_numbers(node: _Node) -> Constant:
    parts = [value.numbers if isinstance(value, Constant) else None for value in node.inputs]
    known = [number for part in parts if part is not None for number in part]
    return _row(known) if all(part is not None for part in parts) and len(known) <= _MAX_NUMBERS else Constant((), None)


def _sliced_numbers(node: _Node) -> Constant:
    value, starts, ends = node.constant(0), node.whole_numbers(1, "starts"), node.whole_numbers(2, "ends")
    if value is None or value.numbers is None or not starts or not ends:
        return Constant((), None)
    step = (node.whole_numbers(4, "steps") or [1])[0]
    return _row(list(value.numbers[starts[0] : ends[0] : step]))


def _written(node: _Node) -> Constant:
    value = node.options.get("value", node.options.get("value_int", node.options.get("value_ints")))
    if isinstance(value, Constant):
        return value
    return _row(value) if isinstance(value, list) else Constant((), None if value is None else (value,))


def _filled(node: _Node) -> Constant:
    dims = node.whole_numbers(0, "shape") or []
    value = node.options.get("value")
    number = value.numbers[0] if isinstance(value, Constant) and value.numbers else 0
    few = len(dims) == 1 and 0 <= dims[0] <= _MAX_NUMBERS
    return Constant(tuple(dims), (number,) * dims[0] if few else None)


_CONSTANTS: dict[str, Callable[[_Node], Constant]] = {
    "Constant": _written,
    "ConstantOfShape": _filled,
    "Gather": _gathered,
    "Concat": _joined_numbers,
    "Slice": _sliced_numbers,
    "Add": _fold(lambda a, b: a + b),
    "Sub": _fold(lambda a, b: a - b),
    "Mul": _fold(lambda a, b: a * b),
    "Div": _fold(lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) else a / b),
} | dict.fromkeys(("Cast", "Identity", "Squeeze", "Unsqueeze", "Floor", "Reshape"), _same_numbers)
