"""Parse the text of a network, one line that a reader writes; ``str(network)`` is the way back.

    32x32x3, conv 16 3 p1, relu, [conv 16 3 p1, norm, relu, conv 16 3 p1, norm], relu, max 2, flatten, fc 3, softmax

First comes the input volume, width x height x depth; then the layers, each as in :mod:`cnn.layers.layer_text`. Brackets
are a block: its input is added to the output of its layers, as in ResNet. Layers of the shortcut follow after a bar:
``[conv 32 3 s2 p1, norm | conv 32 1 s2]``.
"""

import re
from typing import TypeVar

from cnn.errors import UserError
from cnn.layers import layers
from cnn.layers.costs import activation_bytes
from cnn.layers.layer import Layer, Volume
from cnn.layers.layer_text import parse_number
from cnn.layers.network import MAX_LAYERS, Block, Network

LAYERS: list[type[Layer]] = [
    each for each in vars(layers).values() if isinstance(each, type) and issubclass(each, Layer) and each.words
]
"""All layers that a text can name."""
LayerClass = TypeVar("LayerClass", bound=type[Layer])


def register_layer(layer: LayerClass) -> LayerClass:
    """Register a dataclass that derives from :class:`cnn.layers.layer.Layer`; a decorator.

    Raises:
        UserError: It has no words, or one is taken.
    """
    taken = {word for each in LAYERS for word in each.words}
    if not layer.words or taken & set(layer.words):
        raise UserError(f"A layer needs words of its own, which are not among {', '.join(sorted(taken))}.")
    LAYERS.append(layer)
    return layer


def parse(text: str) -> Network:
    """Build the network that ``text`` describes.

    Raises:
        UserError: A part is not understood, or a number is out of range; the sentence names it.
    """
    tokens = (" ".join(token.split()) for token in re.split(r"([\[\]|])|[,;\n]", text.lower()) if token)
    first, *rest = [token for token in tokens if token] or [""]
    size = re.fullmatch(r"(\d+) ?x ?(\d+) ?x ?(\d+)", first)
    if not size:
        raise UserError("A network begins with its input volume, such as 32x32x3, not %s.", first)
    count = sum(token not in ("[", "|") for token in rest)  # a ] stands for the addition
    if count > MAX_LAYERS:
        raise UserError(f"{count} layers are more than fit here: use {MAX_LAYERS} or fewer.")
    width, height, depth = map(parse_number, size.groups())
    activation_bytes(depth, height, width)  # raises for sizes that no layer takes
    return Network(Volume(width, height, depth), _parse_parts(rest))


def insert(network: Network, position: int, part: str) -> Network | None:
    """Return ``network`` with the layer or block ``part`` behind its first ``position`` parts.

    None if there are too many layers then.
    """
    try:
        longer = parse(f"{Network(network.volume, network.parts[:position])}, {part}")
        return parse(str(Network(network.volume, longer.parts + network.parts[position:])))
    except UserError:
        return None


def residual_block(network: Network) -> str | None:
    """Return the text of a residual block that fits behind ``network``, or None if its output is no volume."""
    shape = network.output
    if not isinstance(shape, Volume):
        return None
    convolution = f"conv {shape.depth} 3 p1, norm"
    return f"[{convolution}, relu, {convolution}]"


def _parse_parts(tokens: list[str]) -> tuple[Layer | Block, ...]:
    parts: list[Layer | Block] = []
    branches: list[list[Layer]] = []  # of the block that is open
    for token in tokens:
        if token == "[":
            if branches:
                raise UserError("A block holds no other block: close the first with ] before the next [.")
            branches = [[]]
        elif token == "|":
            if len(branches) != 1 or not branches[0]:
                raise UserError("A | stands once in a block, after its layers: [conv 16 3 p1 | conv 16 1].")
            branches.append([])
        elif token == "]":
            if not branches or not branches[-1]:
                raise UserError("A ] ends a block of at least one layer: [conv 16 3 p1].")
            parts.append(Block(*map(tuple, branches)))
            branches = []
        else:
            (branches[-1] if branches else parts).append(_parse_layer(token))
    if branches:
        raise UserError("A [ is not closed: put a ] after the last layer of its block.")
    return tuple(parts)


def _parse_layer(text: str) -> Layer:
    word, *arguments = text.split()
    classes = {word: layer for layer in LAYERS for word in layer.words}
    if word not in classes:
        raise UserError(f"%s is not a layer: use one of {', '.join(classes)}.", text)
    return classes[word].parse(word, arguments)
