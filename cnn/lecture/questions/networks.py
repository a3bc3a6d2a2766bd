"""Questions on several layers in a row: what a whole chain of them makes of a picture, and how far its units see."""

import math
from collections.abc import Sequence

from cnn.layers.layers import Flatten, Layer, LayerInfo, Linear, Pool
from cnn.layers.network import Network
from cnn.layers.receptive_field import receptive_field
from cnn.layers.sizes import Window
from cnn.lecture.questions.layer_sizes import ask_output_numbers, ask_output_size
from cnn.lecture.questions.question import Question, build_question

Parts = list[tuple[Layer, LayerInfo]]
"""The layers of a network, each with what it made of its input."""


def ask_chain(network: Network, seed: int) -> Question:
    """On a network of convolutions, pools and one fully connected layer; ``seed`` takes four kinds in turn.

    Raises ``DoesNotFit`` if its layers do not.
    """
    kinds = (_weighed, _learning, _first_volume, _last_pool)
    return kinds[(seed - 1) % len(kinds)](list(zip(network.layers, network.steps(), strict=True)))


def _weighed(parts: Parts) -> Question:
    volume = next(step.before for part, step in parts if isinstance(part, Flatten))
    classes = next(part.out_features for part, _ in parts if isinstance(part, Linear))
    depth, height, width = volume.torch_shape
    numbers = depth * height * width
    return build_question(
        "How many weights does each class have in the fully connected layer of this chain, its bias left out?",
        numbers,
        f"The last pool leaves {volume}, laid out in a row: {width}*{height}*{depth} = {numbers:,}.",
        "It has one for each number of the volume that the last pool leaves.",
        [
            (width * height, "You forgot the depth: every channel is flattened into the row."),
            (depth, "You counted one number for each channel: there are width times height."),
            (numbers * classes, "That is the weights of all classes together."),
            (numbers + 1, "You counted the bias, which is left out here."),
            (classes, "That is how many scores come out."),
        ],
    )


def _learning(parts: Parts) -> Question:
    layers = [step for part, step in parts if not isinstance(part, Flatten)]
    learning = sum(step.parameters.value > 0 for step in layers)
    return build_question(
        f"Of the {len(layers)} layers of this chain, how many have weights to learn?",
        learning,
        "Convolutions and the fully connected layer learn; ReLU, pooling and softmax are fixed rules.",
        "Ask of each layer whether training changes any number in it.",
        [
            (len(layers), "ReLU, pooling and softmax are fixed rules: training changes nothing in them."),
            (learning - 1, "You left one out: every convolution learns its filters, and the last layer its weights."),
            (learning + 1, "One too many: ReLU, pooling and softmax are fixed rules."),
            (1, "Not only the fully connected layer learns: convolutions learn their filters."),
        ],
    )


def _first_volume(parts: Parts) -> Question:
    before, after = parts[0][1].before, parts[0][1].after
    depth, height, width = after.torch_shape
    return ask_output_numbers((height, width), depth, before.torch_shape[0])


def _last_pool(parts: Parts) -> Question:
    pool, before = next((part, step.before) for part, step in reversed(parts) if isinstance(part, Pool))
    return ask_output_size(before.torch_shape[-1], pool.kernel_size, pool.stride, pool.padding)


def ask_receptive_field(layers: Sequence[Window]) -> Question:
    """How many pixels across a unit behind these layers, first to last, depends on: its receptive field."""
    fields = receptive_field(layers)
    told = ", then ".join(
        f"{'a pool' if one.stride > 1 else 'a convolution'} of {one.kernel_size}x{one.kernel_size} with stride "
        f"{one.stride}"
        for one in layers
    )
    steps = ", ".join(str(field.size) for field in fields)
    jumpless = 1 + sum(one.kernel_size - 1 for one in layers)
    return build_question(
        f"A picture passes {told}. How many pixels across does a number at the end depend on?",
        fields[-1].size,
        f"The receptive field grows layer by layer to {steps}: each adds (F - 1) times the jump, and a stride "
        "multiplies the jump of what follows.",
        "Start from 1; each layer adds (F - 1) times the product of the strides before it.",
        [
            (layers[-1].kernel_size, "That is what the last layer sees of its own input, not of the picture."),
            (jumpless, "You forgot the stride: behind it, one step is several pixels of the picture."),
            (sum(one.kernel_size for one in layers), "You added the kernels: windows overlap, so each adds F - 1."),
            (math.prod(one.kernel_size for one in layers), "You multiplied: each layer adds (F - 1) times the jump."),
        ],
    )
