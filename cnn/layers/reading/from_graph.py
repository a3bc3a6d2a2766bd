"""Turn a network that was read into one of the builder's: a chain of its layers, and blocks that add two branches."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from cnn.errors import UserError
from cnn.layers.graph import Graph, Node, title
from cnn.layers.layer import Layer, Volume
from cnn.layers.layers import (
    Activation,
    AdaptivePool,
    BatchNorm,
    Conv,
    ConvTranspose,
    Dropout,
    Flatten,
    Linear,
    Pool,
    Softmax,
)
from cnn.layers.network import MAX_LAYERS, Block, Network
from cnn.layers.operations.layer_table import LAYERS
from cnn.layers.reading.read import read_text
from cnn.layers.sizes import Window

Arguments = Mapping[str, Any]
_USUAL_SIDES = (28, 32, 48, 64, 96, 128, 224)


def read_network(text: str, present: Volume) -> tuple[Network, tuple[str, ...]]:
    """Return the builder's network of a text in any way that is read, and sentences on what was assumed.

    A text that does not state the size of its input gets that of ``present`` if it fits, else a usual one.

    Raises:
        UserError: The text is no network, or one that the builder does not have.
    """
    source = read_text(text)
    if source.stated:
        return build_network(source.graph(source.stated)), source.notes
    channels = next(
        (
            int(module.arguments["in_channels"])
            for _, module in source.candidates[0].walk()
            if type(module.arguments.get("in_channels")) is int
        ),
        1,
    )
    shapes = [present.torch_shape, *((depth, n, n) for depth in (channels, 3) for n in (present.width, *_USUAL_SIDES))]
    graphs = (read_text(text).graph(dims) for dims in shapes)
    first = next(graphs)
    graph = first if not first.first_problem else next((one for one in graphs if not one.first_problem), first)
    network = build_network(graph)
    return network, (*source.notes, f"The code does not state the size of its input: {network.volume} is taken.")


def build_network(graph: Graph) -> Network:
    """Return the builder's network with the layers of a graph.

    Raises:
        UserError: A layer, or the way in which layers are connected, is none that the builder has.
    """
    if graph.first_problem or graph.output is None:
        raise UserError(graph.first_problem)
    shape = graph.nodes[0].output or ()
    if len(shape) != 4:
        raise UserError("The builder takes images: channels, height and width.")
    parts: list[Layer | Block] = []
    position = graph.output
    while position:
        if len(parts) > MAX_LAYERS:
            raise UserError(f"The builder takes {MAX_LAYERS} layers or fewer.")
        node = graph.nodes[position]
        if len(node.inputs) == 2 and node.operation.kind == "add":
            block, position = _block(graph, *node.inputs)
            parts.append(block)
        else:
            parts += _layers(node, graph)[::-1]
            position = _source(node)
    network = Network(Volume(int(shape[3]), int(shape[2]), int(shape[1])), tuple(reversed(parts)))
    if sum(info.parameters.value for info in network.layer_infos()) != graph.parameters:
        raise UserError("This network has parameters that the builder cannot show.")
    return network


def _source(node: Node) -> int:
    if len(node.inputs) != 1:
        raise UserError(f"{title(node.operation)} joins branches in a way that the builder does not have.")
    return node.inputs[0]


def _chain(graph: Graph, position: int) -> list[int]:
    """Return the nodes from one back to the next that joins branches, or to the input."""
    chain = [position]
    while len(graph.nodes[chain[-1]].inputs) == 1:
        chain.append(graph.nodes[chain[-1]].inputs[0])
    return chain


def _block(graph: Graph, first: int, second: int) -> tuple[Block, int]:
    """Return the block whose branches end at two nodes, and the node that both branches read."""
    chains = [_chain(graph, first), _chain(graph, second)]
    start = next((node for node in chains[0] if node in chains[1]), None)
    if start is None:
        raise UserError("A block within a block is none that the builder has.")
    branches = [
        tuple(layer for node in reversed(chain[: chain.index(start)]) for layer in _layers(graph.nodes[node], graph))
        for chain in chains
    ]
    if not branches[0]:
        branches.reverse()
    if not branches[0]:
        raise UserError("Adding a volume to itself is none of the builder's blocks.")
    return Block(*branches), start


def _layers(node: Node, graph: Graph) -> list[Layer]:
    """Return the builder's layers for one node.

    Raises:
        UserError: There are none.
    """
    operation = node.operation
    before = graph.nodes[_source(node)].output or ()
    after = node.output or ()
    if operation.kind in ("view", "reshape", "flatten", "Flatten", "squeeze"):
        if len(after) == 2:
            return [Flatten()] if len(before) > 2 or operation.kind == "Flatten" else []
    elif operation.kind == "mean" and len(before) == 4 and after[:2] == before[:2] and set(after[2:]) <= {1}:
        return [AdaptivePool(1)] if len(after) == 4 else [AdaptivePool(1), Flatten()]
    elif build := BUILDERS.get(operation.kind):
        return [build(_arguments(node))]
    raise UserError(f"{title(operation)} is no layer of the builder.")


def _arguments(node: Node) -> Arguments:
    """Return the arguments of a layer by name, from the code that builds or calls it."""
    kind = node.operation.kind
    table = LAYERS.get(kind)
    try:
        call = ast.parse(node.operation.code.replace("{0}", "None"), mode="eval").body
        assert isinstance(call, ast.Call)
        values = tuple(map(ast.literal_eval, call.args))
        keywords = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise UserError(f"{title(node.operation)} has arguments that the builder does not read.") from None
    if node.operation.code.count("{0}") and values[:1] == (None,):
        values = values[1:]
    if table is None:
        return keywords | dict(zip(("dim" if kind.endswith("softmax") else "p",), values, strict=False))
    return table.bind(kind, values, keywords)


def _same(arguments: Arguments, name: str) -> int:
    """Return a number that is the same along both sides."""
    value = arguments[name]
    sides = set(value) if isinstance(value, tuple | list) else {value}
    if len(sides) != 1 or not all(type(side) is int for side in sides):
        raise UserError(f"The builder takes one whole number for {name}, the same along both sides, not {value!r}.")
    return int(sides.pop())


def _window(arguments: Arguments) -> dict[str, Any]:
    """Return kernel size, stride, padding and dilation as the builder has them."""
    if arguments.get("padding_mode", "zeros") != "zeros":
        raise UserError("The builder pads with zeros alone.")
    names = [name for name in ("kernel_size", "stride", "dilation") if arguments.get(name) is not None]
    numbers: dict[str, Any] = {name: _same(arguments, name) for name in names}
    if arguments["padding"] == "same":
        first, last = Window(**numbers).same_padded().ends
        if first != last:
            raise UserError('padding="same" with an even kernel pads one end more than the other: use an odd kernel.')
        return numbers | {"padding": first}
    return numbers | {"padding": 0 if arguments["padding"] == "valid" else _same(arguments, "padding")}


def _conv(arguments: Arguments) -> Layer:
    options = {"groups": arguments["groups"], "bias": bool(arguments["bias"])}
    return Conv(arguments["out_channels"], **_window(arguments), **options)


def _conv_transpose(arguments: Arguments) -> Layer:
    options = {"groups": arguments["groups"], "bias": bool(arguments["bias"])}
    more = _same(arguments, "output_padding")
    return ConvTranspose(arguments["out_channels"], **_window(arguments), output_padding=more, **options)


def _max_pool(arguments: Arguments) -> Layer:
    window = _window(arguments)
    return Pool("max", **{"stride": window["kernel_size"]} | window, ceil_mode=bool(arguments["ceil_mode"]))


def _average_pool(arguments: Arguments) -> Layer:
    if arguments["divisor_override"] is not None or not (arguments["count_include_pad"] or not arguments["padding"]):
        raise UserError("The builder's average pooling counts the zeros of padding.")
    window = _window(arguments)
    return Pool("average", **{"stride": window["kernel_size"]} | window, ceil_mode=bool(arguments["ceil_mode"]))


def _softmax(arguments: Arguments) -> Layer:
    if arguments.get("dim") not in (1, -1):
        raise UserError("The builder's softmax is over the channels: dim=1.")
    return Softmax()


def _batch_norm(arguments: Arguments) -> Layer:
    if not arguments["affine"]:
        raise UserError("The builder's batch normalisation has a scale and a shift: affine=True.")
    return BatchNorm()


def _dropout(arguments: Arguments) -> Layer:
    return Dropout(round(float(arguments.get("p", 0.5)), 4))


def _activation(name: Any) -> Callable[[Arguments], Layer]:
    return lambda _: Activation(name)


BUILDERS: dict[str, Callable[[Arguments], Layer]] = {
    "Conv2d": _conv,
    "ConvTranspose2d": _conv_transpose,
    "MaxPool2d": _max_pool,
    "AvgPool2d": _average_pool,
    "AdaptiveAvgPool2d": lambda arguments: AdaptivePool(_same(arguments, "output_size")),
    "BatchNorm2d": _batch_norm,
    "Linear": lambda arguments: Linear(arguments["out_features"], bool(arguments["bias"])),
    "Dropout": _dropout,
    "dropout": _dropout,
    "Softmax": _softmax,
    "softmax": _softmax,
    **{name: _activation(name.lower()) for name in ("ReLU", "Tanh", "Sigmoid", "relu", "tanh", "sigmoid")},
}
"""The builder's layer for each kind of layer or function of PyTorch that it has one for."""
