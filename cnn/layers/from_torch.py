"""Read a network from PyTorch code: a ``torch.nn.Sequential`` expression, or the lines that this course exports.

The code is parsed and never run. Only calls of the modules in :data:`MODULES` with plain numbers as arguments are
accepted; anything else raises an error that names it.
"""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from cnn.errors import UserError
from cnn.layers import costs
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
from cnn.layers.network import MAX_LAYERS, Block, Network
from cnn.layers.sizes import Window
from cnn.layers.to_torch import HEAD, RESIDUAL, TAIL
from cnn.text import excerpt

_MAX_CHARACTERS = 50_000
_USUAL_SIDES = (28, 32, 64, 96, 128, 224, 227, 256, 299, 512)
"""Sides of images, tried where the code does not state the input and the first fully connected layer does not fit."""
_REQUIRED = object()
_Arguments = dict[str, Any]


@dataclass(frozen=True)
class TorchImport:
    """The network of pasted code, and a sentence on everything of the code that is not in it as it was."""

    network: Network
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Module:
    """How a module of ``torch.nn`` is read.

    Attributes:
        arguments: Its arguments in order, with their default values.
        build: Makes the layer from the values of all arguments; None for a module without effect.
        allowed: The values that an argument may have, where not all can be read.
        inputs: The argument that states the depth or length of the input.
        dropped: Arguments that are accepted and not kept, with what that changes.
    """

    arguments: _Arguments
    build: Callable[[_Arguments], Layer | None]
    allowed: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    inputs: str = ""
    dropped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _ParsedLayer:
    """A layer, its code, and the depth or length of the input that the code states."""

    layer: Layer
    code: str
    inputs: int | None


class _Notes(list[str]):
    """Sentences on what is dropped or changed; those of the reading that runs, each once."""

    def add(self, sentence: str) -> None:
        if sentence not in self:
            self.append(sentence)


_ParsedPart = _ParsedLayer | tuple[tuple[_ParsedLayer, ...], ...]
"""A layer, or the branches of a block."""


def parse(text: str, volume: Volume) -> TorchImport:
    """Build the network of ``text`` on the input that exported code states, or else on ``volume``.

    The input gets the depth that the first layer states; where layers do not fit, usual sides of images are tried. A
    network that fits on none of them is returned all the same, as it shows where it does not fit.

    Raises:
        UserError: The text has something that is not understood; the sentence names it.
    """
    notes = _Notes()
    try:
        call, stated = _find_network(text, notes)
        parts = _parse_sequential(call, notes)
    except UserError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UserError(
            "This is not Python that can be read: paste one nn.Sequential(...) with all its brackets."
        ) from error
    parsed = [layer for layer in _in_stage_order(parts) if layer]
    if len(parsed) > MAX_LAYERS:
        raise UserError(f"{len(parsed)} layers are more than fit here: use {MAX_LAYERS} or fewer.")
    layers = tuple(_to_part(part) for part in parts)
    if stated:
        return TorchImport(_choose_network([Network(stated, layers)], parts), tuple(notes))
    network = _choose_network([Network(each, layers) for each in _candidate_volumes(volume, parsed)], parts)
    notes.add(_describe_guess(network, volume))
    return TorchImport(network, tuple(notes))


def _choose_network(networks: list[Network], parts: list[_ParsedPart]) -> Network:
    """Return the first network that fits, or the first of all. Raises ``UserError`` where its code contradicts it."""
    for network in networks:
        if network.output and not _find_mismatch(network, parts):
            return network
    if mismatch := _find_mismatch(networks[0], parts):
        raise mismatch
    return networks[0]


def _describe_guess(network: Network, volume: Volume) -> str:
    """Return a sentence on the input size, which the code does not state."""
    guess = network.volume
    same_sides = (guess.width, guess.height) == (volume.width, volume.height)
    reason = "that of this page" if same_sides else "the first usual size on which every layer fits"
    if same_sides and guess.depth != volume.depth:
        reason = "width and height of this page, with the depth that fits the layers"
    return f"The code does not state the size of its input: {guess} was taken, {reason}."


def _candidate_volumes(volume: Volume, parsed: list[_ParsedLayer]) -> list[Volume]:
    depth = next((layer.inputs for layer in parsed if layer.inputs and not isinstance(layer.layer, Linear)), None)
    depths = (depth,) if depth else (volume.depth, 1, 3)
    usual = [Volume(side, side, depth) for side in _USUAL_SIDES for depth in depths]
    return [replace(volume, depth=depth) for depth in depths] + usual


def _to_part(part: _ParsedPart) -> Layer | Block:
    if isinstance(part, _ParsedLayer):
        return part.layer
    return Block(*(tuple(parsed.layer for parsed in branch) for branch in part))


def _in_stage_order(parts: Iterable[_ParsedPart]) -> list[_ParsedLayer | None]:
    """Return the layers in the order of :meth:`Network.stages`, with None for the addition of a block."""
    ordered: list[_ParsedLayer | None] = []
    for part in parts:
        if isinstance(part, _ParsedLayer):
            ordered.append(part)
        else:
            ordered += [*(layer for branch in part for layer in branch), None]
    return ordered


def _find_mismatch(network: Network, parts: list[_ParsedPart]) -> UserError | None:
    """Return the error of the first layer whose code states other inputs than it gets."""
    for number, (parsed, stage) in enumerate(zip(_in_stage_order(parts), network.stages(), strict=True), start=1):
        if not stage.info:
            break
        shape = stage.info.input
        count, unit = (shape.features, "numbers") if isinstance(shape, Vector) else (shape.depth, "channels")
        if parsed and parsed.inputs not in (None, count):
            reads = f"reads {parsed.inputs:,} {unit}, but {count:,} arrive there."
            return UserError(f"Layer {number}, %s, {reads}", parsed.code)
    return None


def _find_network(text: str, notes: _Notes) -> tuple[ast.Call, Volume | None]:
    """Return the call of ``Sequential``, and the input volume that the last line of exported code states."""
    if len(text) > _MAX_CHARACTERS:
        raise UserError(f"{len(text):,} characters are more than can be read here: use {_MAX_CHARACTERS:,} or fewer.")
    calls: list[ast.Call] = []
    volume: Volume | None = None
    for line in ast.parse(text.strip()).body:
        value = line.value if isinstance(line, ast.Assign | ast.Expr) else None
        if isinstance(line, ast.Import | ast.ImportFrom):
            _note_import(line, notes)
            continue
        if ast.dump(line) in _EXPORTED_LINES:
            continue
        if isinstance(value, ast.Call) and _module_name(value.func) == "Sequential":
            calls.append(value)
        elif volume is None and (volume := _stated_volume(line)):
            continue
        else:
            raise UserError("%s is not read here: paste nothing but one nn.Sequential(...).", ast.unparse(line))
    if not calls:
        raise UserError("There is no nn.Sequential(...) in this: paste one with all its layers.")
    if len(calls) > 1:
        raise UserError("Two networks stand here: paste one nn.Sequential(...).")
    return calls[0], volume


def _note_import(line: ast.Import | ast.ImportFrom, notes: _Notes) -> None:
    sources = [line.module or ""] if isinstance(line, ast.ImportFrom) else [alias.name for alias in line.names]
    if any(source.split(".")[0] not in ("torch", "collections") for source in sources):
        notes.add(f"{_quote(ast.unparse(line))} was not followed: every name was taken for that of torch.nn.")


def _stated_volume(line: ast.stmt) -> Volume | None:
    """Return the volume in the last line of exported code; None for any other line."""
    for node in ast.walk(line):
        if isinstance(node, ast.Call) and _module_name(node.func) == "torch.zeros":
            values = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            shape = tuple(value for value in values if type(value) is int)
            last_line = ast.parse(TAIL.format(shape)).body[-1]
            if len(shape) == 4 and ast.dump(last_line) == ast.dump(line):
                _, depth, height, width = shape
                costs.activation_bytes(depth, height, width)  # raises for sizes that no layer takes
                return Volume(width, height, depth)
    return None


def _module_name(function: ast.expr) -> str:
    """Return ``Conv2d`` for nn.Conv2d and torch.nn.Conv2d, and any other name in full."""
    name = ast.unparse(function)
    return name.removeprefix("torch.").removeprefix("nn.") if "nn." in name else name


def _parse_sequential(call: ast.Call, notes: _Notes) -> list[_ParsedPart]:
    """Return the parts of a ``Sequential``; the layers of one inside another are parts of the outer one."""
    if call.keywords:
        raise UserError("nn.Sequential takes layers alone, not %s.", ast.unparse(call.keywords[0]))
    items = call.args
    if len(items) == 1 and isinstance(items[0], ast.Call) and _module_name(items[0].func).endswith("OrderedDict"):
        items = _ordered_dict_values(items[0])
        notes.add("The names of the layers were dropped: here layers have numbers.")
    return [part for item in items for part in _parse_item(item, notes)]


def _ordered_dict_values(call: ast.Call) -> list[ast.expr]:
    pairs = call.args[0].elts if len(call.args) == 1 and isinstance(call.args[0], ast.List) else []
    items = {
        ast.unparse(pair.elts[0]): pair.elts[1] for pair in pairs if isinstance(pair, ast.Tuple) and len(pair.elts) == 2
    }
    if call.keywords or not pairs or len(items) < len(pairs):
        raise UserError(
            "OrderedDict takes a list of pairs with different names here: "
            'OrderedDict([("conv1", nn.Conv2d(3, 16, 3))]).'
        )
    return list(items.values())


def _parse_item(item: ast.expr, notes: _Notes) -> list[_ParsedPart]:
    """Return the parts that one argument of a ``Sequential`` adds to it."""
    if not isinstance(item, ast.Call):
        raise UserError("%s is not a layer that can be read: write out nn.Module(...) calls.", ast.unparse(item))
    name = _module_name(item.func)
    if name == "Sequential":
        notes.add("An nn.Sequential inside another was opened: its layers stand in the outer one.")
        return _parse_sequential(item, notes)
    if name == "Residual":
        return [_parse_block(item, notes)]
    if name not in MODULES:
        raise UserError(f"%s cannot be read here: use one of {', '.join(MODULES)}.", ast.unparse(item.func))
    module = MODULES[name]
    arguments = _parse_arguments(name, item, module)
    layer = module.build(arguments)
    for sentence in _describe_dropped(name, arguments, layer):
        notes.add(sentence)
    inputs = _whole_number(module.inputs, arguments[module.inputs]) if module.inputs else None
    return [_ParsedLayer(layer, ast.unparse(item), inputs)] if layer else []


def _describe_dropped(name: str, arguments: _Arguments, layer: Layer | None) -> list[str]:
    """Return a sentence on each argument that the layer does not keep as it was written."""
    if layer is None:
        return [f"nn.{name} was left out: it does nothing."]
    module = MODULES[name]
    sentences = [
        f"{_quote(f'{argument}={arguments[argument]!r}')} of nn.{name} was dropped: {effect}."
        for argument, effect in module.dropped.items()
        if arguments[argument] != module.arguments[argument]
        and not (argument == "count_include_pad" and isinstance(layer, Pool) and not layer.padding)
    ]
    if isinstance(layer, Dropout) and layer.probability != arguments["p"]:
        written = _quote(f"p={arguments['p']!r}")
        sentences.append(f"{written} of nn.Dropout was rounded to {layer.probability:g}.")
    return sentences


def _parse_block(call: ast.Call, notes: _Notes) -> _ParsedPart:
    """Return the branches of an exported ``Residual``."""
    error = UserError("Residual takes one or two lists of layers here: Residual([nn.Conv2d(16, 16, 3, padding=1)]).")
    if call.keywords or not 1 <= len(call.args) <= 2:
        raise error
    branches = []
    for argument in call.args:
        items = ast.Call(call.func, argument.elts, []) if isinstance(argument, ast.List) else None
        parts = _parse_sequential(items, notes) if items else None
        layers = tuple(part for part in parts or () if isinstance(part, _ParsedLayer))
        if parts is None or len(layers) < len(parts):
            raise error
        branches.append(layers)
    if not branches[0]:
        raise error
    return tuple(branch for branch in branches if branch)


def _parse_arguments(name: str, call: ast.Call, module: _Module) -> _Arguments:
    """Return the values of all arguments of a call, defaults included.

    Raises:
        UserError: An argument is unknown, missing, or no plain number.
    """
    nodes = dict(zip(module.arguments, call.args, strict=False))
    unknown = [ast.unparse(argument) for argument in call.args[len(module.arguments) :]]
    for keyword in call.keywords:
        if keyword.arg not in module.arguments or keyword.arg in nodes:
            unknown.append(ast.unparse(keyword))
        else:
            nodes[keyword.arg] = keyword.value
    if unknown:
        raise UserError(f"%s cannot be read as an argument of nn.{name} here.", unknown[0])
    values = module.arguments | {argument: _plain_value(name, argument, node) for argument, node in nodes.items()}
    if missing := [argument for argument, value in values.items() if value is _REQUIRED]:
        raise UserError(f"nn.{name} needs {missing[0]}: write it out.")
    for argument, allowed in module.allowed.items():
        if values[argument] not in allowed:
            raise UserError(
                f"%s of nn.{name} cannot be read here: use {allowed[0]}.", f"{argument}={values[argument]!r}"
            )
    return values


def _plain_value(name: str, argument: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise UserError(f"%s in nn.{name} is not a plain number: write out {argument}.", ast.unparse(node)) from error


def _quote(code: str) -> str:
    return f"“{excerpt(code)}”"


def _whole_number(name: str, value: Any) -> int:
    """Return the number that is given as 3 or as (3, 3)."""
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) == 2 and pair[0] == pair[1] and type(pair[0]) is int and 0 <= pair[0] < 10**9:
        return pair[0]
    raise UserError(
        "%s cannot be read: give one whole number below a billion, the same both ways.", f"{name}={value!r}"
    )


def _build(layer: type[Layer], arguments: _Arguments, **fixed: Any) -> Layer:
    """Build ``layer`` from the arguments that have the names of its fields."""
    values = {}
    for argument in fields(layer):
        if argument.name in arguments:
            value = arguments[argument.name]
            is_flag = isinstance(argument.default, bool)
            values[argument.name] = bool(value) if is_flag else _whole_number(argument.name, value)
    return layer(**fixed, **values)


def _build_conv(arguments: _Arguments) -> Layer:
    padding = arguments["padding"]
    if padding == "valid":
        padding = 0
    elif padding == "same":
        numbers = {name: _whole_number(name, arguments[name]) for name in ("kernel_size", "stride", "dilation")}
        padding, right = Window(**numbers).same_padded().ends
        if padding != right:
            raise UserError('padding="same" with an even kernel pads one side more than the other: use an odd kernel.')
    return _build(Conv, arguments | {"padding": padding})


def _build_pool(kind: str, arguments: _Arguments) -> Layer:
    if (divisor := arguments.get("divisor_override")) is not None and not _whole_number("divisor_override", divisor):
        raise UserError("divisor_override=0 of nn.AvgPool2d cannot be read: PyTorch does not divide by 0.")
    stride = arguments["kernel_size"] if arguments["stride"] is None else arguments["stride"]
    return _build(Pool, arguments | {"stride": stride}, kind=kind)


def _build_dropout(arguments: _Arguments) -> Layer:
    probability = arguments["p"]
    if type(probability) not in (int, float) or not 0 <= probability <= 1:
        raise UserError("%s of nn.Dropout cannot be read: give a number from 0 to 1.", f"p={probability!r}")
    return Dropout(round(float(probability), 4))  # as precise as the text of a network


_FLAG = (True, False)
_INPLACE = {"inplace": "it saves memory and changes no value"}
_CONV = {"in_channels": _REQUIRED, "out_channels": _REQUIRED, "kernel_size": _REQUIRED, "stride": 1, "padding": 0}
_CONV_ALLOWED = {"bias": _FLAG, "padding_mode": ("zeros",)}
_POOL = {"kernel_size": _REQUIRED, "stride": None, "padding": 0}
MODULES: dict[str, _Module] = {
    "Conv2d": _Module(
        _CONV | {"dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros"},
        _build_conv,
        _CONV_ALLOWED,
        "in_channels",
    ),
    "ConvTranspose2d": _Module(
        _CONV | {"output_padding": 0, "groups": 1, "bias": True, "dilation": 1, "padding_mode": "zeros"},
        lambda arguments: _build(ConvTranspose, arguments),
        _CONV_ALLOWED,
        "in_channels",
    ),
    "MaxPool2d": _Module(
        _POOL | {"dilation": 1, "return_indices": False, "ceil_mode": False},
        lambda arguments: _build_pool("max", arguments),
        {"return_indices": (False,), "ceil_mode": _FLAG},
    ),
    "AvgPool2d": _Module(
        _POOL | {"ceil_mode": False, "count_include_pad": True, "divisor_override": None},
        lambda arguments: _build_pool("average", arguments),
        {"ceil_mode": _FLAG, "count_include_pad": _FLAG},
        dropped={
            "count_include_pad": "here zeros of padding count in an average, so values at the edge differ",
            "divisor_override": "here a sum is divided by the number of cells in the window, so values differ",
        },
    ),
    "AdaptiveAvgPool2d": _Module(
        {"output_size": _REQUIRED},
        lambda arguments: AdaptivePool(_whole_number("output_size", arguments["output_size"])),
    ),
    "BatchNorm2d": _Module(
        {"num_features": _REQUIRED, "eps": 1e-5, "momentum": 0.1, "affine": True},
        lambda _: BatchNorm(),
        {"affine": (True,)},
        "num_features",
        {
            "eps": "sizes and parameters stay, values differ slightly",
            "momentum": "sizes and parameters stay, running averages in training differ",
        },
    ),
    "Linear": _Module(
        {"in_features": _REQUIRED, "out_features": _REQUIRED, "bias": True},
        lambda arguments: _build(Linear, arguments),
        {"bias": _FLAG},
        "in_features",
    ),
    "Flatten": _Module({"start_dim": 1, "end_dim": -1}, lambda _: Flatten(), {"start_dim": (1,), "end_dim": (-1,)}),
    "ReLU": _Module({"inplace": False}, lambda _: Activation("relu"), {"inplace": _FLAG}, dropped=_INPLACE),
    "Tanh": _Module({}, lambda _: Activation("tanh")),
    "Sigmoid": _Module({}, lambda _: Activation("sigmoid")),
    "Softmax": _Module({"dim": _REQUIRED}, lambda _: Softmax(), {"dim": (1,)}),
    "Dropout": _Module({"p": 0.5, "inplace": False}, _build_dropout, {"inplace": _FLAG}, dropped=_INPLACE),
    "Identity": _Module({}, lambda _: None),
}
"""The modules that can be read, besides ``Sequential`` and the exported ``Residual``, which contain them."""
_EXPORTED_LINES = {ast.dump(line) for line in ast.parse("\n".join([HEAD, RESIDUAL, TAIL.format("()")])).body[:-1]}
"""The lines around ``net`` in exported code, except for the last, which states the shape of the input."""
