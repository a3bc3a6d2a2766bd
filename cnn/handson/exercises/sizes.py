"""Exercises of notebook 2: sizes, parameters, multiply-adds, receptive fields."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cnn.errors import UserError
from cnn.handson.exercises.judging import Exercise, function, rule, value
from cnn.handson.settings import NETWORKS, VOLUME
from cnn.layers import costs, network_text
from cnn.layers.layer import Vector, Volume
from cnn.layers.network import Network
from cnn.layers.receptive_field import receptive_field
from cnn.layers.sizes import Window

Layers = Sequence[tuple[int, int]]
CHAIN = network_text.parse(NETWORKS["lecture"])
MOST_PARAMETERS, LEAST_FIELD = 25_000, 60
"""What the network of the last exercise must keep to."""
_CASES = [(32, 5, 1, 0), (32, 5, 1, 2), (7, 3, 2, 0), (227, 11, 4, 0), (10, 3, 2, 1), (28, 2, 2, 0)]
_LAYERS: list[Layers] = [[(3, 1)], [(3, 1), (3, 1)], [(3, 1), (2, 2), (3, 1)], [(7, 2), (3, 2), (3, 1)]]


def field(layers: Layers) -> int:
    """Return the receptive field of a unit behind layers of (F, S)."""
    return receptive_field(Window(size, stride=stride) for size, stride in layers)[-1].size


def parameters(network: Network) -> int:
    """Return the parameters of a network."""
    return sum(info.parameters.value for info in network.layer_infos())


def shapes(network: Network) -> list[tuple[int, ...]]:
    """Return the output shape of each CONV and POOL, as (C, H, W)."""
    outputs = [info.output for info in network.layer_infos()]
    kept = (o for layer, o in zip(network.layers, outputs, strict=True) if type(layer).__name__ in ("Conv", "Pool"))
    return [(o.depth, o.height, o.width) for o in kept if isinstance(o, Volume)]


def _without_jump(layers: Layers) -> int:
    return 1 + sum(size - 1 for size, _ in layers)


def _jump_too_early(layers: Layers) -> int:
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


def _with_the_first_cell(layers: Layers) -> int:
    size, jump = 1, 1
    for kernel, stride in layers:
        size += kernel * jump
        jump *= stride
    return size


def _networks() -> list[nn.Sequential]:
    """Return networks with fields that the rule for (F, S) does not cover, dilation among them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return [
            nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.AvgPool2d(2), nn.Conv2d(2, 1, 3, padding=1)),
            nn.Sequential(nn.Conv2d(1, 2, 3, padding=2, dilation=2), nn.Conv2d(2, 1, 3, padding=1)),
        ]


def _middle(y: Tensor) -> Tensor:
    return y[0, 0, y.shape[2] // 2, y.shape[3] // 2]


def _gradient(network: nn.Module, side: int, unit: Callable[[Tensor], Tensor] = _middle) -> Tensor:
    x = torch.zeros(1, 1, side, side, requires_grad=True)
    (gradient,) = torch.autograd.grad(unit(network(x)), x)
    return gradient[0, 0]


def _rows(gradient: Tensor) -> int:
    return int((gradient != 0).any(1).sum())


def measured_field(network: nn.Module, side: int) -> int:
    """Return the side of the input region whose gradient is not zero for a unit in the middle."""
    return _rows(_gradient(network, side))


def _judge_design(answer: Any) -> str:
    if not isinstance(answer, str):
        return "write the network as one text, such as the one above."
    try:
        network = network_text.parse(answer)
        infos = network.layer_infos()
    except UserError as error:
        return str(error)
    if network.volume != VOLUME or network.output != Vector(2):
        return f"it must begin with {VOLUME} and end with fc 2."
    count = parameters(network)
    windows = itertools.takewhile(lambda info: isinstance(info.output, Volume), infos)
    size = receptive_field(info.window or Window(1) for info in windows)[-1].size
    if count > MOST_PARAMETERS:
        return f"it has {count:,} parameters, and at most {MOST_PARAMETERS:,} are allowed: where are most of them?"
    if size < LEAST_FIELD:
        return f"a unit of the last maps sees {size} x {size} pixels, and at least {LEAST_FIELD} are needed."
    return ""


_CHAIN_SHAPES = shapes(CHAIN)
_FLAT = network_text.parse(NETWORKS["fully connected"])
_UNPOOLED = 64 * 64 * 96 * 2 + 2 + sum(i.parameters.value for i in CHAIN.layer_infos()[:-1])

EXERCISES: dict[str, Exercise] = {
    "2.1": function(
        lambda n, f, s, p: (n + 2 * p - f) // s + 1,
        _CASES,
        {
            "the +1 is missing: a filter as large as the input has one place, not none.": (
                lambda n, f, s, p: (n + 2 * p - f) // s
            ),
            "padding is added on both sides, left and right.": lambda n, f, s, p: (n + p - f) // s + 1,
            "where it does not divide exactly, the last step does not fit: round down, with //.": (
                lambda n, f, s, p: (n + 2 * p - f) / s + 1
            ),
            "the padding is ignored.": lambda n, f, s, p: (n - f) // s + 1,
            "the + 1 belongs behind the division.": lambda n, f, s, p: (n + 2 * p - f + 1) // s,
        },
        "Write down the first position of the last window. How many steps of s lead there?",
        "There are n + 2p cells. The last window begins at n + 2p - f at the latest.",
    ),
    "2.2": value(
        [0, 1, 2, 3],
        {
            "this is F - 1, the padding of both sides together.": [0, 2, 4, 6],
            "for F = 1 no padding is needed at all: such a filter never leaves the input.": [1, 1, 2, 3],
            "check with the formula of 2.1: with these the output is larger than the input.": [1, 2, 3, 4],
        },
        "Set the output size equal to n in the formula of 2.1, with s = 1, and solve for p.",
    ),
    "2.3": function(
        lambda f, channels, filters: costs.conv_parameters(channels, filters, f).value,
        [(3, 1, 16), (3, 16, 32), (5, 3, 10), (1, 64, 8)],
        {
            "the biases are missing: each filter has one.": lambda f, c, k: f * f * c * k,
            "a filter reaches through all channels of its input: it has f * f weights for each.": (
                lambda f, c, k: (f * f + 1) * k
            ),
            "a filter has one bias, not one for each channel that it reads.": lambda f, c, k: (f * f + 1) * c * k,
            "one of the f is missing: a filter is f wide and f high.": lambda f, c, k: (f * c + 1) * k,
        },
        "One filter first: f wide, f high, as deep as the input, and one bias.",
    ),
    "2.4": function(
        lambda side, f, channels, filters: side * side * f * f * channels * filters,
        [(64, 3, 1, 16), (32, 3, 16, 32), (55, 11, 3, 96)],
        {
            "each cell of the output needs f * f * channels multiply-adds, and there are side * side cells in each of "
            "the maps.": lambda side, f, c, k: f * f * c * k,
            "the input's channels are missing: each window reaches through all of them.": (
                lambda side, f, c, k: side * side * f * f * k
            ),
            "there are as many maps as filters.": lambda side, f, c, k: side * side * f * f * c,
        },
        "How many cells has the output? How many products does one of them need?",
    ),
    "2.5": value(
        _CHAIN_SHAPES,
        {
            "that is the order (H, W, C) of the slides; PyTorch has channels first, (C, H, W).": [
                (h, w, c) for c, h, w in _CHAIN_SHAPES
            ],
            "the number of channels after a CONV is its number of filters, not filters times channels before.": [
                (c, h, w)
                for c, (_, h, w) in zip((16, 16, 512, 512, 32768, 32768, 3145728, 3145728), _CHAIN_SHAPES, strict=True)
            ],
            "a 3x3 filter with padding 1 keeps the size: only pools halve it.": [
                (16, 62, 62),
                (16, 31, 31),
                (32, 29, 29),
                (32, 14, 14),
                (64, 12, 12),
                (64, 6, 6),
                (96, 4, 4),
                (96, 2, 2),
            ],
        },
        "Eight tuples, beginning (16, 64, 64), (16, 32, 32).",
    ),
    "2.6": value(
        parameters(CHAIN),
        {
            "the biases are missing.": parameters(CHAIN) - sum(c for c, *_ in _CHAIN_SHAPES[::2]) - 2,
            "the fully connected layer is missing: flatten the last maps and count.": sum(
                info.parameters.value for info in CHAIN.layer_infos()[:-1]
            ),
            "the last layer reads what the last POOL leaves, not maps of 64 x 64.": _UNPOOLED,
        },
        "The four CONV with 2.3; then fc 2 reads all cells of the last maps: cells * 2 weights and 2 biases.",
    ),
    "2.7": value(
        parameters(_FLAT) / parameters(CHAIN),
        {
            "the other way round: how many times as many has the fully connected network?": parameters(CHAIN)
            / parameters(_FLAT),
            "this is its number of parameters; divide it by that of the chain.": parameters(_FLAT),
        },
        "flatten gives 64 * 64 numbers; fc 128 has as many weights for each of its 128 units, and a bias each.",
        tolerance=0.01,
    ),
    "2.8": function(
        field,
        [(layers,) for layers in _LAYERS],
        {
            "the strides have no effect: behind a stride of 2, neighbouring units are 2 input cells apart.": (
                _without_jump
            ),
            "a layer's own stride does not enlarge its own field, only that of the layers behind it: first add, then "
            "multiply.": _jump_too_early,
            "you add F instead of F - 1: the window's first cell is there already.": _with_the_first_cell,
        },
        "Keep two numbers, size = 1 and jump = 1: how far apart neighbouring units are, in input cells.",
        "For each layer: size += (F - 1) * jump, and then jump *= S.",
    ),
    "2.9": function(
        measured_field,
        [(network, 40) for network in _networks()],
        {
            "this is the number of cells in the field; its side is wanted: count the rows that hold any.": (
                lambda network, side: int((_gradient(network, side) != 0).sum())
            ),
            "you took a unit in the corner, whose field is cut off by the rim: take one in the middle.": (
                lambda network, side: _rows(_gradient(network, side, lambda y: y[0, 0, 0, 0]))
            ),
            "you took all units at once, and together they see everything: take one, y[0, 0, row, column].": (
                lambda network, side: _rows(_gradient(network, side, lambda y: y.sum()))
            ),
        },
        "x = torch.zeros(1, 1, side, side, requires_grad=True), and after y[0, 0, i, j].backward() there is x.grad.",
        "(x.grad[0, 0] != 0).any(dim=1) says for each row whether it has any influence.",
    ),
    "2.10": value(
        27 / 49,
        {
            "the other way round: what share of the single layer's weights do the three have?": 49 / 27,
            "that compares one 3x3 layer with the 7x7 layer; three are needed for the same field.": 9 / 49,
            "that is two layers of 3x3, whose field is 5x5.": 18 / 49,
        },
        "How many layers of 3x3 have a receptive field of 7x7? Ask your function of 2.8.",
        "Each has 3 * 3 * C * C weights, the single one 7 * 7 * C * C. C cancels.",
        tolerance=1e-3,
    ),
    "2.11": rule(
        _judge_design,
        "64x64x1, conv 8 3 p1, relu, max 2, conv 16 3 p1, relu, max 2, conv 24 3 p1, relu, max 2, conv 32 3 p1, relu, "
        "max 2, conv 32 3 p1, relu, flatten, fc 2",
        {
            "at most 25,000": NETWORKS["lecture"],
            "at least 60": "64x64x1, conv 8 3 p1, relu, max 2, flatten, fc 2",
            "must begin with 64x64x1": "32x32x1, flatten, fc 2",
            "does not fit": "64x64x1, conv 8 99, flatten, fc 2",
            "as one text": 7,
        },
        "Fields grow fastest behind pools, because each doubles the jump.",
        "Halve the numbers of filters: a CONV between two such layers then has a quarter of the weights.",
    ),
}
