"""Questions on the weights of a fully connected layer and of a convolution."""

import random
from collections.abc import Callable

from cnn.layers.dense_vs_conv import compare_layers
from cnn.layers.layer import Volume
from cnn.lecture.questions.question import Question, build_question


def ask_dense_vs_conv(seed: int) -> Question:
    """Ask about the weights of both kinds of layer; ``seed`` picks the numbers and one of four kinds of question."""
    kinds: tuple[Callable[[random.Random], Question], ...] = (_dense, _twice_as_large, _convolution, _inputs)
    return kinds[(seed - 1) % len(kinds)](random.Random(seed))


def _dense(draw: random.Random) -> Question:
    side, hidden = draw.choice([32, 64, 100, 200]), draw.choice([10, 50, 100])
    dense, _, _ = compare_layers(Volume(side, side, 3), hidden, 1, 1)
    inputs = dense.inputs_per_output.value
    return build_question(
        f"A colour picture of {side} × {side} × 3 is fully connected to {hidden} hidden nodes: how many weights is "
        "that, biases left out?",
        dense.weights.value,
        f"{dense.inputs_per_output.formula} inputs, and {dense.weights.formula}.",
        "Each node has a weight for every number of the picture.",
        [
            (side * side * hidden, "You forgot the depth: each pixel is three numbers, red, green and blue."),
            (side * 3 * hidden, "You counted one side: the pixels are width times height."),
            (dense.weights.value + hidden, "You counted the biases, which are left out here."),
            (inputs + hidden, "You added: each node has a weight of its own for every input, so it is a product."),
            (inputs, "That is one node: each of them has weights of its own."),
        ],
    )


def _twice_as_large(draw: random.Random) -> Question:
    side = draw.choice([50, 100, 500])
    small, large = (compare_layers(Volume(n, n, 3), 100, 100, 3)[0].weights.value for n in (side, 2 * side))
    return build_question(
        f"A picture grows from {side} × {side} to {2 * side} × {2 * side}, and its fully connected layer with it. How "
        "many times as many weights has that layer now?",
        large / small,
        "Twice as wide and twice as high is 2*2 = 4 times as many pixels, and each pixel has its weights.",
        "Count pixels first.",
        [
            (2, "Both sides grow: there are twice as many columns and twice as many rows."),
            (1, "That would be a convolution, whose weights do not depend on how large the picture is."),
            (8, "The depth stays as it is: only width and height double."),
        ],
    )


def _convolution(draw: random.Random) -> Question:
    filters, kernel_size, side = draw.choice([8, 16, 100]), draw.choice([3, 5]), draw.choice([200, 1000])
    _, _, convolution = compare_layers(Volume(side, side, 3), 1, filters, kernel_size)
    square = kernel_size * kernel_size
    return build_question(
        f"A picture of {side} × {side} × 3 is read by a convolution with {filters} filters of "
        f"{kernel_size} × {kernel_size}. How many weights is that, biases left out?",
        convolution.weights.value,
        f"{convolution.weights.formula}: the size of the picture is not in it.",
        "Count one filter, which is as deep as the picture; then count filters.",
        [
            (square * filters, "You forgot the depth: a filter has a slice for each colour."),
            (square * 3, "That is one filter."),
            (convolution.weights.value + filters, "You counted the biases, which are left out here."),
            (
                convolution.weights.value * side * side,
                "The same filter is used at every place: its weights count once.",
            ),
            (convolution.multiply_adds.value, "Those are the multiply-adds: each weight is used at many places."),
        ],
    )


def _inputs(draw: random.Random) -> Question:
    width, height = draw.choice([(640, 480), (200, 100), (28, 28), (1000, 1000)])
    dense, _, _ = compare_layers(Volume(width, height, 3), 1, 1, 1)
    return build_question(
        f"A colour picture is {width} pixels wide and {height} high: how many numbers does a network get?",
        dense.inputs_per_output.value,
        f"{dense.inputs_per_output.formula}.",
        "Count pixels, then the numbers in a pixel.",
        [
            (width * height, "Those are the pixels: each of them is three numbers."),
            (width + height, "The pixels are width times height."),
            (3 * (width + height), "The pixels are width times height."),
            (256 * width * height, "256 is how many values a number may have, not how many numbers there are."),
        ],
    )
