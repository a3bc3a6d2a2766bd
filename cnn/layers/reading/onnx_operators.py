"""Layers and functions of PyTorch for the operators of an ONNX file."""

import math
from collections.abc import Callable
from typing import Any

from cnn.errors import UserError
from cnn.layers.graph import BATCH, Dims
from cnn.layers.interpreter.keras_table import torch_layer
from cnn.layers.operations.values import Module, Tensor
from cnn.layers.reading.onnx_node import Constant, Node

_STATISTICS = (3, 4)
"""Inputs of a batch normalisation that are not trained: mean and variance."""


def _window(node: Node, dims: Dims, kernel: list[int]) -> tuple[dict[str, Any], list[Module]]:
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


def _conv(node: Node) -> list[Module]:
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


def _pool(node: Node) -> list[Module]:
    kernel = node.options["kernel_shape"]
    window, before = _window(node, node.tensors[0].dims or (), kernel)
    if node.kind == "AveragePool":
        del window["dilation"]
    kind = "MaxPool" if node.kind == "MaxPool" else "AvgPool"
    return [*before, torch_layer(f"{kind}{len(kernel)}d", **window, ceil_mode=bool(node.options.get("ceil_mode", 0)))]


def _global_pool(node: Node) -> list[Module]:
    kind = "AdaptiveMaxPool" if "Max" in node.kind else "AdaptiveAvgPool"
    return [torch_layer(f"{kind}{len(node.tensors[0].dims or ()) - 2}d", output_size=1)]


def _linear(node: Node) -> list[Module]:
    weight = node.constant(1)
    if weight is None or len(weight.dims) != 2:
        raise UserError("A Gemm of two computed tensors is not read here.")
    inputs, outputs = weight.dims[::-1] if node.options.get("transB") else weight.dims
    bias = node.kind == "Gemm" and len(node.inputs) > 2
    node.weights |= {1, 2} if bias else {1}
    return [torch_layer("Linear", in_features=inputs, out_features=outputs, bias=bias)]


def _norm(node: Node) -> list[Module]:
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


def _prelu(node: Node) -> list[Module]:
    slope = node.inputs[1]
    node.weights |= {1}
    return [torch_layer("PReLU", num_parameters=math.prod((slope.dims if slope else None) or (1,)))]


def _reshape(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    target, dims = node.whole_numbers(1, "shape"), node.tensors[0].dims or ()
    if target is None:
        raise UserError("The target of a Reshape is not known before the network runs.")
    shape = [dims[i] if number == 0 and i < len(dims) else number for i, number in enumerate(target)]
    if shape and shape[0] == 1 and math.prod(dims) % BATCH == 0 and dims[0] == BATCH and -1 not in shape:
        shape[0] = BATCH  # the file was exported for one image
    return "reshape", (node.tensors[0], *shape), {}


def _flatten(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return "flatten", (node.tensors[0], node.options.get("axis", 1)), {}


def _transpose(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    order = node.options.get("perm", list(range(len(node.tensors[0].dims or ())))[::-1])
    return "permute", (node.tensors[0], *order), {}


def _reduce(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    axes = node.whole_numbers(1, "axes")
    name = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "amax", "ReduceMin": "amin"}[node.kind]
    return name, (node.tensors[0], axes), {"keepdim": bool(node.options.get("keepdims", 1))}


def _squeeze(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    axes = node.whole_numbers(1, "axes")
    if node.kind == "Unsqueeze":
        return "unsqueeze", (node.tensors[0], (axes or [0])[0]), {}
    return "squeeze", (node.tensors[0],) if axes is None else (node.tensors[0], tuple(axes)), {}


def _concat(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    items = [Tensor(value.dims) if isinstance(value, Constant) else value for value in node.inputs if value is not None]
    widest = max((item.dims[0] for item in items if item.dims), default=1)
    items = [
        Tensor((widest, *item.dims[1:])) if item.node is None and item.dims and item.dims[0] == 1 else item
        for item in items
    ]
    return "cat", (items, node.options.get("axis", 1)), {}


def _split(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    sizes, axis = node.whole_numbers(1, "split"), node.options.get("axis", 0)
    if sizes is None:
        return "chunk", (node.tensors[0], len(node.outputs), axis), {}
    return "split", (node.tensors[0], sizes, axis), {}


def _slice(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
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


def _resize(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    sizes, scales = node.constant(3), node.constant(2 if node.kind == "Resize" else 1)
    if sizes is not None and sizes.numbers:
        return "interpolate", (node.tensors[0], tuple(int(number) for number in sizes.numbers[2:])), {}
    if scales is None or not scales.numbers:
        raise UserError("The size of a Resize is not known before the network runs.")
    return "interpolate", (node.tensors[0], None, tuple(map(float, scales.numbers[2:]))), {}


def _gather(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    dims, axis, index = node.tensors[0].dims or (), node.options.get("axis", 0), node.constant(1)
    inner = index.dims if index else (node.tensors[-1].dims or ())
    return "view_as", (node.tensors[0], Tensor((*dims[:axis], *inner, *dims[axis + 1 :]))), {}


def _pad(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    ends = node.whole_numbers(1, "pads") or []
    half = len(ends) // 2
    pairs = list(zip(ends[:half], ends[half:], strict=True))[::-1]
    return "pad", (node.tensors[0], [end for pair in pairs for end in pair]), {}


def _matmul(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    weight = node.constant(1)
    if weight is None or len(weight.dims) != 2:
        return (
            "matmul",
            tuple(Tensor(value.dims) if isinstance(value, Constant) else value for value in node.inputs),
            {},
        )
    node.weights |= {1}
    return "linear", (node.tensors[0], Tensor(weight.dims[::-1])), {}


def _expand(node: Node) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    return "expand", (node.tensors[0], *(node.whole_numbers(1, "shape") or [])), {}


LAYERS: dict[str, Callable[[Node], list[Module]]] = {
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
FUNCTIONS: dict[str, Callable[[Node], tuple[str, tuple[Any, ...], dict[str, Any]]]] = {
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
PLAIN = {
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
BINARY = {
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
