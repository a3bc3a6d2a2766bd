"""A network read from PyTorch code: a ``torch.nn.Sequential`` expression, or the lines that this course exports.

The code is parsed and never run. What is read are calls of the modules named in :data:`MODULES` with plain numbers as
arguments; anything else is refused with its name.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cnn.errors import UserError
from cnn.layers import costs
from cnn.layers import sizes as sizes_module
from cnn.layers.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    ConvTranspose,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Pool,
    Softmax,
    Vector,
    Volume,
)
from cnn.layers.network import HEAD, MAX_LAYERS, RESIDUAL, TAIL, Block, Network

_LONGEST = 50_000  # characters
_SIDES = (28, 32, 64, 96, 128, 224, 227, 256, 299, 512)
"""Usual sides of a picture, tried where the code does not tell and the first fully connected layer does not fit."""
_REQUIRED = object()
_Given = dict[str, Any]


@dataclass(frozen=True)
class _Module:
    """How a module of ``torch.nn`` is read: its arguments in order with their defaults, and the layer they make.

    ``only`` holds the values that an argument may have, where not all can be read. ``reads`` names the argument that
    says how deep or long the input must be.
    """

    arguments: dict[str, Any]
    build: Callable[[_Given], Layer | None]
    only: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    reads: str = ""


@dataclass(frozen=True)
class _Read:
    """A layer, the call that it was read from, and the depth or length of input that this call states."""

    layer: Layer
    call: str
    expects: int | None


def _quoted(code: str) -> str:
    """Code as Markdown shows it without acting upon it, cut to 60 characters."""
    line = " ".join(code.replace("`", "'").split())
    return f"`{line if len(line) <= 60 else f'{line[:60]}...'}`"


def _square(name: str, value: Any) -> int:
    """One whole number, given as 3 or as (3, 3)."""
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) == 2 and pair[0] == pair[1] and type(pair[0]) is int and 0 <= pair[0] < 10**9:
        return pair[0]
    raise UserError(
        f"{_quoted(f'{name}={value!r}')} cannot be read: give one whole number below a billion, the same both ways."
    )


def _numbers(given: _Given, *names: str) -> dict[str, int]:
    return {name: _square(name, given[name]) for name in names}


def _conv(given: _Given) -> Layer:
    numbers = _numbers(given, "out_channels", "kernel_size", "stride", "dilation", "groups")
    padding = given["padding"]
    if padding == "valid":
        padding = 0
    elif padding == "same":
        left, right = sizes_module.same_padding(numbers["kernel_size"], numbers["stride"], numbers["dilation"])
        if left != right:
            raise UserError('padding="same" with an even kernel pads one side more than the other: use an odd kernel.')
        padding = left
    return Conv(**numbers, padding=_square("padding", padding), bias=bool(given["bias"]))


def _transposed(given: _Given) -> Layer:
    names = ("out_channels", "kernel_size", "stride", "padding", "output_padding", "dilation", "groups")
    return ConvTranspose(**_numbers(given, *names), bias=bool(given["bias"]))


def _pool(kind: str) -> Callable[[_Given], Layer]:
    def build(given: _Given) -> Layer:
        stride = given["kernel_size"] if given["stride"] is None else given["stride"]
        numbers = _numbers(given | {"stride": stride}, "kernel_size", "stride", "padding")
        dilation = _square("dilation", given.get("dilation", 1))
        return Pool(kind, **numbers, dilation=dilation, ceil=bool(given["ceil_mode"]))  # type: ignore[arg-type]

    return build


def _dropout(given: _Given) -> Layer:
    p = given["p"]
    if type(p) not in (int, float) or not 0 <= p <= 1:
        raise UserError(f"{_quoted(f'p={p!r}')} of nn.Dropout cannot be read: give a number from 0 to 1.")
    return Dropout(round(float(p), 4))  # as precise as the builder's own words


_FILTERS = {"in_channels": _REQUIRED, "out_channels": _REQUIRED, "kernel_size": _REQUIRED, "stride": 1, "padding": 0}
_SLIDING = {"kernel_size": _REQUIRED, "stride": None, "padding": 0}
_SWITCH = (True, False)
_FILTERS_ONLY = {"bias": _SWITCH, "padding_mode": ("zeros",)}
MODULES: dict[str, _Module] = {
    "Conv2d": _Module(
        _FILTERS | {"dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros"},
        _conv, _FILTERS_ONLY, "in_channels",
    ),
    "ConvTranspose2d": _Module(
        _FILTERS | {"output_padding": 0, "groups": 1, "bias": True, "dilation": 1, "padding_mode": "zeros"},
        _transposed, _FILTERS_ONLY, "in_channels",
    ),
    "MaxPool2d": _Module(
        _SLIDING | {"dilation": 1, "return_indices": False, "ceil_mode": False},
        _pool("max"), {"return_indices": (False,), "ceil_mode": _SWITCH},
    ),
    "AvgPool2d": _Module(
        _SLIDING | {"ceil_mode": False, "count_include_pad": True, "divisor_override": None},
        _pool("average"), {"ceil_mode": _SWITCH},
    ),
    "AdaptiveAvgPool2d": _Module(
        {"output_size": _REQUIRED}, lambda given: AdaptivePool(_square("output_size", given["output_size"]))
    ),
    "BatchNorm2d": _Module(
        {"num_features": _REQUIRED, "eps": 1e-5, "momentum": 0.1, "affine": True},
        lambda _: BatchNorm(), {"affine": (True,)}, "num_features",
    ),
    "Linear": _Module(
        {"in_features": _REQUIRED, "out_features": _REQUIRED, "bias": True},
        lambda given: Linear(_square("out_features", given["out_features"]), bool(given["bias"])),
        {"bias": _SWITCH}, "in_features",
    ),
    "Flatten": _Module({"start_dim": 1, "end_dim": -1}, lambda _: Flatten(), {"start_dim": (1,), "end_dim": (-1,)}),
    "ReLU": _Module({"inplace": False}, lambda _: Activation("relu")),
    "Tanh": _Module({}, lambda _: Activation("tanh")),
    "Sigmoid": _Module({}, lambda _: Activation("sigmoid")),
    "Softmax": _Module({"dim": _REQUIRED}, lambda _: Softmax(), {"dim": (1,)}),
    "Dropout": _Module({"p": 0.5, "inplace": False}, _dropout),
    "Identity": _Module({}, lambda _: None),
}  # fmt: skip
"""The modules that can be read; ``Sequential`` and the exported ``Residual`` hold them."""
_KNOWN = {ast.dump(line) for line in ast.parse("\n".join([HEAD, RESIDUAL, TAIL.format("()")])).body[:-1]}
"""The lines around ``net`` in exported code, but for the last, which has the input's shape in it."""


def parse(text: str, volume: Volume) -> Network:
    """The network that ``text`` builds, on the input that exported code states, or else on ``volume``.

    The input takes the depth that the first layer reads; where layers do not fit, usual sides of a picture are tried.
    Raises ``UserError`` naming what is not known.
    """
    try:
        call, stated = _network_call(text)
        parts = _sequence(call)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            "This is not Python that can be read: paste one nn.Sequential(...) with all its brackets."
        ) from error
    reads = [parse for part in parts for parse in _in_order(part) if parse]
    if len(reads) > MAX_LAYERS:
        raise UserError(f"{len(reads)} layers are more than fit here: use {MAX_LAYERS} or fewer.")
    layers = tuple(_part(part) for part in parts)
    named = next((parse.expects for parse in reads if parse.expects and not isinstance(parse.layer, Linear)), None)
    depths = (named,) if named else (volume.depth, 1, 3)
    sizes = [replace(volume, depth=depth) for depth in depths]
    sizes += [Volume(side, side, depth) for side in _SIDES for depth in depths]
    networks = [Network(size, layers) for size in ([stated] if stated else sizes)]
    for network in networks:
        if not _mismatch(network, parts) and not any(stage.problem for stage in network.stages()):
            return network
    if sentence := _mismatch(networks[0], parts):
        raise UserError(sentence)
    return networks[0]  # the builder shows in its place what does not fit


_Part = _Read | tuple[list[_Read], ...]
"""A layer, or the ways of a block."""


def _part(part: _Part) -> Layer | Block:
    return part.layer if isinstance(part, _Read) else Block(*(tuple(parse.layer for parse in way) for way in part))


def _in_order(part: _Part) -> list[_Read | None]:
    """As :meth:`Network.stages` has them; the sum of a block is None."""
    return [part] if isinstance(part, _Read) else [*(parse for way in part for parse in way), None]


def _mismatch(network: Network, parts: list[_Part]) -> str:
    """The first layer that says that it reads another depth or length than what arrives; empty if there is none."""
    reads = [parse for part in parts for parse in _in_order(part)]
    for number, (parse, stage) in enumerate(zip(reads, network.stages(), strict=True), start=1):
        if not stage.step:
            break
        arrives = stage.step.before
        count, things = (arrives.features, "numbers") if isinstance(arrives, Vector) else (arrives.depth, "channels")
        if parse and parse.expects not in (None, count):
            return (
                f"Layer {number}, {_quoted(parse.call)}, reads {parse.expects:,} {things}, but {count:,} arrive there."
            )
    return ""


def _network_call(text: str) -> tuple[ast.Call, Volume | None]:
    """The call of ``Sequential``, and the volume that the last line of exported code puts in."""
    if len(text) > _LONGEST:
        raise UserError(f"{len(text):,} characters are more than can be read here: use {_LONGEST:,} or fewer.")
    call: ast.Call | None = None
    volume: Volume | None = None
    for line in ast.parse(text.strip()).body:
        value = line.value if isinstance(line, ast.Assign | ast.Expr) else None
        if isinstance(line, ast.Import | ast.ImportFrom) or ast.dump(line) in _KNOWN:
            continue
        if isinstance(value, ast.Call) and _name(value.func) == "Sequential":
            if call:
                raise UserError("Two networks stand here: paste one nn.Sequential(...).")
            call = value
        elif volume is None and (volume := _stated(line)):
            continue
        else:
            raise UserError(f"{_quoted(ast.unparse(line))} is not read here: paste nothing but one nn.Sequential(...).")
    if call is None:
        raise UserError("There is no nn.Sequential(...) in this: paste one with all its layers.")
    return call, volume


def _stated(line: ast.stmt) -> Volume | None:
    """The volume in the last line of exported code; None for any other line."""
    for node in ast.walk(line):
        if isinstance(node, ast.Call) and _name(node.func) == "torch.zeros":
            values = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            shape = tuple(value for value in values if type(value) is int)
            last = ast.parse(TAIL.format(shape)).body[-1]
            if len(shape) == 4 and ast.dump(last) == ast.dump(line):
                _, depth, height, width = shape
                costs.activation_bytes(depth, height, width)  # refuses sizes that no layer takes
                return Volume(width, height, depth)
    return None


def _name(function: ast.expr) -> str:
    """``Conv2d`` for nn.Conv2d and torch.nn.Conv2d; any other name in full."""
    name = ast.unparse(function)
    return name.removeprefix("torch.").removeprefix("nn.") if "nn." in name else name


def _sequence(call: ast.Call) -> list[_Part]:
    """The parts of a ``Sequential``; one inside another is a part of it, layer by layer."""
    if call.keywords:
        raise UserError(f"nn.Sequential takes layers alone, not {_quoted(ast.unparse(call.keywords[0]))}.")
    items = call.args
    if len(items) == 1 and isinstance(items[0], ast.Call) and _name(items[0].func).endswith("OrderedDict"):
        pairs = items[0].args[0] if items[0].args else None
        entries = pairs.elts if isinstance(pairs, ast.List) else []
        items = [entry.elts[1] for entry in entries if isinstance(entry, ast.Tuple) and len(entry.elts) == 2]
        if not entries or len(items) < len(entries):
            raise UserError('OrderedDict takes a list of pairs here: OrderedDict([("conv1", nn.Conv2d(3, 16, 3))]).')
    return [part for item in items for part in _parts(item)]


def _parts(item: ast.expr) -> list[_Part]:
    """What one argument of a ``Sequential`` adds to it."""
    if not isinstance(item, ast.Call):
        raise UserError(
            f"{_quoted(ast.unparse(item))} is not a layer that can be read: write out nn.Module(...) calls."
        )
    name = _name(item.func)
    if name == "Sequential":
        return _sequence(item)
    if name == "Residual":
        return [_block(item)]
    if name not in MODULES:
        raise UserError(f"{_quoted(ast.unparse(item.func))} cannot be read here: use one of {', '.join(MODULES)}.")
    module = MODULES[name]
    given = _arguments(name, item, module)
    layer = module.build(given)
    expects = _square(module.reads, given[module.reads]) if module.reads else None
    return [_Read(layer, ast.unparse(item), expects)] if layer else []


def _block(call: ast.Call) -> _Part:
    """The ways of an exported ``Residual``."""
    ways = [list(_sequence(ast.Call(call.func, way.elts, []))) for way in call.args if isinstance(way, ast.List)]
    reads = [[parse for parse in way if isinstance(parse, _Read)] for way in ways]
    if call.keywords or not 1 <= len(ways) == len(call.args) <= 2 or reads != ways or not reads[0]:
        raise UserError("Residual takes one or two lists of layers here: Residual([nn.Conv2d(16, 16, 3, padding=1)]).")
    return tuple(way for way in reads if way)


def _arguments(name: str, call: ast.Call, module: _Module) -> _Given:
    """The values of all arguments. Raises ``UserError`` for one that is unknown, missing, or no plain number."""
    given = dict(zip(module.arguments, call.args, strict=False))
    extra = [ast.unparse(argument) for argument in call.args[len(module.arguments) :]]
    for keyword in call.keywords:
        if keyword.arg not in module.arguments or keyword.arg in given:
            extra.append(ast.unparse(keyword))
        else:
            given[keyword.arg] = keyword.value
    if extra:
        raise UserError(f"{_quoted(extra[0])} cannot be read as an argument of nn.{name} here.")
    values = dict(module.arguments)
    for argument, node in given.items():
        try:
            values[argument] = ast.literal_eval(node)
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{_quoted(ast.unparse(node))} in nn.{name} is not a plain number: write out {argument}."
            ) from error
        allowed = module.only.get(argument, (values[argument],))
        if values[argument] not in allowed:
            raise UserError(
                f"{_quoted(f'{argument}={values[argument]!r}')} of nn.{name} cannot be read here: use {allowed[0]}."
            )
    if missing := [argument for argument, value in values.items() if value is _REQUIRED]:
        raise UserError(f"nn.{name} needs {missing[0]}: write it out.")
    return values
