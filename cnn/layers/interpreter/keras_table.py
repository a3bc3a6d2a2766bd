"""The layers of Keras as those of PyTorch: channels come first here, and parameters are those that are trained."""

from collections.abc import Callable, Mapping
from typing import Any

from cnn.errors import UserError
from cnn.layers.graph import Dims
from cnn.layers.operations.effects import describe, per_side, whole
from cnn.layers.operations.layer_table import LAYERS, REQUIRED, signature
from cnn.layers.operations.values import Module

Arguments = Mapping[str, Any]
_ACTIVATIONS = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "swish": "SiLU",
    "mish": "Mish",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "hard_sigmoid": "Hardsigmoid",
    "hard_swish": "Hardswish",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
}


def torch_layer(kind: str, **arguments: Any) -> Module:
    """Return a layer of PyTorch."""
    return Module(kind, arguments=LAYERS[kind].arguments | arguments)


def _sides(name: str) -> int:
    return int(name[-2]) if name[-2:] in ("1D", "2D", "3D") else 0


def _same_padding(dims: Dims, window: Arguments, count: int) -> list[Module]:
    """Return the padding that Keras calls "same": as many outputs as the stride divides the side into."""
    numbers = [per_side(window, name, count) for name in ("kernel_size", "stride", "dilation")]
    ends: list[int] = []
    for n, kernel, stride, dilation in zip(dims[2:], *numbers, strict=True):
        total = max(0, (-(-n // stride) - 1) * stride + dilation * (kernel - 1) + 1 - n)
        ends = [total // 2, total - total // 2, *ends]
    return [torch_layer(f"ZeroPad{count}d", padding=tuple(ends))] if any(ends) else []


def _conv(name: str, arguments: Arguments, dims: Dims) -> list[Module]:
    count, inputs = _sides(name), dims[1]
    window = {"kernel_size": arguments["kernel_size"], "stride": arguments["strides"]}
    window["dilation"] = arguments["dilation_rate"]
    before = _same_padding(dims, window, count) if arguments["padding"] == "same" else []
    kind, bias = f"Conv{count}d", bool(arguments["use_bias"])
    if not name.startswith(("Separable", "Depthwise")):
        rest = {"out_channels": arguments["filters"], "groups": arguments["groups"], "bias": bias}
        return [*before, torch_layer(kind, in_channels=inputs, **window, **rest)]
    outputs = inputs * whole(arguments, "depth_multiplier")
    depthwise = {"in_channels": inputs, "out_channels": outputs, "groups": inputs}
    if name.startswith("Depthwise"):
        return [*before, torch_layer(kind, **depthwise, **window, bias=bias)]
    pointwise = torch_layer(kind, in_channels=outputs, out_channels=arguments["filters"], kernel_size=1, bias=bias)
    return [*before, torch_layer(kind, **depthwise, **window, bias=False), pointwise]


def _conv_transpose(name: str, arguments: Arguments, dims: Dims) -> list[Module]:
    count = _sides(name)
    kernels, strides = per_side(arguments, "kernel_size", count), per_side(arguments, "strides", count)
    same = arguments["padding"] == "same"
    excess = [kernel - stride for kernel, stride in zip(kernels, strides, strict=True)]
    padding = tuple((max(0, more) + 1) // 2 if same else 0 for more in excess)
    extra = tuple(2 * pad - more if same else max(0, -more) for pad, more in zip(padding, excess, strict=True))
    return [
        torch_layer(
            f"ConvTranspose{count}d",
            in_channels=dims[1],
            out_channels=arguments["filters"],
            kernel_size=kernels,
            stride=strides,
            padding=padding,
            output_padding=extra,
            bias=bool(arguments["use_bias"]),
        )
    ]


def _pool(name: str, arguments: Arguments, dims: Dims) -> list[Module]:
    count, kind = _sides(name), "MaxPool" if name.startswith("Max") else "AvgPool"
    size = arguments["pool_size"]
    window = {"kernel_size": size, "stride": arguments["strides"] or size}
    before = _same_padding(dims, window | {"dilation": 1}, count) if arguments["padding"] == "same" else []
    return [*before, torch_layer(f"{kind}{count}d", **window)]


def _global_pool(name: str, arguments: Arguments, _: Dims) -> list[Module]:
    kind = f"Adaptive{'Max' if 'Max' in name else 'Avg'}Pool{_sides(name)}d"
    flat = [] if arguments["keepdims"] else [torch_layer("Flatten")]
    return [torch_layer(kind, output_size=1), *flat]


def _dense(_: str, arguments: Arguments, dims: Dims) -> list[Module]:
    units, bias = whole(arguments, "units"), bool(arguments["use_bias"])
    if len(dims) == 2:
        return [torch_layer("Linear", in_features=dims[1], out_features=units, bias=bias)]
    return [torch_layer(f"Conv{len(dims) - 2}d", in_channels=dims[1], out_channels=units, kernel_size=1, bias=bias)]


def _batch_norm(_: str, arguments: Arguments, dims: Dims) -> list[Module]:
    kind = f"BatchNorm{max(1, len(dims) - 2)}d"
    shift, scale = bool(arguments["center"]), bool(arguments["scale"])
    return [torch_layer(kind, num_features=dims[1], affine=shift or scale, bias=shift and scale)]


def _group_norm(name: str, arguments: Arguments, dims: Dims) -> list[Module]:
    groups = 1 if name == "LayerNormalization" else arguments["groups"]
    return [torch_layer("GroupNorm", num_groups=groups, num_channels=dims[1])]


def _reshape(_: str, arguments: Arguments, dims: Dims) -> list[Module]:
    shape = arguments["target_shape"]
    if not isinstance(shape, tuple | list) or not shape:
        raise UserError(f"Reshape needs several numbers, not {describe(shape)}.")
    flat = [torch_layer("Flatten")] if len(dims) > 2 else []
    return [*flat, torch_layer("Unflatten", dim=1, unflattened_size=(shape[-1], *shape[:-1]))]


def _upsample(name: str, arguments: Arguments, _: Dims) -> list[Module]:
    return [torch_layer("Upsample", scale_factor=per_side(arguments, "size", _sides(name)))]


def _pad(name: str, arguments: Arguments, _: Dims) -> list[Module]:
    count, sign = _sides(name), -1 if name.startswith("Cropping") else 1
    value = arguments["padding"] if sign == 1 else arguments["cropping"]
    sides = list(value) if isinstance(value, tuple | list) else [value] * count
    if count == 1 and len(sides) == 2:
        sides = [tuple(sides)]
    pairs = [tuple(side) if isinstance(side, tuple | list) else (side, side) for side in sides]
    return [torch_layer(f"ZeroPad{count}d", padding=tuple(sign * end for pair in pairs[::-1] for end in pair))]


def _dropout(_: str, arguments: Arguments, __: Dims) -> list[Module]:
    return [torch_layer("Dropout", p=arguments["rate"])]


def activation(value: Any) -> list[Module]:
    """Return the layer of an activation that is given by name; none for ``None`` and "linear".

    Raises:
        UserError: It is not known.
    """
    if value in (None, "linear"):
        return []
    if not isinstance(value, str) or value not in _ACTIVATIONS:
        raise UserError(f"The activation {describe(value)} of Keras is not known here.")
    return [torch_layer(_ACTIVATIONS[value])]


_CONV = "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, groups=1"
_SEPARABLE = "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, depth_multiplier=1"
_DEPTHWISE = "kernel_size, strides=1, padding='valid', depth_multiplier=1, data_format=None, dilation_rate=1"
_END = ", activation=None, use_bias=True"
Build = Callable[[str, Arguments, Dims], list[Module]]


def _simple(kind: str) -> Build:
    return lambda *_: [torch_layer(kind)] if kind else []


def _rows() -> dict[str, tuple[str, Build]]:
    rows: dict[str, tuple[str, Build]] = {
        "Dense": (f"units{_END}", _dense),
        "Flatten": ("data_format=None", _simple("Flatten")),
        "Reshape": ("target_shape", _reshape),
        "Activation": ("activation", _simple("")),
        "BatchNormalization": ("axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True", _batch_norm),
        "LayerNormalization": ("axis=-1, epsilon=0.001", _group_norm),
        "GroupNormalization": ("groups=32, axis=-1, epsilon=0.001", _group_norm),
    }
    for name in ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"):
        rows[name] = ("rate, noise_shape=None, seed=None", _dropout)
    for name, kind in (
        ("ReLU", "ReLU"),
        ("LeakyReLU", "LeakyReLU"),
        ("ELU", "ELU"),
        ("Softmax", "Softmax"),
        ("InputLayer", ""),
        ("Rescaling", ""),
        ("Normalization", ""),
        ("RandomFlip", ""),
        ("RandomRotation", ""),
        ("RandomZoom", ""),
        ("GaussianNoise", ""),
    ):
        rows[name] = ("first=None", _simple(kind))
    for count in (1, 2, 3):
        end = f"{count}D"
        rows[f"Conv{end}"] = rows[f"Convolution{end}"] = (_CONV + _END, _conv)
        rows[f"SeparableConv{end}"] = (_SEPARABLE + _END, _conv)
        rows[f"DepthwiseConv{end}"] = (_DEPTHWISE + _END, _conv)
        rows[f"Conv{end}Transpose"] = (_CONV.replace("dilation_rate=1, groups=1", "dilation_rate=1") + _END, _conv_t)
        for kind in ("MaxPooling", "AveragePooling", "MaxPool", "AvgPool"):
            rows[kind + end] = ("pool_size=2, strides=None, padding='valid'", _pool)
        for kind in ("GlobalAveragePooling", "GlobalMaxPooling", "GlobalAvgPool", "GlobalMaxPool"):
            rows[kind + end] = ("data_format=None, keepdims=False", _global_pool)
        rows[f"UpSampling{end}"] = ("size=2, data_format=None, interpolation='nearest'", _upsample)
        rows[f"ZeroPadding{end}"] = ("padding=1", _pad)
        rows[f"Cropping{end}"] = ("cropping=1", _pad)
    return rows


def _conv_t(name: str, arguments: Arguments, dims: Dims) -> list[Module]:
    return _conv_transpose(name.removesuffix("Transpose"), arguments, dims)


KERAS: dict[str, tuple[dict[str, Any], Build]] = {
    name: (signature(text), build) for name, (text, build) in _rows().items()
}
MERGES = {
    "Add": "add",
    "Subtract": "sub",
    "Multiply": "mul",
    "Average": "add",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Concatenate": "cat",
}


def bind(name: str, values: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a layer by name, without those that change no shape or count.

    Raises:
        UserError: One is missing.
    """
    defaults = KERAS[name][0]
    bound = defaults | dict(zip(defaults, values, strict=False))
    bound |= {key: value for key, value in keywords.items() if key in defaults}
    if missing := [key for key, value in bound.items() if value is REQUIRED]:
        raise UserError(f"{name} needs {missing[0]}: write it out.")
    return bound


def build(name: str, arguments: Arguments, dims: Dims) -> list[Module]:
    """Return the layers of PyTorch that do what a layer of Keras does on a shape."""
    layers = KERAS[name][1](name, arguments, dims)
    return [*layers, *activation(arguments.get("activation"))]
