"""Functions of ``torch`` and ``torch.nn.functional`` and methods of tensors, run on shapes."""

from typing import Any

from cnn.errors import UserError
from cnn.layers.graph import Effect, Role
from cnn.layers.operations import number_tensors
from cnn.layers.operations.function_call import Call
from cnn.layers.operations.layer_table import LAYERS
from cnn.layers.operations.rearrange import ROLES, SHAPED
from cnn.layers.operations.tensor_functions import SPECIAL
from cnn.layers.operations.values import Tensor, Unknown


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ACTIVATIONS = _words(
    "relu relu6 leaky_relu rrelu prelu elu celu selu gelu silu mish hardswish hardsigmoid hardtanh softplus softsign "
    "tanh tanhshrink sigmoid logsigmoid threshold softmax log_softmax softmin hardshrink softshrink swish"
)
_DROPOUTS = _words("dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout")
_UNCHANGED = _words(
    "contiguous clone detach float half double to cuda cpu type type_as requires_grad_ bfloat16 int long data"
)
_POINTWISE = _words(
    "exp log log2 log1p sqrt rsqrt abs neg square clamp clip clamp_min sin cos round floor ceil sign erf masked_fill "
    "cumsum local_response_norm normalize instance_norm group_norm batch_norm layer_norm reciprocal flip roll "
    "nan_to_num normal uniform zero trunc_normal copy bool logical_not fill_ isnan"
)
_BINARY = {name: name for name in _words("add sub mul div maximum minimum pow eq ne lt le gt ge where lerp")} | {
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "floor_divide": "div",
}
_POOLS = {
    f"{name}{count}d": f"{kind}{count}d"
    for count in (1, 2, 3)
    for name, kind in (
        ("max_pool", "MaxPool"),
        ("avg_pool", "AvgPool"),
        ("lp_pool", "LPPool"),
        ("adaptive_avg_pool", "AdaptiveAvgPool"),
        ("adaptive_max_pool", "AdaptiveMaxPool"),
    )
} | {"pixel_shuffle": "PixelShuffle", "pixel_unshuffle": "PixelUnshuffle", "glu": "GLU"}
_KNOWN = (number_tensors.NAMES, SPECIAL, _UNCHANGED, _BINARY, _ACTIVATIONS, _DROPOUTS, _POINTWISE, _POOLS, SHAPED)


def is_known(name: str) -> bool:
    """Return whether :func:`run` knows a function of this name."""
    return any(each in known for known in _KNOWN for each in (name, name.rstrip("_")))


def run(name: str, call: Call) -> Any:
    """Return what a function makes of its arguments; the first tensor among them is the one that it reads.

    Raises:
        UserError: The function or its arguments are not known.
    """
    if (known := number_tensors.compute(name, call.values)) is not None:
        return known
    plain = name if name in ("fill_", "requires_grad_") else name.rstrip("_")
    if "input" in call.keywords and plain not in SPECIAL:
        others = {key: value for key, value in call.keywords.items() if key != "input"}
        call = Call(call.machine, (call.keywords["input"], *call.values), others, call.code)
    if plain in SPECIAL:
        try:
            return SPECIAL[plain](call)
        except (IndexError, AttributeError, TypeError):
            raise UserError(f"{name} is not called like this.") from None
    tensors = call.tensors
    if not tensors:
        raise UserError(f"{name} is called without a tensor.")
    return tensors[0] if plain in _UNCHANGED else _run_plain(plain, call, tensors[0])


def _run_plain(name: str, call: Call, first: Tensor) -> Any:
    """Run a function that has one tensor as its result."""
    if name in _BINARY:
        return call.binary(_BINARY[name])
    if name in _POOLS:
        return _pooled(name, call, first)
    if name in SHAPED:
        shape = SHAPED[name]
        arguments = [value for value in call.values if value is not first]
        role = ROLES.get(name, "shape")
        return _shaped(name, call, first, lambda: shape(first.dims or (), *arguments, **call.keywords), role)
    role = "activation" if name in _ACTIVATIONS else "dropout" if name in _DROPOUTS else "other"
    if role != "other" or name in _POINTWISE:
        return call.machine.function(name, [first], lambda: Effect(first.dims), role, call.code)
    return call.machine.unknown(name, call.tensors)


def _shaped(name: str, call: Call, first: Tensor, effect: Any, role: Role) -> Any:
    try:
        return call.machine.function(name, [first], effect, role, call.code)
    except TypeError:
        raise UserError(f"{name} is not called like this.") from None


def _pooled(name: str, call: Call, first: Tensor) -> Any:
    kind = _POOLS[name]
    layer = LAYERS[kind]
    arguments = layer.bind(kind, tuple(value for value in call.values if value is not first), call.keywords)
    output = call.machine.function(
        kind, [first], lambda: layer.effect(arguments, first.dims or ()), layer.role, call.code
    )
    return (output, Unknown("indices of a pooling")) if arguments.get("return_indices") else output
