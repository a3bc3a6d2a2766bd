"""Questions on several layers in a row: volumes, weights, and the receptive field."""

import math
from collections.abc import Sequence

from cnn.layers.layer import Layer, LayerInfo
from cnn.layers.layers import Flatten, Linear, Pool
from cnn.layers.network import Network
from cnn.layers.receptive_field import receptive_field
from cnn.layers.sizes import Window
from cnn.lecture.questions.layer_sizes import ask_output_numbers, ask_output_size
from cnn.lecture.questions.question import Question, build_question
from cnn.text import typeset_shape

LayerSteps = list[tuple[Layer, LayerInfo]]
"""The layers of a network, each with its input, output and cost."""


def ask_chain(network: Network, seed: int) -> Question:
    """Ask about convolutions, pools and one fully connected layer in a row; ``seed`` picks one of four questions.

    Raises:
        DoesNotFit: If the layers do not fit each other.
    """
    questions = (_ask_weights_per_class, _ask_learning_layers, _ask_first_volume, _ask_last_pool)
    return questions[(seed - 1) % len(questions)](list(zip(network.layers, network.layer_infos(), strict=True)))


def _ask_weights_per_class(steps: LayerSteps) -> Question:
    volume = next(info.input for layer, info in steps if isinstance(layer, Flatten))
    classes = next(layer.out_features for layer, _ in steps if isinstance(layer, Linear))
    depth, height, width = volume.torch_shape
    numbers = depth * height * width
    return build_question(
        "How many weights does each class have in the fully connected layer of this chain, its bias left out?",
        numbers,
        f"The last pool leaves {typeset_shape(volume)}, laid out in a row: {width}*{height}*{depth} = {numbers:,}.",
        "It has one for each number of the volume that the last pool leaves.",
        [
            (width * height, "You forgot the depth: every channel is flattened into the row."),
            (depth, "You counted one number for each channel: there are width times height."),
            (numbers * classes, "That is the weights of all classes together."),
            (numbers + 1, "You counted the bias, which is left out here."),
            (classes, "That is how many scores come out."),
        ],
    )


def _ask_learning_layers(steps: LayerSteps) -> Question:
    infos = [info for layer, info in steps if not isinstance(layer, Flatten)]
    learning = sum(info.parameters.value > 0 for info in infos)
    return build_question(
        f"Of the {len(infos)} layers of this chain, how many have weights to learn?",
        learning,
        "Convolutions and the fully connected layer learn; ReLU, pooling and softmax are fixed rules.",
        "Ask of each layer whether training changes any number in it.",
        [
            (len(infos), "ReLU, pooling and softmax are fixed rules: training changes nothing in them."),
            (learning - 1, "You left one out: every convolution learns its filters, and the last layer its weights."),
            (learning + 1, "One too many: ReLU, pooling and softmax are fixed rules."),
            (1, "Not only the fully connected layer learns: convolutions learn their filters."),
        ],
    )


def _ask_first_volume(steps: LayerSteps) -> Question:
    before, after = steps[0][1].input, steps[0][1].output
    depth, height, width = after.torch_shape
    return ask_output_numbers((height, width), depth, before.torch_shape[0])


def _ask_last_pool(steps: LayerSteps) -> Question:
    pool, before = next((layer, info.input) for layer, info in reversed(steps) if isinstance(layer, Pool))
    return ask_output_size(before.torch_shape[-1], pool.window)


def ask_receptive_field(layers: Sequence[Window]) -> Question:
    """Ask how many pixels across the receptive field of a unit behind ``layers``, first to last, is."""
    names = [
        f"{'a pool' if layer.stride > 1 else 'a convolution'} of {layer.kernel_size} × {layer.kernel_size} with stride "
        f"{layer.stride}"
        for layer in layers
    ]
    sizes = [field.size for field in receptive_field(layers)]
    kernels = [layer.kernel_size for layer in layers]
    return build_question(
        f"A picture passes {', then '.join(names)}. How wide is the receptive field of a number at the end, in pixels?",
        sizes[-1],
        f"The receptive field grows layer by layer to {', '.join(map(str, sizes))}: each adds (F - 1) times the "
        "product of the strides before it.",
        "Start from 1; each layer adds (F - 1) times the product of the strides before it.",
        [
            (kernels[-1], "That is what the last layer sees of its own input, not of the picture."),
            (
                1 + sum(kernel - 1 for kernel in kernels),
                "You forgot the stride: behind it, one step is several pixels of the picture.",
            ),
            (sum(kernels), "You added the kernels: windows overlap, so each adds F - 1."),
            (math.prod(kernels), "You multiplied: each layer adds (F - 1) times the strides before it."),
        ],
    )
