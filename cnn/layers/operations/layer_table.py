"""The modules of ``torch.nn``: their arguments, parameters and effects."""

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from cnn.errors import DoesNotFit, UserError
from cnn.layers.graph import NOTHING, Dims, Effect, Role, check_dims
from cnn.layers.operations import effects, recurrent
from cnn.layers.operations.effects import Arguments, describe, product, weights_and_biases, whole
from cnn.layers.sizes import Count, Window

REQUIRED = object()
_IGNORED = ("device", "dtype")
"""Arguments that every module takes and that change no shape or count."""


@dataclass(frozen=True)
class LayerType:
    """A module of PyTorch.

    Attributes:
        arguments: Its arguments in order, with their default values.
        role: What sort of layer it is.
        effect: Computes its effect from its arguments and the shape that it reads.
        parameters: Computes its parameters from its arguments.
        lazy: The argument that a lazy module finds out from its first input.
    """

    arguments: dict[str, Any]
    role: Role
    effect: Callable[[Arguments, Dims], Effect]
    parameters: Callable[[Arguments], Count] = lambda _: NOTHING
    lazy: str = ""

    def bind(self, kind: str, values: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
        """Return all arguments of a call by name, defaults included.

        Raises:
            UserError: One is missing, or not one of this module.
        """
        keywords = {name: value for name, value in keywords.items() if name not in _IGNORED}
        names = list(self.arguments)
        unknown = [name for name in keywords if name not in self.arguments or name in names[: len(values)]]
        if unknown or len(values) > len(names) + len(_IGNORED):
            raise UserError(f"{kind} takes {', '.join(names) or 'nothing'}, not {(unknown or ['more'])[0]}.")
        bound = self.arguments | dict(zip(names, values, strict=False)) | keywords
        if missing := [name for name, value in bound.items() if value is REQUIRED and name != self.lazy]:
            raise UserError(f"{kind} needs {missing[0]}: write it out.")
        return bound


def signature(text: str) -> dict[str, Any]:
    """Return the arguments of a signature such as ``size, alpha=1e-4`` with their default values."""
    function = ast.parse(f"def f({text}): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    arguments = function.args
    defaults = [REQUIRED] * (len(arguments.args) - len(arguments.defaults))
    values = [*defaults, *map(ast.literal_eval, arguments.defaults)]
    return dict(zip((argument.arg for argument in arguments.args), values, strict=True))


def _same(_: Arguments, dims: Dims) -> Effect:
    return Effect(dims)


def _affine(arguments: Arguments, channels: int) -> Count:
    """Return scales and shifts of a normalisation."""
    if not arguments.get("affine", True) or channels is None:
        return NOTHING
    return product(2 if arguments.get("bias", True) else 1, channels)


def _channel_norm(kind: str, count: int) -> Callable[[Arguments, Dims], Effect]:
    def effect(arguments: Arguments, dims: Dims) -> Effect:
        allowed = (2, 3) if count == 1 else (count + 2,)
        if len(dims) not in allowed:
            effects.require_sides(f"{kind}{count}d", dims, count)
        return effects.norm_channels(kind, arguments["num_features"], dims)

    return effect


def _layer_norm(arguments: Arguments, dims: Dims) -> Effect:
    shape = _normalized_shape(arguments)
    if dims[-len(shape) :] != shape:
        raise DoesNotFit(f"it normalises {'x'.join(map(str, shape))}, but a shape of {effects.show(dims)} arrives.")
    return Effect(dims)


def _normalized_shape(arguments: Arguments) -> Dims:
    shape = arguments["normalized_shape"]
    numbers = shape if isinstance(shape, tuple | list) else (shape,)
    return tuple(whole({"normalized_shape": number}, "normalized_shape") for number in numbers)


def _layer_norm_parameters(arguments: Arguments) -> Count:
    if not arguments["elementwise_affine"]:
        return NOTHING
    return product(2 if arguments.get("bias") else 1, *_normalized_shape(arguments))


def _group_norm(arguments: Arguments, dims: Dims) -> Effect:
    channels, groups = whole(arguments, "num_channels"), whole(arguments, "num_groups")
    if channels % groups:
        raise DoesNotFit(f"{channels} channels cannot be shared out among {groups} groups.")
    return effects.norm_channels("GroupNorm", channels, dims)


def _flatten(arguments: Arguments, dims: Dims) -> Effect:
    after = effects.flatten(dims, arguments["start_dim"], arguments["end_dim"])
    return Effect(after, reach=effects.keep_sides(dims, after))


def _unflatten(arguments: Arguments, dims: Dims) -> Effect:
    size = arguments["unflattened_size"]
    if not isinstance(size, tuple | list):
        raise UserError(f"unflattened_size must be several numbers, not {describe(size)}.")
    place = effects.axis(arguments["dim"], len(dims))
    return Effect((*dims[:place], *effects.reshape((dims[place],), tuple(size)), *dims[place + 1 :]), reach="lost")


def upsample(arguments: Arguments, dims: Dims) -> Effect:
    """Return what interpolation makes of the sides of a shape."""
    sides, size, factor = dims[2:], arguments.get("size"), arguments.get("scale_factor")
    if size is not None:
        output = effects.per_side({"size": size}, "size", len(sides))
    elif factor is not None:
        factors = factor if isinstance(factor, tuple | list) else (factor,) * len(sides)
        if len(factors) != len(sides) or not all(type(number) in (int, float) for number in factors):
            raise DoesNotFit(f"scale_factor must be one number or {len(sides)}, not {describe(factor)}.")
        output = tuple(math.floor(n * number) for n, number in zip(sides, factors, strict=True))
    else:
        raise UserError("Upsample needs size or scale_factor: write one of them.")
    return Effect(check_dims((*dims[:2], *output)), reach="cell" if output == sides else "lost")


def _pixel_shuffle(arguments: Arguments, dims: Dims) -> Effect:
    factor = whole(arguments, "upscale_factor")
    if len(dims) < 4 or dims[1] % factor**2:
        raise DoesNotFit(f"{factor}x{factor} = {factor**2} must divide the channels of {effects.show(dims)}.")
    after = (dims[0], dims[1] // factor**2, dims[2] * factor, dims[3] * factor)
    return Effect(check_dims(after), reach="lost")


def _pixel_unshuffle(arguments: Arguments, dims: Dims) -> Effect:
    factor = whole(arguments, "downscale_factor")
    if len(dims) < 4 or dims[2] % factor or dims[3] % factor:
        raise DoesNotFit(f"{factor} must divide both sides of {effects.show(dims)}.")
    window = Window(factor, factor)
    return Effect((dims[0], dims[1] * factor**2, dims[2] // factor, dims[3] // factor), reach=(window, window))


def pad(dims: Dims, ends: list[int]) -> Effect:
    """Return a shape with cells added at both ends of its last sides, the last side first, as ``F.pad`` takes them."""
    sides = list(dims)
    for number in range(len(ends) // 2):
        place = len(dims) - 1 - number
        if place < 0:
            raise DoesNotFit("there are more pairs of padding than sides.")
        sides[place] += ends[2 * number] + ends[2 * number + 1]
    after = check_dims(tuple(sides))
    pairs = [(ends[i], ends[i + 1]) for i in range(0, len(ends) - 1, 2)][::-1]
    behind = len(dims) - 2
    if len(pairs) > behind or any(end < 0 for end in ends):
        return Effect(after, reach="lost")
    pairs = [(0, 0)] * (behind - len(pairs)) + pairs
    return Effect(after, reach=tuple(Window(1, 1, ends_of_side) for ends_of_side in pairs))


def _pad_layer(arguments: Arguments, dims: Dims, count: int) -> Effect:
    padding = arguments["padding"]
    ends = list(padding) if isinstance(padding, tuple | list) else [padding] * (2 * count)
    if len(ends) != 2 * count:
        raise DoesNotFit(f"padding needs one number or {2 * count}, not {len(ends)}.")
    return pad(dims, [whole({"padding": end}, "padding", -10_000) for end in ends])


def _glu(arguments: Arguments, dims: Dims) -> Effect:
    place = effects.axis(arguments["dim"], len(dims))
    if dims[place] % 2:
        raise DoesNotFit(f"it halves axis {place}, which has an odd length of {dims[place]}.")
    return Effect((*dims[:place], dims[place] // 2, *dims[place + 1 :]), reach="lost" if place > 1 else "cell")


def _embedding(arguments: Arguments, dims: Dims) -> Effect:
    return Effect(check_dims((*dims, whole(arguments, "embedding_dim"))), reach="lost")


def _attention_parameters(arguments: Arguments) -> Count:
    size, bias = whole(arguments, "embed_dim"), bool(arguments["bias"])
    key, value = arguments["kdim"] or size, arguments["vdim"] or size
    count = size * (size + key + value) + size * size + (4 * size if bias else 0)
    count += 2 * size if arguments["add_bias_kv"] else 0
    return Count(count, f"{count:,}")


def _bilinear_parameters(arguments: Arguments) -> Count:
    outputs = whole(arguments, "out_features")
    weights = product(whole(arguments, "in1_features"), whole(arguments, "in2_features"), outputs)
    return weights_and_biases(weights, outputs if arguments["bias"] else 0)


def _bilinear(arguments: Arguments, dims: Dims) -> Effect:
    return Effect((*dims[:-1], whole(arguments, "out_features")), reach="lost")


def _unfold(arguments: Arguments, dims: Dims) -> Effect:
    windows = effects.conv_windows(arguments, 2)
    output, formulas = effects.slide(effects.require_sides("Unfold", dims, 2), windows)
    columns = dims[1] * windows[0].kernel_size * windows[1].kernel_size
    return Effect(check_dims((dims[0], columns, math.prod(output))), formulas=formulas, reach="lost")


_CONV = "in_channels, out_channels, kernel_size, stride=1, padding=0, "
_NORM = "num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, bias=True"
_RECURRENT = (
    "input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False, proj_size=0"
)
_ACTIVATIONS = {
    "ReLU": "inplace=False",
    "ReLU6": "inplace=False",
    "LeakyReLU": "negative_slope=0.01, inplace=False",
    "RReLU": "lower=0.125, upper=0.333, inplace=False",
    "ELU": "alpha=1.0, inplace=False",
    "CELU": "alpha=1.0, inplace=False",
    "SELU": "inplace=False",
    "GELU": "approximate='none'",
    "SiLU": "inplace=False",
    "Mish": "inplace=False",
    "Hardswish": "inplace=False",
    "Hardsigmoid": "inplace=False",
    "Hardtanh": "min_val=-1.0, max_val=1.0, inplace=False",
    "Hardshrink": "lambd=0.5",
    "Softshrink": "lambd=0.5",
    "Softplus": "beta=1.0, threshold=20.0",
    "Softsign": "",
    "Tanh": "",
    "Tanhshrink": "",
    "Sigmoid": "",
    "LogSigmoid": "",
    "Threshold": "threshold, value, inplace=False",
    "Softmax": "dim=None",
    "Softmin": "dim=None",
    "LogSoftmax": "dim=None",
    "Softmax2d": "",
}
_SIDES = (1, 2, 3)


def _build() -> dict[str, LayerType]:
    table = {kind: LayerType(signature(text), "activation", _same) for kind, text in _ACTIVATIONS.items()}
    table["PReLU"] = LayerType(
        signature("num_parameters=1, init=0.25"), "activation", _same, lambda a: product(whole(a, "num_parameters"))
    )
    table["GLU"] = LayerType(signature("dim=-1"), "activation", _glu)
    for kind in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"):
        table[kind] = LayerType(signature("p=0.5, inplace=False"), "dropout", _same)
    table["StochasticDepth"] = LayerType(signature("p, mode='row'"), "dropout", _same)
    for count in _SIDES:
        _add_sided(table, count)
    table["Linear"] = LayerType(
        signature("in_features, out_features, bias=True"), "linear", effects.linear, effects.linear_parameters
    )
    table["NonDynamicallyQuantizableLinear"] = table["Linear"]
    table["LayerNorm"] = LayerType(
        signature("normalized_shape, eps=1e-5, elementwise_affine=True, bias=True"),
        "norm",
        _layer_norm,
        _layer_norm_parameters,
    )
    table["RMSNorm"] = LayerType(
        signature("normalized_shape, eps=None, elementwise_affine=True"), "norm", _layer_norm, _layer_norm_parameters
    )
    table["GroupNorm"] = LayerType(
        signature("num_groups, num_channels, eps=1e-5, affine=True, bias=True"),
        "norm",
        _group_norm,
        lambda a: _affine(a, whole(a, "num_channels")),
    )
    table["LocalResponseNorm"] = LayerType(signature("size, alpha=1e-4, beta=0.75, k=1.0"), "norm", _same)
    table["CrossMapLRN2d"] = table["LocalResponseNorm"]
    table["SyncBatchNorm"] = LayerType(
        signature(_NORM.replace("stats=True,", "stats=True, process_group=None,")),
        "norm",
        lambda a, dims: effects.norm_channels("SyncBatchNorm", a["num_features"], dims),
        lambda a: _affine(a, whole(a, "num_features")),
    )
    table["Flatten"] = LayerType(signature("start_dim=1, end_dim=-1"), "shape", _flatten)
    table["Unflatten"] = LayerType(signature("dim, unflattened_size"), "shape", _unflatten)
    upsampling = "size=None, scale_factor=None"
    table["Upsample"] = LayerType(
        signature(f"{upsampling}, mode='nearest', align_corners=None, recompute_scale_factor=None"), "resize", upsample
    )
    table["UpsamplingNearest2d"] = table["UpsamplingBilinear2d"] = LayerType(signature(upsampling), "resize", upsample)
    table["PixelShuffle"] = LayerType(signature("upscale_factor"), "resize", _pixel_shuffle)
    table["PixelUnshuffle"] = LayerType(signature("downscale_factor"), "resize", _pixel_unshuffle)
    table["ChannelShuffle"] = LayerType(signature("groups"), "shape", _same)
    table["Unfold"] = LayerType(signature("kernel_size, dilation=1, padding=0, stride=1"), "shape", _unfold)
    table["Embedding"] = LayerType(
        signature("num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0"),
        "other",
        _embedding,
        lambda a: product(whole(a, "num_embeddings"), whole(a, "embedding_dim")),
    )
    table["MultiheadAttention"] = LayerType(
        signature(
            "embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, "
            "vdim=None, batch_first=False"
        ),
        "other",
        lambda _, dims: Effect(dims, reach="all"),
        _attention_parameters,
    )
    for kind, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        text = _RECURRENT.replace(", proj_size=0", "") if kind != "LSTM" else _RECURRENT
        text = text.replace("bias=True", "nonlinearity='tanh', bias=True") if kind == "RNN" else text
        table[kind] = LayerType(signature(text), "other", recurrent.effect, partial(recurrent.parameters, gates))
    table["Bilinear"] = LayerType(
        signature("in1_features, in2_features, out_features, bias=True"), "linear", _bilinear, _bilinear_parameters
    )
    table["Identity"] = LayerType({}, "shape", _same)
    return table | {f"Lazy{kind}": _lazy(table[kind]) for kind in [*_LAZY, "Linear"]}


_LAZY = [f"{kind}{count}d" for kind in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for count in _SIDES]


def _lazy(layer: LayerType) -> LayerType:
    first, *others = layer.arguments.items()
    return LayerType(dict([*others, first]), layer.role, layer.effect, layer.parameters, lazy=first[0])


def _add_sided(table: dict[str, LayerType], count: int) -> None:
    """Add the modules that there are for this number of sides."""

    def sided(function: Callable[..., Effect], name: str) -> Callable[[Arguments, Dims], Effect]:
        return lambda arguments, dims: function(name, arguments, dims, count)

    def parameters(arguments: Arguments) -> Count:
        return effects.conv_parameters(arguments, count)

    conv, transposed, end = f"Conv{count}d", f"ConvTranspose{count}d", f"{count}d"
    table[conv] = LayerType(
        signature(f"{_CONV}dilation=1, groups=1, bias=True, padding_mode='zeros'"),
        "conv",
        sided(effects.conv, conv),
        parameters,
    )
    table[transposed] = LayerType(
        signature(f"{_CONV}output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros'"),
        "conv",
        sided(effects.conv_transpose, transposed),
        parameters,
    )
    pooling = "kernel_size, stride=None, padding=0"
    for kind, text in (
        ("MaxPool", f"{pooling}, dilation=1, return_indices=False, ceil_mode=False"),
        ("AvgPool", f"{pooling}, ceil_mode=False, count_include_pad=True, divisor_override=None"),
        ("LPPool", "norm_type, kernel_size, stride=None, ceil_mode=False"),
    ):
        table[kind + end] = LayerType(signature(text), "pool", sided(effects.pool, kind + end))
    for kind in ("AdaptiveAvgPool", "AdaptiveMaxPool"):
        text = "output_size, return_indices=False" if "Max" in kind else "output_size"
        table[kind + end] = LayerType(signature(text), "pool", sided(effects.adaptive_pool, kind + end))
    for kind, text in (
        ("BatchNorm", _NORM),
        ("InstanceNorm", "num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, bias=True"),
    ):
        table[kind + end] = LayerType(
            signature(text), "norm", _channel_norm(kind, count), lambda a: _affine(a, whole(a, "num_features"))
        )
    for kind in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad", "ConstantPad"):
        text = "padding, value" if kind == "ConstantPad" else "padding"
        table[kind + end] = LayerType(signature(text), "shape", lambda a, dims: _pad_layer(a, dims, count))


LAYERS = _build()
